"""The page that shows what was taken."""
