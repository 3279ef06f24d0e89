"""Who comes in: links, passkeys and sessions."""
