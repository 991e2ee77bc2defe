"""Answering: from a query's unit vectors to its hits, filtered, paged, cut into moments and folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import TMRError
from tmr.search.folding import Folding, fold
from tmr.search.found import Found, found_moments, found_windows
from tmr.search.item import Folded, Hit, Value
from tmr.search.moments import MOST_MOMENTS
from tmr.search.ranking import Match, nearest
from tmr.search.storage.segment import Segment

# Found beyond what is asked, as what is folded leaves room.
_SPARE = 16


@dataclass(frozen=True)
class Wanted:
    """Which hits are asked for.

    Args:
        k: How many.
        offset: How many of the best to leave out.
        all_windows: Every window of a long take is a hit of its own.
        moments: How many moments of one take may be hits.
        folding: What to fold; None for nothing.

    Raises:
        TMRError: If a number is not whole or out of its range, or windows and moments are both asked for.
    """

    k: int = 10
    offset: int = 0
    all_windows: bool = False
    moments: int = 1
    folding: Folding | None = None

    def __post_init__(self) -> None:
        for name, number in (("k", self.k), ("offset", self.offset), ("moments", self.moments)):
            if not isinstance(number, Integral):
                raise TMRError(f"{name} is {number!r}; expected a whole number")
        if self.k < 1:
            raise TMRError(f"k is {self.k}; expected at least 1 hit")
        if self.offset < 0:
            raise TMRError(f"the offset is {self.offset}; expected 0 or more hits to leave out")
        if not 1 <= self.moments <= MOST_MOMENTS:
            raise TMRError(f"{self.moments} moments of one take are asked for; expected 1 to {MOST_MOMENTS}")
        if self.all_windows and self.moments > 1:
            raise TMRError("all windows and several moments of a take are asked for; choose one of them")

    @property
    def last(self) -> int:
        """The rank of the last hit that is asked for."""
        return self.offset + self.k


class Answering:
    """Answers queries from segments.

    Args:
        segments: What to search.
        passing: For each segment which of its items may be found; None for all.
        root: The library's folder; None if there is none.
        metadata: What the user says of items, by name.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        passing: Sequence[Bool[np.ndarray, " _item"]] | None,
        root: Path | None,
        metadata: Mapping[str, Mapping[str, Value]],
    ) -> None:
        self._segments, self._passing = segments, passing
        self._root, self._metadata = root, metadata

    def hits(self, queries: Sequence[Float[np.ndarray, "_window 256"]], wanted: Wanted) -> list[list[Hit]]:
        """Return the hits of each query, in one pass over the embeddings unless much is folded.

        Args:
            queries: For each query its unit vectors: a long motion has several, and a hit counts by the nearest.
            wanted: Which hits.
        """
        count = wanted.last if wanted.folding is None else 2 * wanted.last + _SPARE
        results = []
        for query, matches in zip(queries, self._best(queries, count, wanted.all_windows), strict=True):
            if wanted.folding is None:
                found = [(part, ()) for part in self._parts(query, matches, wanted)[: wanted.last]]
            else:
                found = self._folded(query, matches, count, wanted, wanted.folding)
            page = found[wanted.offset : wanted.last]
            results.append([self._hit(rank, *one) for rank, one in enumerate(page, start=wanted.offset + 1)])
        return results

    def _best(
        self, queries: Sequence[Float[np.ndarray, "_window 256"]], count: int, all_windows: bool
    ) -> list[list[Match]]:
        """Return for each query the best items; or windows, if each is to count."""
        if not queries:
            return []
        matches = iter(
            nearest(self._segments, np.concatenate(queries), count, all_windows=all_windows, passing=self._passing)
        )
        results = []
        for query in queries:
            best: dict[object, Match] = {}
            for match in sorted((match for _ in query for match in next(matches)), key=lambda match: match.order):
                best.setdefault((match.item.item, match.row if all_windows else None), match)
            results.append(list(best.values())[:count])
        return results

    def _parts(self, query: Float[np.ndarray, "window 256"], matches: Sequence[Match], wanted: Wanted) -> list[Found]:
        return found_windows(matches) if wanted.all_windows else found_moments(matches, query, wanted.moments)

    def _folded(
        self,
        query: Float[np.ndarray, "window 256"],
        matches: list[Match],
        count: int,
        wanted: Wanted,
        folding: Folding,
    ) -> list[tuple[Found, tuple[Folded, ...]]]:
        """Fold, and look further down until enough is left or there is no more."""
        while True:
            # Beyond the first `count` parts some of an item that was not matched may be better.
            folded = fold(self._parts(query, matches, wanted)[:count], folding)
            if len(folded) >= wanted.last or len(matches) < count:
                return folded[: wanted.last]
            count *= 2
            [matches] = self._best([query], count, wanted.all_windows)

    def _hit(self, rank: int, found: Found, folded: tuple[Folded, ...]) -> Hit:
        item = found.item
        return Hit(
            rank=rank,
            similarity=found.similarity,
            item=item.item,
            path=None if self._root is None or not item.from_file else self._root / item.item,
            start_seconds=round(found.start_seconds, 3),
            end_seconds=round(found.end_seconds, 3),
            seconds=item.seconds,
            fps=item.fps,
            skeleton=item.skeleton,
            notes=item.notes,
            folded=folded,
            metadata=self._metadata.get(item.item, {}),
        )
