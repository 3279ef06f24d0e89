"""What is done with people and mailboxes: writers, organisers, organisations, offices, lists."""
