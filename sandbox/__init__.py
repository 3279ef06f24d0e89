"""Stand in for SendGrid, so that Postbag can be run and tested without an account.

It is a program of its own, spoken to over HTTP alone: it imports nothing of Postbag, and Postbag
imports nothing of it. `python -m sandbox --help` lists what it can be told.
"""
