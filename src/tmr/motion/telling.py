"""Telling of many things in few words: numbers with their nouns, the first few of many names, like notes as one."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

FEW_SHOWN = 3
_MOST_NOTES = 20
# What a reader says of a motion that is as the user or the format says, or as most are.
_PLAIN = re.compile("as given|as the format has it|^The (y axis points up: the head|skeleton is|joints come|end sites)")
_DOUBT = "is the unit right?"


def count_of(count: int, one: str, many: str = "") -> str:
    """Return a number with what it counts, of which there may be one: `1 clip has`, `2,000 clips have`.

    Args:
        count: How many.
        one: The words after 1.
        many: Those after any other number; if left out, `one` with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def first_few(names: Sequence[str]) -> str:
    """Return the first names, and a mark if there are more."""
    return ", ".join(names[:FEW_SHOWN]) + (", …" if len(names) > FEW_SHOWN else "")


def tell_readings(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what readers of motion files found or assumed: one sentence for all notes that differ by numbers alone.

    Args:
        notes: Name of a motion → what its reader says. What goes without saying is not told.
    """
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, told in notes.items():
        for note in told:
            if _DOUBT in note or not _PLAIN.search(note):
                found[re.sub(r"\d[\d.,]*(?:e[+-]?\d+)?", "#", note)].append((name, note))
    told = [
        f"{count_of(len(same), 'motion file')}: {same[0][1].rstrip('.')} ({first_few([name for name, _ in same])})"
        for same in list(found.values())[:_MOST_NOTES]
    ]
    if len(found) > _MOST_NOTES:
        told.append(f"and {count_of(len(found) - _MOST_NOTES, 'note')} of other kinds")
    return told
