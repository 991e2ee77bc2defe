"""Labels: the names on a map, from those of whole regions to those of a few motions."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.search.map.islands import WIDTHS, islands, middle
from tmr.search.map.naming import Naming

_FEWEST_ITEMS = 3
_MOST_LABELS = 400  # of one level
# A region that holds nearly all of the library needs no name.
_WHOLE_SHARE = 0.8


@dataclass(frozen=True)
class Label:
    """A name on the map.

    Args:
        text: The name.
        level: From 0, the widest regions, to 3, groups of a few items.
        x: Where it stands, 0 to 1.
        y: The same.
        count: How many items it is said of.
        guessed: True if no word in the items' names or metadata says it, and the model was asked what they look like.
    """

    text: str
    level: int
    x: float
    y: float
    count: int
    guessed: bool


def label(places: Float[np.ndarray, "item 2"], naming: Naming) -> list[Label]:
    """Return the names of the islands of a map, the widest level first and in it the largest island.

    An island that is called what the wider one around it is called gets no label of its own.
    """
    labels: list[Label] = []
    if not len(places):
        return labels
    above = np.full(len(places), "", dtype=object)
    for level, width in enumerate(WIDTHS):
        number = islands(places, width)
        order = np.argsort(number, kind="stable")
        ends = np.searchsorted(number[order], np.arange(number.max() + 2))
        for island in range(min(int(number.max()) + 1, _MOST_LABELS)):
            items = order[ends[island] : ends[island + 1]]
            if len(items) < _FEWEST_ITEMS or len(items) > _WHOLE_SHARE * len(places):
                continue
            text, guessed = naming.name(items)
            if not text or text == above[items[0]]:
                continue
            above[items] = text
            x, y = (round(float(number), 4) for number in middle(places[items]))
            labels.append(Label(text, level, x, y, len(items), guessed))
    return labels
