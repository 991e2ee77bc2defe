"""Filters as people type them: `seconds > 2 and style in ('tired', 'old') and folder = 'walks'`."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from tmr.errors import TMRError
from tmr.search.filters import KEYWORDS, OPERATORS, And, Compare, Filter, Has, In, Matches, Not, Or

MOST_CHARACTERS = 4000
# Deeper than anybody types; every level costs a few of Python's stack frames.
_MOST_LEVELS = 40

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | `(?P<quoted>[^`]+)`
      | (?P<word>[^\W\d][\w.-]*)
      | (?P<sign><=|>=|!=|<>|==|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str
    place: int


def parse_filter(text: str) -> Filter:
    """Return the filter that a text describes.

    Comparisons are `=`, `!=`, `<`, `<=`, `>`, `>=`; `FIELD in ('a', 'b')`, `FIELD like 'walk*'`, either with `not`
    before; `has FIELD`. They are joined by `and`, `or`, `not` and brackets, `and` before `or`. Texts stand in single or
    double quotes, a quote within is doubled. A field whose name has spaces stands in backticks.

    Raises:
        TMRError: If it cannot be read; the message says where.
    """
    if len(text) > MOST_CHARACTERS:
        raise TMRError(f"the filter has {len(text):,} characters, expected at most {MOST_CHARACTERS:,}")
    parser = _Parser(text)
    found = parser.alternatives(0)
    parser.expect_end()
    return found


class _Parser:
    """Reads a filter from left to right, one function a level of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0

    def alternatives(self, level: int) -> Filter:
        return self._joined("or", Or, lambda: self._joined("and", And, lambda: self._negation(level)))

    def expect_end(self) -> None:
        token = self._peek()
        if token.kind != "end":
            raise self._error(token, "expected `and`, `or` or the end")

    def _joined(self, word: str, kind: Callable[[tuple[Filter, ...]], Filter], part: Callable[[], Filter]) -> Filter:
        parts = [part()]
        while self._take_word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _negation(self, level: int) -> Filter:
        if level > _MOST_LEVELS:
            raise self._error(self._peek(), f"more than {_MOST_LEVELS} levels of brackets and `not`; write it flatter")
        if self._take_word("not"):
            return Not(self._negation(level + 1))
        if self._take_sign("("):
            inside = self.alternatives(level + 1)
            if not self._take_sign(")"):
                raise self._error(self._peek(), "expected `and`, `or` or `)`")
            return inside
        if self._take_word("has"):
            return Has(self._field())
        return self._condition()

    def _condition(self) -> Filter:
        field = self._field()
        negated = self._take_word("not")
        if self._take_word("in"):
            return In(field, self._values(), negated)
        if self._take_word("like"):
            token = self._peek()
            value = self._value()
            if not isinstance(value, str):
                raise self._error(token, "expected a pattern in quotes, such as 'walk*'")
            return Matches(field, value, negated)
        token = self._peek()
        sign = {"==": "=", "<>": "!="}.get(token.value, token.value)
        if negated or token.kind != "sign" or sign not in OPERATORS:
            wanted = "`in` or `like`" if negated else f"a comparison ({', '.join(OPERATORS)}, in, like)"
            raise self._error(token, f"expected {wanted} after the field {field!r}")
        self._next += 1
        return Compare(field, sign, self._value())

    def _values(self) -> tuple[float | str, ...]:
        if not self._take_sign("("):
            raise self._error(self._peek(), "expected `(` and a list of values after `in`")
        values = [self._value()]
        while self._take_sign(","):
            values.append(self._value())
        if not self._take_sign(")"):
            raise self._error(self._peek(), "expected `,` or `)` in the list of values")
        return tuple(values)

    def _field(self) -> str:
        token = self._peek()
        is_name = token.kind == "quoted" or (token.kind == "word" and token.value.lower() not in KEYWORDS)
        if not is_name:
            raise self._error(token, "expected the name of a field")
        self._next += 1
        return token.value

    def _value(self) -> float | str:
        token = self._peek()
        self._next += 1
        if token.kind == "number" and math.isfinite(float(token.value)):
            return float(token.value)
        if token.kind == "text":
            quote = token.value[0]
            return token.value[1:-1].replace(quote * 2, quote)
        if token.kind == "word" and token.value.lower() in ("true", "false"):
            return token.value.lower()
        advice = f" ('{token.value}'?)" if token.kind == "word" else ""
        raise self._error(token, f"expected a number or a text in quotes{advice}")

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else _Token("end", "", len(self._text))

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        found = token.kind == "word" and token.value.lower() == word
        self._next += found
        return found

    def _take_sign(self, sign: str) -> bool:
        token = self._peek()
        found = token.kind == "sign" and token.value == sign
        self._next += found
        return found

    def _error(self, token: _Token, expected: str) -> TMRError:
        return _error(self._text, token.place, expected)


def _tokens(text: str) -> list[_Token]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            unclosed = text[start] in "'\"`"
            raise _error(text, start, "this quote is not closed" if unclosed else "this cannot be read")
        kind = match.lastgroup
        tokens.append(_Token(kind, match.group(kind), match.start(kind)))
        place = match.end()
    return tokens


def _error(text: str, place: int, what: str) -> TMRError:
    found = f"{text[place : place + 20]!r}" if place < len(text) else "the end"
    return TMRError(
        f"in the filter, at place {place + 1} ({found}): {what}; a filter is, say: seconds > 2 and hand = 'left'"
    )
