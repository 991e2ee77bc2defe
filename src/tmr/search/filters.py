"""Filters: which items may be found, by what is known of them. `parse_filter` reads them from text."""

import fnmatch
import math
import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from tmr.errors import TMRError
from tmr.search.columns import Columns, Numbers, Words

OPERATORS: dict[str, Callable] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
KEYWORDS = frozenset({"and", "or", "not", "in", "like", "has"})


class Filter(ABC):
    """A condition on items. `&`, `|` and `~` combine filters; `str` gives the text that `parse_filter` reads.

    An item that lacks a field passes no condition on it, `!=` and `not in` included; `not (…)` turns any answer round.
    A field that holds a list passes if one of its texts does, and `!=`, `not in` and `not like` if none of them does
    what is excluded.
    """

    @abstractmethod
    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass.

        Raises:
            TMRError: If no item has a field, or a number is compared with text.
        """

    def __and__(self, other: "Filter") -> "And":
        return And((self, other))

    def __or__(self, other: "Filter") -> "Or":
        return Or((self, other))

    def __invert__(self) -> "Not":
        return Not(self)


@dataclass(frozen=True)
class Compare(Filter):
    """A field compared with a number or a text; texts stand in the order of their characters, as dates do.

    Raises:
        TMRError: If there is no such operator.
    """

    field: str
    operator: str
    value: float | str

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise TMRError(f"there is no comparison {self.operator!r}; there are {', '.join(OPERATORS)}")

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        column = columns.column(self.field)
        _check_kind(self.field, column, self.value)
        compare = OPERATORS[self.operator]
        if isinstance(column, Numbers):
            return column.present & compare(column.values, self.value)
        if self.operator == "!=":
            return _words_pass(column, lambda word: word != self.value, every=True)
        return _words_pass(column, lambda word: compare(word, self.value))

    def __str__(self) -> str:
        return f"{_name(self.field)} {self.operator} {_literal(self.value)}"


@dataclass(frozen=True)
class In(Filter):
    """A field that is one of some values; `negated`, that is none of them."""

    field: str
    values: tuple[float | str, ...]
    negated: bool = False

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        column = columns.column(self.field)
        for value in self.values:
            _check_kind(self.field, column, value)
        if isinstance(column, Numbers):
            return column.present & (np.isin(column.values, list(self.values)) != self.negated)
        wanted = set(self.values)
        return _words_pass(column, lambda word: (word in wanted) != self.negated, every=self.negated)

    def __str__(self) -> str:
        values = ", ".join(_literal(value) for value in self.values)
        return f"{_name(self.field)} {'not ' if self.negated else ''}in ({values})"


@dataclass(frozen=True)
class Matches(Filter):
    """A text that fits a pattern, in capitals or not: `*` stands for any characters, `?` for one."""

    field: str
    pattern: str
    negated: bool = False

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        column = columns.column(self.field)
        _check_kind(self.field, column, self.pattern)
        if isinstance(column, Numbers):
            return np.zeros(columns.count, dtype=bool)
        pattern = self.pattern.casefold().replace("[", "[[]")
        fits = re.compile(fnmatch.translate(pattern)).match
        return _words_pass(column, lambda word: bool(fits(word.casefold())) != self.negated, every=self.negated)

    def __str__(self) -> str:
        return f"{_name(self.field)} {'not ' if self.negated else ''}like {_literal(self.pattern)}"


@dataclass(frozen=True)
class Has(Filter):
    """An item that has a field at all."""

    field: str

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        return columns.column(self.field).present

    def __str__(self) -> str:
        return f"has {_name(self.field)}"


@dataclass(frozen=True)
class And(Filter):
    """All of some filters."""

    parts: tuple[Filter, ...]

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        return np.logical_and.reduce([part.passing(columns) for part in self.parts])

    def __str__(self) -> str:
        return " and ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True)
class Or(Filter):
    """At least one of some filters."""

    parts: tuple[Filter, ...]

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        return np.logical_or.reduce([part.passing(columns) for part in self.parts])

    def __str__(self) -> str:
        return " or ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True)
class Not(Filter):
    """What does not pass a filter."""

    part: Filter

    def passing(self, columns: Columns) -> Bool[np.ndarray, " item"]:
        """Return which items pass; see `Filter`."""
        return ~self.part.passing(columns)

    def __str__(self) -> str:
        return f"not ({self.part})"


def _words_pass(column: Words, test: Callable[[str], bool], *, every: bool = False) -> Bool[np.ndarray, " item"]:
    """Return which items have a text that passes; or, `every`, only such. Each different value is tested once."""
    enough = all if every else any
    answers = [enough(test(word) for word in words) for words in column.vocabulary]
    # The last place answers for -1, an item without the field.
    return np.array([*answers, False], dtype=bool)[column.codes]


def _check_kind(field: str, column: Numbers | Words, value: float | str) -> None:
    if isinstance(column, Numbers) and isinstance(value, str):
        raise TMRError(f"the field {field!r} holds numbers; compare it with a number, not with {_literal(value)}")
    if isinstance(column, Words) and not isinstance(value, str):
        example = next((words[0] for words in column.vocabulary if words), "")
        raise TMRError(
            f"the field {field!r} holds text such as {_literal(example[:40])}; compare it with text in quotes, not "
            f"with {value:g}"
        )


def _name(field: str) -> str:
    is_plain = _PLAIN_NAME.fullmatch(field) and field.lower() not in KEYWORDS
    return field if is_plain else f"`{field}`"


def _literal(value: float | str) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if not math.isfinite(value):
        raise TMRError(f"a filter cannot compare with {value}; give a finite number")
    return repr(value)
