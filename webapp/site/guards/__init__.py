"""What stands before every page: sizes, times, and how much one may ask."""
