"""What is done with people and their mailboxes: writers, organisers, offices and lists."""
