"""The link at the end of an update: no more of them."""
