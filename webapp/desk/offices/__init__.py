"""The offices that a campaign writes to: all of them, and each with its history."""
