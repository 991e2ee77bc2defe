"""What a map is seen by: which items pass a filter, and what colour a field gives each."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from tmr.errors import TMRError
from tmr.search.columns import Numbers, Words
from tmr.search.content import Content

# Colours that everybody can tell apart are few.
MOST_VALUES = 7
OTHER, NONE = 254, 255
# Of a field of numbers: the steps of the scale, and the shares of the items that fall off its two ends.
STEPS = 200
_OFF_SCALE = 0.02
# A value that nearly all items have colours nothing: the folder that all are in.
_WHOLE_SHARE = 0.95


@dataclass(frozen=True, eq=False)
class Colouring:
    """A colour an item, by a field.

    Args:
        kind: `number` or `text`.
        codes: Of texts the place in `values`, `OTHER` for a rarer one; of numbers 0 to `STEPS`, from the lowest to the
            highest; `NONE` for an item without the field.
        values: The most frequent texts with the number of their items, most frequent first.
        lowest: Of numbers: where the scale begins.
        highest: Of numbers: where it ends.
    """

    kind: str
    codes: UInt8[np.ndarray, " item"]
    values: tuple[tuple[str, int], ...] = ()
    lowest: float | None = None
    highest: float | None = None


def living(content: Content) -> Bool[np.ndarray, " row"]:
    """Return which of the rows of an index's columns are items of its map: those that have not been removed."""
    return np.concatenate([np.zeros(0, dtype=bool), *(~segment.removed for segment in content.segments)])


def inside(content: Content, where: str) -> Bool[np.ndarray, " item"]:
    """Return which items of a map pass a filter.

    Raises:
        TMRError: If the filter cannot be used.
    """
    passing = content.passing(where) or []
    return np.concatenate([np.zeros(0, dtype=bool), *passing])[living(content)]


def coloured(content: Content, field: str) -> Colouring:
    """Return what colour a field gives each item of a map.

    Raises:
        TMRError: If no item has the field.
    """
    column = content.columns.column(field)
    if isinstance(column, Numbers):
        return _by_number(column.values[living(content)])
    return _by_text(column, column.codes[living(content)])


def _by_number(values: Float[np.ndarray, " item"]) -> Colouring:
    there = ~np.isnan(values)
    low, high = (float(end) for end in np.quantile(values[there], [_OFF_SCALE, 1 - _OFF_SCALE]))
    share = np.clip((values[there] - low) / max(high - low, 1e-12), 0.0, 1.0)
    codes = np.full(len(values), NONE, dtype=np.uint8)
    codes[there] = np.rint(STEPS * share).astype(np.uint8)
    return Colouring("number", codes, lowest=low, highest=high)


def _by_text(column: Words, codes: Int[np.ndarray, " item"]) -> Colouring:
    """Return the colours of texts; of a list of texts the first counts that is among the most frequent."""
    found, counts = np.unique(codes[codes >= 0], return_counts=True)
    items: Counter[str] = Counter()
    for code, count in zip(found, counts, strict=True):
        for word in dict.fromkeys(column.vocabulary[code]):
            items[word] += int(count)
    usual = sorted(items.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [pair for pair in usual if pair[1] <= _WHOLE_SHARE * len(codes)][:MOST_VALUES] or usual[:1]
    place = {word: number for number, (word, _) in enumerate(told)}
    colours = [next((place[word] for word in words if word in place), OTHER) for words in column.vocabulary]
    return Colouring("text", np.array([*colours, NONE], dtype=np.uint8)[codes], values=tuple(told))


def fields_to_colour_by(content: Content) -> list[str]:
    """Return the fields that give more than one colour, in the order of their names."""
    return [name for name in sorted(content.columns.names()) if name != "item" and _is_telling(content, name)]


def _is_telling(content: Content, name: str) -> bool:
    try:
        colouring = coloured(content, name)
    except TMRError:
        return False
    return len(np.unique(colouring.codes)) > 1 and (colouring.kind == "number" or colouring.values[0][1] > 1)
