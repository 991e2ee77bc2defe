"""How far a way turns, by slow and plain means."""

import numpy as np
from jaxtyping import Float


def turn_of(joints: Float[np.ndarray, "frame joint 3"]) -> float:
    """Return how far the way of the hips turns, degrees to the left; of a way that turns evenly."""
    hips = joints[:, 0, [0, 2]].astype(np.float64)
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(hips, axis=0), axis=1))])
    places = [hips[np.searchsorted(gone, share * gone[-1])] for share in np.linspace(0, 0.999, 13)]
    steps = np.diff(places, axis=0)
    angles = np.unwrap(np.arctan2(steps[:, 0], steps[:, 1]))
    # From the middle of the first of twelve steps to that of the last.
    return float(np.degrees(angles[-1] - angles[0])) * 12 / 11
