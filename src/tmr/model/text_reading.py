"""As a model reads: a sentence in the order in which things are done, in words that the model has learnt."""

from functools import lru_cache
from typing import Protocol, runtime_checkable

from tmr.model.near_words import in_learnt_words
from tmr.model.text_order import in_order_done


@runtime_checkable
class Reads(Protocol):
    """What says how a sentence is read: the configuration of a model, or of a compact tower."""

    @property
    def text_order(self) -> str:
        """`told`, or `done`: turned to the order in which things are done."""
        ...

    @property
    def learnt_words(self) -> tuple[str, ...]:
        """The verbs that were learnt: others are read as the nearest of them; none reads every word as it is told."""
        ...


def as_read(text: str, reads: Reads) -> str:
    """Return a sentence as a model reads it before anything else is done to it.

    Args:
        text: Any text.
        reads: The configuration of the model.
    """
    if reads.text_order == "done":
        text = in_order_done(text)
    return in_learnt_words(text, _set(reads.learnt_words)) if reads.learnt_words else text


@lru_cache(maxsize=8)
def _set(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)
