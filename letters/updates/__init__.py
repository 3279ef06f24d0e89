"""Word to everybody who wrote: who gets it, how it goes out once, and how it ends."""
