"""Columns: what an index knows of its items by field, measured and from the user's metadata, for filters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float, Int

from tmr.errors import TMRError
from tmr.search.item import Item, Value
from tmr.search.storage.segment import Segment

# What every index knows; metadata may not use these names.
MEASURED = ("item", "folder", "format", "seconds", "fps", "skeleton", "speed", "hand", "foot")
_NUMBERS = {"seconds", "fps", "speed"}
_BLOCK_ITEMS = 8192


def measured_values(item: Item) -> dict[str, Value]:
    """Return what is known of an item without metadata; a field that is not known is not there.

    `folder` has the item's folder and all above it, so that `folder = 'walks'` finds what is in `walks/slow`; `format`
    is the file's suffix without the dot, or `memory`.
    """
    path = PurePosixPath(item.item)
    values: dict[str, Value] = {"item": item.item, "seconds": item.seconds, "fps": item.fps, "skeleton": item.skeleton}
    if item.from_file:
        values["folder"] = tuple(str(parent) for parent in path.parents if str(parent) not in (".", "/"))
        values["format"] = path.suffix.lower().removeprefix(".")
    else:
        values["format"] = "memory"
    if item.speed is not None:
        values["speed"] = item.speed
    values |= {name: value for name, value in (("hand", item.hand), ("foot", item.foot)) if value}
    return {name: value for name, value in values.items() if value not in ("", ())}


@dataclass(frozen=True)
class Numbers:
    """A field of numbers, one an item.

    Args:
        values: NaN for an item that has none.
    """

    values: Float[np.ndarray, " item"]

    @property
    def present(self) -> Bool[np.ndarray, " item"]:
        """Which items have the field."""
        return ~np.isnan(self.values)


@dataclass(frozen=True)
class Words:
    """A field of texts, or of lists of texts, one an item.

    Args:
        codes: Each item's place in `vocabulary`; -1 for an item that has none.
        vocabulary: The different values, a text being a list of one.
    """

    codes: Int[np.ndarray, " item"]
    vocabulary: Sequence[tuple[str, ...]]

    @property
    def present(self) -> Bool[np.ndarray, " item"]:
        """Which items have the field."""
        return self.codes >= 0


@dataclass(frozen=True)
class Field:
    """What a field holds, for choosing a filter.

    Args:
        name: As a filter spells it.
        kind: `number` or `text`.
        items: How many items have it.
        lowest: Smallest number; None for text.
        highest: Largest number; None for text.
        values: The most frequent texts with the number of items that have them, most frequent first.
    """

    name: str
    kind: str
    items: int
    lowest: float | None = None
    highest: float | None = None
    values: tuple[tuple[str, int], ...] = ()


class Columns:
    """The fields of all items of some segments, in the order of the segments and of the items in them.

    Args:
        segments: The segments.
        metadata: What the user says of items, by name and field.

    Raises:
        IndexFolderError: If a segment is broken.
    """

    def __init__(self, segments: Sequence[Segment], metadata: Mapping[str, Mapping[str, Value]]) -> None:
        self._counts = [segment.entry.items for segment in segments]
        self._living = np.concatenate([np.zeros(0, dtype=bool), *(~segment.removed for segment in segments)])
        builders: dict[str, _NumberBuilder | _WordBuilder] = {
            name: (_NumberBuilder if name in _NUMBERS else _WordBuilder)(len(self._living)) for name in MEASURED
        }
        place = 0
        for segment in segments:
            for begin in range(0, segment.entry.items, _BLOCK_ITEMS):
                block = segment.items(range(begin, min(begin + _BLOCK_ITEMS, segment.entry.items)))
                for item in block:
                    _put_all(builders, place, {**measured_values(item), **metadata.get(item.item, {})})
                    place += 1
        self._columns = {name: builder.build() for name, builder in builders.items()}

    @property
    def count(self) -> int:
        """How many items there are, removed ones too."""
        return len(self._living)

    def column(self, name: str) -> Numbers | Words:
        """Return a field.

        Raises:
            TMRError: If no item has it.
        """
        if name not in self._columns or not (self._columns[name].present & self._living).any():
            if name in MEASURED:
                raise TMRError(
                    f"no item of the index has the field {name!r}; indexes made by earlier versions lack it: index the "
                    "folder anew in another place to have it"
                )
            known = ", ".join(sorted(self.names()))
            raise TMRError(f"no item of the index has the field {name!r}; there are {known}")
        return self._columns[name]

    def names(self) -> list[str]:
        """Return the fields that at least one item has."""
        return [name for name, column in self._columns.items() if (column.present & self._living).any()]

    def by_segment(self, passing: Bool[np.ndarray, " item"]) -> list[Bool[np.ndarray, " _item"]]:
        """Return a choice of items as one array a segment, removed items never chosen."""
        chosen = passing & self._living
        return np.split(chosen, np.cumsum(self._counts)[:-1]) if self._counts else []

    def summary(self, most_values: int = 50) -> list[Field]:
        """Return what each field holds, in the order of their names."""
        return [self._field(name, most_values) for name in sorted(self.names())]

    def _field(self, name: str, most_values: int) -> Field:
        column = self._columns[name]
        if isinstance(column, Numbers):
            values = column.values[column.present & self._living]
            return Field(name, "number", len(values), float(values.min()), float(values.max()))
        codes = column.codes[column.present & self._living]
        counts: Counter[str] = Counter()
        for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
            for word in dict.fromkeys(column.vocabulary[code]):
                counts[word] += int(count)
        most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most_values]
        return Field(name, "text", len(codes), values=tuple(most))


def _put_all(builders: "dict[str, _NumberBuilder | _WordBuilder]", place: int, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        if name not in builders:
            count = len(builders["seconds"].values)
            builders[name] = _WordBuilder(count) if isinstance(value, str | tuple) else _NumberBuilder(count)
        builders[name].put(place, value)


class _NumberBuilder:
    def __init__(self, count: int) -> None:
        self.values = np.full(count, np.nan)

    def put(self, place: int, value: Value) -> None:
        self.values[place] = float(value) if isinstance(value, int | float) else np.nan

    def build(self) -> Numbers:
        return Numbers(self.values)


class _WordBuilder:
    def __init__(self, count: int) -> None:
        self.values = np.full(count, -1, dtype=np.int32)
        self._vocabulary: dict[tuple[str, ...], int] = {}

    def put(self, place: int, value: Value) -> None:
        words = value if isinstance(value, tuple) else (str(value),)
        self.values[place] = self._vocabulary.setdefault(words, len(self._vocabulary))

    def build(self) -> Words:
        return Words(self.values, list(self._vocabulary))
