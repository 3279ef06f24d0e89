"""What the project is made of: pins, what is published against them, a bill of materials."""
