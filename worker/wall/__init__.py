"""The wall to SendGrid: its words, its answers and the connection to it stop here."""
