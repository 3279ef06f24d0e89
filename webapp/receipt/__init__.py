"""The receipt: where a supporter sees what became of each letter."""
