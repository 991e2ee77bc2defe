"""Answers: which motions are right for a caption and which captions for a motion, under a rule that merges captions."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from tmr.motion.captions import side_words

Rows = tuple[Int[np.ndarray, " _boundary"], Int[np.ndarray, " _member"]]
"""Rows of a sparse matrix: where each begins and ends in the second array, and the members."""
SameTexts = Callable[[Int[np.ndarray, " _text"]], Rows]
"""Tells for each text given which texts say the same, itself among them."""

_AT_ONCE = 256  # different captions that are compared with all others at a time


class Answers:
    """Right answers in both directions, found for a block of queries at a time.

    A motion is right for a caption if any of its captions says the same; a caption is right for a motion if it says the
    same as any of the motion's captions.

    Args:
        owner: The motion of each text.
        same: Which texts say the same.
    """

    def __init__(self, owner: Int[np.ndarray, " text"], same: SameTexts) -> None:
        self._owner, self._same = owner, same
        self._texts_by_motion = _bounds(np.unique(owner, return_counts=True)[1]), np.argsort(owner, kind="stable")

    def of_texts(self, first: int, last: int) -> Rows:
        """Return the right motions of the texts from `first` to `last`, exclusive."""
        bounds, texts = self._same(np.arange(first, last))
        return _distinct_members(bounds, self._owner[texts])

    def of_motions(self, first: int, last: int) -> Rows:
        """Return the right texts of the `first` to the `last` (exclusive) of the motions that have texts."""
        bounds, own = _take_rows(self._texts_by_motion, np.arange(first, last))
        ends, texts = self._same(own)
        return _distinct_members(ends[bounds], texts)

    def most_often_right(self) -> int:
        """Return for how many texts the most often right motion is right: what a constant answer would score."""
        times = np.zeros(int(self._owner.max()) + 1, dtype=np.int64)
        for first in range(0, len(self._owner), _AT_ONCE):
            motions = self.of_texts(first, min(first + _AT_ONCE, len(self._owner)))[1]
            times += np.bincount(motions, minlength=len(times))
        return int(times.max())


def only_itself(texts: Int[np.ndarray, " text"]) -> Rows:
    """Say that no other text says the same."""
    return np.arange(len(texts) + 1), texts


def letter_for_letter(captions: Sequence[str]) -> SameTexts:
    """Return the rule that captions say the same if they are equal strings."""
    number, texts_by_caption = _numbered(captions)
    return lambda texts: _take_rows(texts_by_caption, number[texts])


def alike(captions: Sequence[str], vectors: Float[np.ndarray, "caption width"], threshold: float) -> SameTexts:
    """Return the rule that captions say the same if the cosine of their sentence vectors is above a threshold.

    Args:
        captions: One a text.
        vectors: Sentence vectors of length 1, one for each different caption in order of first appearance.
        threshold: Cosine, exclusive; equal strings say the same in any case.
    """
    number, texts_by_caption = _numbered(captions)

    def same(texts: Int[np.ndarray, " text"]) -> Rows:
        asked, place = np.unique(number[texts], return_inverse=True)
        bounds, near = _take_rows(_near_captions(asked, vectors, threshold), place)
        ends, members = _take_rows(texts_by_caption, near)
        return ends[bounds], members

    return same


def count_merged(
    captions: Sequence[str], vectors: Float[np.ndarray, "caption width"], threshold: float
) -> tuple[int, int]:
    """Return how many pairs of different captions are alike, and how many of these name different sides.

    Sentence encoders hardly tell left from right, so a rule built on them forgives a model that does not either.

    Args:
        captions: As for `alike`; so are the other arguments.
    """
    different = list(dict.fromkeys(captions))
    bounds, near = _near_captions(np.arange(len(different)), vectors, threshold)
    one = np.repeat(np.arange(len(different)), np.diff(bounds))
    pairs = [(one[at], near[at]) for at in np.flatnonzero(one < near)]
    return len(pairs), sum(side_words(different[one]) != side_words(different[other]) for one, other in pairs)


def _near_captions(asked: np.ndarray, vectors: np.ndarray, threshold: float) -> Rows:
    """Return the captions near each of those asked for, by number, a few at a time."""
    near, sizes = [], []
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        is_near = vectors[some] @ vectors.T > threshold
        is_near[np.arange(len(some)), some] = True
        sizes.append(is_near.sum(axis=1))
        near.append(np.nonzero(is_near)[1])
    return _bounds(np.concatenate(sizes)), np.concatenate(near)


def _numbered(captions: Sequence[str]) -> tuple[Int[np.ndarray, " text"], Rows]:
    """Return the number of each text's caption, in order of first appearance, and the texts of each number."""
    known: dict[str, int] = {}
    number = np.array([known.setdefault(caption, len(known)) for caption in captions], dtype=np.int64)
    return number, (_bounds(np.bincount(number)), np.argsort(number, kind="stable"))


def _bounds(sizes: np.ndarray) -> Int[np.ndarray, " boundary"]:
    return np.concatenate([[0], np.cumsum(sizes)])


def _take_rows(rows: Rows, chosen: Int[np.ndarray, " row"]) -> Rows:
    """Return some rows of a sparse matrix, in the order given."""
    bounds, members = rows
    sizes = bounds[chosen + 1] - bounds[chosen]
    new_bounds = _bounds(sizes)
    places = np.arange(new_bounds[-1]) + np.repeat(bounds[chosen] - new_bounds[:-1], sizes)
    return new_bounds, members[places]


def _distinct_members(bounds: np.ndarray, members: np.ndarray) -> Rows:
    """Return the rows with each member once, in order."""
    num_rows, width = len(bounds) - 1, int(members.max(initial=0)) + 1
    pairs = np.unique(np.repeat(np.arange(num_rows), np.diff(bounds)) * width + members)
    return _bounds(np.bincount(pairs // width, minlength=num_rows)), pairs % width
