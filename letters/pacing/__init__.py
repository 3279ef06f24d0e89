"""How fast letters leave, and when the last one will have left. Pure."""
