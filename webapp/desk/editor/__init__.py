"""Write a campaign at the desk."""
