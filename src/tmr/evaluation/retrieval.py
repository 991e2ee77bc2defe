"""Retrieval metrics on arrays: fair ranks, recall, average precision and gain, in memory that does not grow with N²."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tmr.errors import TMRError
from tmr.evaluation.distribution import check_rows_of_numbers

RECALLS = (1, 2, 3, 5, 10)
Right = Callable[[int, int], tuple[Int[np.ndarray, " boundary"], Int[np.ndarray, " answer"]]]
"""Tells the right items of the queries from the first to the last (exclusive) given: where each query's items begin and
end in the second array, and the items, each once a query; as the rows of a sparse matrix."""

_BLOCK_NUMBERS = 1 << 22  # similarities in memory at once


@dataclass(frozen=True, eq=False)
class Placements:
    """Where the right items of each query stand among the items; items of equal similarity stand in random order.

    Args:
        above: Items nearer than the nearest right one.
        tied: Items as near as that, itself among them.
        tied_right: How many of those are right.
        num_right: Right items of the query.
        average_precision: Mean over the right items of the precision at their ranks, expected over the order of ties.
        gain: Normalised discounted cumulative gain of the whole ranking, expected over the order of ties; a right item
            at rank r counts 1 / log2(1 + r).
        num_items: Size of the gallery.

    Source:
        Ties: McSherry and Najork, Computing Information Retrieval Performance Measures Efficiently in the Presence of
        Tied Scores, ECIR 2008.
    """

    above: Int[np.ndarray, " query"]
    tied: Int[np.ndarray, " query"]
    tied_right: Int[np.ndarray, " query"]
    num_right: Int[np.ndarray, " query"]
    average_precision: Float[np.ndarray, " query"]
    gain: Float[np.ndarray, " query"]
    num_items: int

    @property
    def rank(self) -> Float[np.ndarray, " query"]:
        """Expected rank of the nearest right item, from 1; the middle of the tied places if one item is right."""
        return self.above + (self.tied + 1) / (self.tied_right + 1)

    @classmethod
    def of_single(
        cls, above: Int[np.ndarray, " query"], tied: Int[np.ndarray, " query"], num_items: int
    ) -> "Placements":
        """Return the placements of queries that have one right item each."""
        sums, none, one = _Sums(num_items), np.zeros_like(above), np.ones_like(above)
        return cls(above, tied, one, one, sums.precision(above, tied, none, one), sums.gain(above, tied), num_items)

    def hit_chances(self, k: int) -> Float[np.ndarray, " query"]:
        """Return the chance that a right item is among the first k."""
        return _hit_chances(self.above, self.tied, self.tied_right, k)

    def at_chance(self) -> "Placements":
        """Return the placements of an encoder that tells nothing apart, on the same gallery."""
        none, everything = np.zeros_like(self.above), np.full_like(self.above, self.num_items)
        sums = _Sums(self.num_items)
        precision = sums.precision(none, everything, none, self.num_right)
        gain = sums.gain(none, everything) * self.num_right / sums.gains[self.num_right]
        return Placements(none, everything, self.num_right, self.num_right, precision, gain, self.num_items)


def place_queries(
    queries: Float[np.ndarray, "query width"], items: Float[np.ndarray, "item width"], right: Right
) -> Placements:
    """Return where the right items of each query stand among all items by their dot product.

    The similarities are made and forgotten in blocks, so that 100,000 queries by 100,000 items need no more memory than
    1,000 by 1,000. Items with equal embeddings are tied exactly, wherever they stand in the gallery.

    Args:
        queries: One embedding a query, finite.
        items: The gallery, finite.
        right: Tells which items are right; each query needs one at least.

    Raises:
        TMRError: If an embedding is not finite, the widths differ, a query has no right item, or one that is not there.
    """
    _check_embeddings(queries, items)
    distinct, place = distinct_rows(items)
    columns = np.ascontiguousarray(distinct.T)
    sums = _Sums(len(items))
    rows = max(_BLOCK_NUMBERS // len(items), 1)
    blocks = []
    for first in range(0, len(queries), rows):
        last = min(first + rows, len(queries))
        similarity = queries[first:last] @ columns
        # Equal items get their similarity from one place: the same product may come out otherwise in another column.
        blocks.append(
            _place_block(similarity if place is None else similarity[:, place], first, *right(first, last), sums)
        )
    above, tied, tied_right, num_right, precision, gain = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return Placements(above, tied, tied_right, num_right, precision, gain, len(items))


def finite_rows(embeddings: Float[np.ndarray, "item width"]) -> Bool[np.ndarray, " item"]:
    """Return which embeddings are finite and not zero: what is not is broken, and must be named and left out."""
    return np.isfinite(embeddings).all(axis=1) & (embeddings != 0).any(axis=1)


def distinct_rows(items: Float[np.ndarray, "item width"]) -> tuple[np.ndarray, Int[np.ndarray, " item"] | None]:
    """Return the different embeddings, and which of them each item has; None in place of that if all differ."""
    known: dict[bytes, int] = {}
    place = np.array([known.setdefault(row.tobytes(), len(known)) for row in items])
    if len(known) == len(items):
        return items, None
    return items[np.unique(place, return_index=True)[1]], place


def hit_chances(
    similarity: Float[np.ndarray, "query item"], right: Bool[np.ndarray, "query item"], k: int
) -> Float[np.ndarray, " query"]:
    """Return for each query the chance that a right item is among the first k.

    Items of equal similarity stand in random order, so a tie counts as the fraction of the orders that hit: an encoder
    that maps everything to one point scores at chance, not at 1.

    Args:
        similarity: Any scores, larger is nearer; not NaN.
        right: True where the item answers the query; each query needs one at least.
        k: How many items are looked at, from 1.

    Returns:
        Chances in [0, 1].

    Raises:
        TMRError: If the two are not of one shape, a similarity is NaN or a query has no right item.
    """
    similarity, right = np.asarray(similarity), np.asarray(right, dtype=bool)
    if similarity.ndim != 2 or similarity.shape != right.shape:
        raise TMRError(
            f"similarities have shape {similarity.shape} and right items {right.shape}; expected (queries, items) twice"
        )
    if np.isnan(similarity).any():
        raise TMRError(
            f"{np.isnan(similarity).sum()} similarities are NaN; leave the broken motions or texts out first"
        )
    if not right.any(axis=1).all():
        raise TMRError(f"query {np.flatnonzero(~right.any(axis=1))[0]} has no right item; every query needs one")
    nearest = np.where(right, similarity, -np.inf).max(axis=1, keepdims=True)
    level = similarity == nearest
    return _hit_chances((similarity > nearest).sum(axis=1), level.sum(axis=1), (level & right).sum(axis=1), k)


def recall_at_k(similarity: Float[np.ndarray, "query item"], right: Bool[np.ndarray, "query item"], k: int) -> float:
    """Return the fraction of queries with a right item among the first k, ties counted fairly."""
    return float(hit_chances(similarity, right, k).mean())


def small_batches_recall(
    similarity: Float[np.ndarray, "item item"], k: int, *, size: int = 32, draws: int = 20, seed: int = 0
) -> tuple[float, float]:
    """Return recall at k in random batches (only the diagonal is right) and half the width of its 95 % interval.

    Args:
        similarity: Queries by items; query i belongs to item i.
        k: How many items are looked at.
        size: Items in a batch; a remainder smaller than this is dropped, as in Guo et al., CVPR 2022.
        draws: How many times the items are shuffled.
        seed: Of the shuffles.

    Raises:
        TMRError: If there are fewer items than one batch takes, or not as many queries as items.
    """
    if similarity.shape != (len(similarity), len(similarity)):
        raise TMRError(f"similarities have shape {similarity.shape}; expected (items, items), query i of item i")
    if len(similarity) < size:
        raise TMRError(f"batches of {size} need at least {size} items; there are {len(similarity)}")
    random = np.random.default_rng(seed)
    means = []
    for _ in range(draws):
        order = random.permutation(len(similarity))
        batches = order[: len(order) // size * size].reshape(-1, size)
        own = np.eye(size, dtype=bool)
        means.append(np.mean([recall_at_k(similarity[np.ix_(batch, batch)], own, k) for batch in batches]))
    return float(np.mean(means)), float(1.96 * np.std(means, ddof=1) / np.sqrt(draws))


def _hit_chances(above: np.ndarray, tied: np.ndarray, tied_right: np.ndarray, k: int) -> Float[np.ndarray, " query"]:
    places = np.clip(k - above, 0, tied)
    # The chance that none of `places` draws without replacement from the tied items is right.
    missed = np.ones(len(above))
    for draw in range(int(places.max(initial=0))):
        wrong_left = np.maximum(tied - tied_right - draw, 0)
        missed *= np.where(draw < places, wrong_left / np.maximum(tied - draw, 1), 1.0)
    return 1.0 - missed


class _Sums:
    """Sums over ranks, from which what is expected of tied items follows without going through their orders."""

    def __init__(self, num_items: int) -> None:
        ranks = np.arange(1, num_items + 1)
        self.harmonic = np.concatenate([[0.0], np.cumsum(1 / ranks)])
        self.gains = np.concatenate([[0.0], np.cumsum(1 / np.log2(1 + ranks))])

    def precision(
        self, above: np.ndarray, tied: np.ndarray, right_above: np.ndarray, tied_right: np.ndarray
    ) -> Float[np.ndarray, " answer"]:
        """Return the expected precision at the rank of a right item that stands at random among those tied with it."""
        # At the j-th tied place the precision is (right_above + 1 + (j - 1) · step) / (above + j).
        step = (tied_right - 1) / np.maximum(tied - 1, 1)
        spread = self.harmonic[above + tied] - self.harmonic[above]
        return ((right_above + 1 - step * (above + 1)) * spread + step * tied) / tied

    def gain(self, above: np.ndarray, tied: np.ndarray) -> Float[np.ndarray, " answer"]:
        """Return the expected discounted gain of a right item."""
        return (self.gains[above + tied] - self.gains[above]) / tied


def _place_block(
    similarity: np.ndarray, first: int, bounds: np.ndarray, items: np.ndarray, sums: _Sums
) -> tuple[np.ndarray, ...]:
    """Return the columns of `Placements` for some queries."""
    num_right = np.diff(bounds)
    if not num_right.all():
        raise TMRError(f"query {first + np.flatnonzero(num_right == 0)[0]} has no right item; every query needs one")
    if strangers := items[(items < 0) | (items >= similarity.shape[1])].tolist():
        raise TMRError(f"item {strangers[0]} is said to be right; there are {similarity.shape[1]}, counted from 0")
    row = np.repeat(np.arange(len(similarity)), num_right)
    scores = similarity[row, items]
    nearest = np.maximum.reduceat(scores, bounds[:-1])
    above = np.count_nonzero(similarity > nearest[:, None], axis=1)
    tied = np.count_nonzero(similarity == nearest[:, None], axis=1)
    tied_right = np.add.reduceat((scores == nearest[row]).astype(np.int64), bounds[:-1])
    if num_right.max() == 1:
        counts = above, tied, np.zeros_like(above), tied_right
    else:
        counts = _counts_of_answers(similarity, scores, bounds)
    precision = np.add.reduceat(sums.precision(*counts), bounds[:-1]) / num_right
    gain = np.add.reduceat(sums.gain(*counts[:2]), bounds[:-1]) / sums.gains[num_right]
    return above, tied, tied_right, num_right, precision, gain


def _counts_of_answers(similarity: np.ndarray, scores: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return for each right item how many items are above and tied with it, and how many right ones above and tied."""
    counts = np.empty((4, len(scores)), dtype=np.int64)
    ordered = np.sort(similarity, axis=1)
    for row, (first, last) in enumerate(itertools.pairwise(bounds)):
        own = scores[first:last]
        for at, among in ((0, ordered[row]), (2, np.sort(own))):
            upper = np.searchsorted(among, own, side="right")
            counts[at, first:last] = len(among) - upper
            counts[at + 1, first:last] = upper - np.searchsorted(among, own, side="left")
    return tuple(counts)


def _check_embeddings(queries: np.ndarray, items: np.ndarray) -> None:
    for array in (queries, items):
        check_rows_of_numbers(array)
    if not len(queries) or not len(items) or queries.shape[1] != items.shape[1]:
        raise TMRError(
            f"queries have shape {queries.shape} and items {items.shape}; expected one or more of each, of one width"
        )
    for what, array in (("queries", queries), ("items", items)):
        if broken := int((~np.isfinite(array).all(axis=1)).sum()):
            raise TMRError(f"{broken} of {len(array)} {what} are not finite; leave broken motions and texts out first")
