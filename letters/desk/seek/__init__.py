"""Find one letter, and read all that the books hold of it."""
