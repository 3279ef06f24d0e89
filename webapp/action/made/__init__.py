"""What is made of a campaign once a day for all processes: its PDF, and the picture of its link."""
