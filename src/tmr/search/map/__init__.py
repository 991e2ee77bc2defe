"""The map of a library: a place in the plane for every item, like ones near each other, and names for regions."""
