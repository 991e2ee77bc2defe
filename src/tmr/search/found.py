"""Found: a part of an item that answers a query, and how the parts of items are found, paged and folded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.search.item import Item
from tmr.search.moments import find_moments
from tmr.search.ranking import Match


@dataclass(frozen=True)
class Found:
    """A part of an item.

    Args:
        match: Its best window.
        start_seconds: Where it begins.
        end_seconds: Where it ends.
        similarity: Of its best window.
    """

    match: Match
    start_seconds: float
    end_seconds: float
    similarity: float

    @property
    def item(self) -> Item:
        """The item it is a part of."""
        return self.match.item

    @property
    def embedding(self) -> Float[np.ndarray, " 256"]:
        """The unit vector of its best window."""
        return self.match.segment.embeddings[self.match.row]

    @property
    def mirror(self) -> Float[np.ndarray, " 256"]:
        """The unit vector of its best window's mirror image; zeros if the index does not have it."""
        mirrors = self.match.segment.mirrors
        return np.zeros_like(self.embedding) if mirrors is None else mirrors[self.match.row]

    @property
    def order(self) -> tuple[float, str, float, int]:
        """What is ranked by: similarity, then the item's name, then the time in it."""
        return (-self.similarity, self.item.item, self.start_seconds, self.match.row)


def found_windows(matches: Sequence[Match]) -> list[Found]:
    """Return matches as they are, a window each."""
    return [_window(match) for match in matches]


def found_moments(matches: Sequence[Match], query: Float[np.ndarray, "window 256"], most: int) -> list[Found]:
    """Return the moments of the items that were matched, best first.

    Args:
        matches: One an item, its best window, best first.
        query: The query's unit vectors; a window counts by the nearest.
        most: How many moments of one item.
    """
    found = [part for match in matches for part in _moments(match, query, most)]
    return found if most == 1 else sorted(found, key=lambda part: part.order)


def _moments(match: Match, query: Float[np.ndarray, "window 256"], most: int) -> list[Found]:
    segment = match.segment
    rows = segment.rows_of(int(segment.rows["item"][match.row]))
    if rows.stop - rows.start == 1:
        return [_window(match)]
    embeddings, records = segment.embeddings[rows].astype(np.float64), segment.rows[rows]
    similarities = np.max([embeddings @ vector for vector in query.astype(np.float64)], axis=0)
    # The ranking's choice among windows that differ by rounding only holds here too.
    similarities[match.row - rows.start] = max(similarities.max(), similarities[match.row - rows.start])
    found = []
    moments = find_moments(records["start_seconds"], records["end_seconds"], similarities)
    for moment, _ in zip(moments, range(most), strict=False):
        similarity = match.similarity if not found else round(moment.similarity, 6) + 0.0
        best = Match(similarity, segment, rows.start + moment.window, match.item)
        found.append(Found(best, moment.start_seconds, moment.end_seconds, similarity))
    return found


def _window(match: Match) -> Found:
    record = match.segment.rows[match.row]
    return Found(match, float(record["start_seconds"]), float(record["end_seconds"]), match.similarity)
