"""Naming: what an island of the map is called, by the words that are said of its items more often than of others."""

import numpy as np
from jaxtyping import Bool, Float, Int

from tmr.search.map.words import Words

# A word names a region if it is said there so many times as often as in the whole library, and of so many items.
_LIFT, _SHARE = 1.35, 0.15
_MOST_NAMES, _ENOUGH, _TOO_LITTLE = 3, 0.65, 0.4
_BOUND_SHARE = 0.8  # a second word that is said of so many of a word's items belongs to it
# What says how or whither something is done, not what: never a name by itself.
_HOW_OR_WHITHER = """
around at back backward backwards both by down fast for forward forwards from front in into left off on onto out over
right side sideways slow slowly three times towards twice two up
"""
_DEPENDENT = frozenset(_HOW_OR_WHITHER.split())
_WIDEST = 0.2  # no phrase is true of a larger share of a library
_AGREEING = 0.75  # the share of a region's items that a phrase must be said of
_NEARER = 0.8  # in standard deviations over the library: so much nearer a phrase must be, on average


class Naming:
    """Names regions by words, and by phrases where the words say nothing.

    Args:
        words: What is said of the items.
        phrases: Short names of what a motion may show.
        nearness: Of each item to each phrase, as a similarity; no columns where phrases cannot be embedded.
    """

    def __init__(self, words: Words, phrases: list[str], nearness: Float[np.ndarray, "item phrase"]) -> None:
        self._words, self._phrases = words, phrases
        self._usual = np.bincount(words.word, minlength=len(words.vocabulary)) / max(words.count, 1)
        # Some phrases are near to everything: what counts is how much nearer they are to these items.
        spread = np.maximum(nearness.std(axis=0), 1e-6) if len(nearness) else 1.0
        self._nearer = (nearness - nearness.mean(axis=0)) / spread if len(nearness) else nearness
        self._alone = np.array([word not in _DEPENDENT for word in words.vocabulary], dtype=bool)
        self._first = np.searchsorted(words.item, np.arange(words.count + 1))

    def name(self, items: Int[np.ndarray, " member"]) -> tuple[str, bool]:
        """Return what a region is called, and whether that was guessed from how its motions look.

        Args:
            items: The numbers of the region's items.

        Returns:
            An empty name if nothing tells the region from the rest.
        """
        said = self._by_words(items)
        if said:
            return said, False
        if not self._nearer.shape[1] or len(items) > _WIDEST * self._words.count:
            return "", True
        nearer = self._nearer[items]
        best = int(nearer.mean(axis=0).argmax())
        is_said = nearer[:, best].mean() >= _NEARER and (nearer[:, best] >= _NEARER / 2).mean() >= _AGREEING
        return (self._phrases[best], True) if is_said else ("", True)

    def _by_words(self, items: Int[np.ndarray, " member"]) -> str:
        has, known = self._table(items)
        if not known.size:
            return ""
        left = np.ones(len(items), dtype=bool)
        names: list[str] = []
        while len(names) < _MOST_NAMES and (~left).mean() < _ENOUGH:
            share = (has & left[:, None]).mean(axis=0)
            score = share * np.log(np.maximum(has.mean(axis=0) / self._usual[known], 1e-9))
            is_rare = (share < _SHARE) | (has.mean(axis=0) < _LIFT * self._usual[known])
            score[is_rare | ~self._alone[known]] = -1.0
            best = int(score.argmax())
            if score[best] <= 0:
                break
            bound = self._bound(has, known, best)
            names.append(bound)
            left &= ~has[:, best]
        return " · ".join(names) if (~left).mean() >= _TOO_LITTLE else ""

    def _table(
        self, items: Int[np.ndarray, " member"]
    ) -> tuple[Bool[np.ndarray, "member word"], Int[np.ndarray, " word"]]:
        """Return which words are said of which of the items, and the numbers of these words."""
        words = self._words
        rows = [words.word[self._first[item] : self._first[item + 1]] for item in items]
        known, column = np.unique(np.concatenate(rows), return_inverse=True) if rows else (np.zeros(0, int),) * 2
        has = np.zeros((len(items), len(known)), dtype=bool)
        has[np.repeat(np.arange(len(items)), [len(row) for row in rows]), column] = True
        return has, known

    def _bound(self, has: Bool[np.ndarray, "member word"], known: Int[np.ndarray, " word"], best: int) -> str:
        """Return a word with the one that is nearly always said with it, in the order in which they are said."""
        vocabulary = self._words.vocabulary
        with_it = has[has[:, best]].mean(axis=0)
        lift = with_it / self._usual[known]
        with_it[best] = 0.0
        with_it[lift < _LIFT] = 0.0
        other = int(np.lexsort((-lift, -with_it))[0])
        if with_it[other] < _BOUND_SHARE:
            return vocabulary[int(known[best])]
        pair = (int(known[best]), int(known[other]))
        first, second = pair if self._stands_before(*pair) else pair[::-1]
        return f"{vocabulary[first]} {vocabulary[second]}"

    def _stands_before(self, one: int, other: int) -> bool:
        words = self._words
        places = {word: np.flatnonzero(words.word == word) for word in (one, other)}
        items, at_one, at_other = np.intersect1d(
            words.item[places[one]], words.item[places[other]], return_indices=True
        )
        return bool((places[one][at_one] < places[other][at_other]).mean() >= 0.5) if len(items) else True
