"""Mail that comes in: read whatever it is like, and told a person's from a machine's. Pure."""
