"""Campaigns and their targets as they are stored."""
