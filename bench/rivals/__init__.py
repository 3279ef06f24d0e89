"""What a user would take instead, each in one small file, run in an environment of its own."""
