"""Mix: several queries as one, each with a weight; a negative one leads away. Like: an item as a query."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.motion.motion import Motion

MOST_PARTS = 32
# Unit vectors of float32 cancel to about 1e-7; what is left below this share of their weights says nothing.
_CANCELLED = 1e-3


@dataclass(frozen=True)
class Like:
    """What is like an item of the index. A search refuses a name that no item has, and a part that the item has not.

    Args:
        item: The item's name.
        start_seconds: Of a long take's longest windows the one that begins nearest to this is meant; refused if it is
            below 0, beyond the item's end, or no number.
        end_seconds: With this, of all its windows the one that begins and ends nearest to both; refused if it is not
            after the start. One beyond the item's end is taken.
    """

    item: str
    start_seconds: float = 0.0
    end_seconds: float | None = None


# An array is an embedding of shape (256,); whether it is one is checked with words that say what came.
Part = str | Motion | Path | np.ndarray | Like


@dataclass(frozen=True, eq=False)
class Mix:
    """Several queries as one: the unit vector along the weighted sum of theirs.

    The similarity of a hit is its cosine with that vector. A part of several windows counts by their mean direction.

    Args:
        parts: Pairs of a weight and a query; a negative weight leads away from it. Only their ratios matter.

    Example:
        >>> index.search(Mix([(1, "walk"), (0.5, "tired"), (-0.5, "limp")]))                # doctest: +SKIP

    Raises:
        TMRError: If there are no parts or too many, or a weight is zero or no finite number.
    """

    parts: Sequence[tuple[float, Part]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        if not 1 <= len(self.parts) <= MOST_PARTS:
            raise TMRError(f"a mix has {len(self.parts)} parts; expected 1 to {MOST_PARTS}")
        for number, (weight, _) in enumerate(self.parts, start=1):
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
                raise TMRError(f"the weight of part {number} of a mix is {weight!r}; expected a finite number")
            if not 1e-6 <= abs(weight) <= 1e6:
                raise TMRError(
                    f"the weight of part {number} of a mix is {weight:g}; expected 0.000001 to 1000000, with a minus "
                    "for what the hits should not be like"
                )


def mixed(weights: Sequence[float], vectors: Sequence[Float[np.ndarray, "_window 256"]]) -> Float[np.ndarray, "1 256"]:
    """Return the unit vector along a weighted sum.

    Args:
        weights: One a part.
        vectors: The unit vectors of each part.

    Raises:
        TMRError: If the parts cancel each other.
    """
    total = np.zeros(vectors[0].shape[1])
    for number, (weight, part) in enumerate(zip(weights, vectors, strict=True), start=1):
        mean = part.astype(np.float64).sum(axis=0)
        length = float(np.linalg.norm(mean))
        if length < _CANCELLED * len(part):
            raise TMRError(f"the windows of part {number} of the mix cancel each other; take a shorter part of it")
        total += weight * mean / length
    length = float(np.linalg.norm(total))
    if length < _CANCELLED * sum(abs(weight) for weight in weights):
        raise TMRError(
            "the parts of the mix cancel each other, so it points nowhere; give them other weights or other words"
        )
    return (total / length).astype(np.float32)[None]
