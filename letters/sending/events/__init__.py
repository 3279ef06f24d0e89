"""What SendGrid says of letters after they left, and what it does to the books."""
