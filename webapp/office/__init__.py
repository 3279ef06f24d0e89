"""The page of an office, by the link in its letters."""
