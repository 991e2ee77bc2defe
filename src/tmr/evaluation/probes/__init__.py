"""What a space knows: sides, order, two deeds at once, count, speed, direction, style, and what must not matter."""
