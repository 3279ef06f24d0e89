"""Answer whether a letter went: find it, show it, help its writer."""
