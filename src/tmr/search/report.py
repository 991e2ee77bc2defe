"""What a change of an index did, and how far it is while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from tmr.search.skipped import Skipped


@dataclass(frozen=True)
class Report:
    """What a change of an index did.

    Args:
        added: Items that were not in it before.
        replaced: Items whose content, or the options to read it with, had changed.
        unchanged: Items that were left as they are.
        removed: Items that are no longer part of it.
        skipped: Files that could not be used, with their reasons.
        seconds: How long it took.
        notes: What else is worth knowing, one sentence each: the metadata that was found, rows of it that name no item,
            items without measures.
        readings: What readers found or assumed in the files that were added or replaced and does not go without saying,
            a sentence for all files of which the same is said.
    """

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a change of an index is. Everything counted as done is on the disk.

    Args:
        done: Files that are finished, skipped ones too.
        total: All files.
        skipped: How many of the finished ones were skipped.
        seconds: Time since the start.
    """

    done: int
    total: int
    skipped: int
    seconds: float


ShowProgress = Callable[[Progress], None]
