"""What becomes of a message that was taken: events, answers, and how SendGrid misbehaves."""
