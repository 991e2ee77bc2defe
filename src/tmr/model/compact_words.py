"""WordPiece: sentences split into the pieces of BERT's vocabulary, ready in milliseconds."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from tmr.errors import ModelError

UNKNOWN, NOTHING = "[UNK]", "[PAD]"
_CONTINUED = "##"
_LONGEST_WORD = 100  # letters; a longer word is one unknown piece
_PLAIN_WORD = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")
_PLAIN_CONTROLS = {code: None for code in (*range(32), 127) if chr(code) not in "\t\n\r"}
# First and last code points of what BERT takes for Chinese: each such letter is a word of its own.
_CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """The tokenizer of BERT for lower case, without [CLS] and [SEP].

    Args:
        vocabulary: All pieces, in the order of their numbers; those that go on a word begin with `##`.

    Raises:
        ModelError: If a piece is there twice, or the pieces for the unknown and for nothing are not there.

    Source:
        Devlin et al.: BERT, 2019; Wu et al.: Google's Neural Machine Translation System, 2016.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        if len(self._numbers) != len(vocabulary) or not {UNKNOWN, NOTHING} <= set(self._numbers):
            raise ModelError(
                f"a vocabulary of {len(vocabulary):,} pieces has {len(self._numbers):,} different ones; "
                f"expected each once, {UNKNOWN} and {NOTHING} among them"
            )
        self._word = cache(self._pieces)

    def ids(self, text: str, most: int) -> list[int]:
        """Return the numbers of a text's pieces, at most so many; a text without any has one, that of nothing."""
        found: list[int] = []
        for word in split_words(text):
            # What is typed may be anything: only words as people write them are worth remembering.
            found += self._word(word) if len(word) <= 20 and word.isascii() else self._pieces(word)
            if len(found) >= most:
                return found[:most]
        return found or [self._numbers[NOTHING]]

    def _pieces(self, word: str) -> list[int]:
        """Return the longest piece that begins the word, then the longest that goes on, to its end."""
        unknown = [self._numbers[UNKNOWN]]
        if len(word) > _LONGEST_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            prefix = _CONTINUED if start else ""
            end = next((end for end in range(len(word), start, -1) if prefix + word[start:end] in self._numbers), None)
            if end is None:
                return unknown
            found.append(self._numbers[prefix + word[start:end]])
            start = end
        return found


def split_words(text: str) -> list[str]:
    """Return words and marks of a text in small letters, without accents and control characters."""
    if text.isascii():
        return _PLAIN_WORD.findall(text.translate(_PLAIN_CONTROLS).lower())
    letters = unicodedata.normalize("NFD", "".join(map(_cleaned, text)))
    plain = "".join(letter.lower() for letter in letters if unicodedata.category(letter) != "Mn")
    return "".join(f" {letter} " if _is_mark(letter) else letter for letter in plain).split()


def _cleaned(letter: str) -> str:
    """Return a letter, a space for any white space, nothing for what cannot be seen; Chinese stands between spaces."""
    if letter in "\t\n\r":
        return " "
    category = unicodedata.category(letter)
    if letter == "\ufffd" or category in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if category[0] == "Z":
        return " "
    code = ord(letter)
    return f" {letter} " if any(first <= code <= last for first, last in _CHINESE) else letter


def _is_mark(letter: str) -> bool:
    is_plain = letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
    return is_plain or unicodedata.category(letter)[0] == "P"
