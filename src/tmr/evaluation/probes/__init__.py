"""What a space knows: sides, order, count, speed, direction, style, and what must not matter."""
