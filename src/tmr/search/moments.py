"""Moments: where in a long take something happens, from the similarities of its overlapping windows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MOST_MOMENTS = 100


@dataclass(frozen=True)
class Moment:
    """A part of a take.

    Args:
        start_seconds: Where it begins.
        end_seconds: Where it ends.
        similarity: Of the best window in it.
        window: Which of the windows that is.
    """

    start_seconds: float
    end_seconds: float
    similarity: float
    window: int


def find_moments(
    starts: Float[np.ndarray, " window"],
    ends: Float[np.ndarray, " window"],
    similarities: Float[np.ndarray, " window"],
) -> Iterator[Moment]:
    """Yield the parts of a take that fit best, best first; they do not overlap by more than half.

    Args:
        starts: Where each window begins, in seconds.
        ends: Where it ends.
        similarities: How much it is like the query.
    """
    free = np.ones(len(starts), dtype=bool)
    order = np.argsort(-similarities, kind="stable")
    for window in order:
        if not free[window]:
            continue
        start, end = starts[window], ends[window]
        yield Moment(float(start), float(end), float(similarities[window]), int(window))
        overlap = np.minimum(ends, end) - np.maximum(starts, start)
        free &= overlap <= 0.5 * np.minimum(ends - starts, end - start)
