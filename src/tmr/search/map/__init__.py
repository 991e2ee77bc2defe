"""The map of a library: a place in the plane for every item, near where what it shows is alike, and names for regions."""
