"""Organisations as they are stored."""
