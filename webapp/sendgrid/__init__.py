"""Where SendGrid's events come in."""
