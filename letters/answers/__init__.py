"""What comes back: an office's answer, on its way to the writer and in the figures."""
