"""How a message comes in, and what SendGrid would refuse."""
