"""Words: what the names of items and the user's metadata say, as numbers that can be counted."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Int

from tmr.search.item import Value

_MOST_WORDS = 4000
_LONGEST_VALUE = 40  # a longer text is a sentence, not a tag
_EMPTY = frozenset(("a", "an", "and", "of", "the", "then", "to", "with"))
_LETTERS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")


@dataclass(frozen=True, eq=False)
class Words:
    """Which words are said of which items; a word that is said of one item only, or of all, tells no region apart.

    Args:
        vocabulary: The words.
        item: The items' numbers, counting up.
        word: The word that is said of the item, by its number; each once an item, in the order in which it is said.
        count: How many items there are.
    """

    vocabulary: Sequence[str]
    item: Int[np.ndarray, " said"]
    word: Int[np.ndarray, " said"]
    count: int


def words_of(name: str, fields: Iterable[Value] = ()) -> tuple[str, ...]:
    """Return the words in an item's path, and in the short texts of its metadata, each once, in small letters.

    Example:
        >>> words_of("walks/walkTired_02.bvh", ("indoors",))
        ('walks', 'walk', 'tired', 'indoors')
    """
    path = PurePosixPath(name)
    texts = [str(path.with_suffix("")) if path.suffix else name]
    for field in fields:
        texts += [text for text in (field if isinstance(field, tuple) else (field,)) if isinstance(text, str)]
    said = (word.lower() for text in texts if text is texts[0] or len(text) <= _LONGEST_VALUE for word in _split(text))
    return tuple(dict.fromkeys(word for word in said if len(word) > 1 and word not in _EMPTY))


def _split(text: str) -> list[str]:
    return _LETTERS.findall(_CAMEL.sub(" ", text))


def count_words(said: Iterable[tuple[str, ...]]) -> Words:
    """Return the words of items, from what is said of each."""
    rows = list(said)
    counts = Counter(word for row in rows for word in row)
    usual = [(word, n) for word, n in counts.items() if 1 < n < len(rows)]
    chosen = sorted(usual, key=lambda pair: (-pair[1], pair[0]))[:_MOST_WORDS]
    vocabulary = [word for word, _ in chosen]
    number = {word: place for place, word in enumerate(vocabulary)}
    pairs = [(item, number[word]) for item, row in enumerate(rows) for word in row if word in number]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Words(vocabulary, both[:, 0], both[:, 1], len(rows))
