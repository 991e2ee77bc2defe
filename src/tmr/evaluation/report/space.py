"""What a run tells of one model's space: ranks, best and worst queries, similarities of right and of other pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

_BIN_EDGES = (1, 2, 5, 10)


@dataclass(frozen=True, eq=False)
class Space:
    """The embeddings of one model, and how well each caption found its motion.

    Args:
        model: Name.
        text: Unit length; one a caption.
        motion: Unit length; one an item of the gallery.
        owner: For each caption the number of its motion.
        captions: As they were asked.
        names: Of the motions.
        clips: The recording that each motion is cut from.
        rank: Of each caption's motion in the whole gallery, from 1; a half where it is tied.
    """

    model: str
    text: Float[np.ndarray, "query width"]
    motion: Float[np.ndarray, "item width"]
    owner: Int[np.ndarray, " query"]
    captions: Sequence[str]
    names: Sequence[str]
    clips: Sequence[str]
    rank: Float[np.ndarray, " query"]


@dataclass(frozen=True)
class Query:
    """A caption that is shown with its hits.

    Args:
        number: Of the caption.
        hits: The nearest motions, nearest first: number and similarity.
    """

    number: int
    hits: tuple[tuple[int, float], ...]


def recall_curve(rank: Float[np.ndarray, " query"], gallery: int, points: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return ks, even by their logarithm from 1 to the gallery's size, and the recall at each as a fraction."""
    ks = np.unique(np.rint(np.geomspace(1, max(gallery, 1), points)).astype(int))
    return ks, (rank[:, None] <= ks).mean(axis=0)


def rank_bins(gallery: int) -> list[tuple[int, int]]:
    """Return first and last rank of each bar: 1, 2, 3 to 5, 6 to 10, 11 to 20, 21 to 50 … up to the gallery's size."""
    ends = [scale * edge for scale in 10 ** np.arange(0, 12) for edge in _BIN_EDGES[1:]]
    ends = [1, *(int(end) for end in ends if end < gallery), gallery]
    ends = sorted(set(ends))
    return [(before + 1, end) for before, end in zip([0, *ends], ends, strict=False)]


def rank_shares(rank: Float[np.ndarray, " query"], bins: Sequence[tuple[int, int]]) -> Float[np.ndarray, " bin"]:
    """Return the share of the queries whose rank falls into each bin; a tied half counts to the worse side."""
    ends = np.array([last for _, last in bins])
    places = np.searchsorted(ends, np.ceil(rank))
    return np.bincount(np.minimum(places, len(bins) - 1), minlength=len(bins)) / max(len(rank), 1)


def worst_and_best(space: Space, count: int = 12, k: int = 3) -> tuple[tuple[Query, ...], tuple[Query, ...]]:
    """Return the queries with the worst and with the best ranks, among equals by how far right is from wrong.

    No caption and no motion is in them twice.

    Args:
        space: With the queries.
        count: Most of each.
        k: How many hits of each query are told.
    """
    own = (space.text * space.motion[space.owner]).sum(axis=1)
    order = _distinct(space, np.lexsort((own, -space.rank)))
    worst = order[: min(count, len(order) // 2)]
    best = order[len(worst) :][::-1][:count]
    return tuple(_query(space, number, k) for number in worst), tuple(_query(space, number, k) for number in best)


def _distinct(space: Space, order: np.ndarray) -> list[int]:
    seen: set[int | str] = set()
    chosen = []
    for number in order.tolist():
        keys = {int(space.owner[number]), space.captions[number]}
        if not keys & seen:
            chosen.append(number)
            seen |= keys
    return chosen


def _query(space: Space, number: int, k: int) -> Query:
    similarity = space.motion @ space.text[number]
    hits = np.argsort(-similarity, kind="stable")[:k]
    return Query(number, tuple((int(item), float(similarity[item])) for item in hits))


def pair_similarities(space: Space, *, seed: int = 0, most: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Return the similarities of captions with their own motions, and with other motions drawn at random."""
    random = np.random.default_rng(seed)
    query = random.permutation(len(space.text))[:most]
    own = (space.text[query] * space.motion[space.owner[query]]).sum(axis=1)
    if len(space.motion) < 2:
        return own, np.empty(0, dtype=own.dtype)
    asked = np.resize(query, min(most, 20 * len(query)))
    step = random.integers(1, len(space.motion), size=len(asked))
    other = (space.owner[asked] + step) % len(space.motion)
    return own, (space.text[asked] * space.motion[other]).sum(axis=1)
