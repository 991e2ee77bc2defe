"""Folding: near duplicates and mirror images of a better hit stand under it instead of beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmr.errors import TMRError
from tmr.search.found import Found
from tmr.search.item import Folded
from tmr.search.storage.segment import WIDTH


@dataclass(frozen=True)
class Folding:
    """What counts as the same motion.

    Args:
        similarity: Cosine from which two hits are near duplicates, 0.5 to 1.
        mirrors: Whether a mirror image is folded too; it is found only in an index that was made with mirrors.
        shortest_share: The shorter of the two must last at least this share of the longer.

    Raises:
        TMRError: If a number is out of its range.
    """

    similarity: float = 0.99
    mirrors: bool = True
    shortest_share: float = 0.8

    def __post_init__(self) -> None:
        if not 0.5 <= self.similarity <= 1:
            raise TMRError(f"near duplicates are to have a similarity of {self.similarity}; expected 0.5 to 1")
        if not 0 <= self.shortest_share <= 1:
            raise TMRError(f"the shorter is to last a share of {self.shortest_share}; expected 0 to 1")


def fold(found: Sequence[Found], folding: Folding) -> list[tuple[Found, tuple[Folded, ...]]]:
    """Return what is found once each, in its order, with what is folded under it.

    Everything is compared with the best of its kind, not with what is folded already: no chain of ever so little
    different motions ends far from its beginning. Parts of one take are never folded under each other.

    Args:
        found: Best first.
        folding: What counts as the same.
    """
    kept = _Kept(len(found))
    for one in found:
        place, folded = kept.place_of(one, folding)
        if folded is None:
            kept.add(one)
        else:
            kept.under[place].append(folded)
    return [(one, tuple(items)) for one, items in zip(kept.found, kept.under, strict=True)]


class _Kept:
    """What stands for itself so far, with what is compared as arrays."""

    def __init__(self, most: int) -> None:
        self.found: list[Found] = []
        self.under: list[list[Folded]] = []
        self._vectors = np.zeros((most, WIDTH), dtype=np.float32)
        self._mirrors = np.zeros_like(self._vectors)
        self._seconds = np.zeros(most)
        self._names = np.zeros(most, dtype=np.int64)
        self._numbers: dict[str, int] = {}
        self._by_content: dict[tuple[str, float, float], int] = {}

    def add(self, one: Found) -> None:
        place = len(self.found)
        self._vectors[place], self._mirrors[place] = one.embedding, one.mirror
        self._seconds[place] = one.end_seconds - one.start_seconds
        self._names[place] = self._numbers.setdefault(one.item.item, place)
        self._by_content.setdefault(_content(one), place)
        self.found.append(one)
        self.under.append([])

    def place_of(self, one: Found, folding: Folding) -> tuple[int, Folded | None]:
        """Return under which of the kept ones a hit belongs and as what; nothing if it stands for itself."""
        same = self._by_content.get(_content(one)) if one.item.sha256 else None
        if same is not None and self.found[same].item.item != one.item.item:
            return same, Folded(one.item.item, "same content", 1.0)
        count = len(self.found)
        seconds = one.end_seconds - one.start_seconds
        shorter = np.minimum(self._seconds[:count], seconds)
        allowed = shorter >= folding.shortest_share * np.maximum(self._seconds[:count], seconds)
        allowed &= self._names[:count] != self._numbers.get(one.item.item, -1)
        if not allowed.any():
            return 0, None
        best_place, best = 0, None
        ways = [("near duplicate", self._vectors)] + [("mirror image", self._mirrors)] * folding.mirrors
        for why, others in ways:
            similarities = np.where(allowed, others[:count] @ one.embedding, -1.0)
            place = int(similarities.argmax())
            similarity = min(round(float(similarities[place]), 6), 1.0)
            if similarity >= folding.similarity and (best is None or similarity > best.similarity):
                best_place, best = place, Folded(one.item.item, why, similarity)
        return best_place, best


def _content(one: Found) -> tuple[str, float, float]:
    return one.item.sha256 + one.item.reading, one.start_seconds, one.end_seconds
