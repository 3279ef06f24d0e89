"""Keep the books: every change of a letter's state, and the sum of all letters."""
