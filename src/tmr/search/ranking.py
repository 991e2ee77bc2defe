"""Exact nearest embeddings, block by block over memory-mapped segments, with the same answer every time.

A plain matrix product: `runs/bench_search.py` has its times beside those of faiss.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import IndexFolderError
from tmr.search.item import Item
from tmr.search.storage.segment import Segment

# Rows a block: 16 MB of embeddings, small beside the memory and large beside the cost of a Python step.
_BLOCK_ROWS = 16_384
# Queries at a time: a ten-hour query has thousands of windows, and each has a score with every row of a block.
_MOST_QUERIES = 256
# Errors of a float32 product of two unit vectors of width 256 stay well below this.
_TOLERANCE = 1e-5
# Beyond so many spare candidates (thousands of equal motions) they are ranked early, which bounds the memory.
_SPARE_CANDIDATES = 4096


@dataclass(frozen=True)
class Match:
    """A row that was found.

    Args:
        similarity: Cosine with the query, rounded to six places.
        segment: The segment it is in.
        row: Its row there.
        item: The item it shows.
    """

    similarity: float
    segment: Segment
    row: int
    item: Item

    @property
    def order(self) -> tuple[float, str, int]:
        """What matches are ranked by: similarity, then the item's name, then the time in it."""
        return (-self.similarity, self.item.item, self.row)


class _Candidates:
    """The rows that may still be among the best k of one query."""

    def __init__(self, query: Float[np.ndarray, " width"], k: int) -> None:
        self._query, self._k = query.astype(np.float64), k
        self._ranked: list[Match] = []
        self._pending: list[tuple[Segment, np.ndarray, np.ndarray]] = []
        self._count = 0
        self._limit = -np.inf

    def offer(self, segment: Segment, rows: np.ndarray, scores: Float[np.ndarray, " row"]) -> None:
        """Take what is good enough of a block: `rows` of the segment with their rough scores; removed ones are -inf."""
        chosen = np.flatnonzero(scores >= self._limit)
        if len(chosen) > self._k:
            # Only now is it worth finding the k-th best of the block.
            kth = np.partition(scores[chosen], len(chosen) - self._k)[len(chosen) - self._k]
            self._limit = max(self._limit, float(kth) - 2 * _TOLERANCE)
            chosen = chosen[scores[chosen] >= self._limit]
        chosen = chosen[np.isfinite(scores[chosen])]
        if len(chosen) == 0:
            return
        self._pending.append((segment, rows[chosen], scores[chosen]))
        self._count += len(chosen)
        if self._count > self._k + _SPARE_CANDIDATES:
            self.rank()

    def rank(self) -> list[Match]:
        """Return the best k of everything offered, from exact scores."""
        if self._pending:
            rough = np.concatenate([scores for _, _, scores in self._pending])
            if len(rough) > self._k:
                kth = np.partition(rough, len(rough) - self._k)[len(rough) - self._k]
                self._limit = max(self._limit, float(kth) - 2 * _TOLERANCE)
            matches = list(self._ranked)
            for segment, rows, scores in self._pending:
                matches.extend(self._exact(segment, rows[scores >= self._limit]))
            self._ranked = sorted(matches, key=lambda match: match.order)[: self._k]
            self._pending, self._count = [], 0
            if len(self._ranked) == self._k:
                self._limit = max(self._limit, self._ranked[-1].similarity - 2 * _TOLERANCE)
        return self._ranked

    def _exact(self, segment: Segment, rows: np.ndarray) -> Iterator[Match]:
        """Yield matches with scores that do not depend on the block or on the other queries of the product."""
        similarities = (segment.embeddings[rows].astype(np.float64) * self._query).sum(axis=1)
        items = segment.items([int(number) for number in segment.rows["item"][rows]])
        for row, similarity, item in zip(rows, similarities, items, strict=True):
            # Adding 0.0 turns -0.0 into 0.0.
            yield Match(round(float(similarity), 6) + 0.0, segment, int(row), item)


def nearest(
    segments: Sequence[Segment],
    queries: Float[np.ndarray, "query width"],
    k: int,
    *,
    all_windows: bool = False,
    passing: Sequence[Bool[np.ndarray, " _item"]] | None = None,
) -> list[list[Match]]:
    """Return the k rows most similar to each query, best first; ties stand in the order of their items' names.

    Args:
        segments: What to search.
        queries: Unit vectors.
        k: How many answers a query gets, if there are so many.
        all_windows: Give every window of a take its own place instead of only the best one.
        passing: For each segment which of its items may be found, removed ones being found never; None for all.

    Raises:
        IndexFolderError: If a segment holds numbers that are no similarities.
    """
    results: list[list[Match]] = []
    for first in range(0, len(queries), _MOST_QUERIES):
        results += _nearest(segments, queries[first : first + _MOST_QUERIES], k, all_windows, passing)
    return results


def _nearest(
    segments: Sequence[Segment],
    queries: Float[np.ndarray, "query width"],
    k: int,
    all_windows: bool,
    passing: Sequence[Bool[np.ndarray, " _item"]] | None,
) -> list[list[Match]]:
    candidates = [_Candidates(query, k) for query in queries]
    for place, segment in enumerate(segments):
        left_out = segment.removed if passing is None else segment.removed | ~passing[place]
        some_left_out = bool(left_out.any())
        for begin, end in _blocks(segment):
            if some_left_out and left_out[segment.rows["item"][begin:end]].all():
                continue
            scores = queries @ segment.embeddings[begin:end].T
            if not np.abs(scores).max() <= 1.01:
                raise IndexFolderError(
                    f"index {str(segment.folder)!r} is broken: segments/{segment.entry.name}.embeddings.npy holds "
                    "vectors that are not of length 1; delete the folder and index again"
                )
            rows = np.arange(begin, end)
            if some_left_out:
                scores[:, left_out[segment.rows["item"][begin:end]]] = -np.inf
            for query, wanted in enumerate(candidates):
                if all_windows or segment.entry.items == segment.entry.rows:
                    wanted.offer(segment, rows, scores[query])
                else:
                    wanted.offer(segment, *_best_windows(segment, begin, end, scores[query]))
    return [wanted.rank() for wanted in candidates]


def _blocks(segment: Segment) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows, cut between items: all windows of an item are in one block."""
    begin = 0
    while begin < segment.entry.rows:
        next_item = np.searchsorted(segment.first_rows, begin + _BLOCK_ROWS)
        end = int(segment.first_rows[next_item]) if next_item < segment.entry.items else segment.entry.rows
        yield begin, end
        begin = end


def _best_windows(
    segment: Segment, begin: int, end: int, scores: Float[np.ndarray, " row"]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best row of each item in a block, the earlier one of equals, and its score."""
    first, last = np.searchsorted(segment.first_rows, [begin, end])
    starts = segment.first_rows[first:last] - begin
    best = np.maximum.reduceat(scores, starts)
    lengths = np.diff(starts, append=end - begin)
    # Of windows that differ by less than a float32 product's error the earliest is taken, in any batch of queries.
    is_best = np.flatnonzero(scores >= np.repeat(best, lengths) - _TOLERANCE / 10)
    owner = np.searchsorted(starts, is_best, side="right") - 1
    _, earliest = np.unique(owner, return_index=True)
    rows = is_best[earliest]
    return rows + begin, scores[rows]
