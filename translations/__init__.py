"""Our sentences in other languages than English."""
