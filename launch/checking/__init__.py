"""Run the checks and the tests, and see that what they need is there."""
