"""Put a letter together, and set it for paper. Pure."""
