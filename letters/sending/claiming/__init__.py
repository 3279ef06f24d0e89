"""From waiting to claimed: what is due, whose turn it is, and what goes together."""
