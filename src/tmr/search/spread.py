"""Spread: how the similarities of a whole index to one query are distributed, so that one of them can be judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.search.storage.segment import Segment

NUM_BINS = 40
# An index of a million is looked at here and there: a share is then known to half a percent.
MOST_ITEMS = 20_000
# Items whose rows are read from the disk together.
_BLOCK_ITEMS = 4096


@dataclass(frozen=True)
class Spread:
    """The similarities of items to a query.

    Args:
        items: How many items were looked at.
        median: Half of them are less similar.
        highest: The largest similarity among them.
        counts: How many fall into each of `NUM_BINS` bins of equal width from -1 to 1.
    """

    items: int
    median: float
    highest: float
    counts: tuple[int, ...]


def spread(segments: Sequence[Segment], query: Float[np.ndarray, "window 256"], most: int = MOST_ITEMS) -> Spread:
    """Return how similar the items of an index are to a query; an item counts by its best window.

    Args:
        segments: What to look at; items that were removed do not count.
        query: The query's unit vectors; an item counts by the nearest.
        most: How many items at most, taken evenly; each counts once.
    """
    total = sum(segment.entry.items for segment in segments)
    step = max(1, -(-total // most))
    found = [_similarities(segment, query, step) for segment in segments]
    similarities = np.clip(np.concatenate(found) if found else np.zeros(0), -1.0, 1.0)
    if len(similarities) == 0:
        return Spread(0, 0.0, 0.0, (0,) * NUM_BINS)
    counts, _ = np.histogram(similarities, bins=NUM_BINS, range=(-1.0, 1.0))
    median, highest = float(np.median(similarities)), float(similarities.max())
    return Spread(len(similarities), round(median, 6), round(highest, 6), tuple(int(count) for count in counts))


def _similarities(segment: Segment, query: Float[np.ndarray, "window 256"], step: int) -> Float[np.ndarray, " item"]:
    items = np.flatnonzero(~segment.removed)[::step]
    ends = np.append(segment.first_rows[1:], segment.entry.rows)
    found = []
    for begin in range(0, len(items), _BLOCK_ITEMS):
        block = items[begin : begin + _BLOCK_ITEMS]
        lengths = ends[block] - segment.first_rows[block]
        starts = np.cumsum(lengths) - lengths
        rows = np.arange(lengths.sum()) - np.repeat(starts - segment.first_rows[block], lengths)
        scores = (segment.embeddings[rows] @ query.T.astype(np.float32)).max(axis=1)
        found.append(np.maximum.reduceat(scores, starts).astype(np.float64))
    return np.concatenate(found) if found else np.zeros(0)
