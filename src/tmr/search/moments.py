"""Moments: where in a long take something happens, from the similarities of its overlapping windows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MOST_MOMENTS = 100
# A window votes on where a moment begins and ends if it shares this much with the moment's best window (intersection
# over union), the more the liker it is: by a factor e for every 0.1 of similarity. Chosen with takes that
# `runs/bench_long_takes.py` does not use.
_SHARED = 0.3
_SHARPNESS = 0.1
# Windows that lie by more than this share in a moment's best window, or it in them, show the same moment; so do two
# moments of which the shorter lies in the other by more.
_SAME = 0.5


@dataclass(frozen=True)
class Moment:
    """A part of a take.

    Args:
        start_seconds: Where it begins.
        end_seconds: Where it ends.
        similarity: Of its best window.
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
    """Yield the parts of a take that fit best, best first.

    The best window of those that show no moment yet makes a moment, and the windows of all lengths about it vote on
    where it begins and ends; one that lies where a better one was found is not told again. Where all windows are of one
    length there is nothing to choose between, and a moment is its best window.

    Args:
        starts: Where each window begins, in seconds.
        ends: Where it ends.
        similarities: How much it is like the query.
    """
    starts, ends = starts.astype(np.float64), ends.astype(np.float64)
    lengths = ends - starts
    one_length = bool(lengths.max() - lengths.min() < 0.1)
    free = np.ones(len(starts), dtype=bool)
    found: list[Moment] = []
    # Of equally similar windows the first in the order of the index is taken, so that an answer is always the same.
    for window in np.argsort(-similarities, kind="stable"):
        if not free[window]:
            continue
        together = np.maximum(np.minimum(ends, ends[window]) - np.maximum(starts, starts[window]), 0)
        shared = together / (lengths + lengths[window] - together)
        votes = np.where(shared >= _SHARED, shared, 0.0)
        # At most 1: free windows are no liker, and one that is not free is held to it.
        votes *= np.exp(np.minimum(similarities - similarities[window], 0) / _SHARPNESS)
        if one_length:
            votes = np.arange(len(votes)) == window
        start, end = (float(np.average(bounds, weights=votes)) for bounds in (starts, ends))
        free &= together <= _SAME * np.minimum(lengths, lengths[window])
        moment = Moment(start, end, float(similarities[window]), int(window))
        if not one_length and any(_is_same(moment, other) for other in found):
            # Another try at a place that was found: both windows lie in it, and its bounds are those of all about it.
            continue
        found.append(moment)
        yield moment


def _is_same(one: Moment, other: Moment) -> bool:
    together = min(one.end_seconds, other.end_seconds) - max(one.start_seconds, other.start_seconds)
    shorter = min(one.end_seconds - one.start_seconds, other.end_seconds - other.start_seconds)
    return together > _SAME * shorter
