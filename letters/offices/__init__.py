"""Mailboxes, over all campaigns: their pace, and why nothing goes to one."""
