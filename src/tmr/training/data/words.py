"""Words: numbers with their nouns, and the first few of many names, as messages tell them."""

from collections.abc import Sequence

FEW_SHOWN = 3


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
