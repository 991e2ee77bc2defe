"""Curves over time: how often they do a thing."""

import numpy as np


def count_above(curve: np.ndarray, level: float) -> int:
    """Return how many times a curve rises over a level; one that begins above it has risen once."""
    over = curve > level
    return int(np.sum(over[1:] & ~over[:-1]) + over[0])
