"""Tell other systems what has happened."""
