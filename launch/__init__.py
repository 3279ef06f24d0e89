"""What ./run does: set up, start, watch over, test and check Postbag.

It stands on the standard library alone, as it runs before anything is installed.
"""
