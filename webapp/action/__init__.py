"""The action page: where a supporter writes a letter."""
