"""From a posted form to letters in the books."""
