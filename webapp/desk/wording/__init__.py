"""Say what the desk shows: states, reasons, what was done and what is lacking."""
