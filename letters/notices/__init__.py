"""Mail from us: what it says, when it is due, and how it is queued."""
