"""What else people would type for an action in a style, in other words than the captions from labels."""

import json
import zlib
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import numpy as np

from tmr.motion.captions import SUBJECTS

_FILE = Path(__file__).with_name("label_wordings.json")
_MANNERS, _PEOPLE, _NOUNS = 8, 3, 5
"""How many wordings of a pair tell the style as a manner, as who does it, and before a noun."""

SAME_STYLES = {"old": "elderly", "tired": "exhausted", "masculinity": "masculine"}
"""Styles of Bandai's first dataset → those of its second one that a reader would not tell from them."""


def style_as_read(style: str) -> str:
    """Return the style that a reader would call a label's: of labels that mean the same, one."""
    return SAME_STYLES.get(style, style)


class _Action(TypedDict):
    verbs: list[str]
    nouns: list[str]


class _Style(TypedDict):
    manners: list[str]
    adjectives: list[str]
    people: list[str]


class _Words(TypedDict):
    actions: dict[str, _Action]
    styles: dict[str, _Style]


def wordings_from_labels(action: str, style: str) -> list[str]:
    """Return sixteen wordings that tell an action and its style, always the same of a pair; none for other labels.

    Which verbs go with which manners is drawn, from what stands in `label_wordings.json` for the two labels.

    Args:
        action: A label of Bandai's.
        style: Another.
    """
    words, style = _words(), style_as_read(style)
    if action not in words["actions"] or style not in words["styles"]:
        return []
    told, how = words["actions"][action], words["styles"][style]
    random = np.random.default_rng(zlib.crc32(f"{action} {style}".encode()))

    def drawn(texts: list[str], count: int) -> list[str]:
        """Return some of the texts, all of them before one comes again."""
        order = [place for _ in range(-(-count // len(texts))) for place in random.permutation(len(texts))]
        return [texts[place] for place in order[:count]]

    who = drawn([*SUBJECTS], _MANNERS)
    manners = zip(who, drawn(told["verbs"], _MANNERS), drawn(how["manners"], _MANNERS), strict=True)
    people = zip(drawn(how["people"], _PEOPLE), drawn(told["verbs"], _PEOPLE), strict=True)
    nouns = zip(drawn(how["adjectives"], _NOUNS), drawn(told["nouns"], _NOUNS), strict=True)
    return [" ".join(filter(None, parts)) for parts in (*manners, *people, *nouns)]


@lru_cache(maxsize=1)
def _words() -> _Words:
    return json.loads(_FILE.read_text(encoding="utf-8"))
