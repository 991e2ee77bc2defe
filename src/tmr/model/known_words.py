"""Known words: those that the sentences had which a model learnt from; what is found for others is a guess."""

import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

from tmr.errors import ModelError
from tmr.files import replacing

KNOWN_WORDS = "known_words.json"

LEAST_SENTENCES = 3
"""In how many sentences without a motion a word stands that counts as known: fewer are misspelt, or say little."""

_ENDINGS = ("ingly", "edly", "ing", "ers", "ed", "er", "ies", "ied", "es", "ly", "s")
# Shorter ones say nothing of a motion: `a`, `of`, `it`. Nor do these, which a few captions may lack.
_SHORTEST = 3
_PLAIN = frozenset((
    "and", "are", "but", "for", "from", "has", "her", "his", "into", "its", "not", "off", "onto", "out", "she", "some",
    "someone", "somebody", "person", "that", "the", "their", "them", "then", "they", "this", "was", "when", "which",
    "while", "who", "with", "without",
))  # fmt: skip


# Training asks for each word of up to half a million sentences, which have some thousand different ones.
@lru_cache(maxsize=32_768)
def family_of(word: str) -> str:
    """Return what the forms of a word have in common, at least: it rather takes two families for one.

    Args:
        word: In lower-case letters.
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    while len(word) > 3 and word[-1] in "eiy":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def known_words(captions: Iterable[str], sentences: Iterable[str] = ()) -> frozenset[str]:
    """Return the families of the words that a model learns.

    Args:
        captions: What is said of the motions that it learns from.
        sentences: Sentences that it learns to tell apart without a motion; a word counts if `LEAST_SENTENCES` have it.
    """
    seen = itertools.chain.from_iterable(map(_families, captions))
    often = Counter(itertools.chain.from_iterable(map(_families, set(sentences))))
    return frozenset(seen) | {family for family, count in often.items() if count >= LEAST_SENTENCES}


def unknown_words(text: str, known: Collection[str]) -> list[str]:
    """Return the words of a text of whose family none is known, in lower case, one of a family.

    Args:
        text: Any text, as the model reads it.
        known: `known_words` of the model; where there are none, nobody can say which words it knows.
    """
    if not known:
        return []
    told: dict[str, str] = {}
    for word in _words(text):
        family = family_of(word)
        if len(word) >= _SHORTEST and word not in _PLAIN and family not in known:
            told.setdefault(family, word)
    return list(told.values())


def read_known_words(folder: Path) -> frozenset[str]:
    """Return the known words beside a model; none if it has no list.

    Raises:
        ModelError: If the list cannot be read.
    """
    path = folder / KNOWN_WORDS
    if not path.is_file():
        return frozenset()
    try:
        families = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(families, list) or not all(isinstance(family, str) for family in families):
            raise ValueError("expected a list of words")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}; fetch it again, or remove it") from error
    return frozenset(families)


def write_known_words(folder: Path, known: Collection[str]) -> None:
    """Write the known words beside a model, whole or not at all; an empty list removes what is there.

    Raises:
        ModelError: If that cannot be done.
    """
    path = folder / KNOWN_WORDS
    try:
        if not known:
            path.unlink(missing_ok=True)
            return
        with replacing(path) as new:
            new.write_text(json.dumps(sorted(known), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror or error}") from error


def _families(text: str) -> set[str]:
    return set(map(family_of, _words(text)))


def _words(text: str) -> list[str]:
    if not text.isascii():
        # `jeté` and `jete` are one word.
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.findall(r"[^\W\d_]+", text.lower())
