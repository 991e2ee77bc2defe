"""Joint names of a file, made unique."""

from collections.abc import Sequence

LONGEST = 200  # letters; names go into messages and into the index


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names, cut to a bearable length, with `_2`, `_3`, … behind repetitions, and a note on these."""
    names = [name[:LONGEST] for name in names]
    used: set[str] = set(names)
    seen: set[str] = set()
    result: list[str] = []
    repeated: list[str] = []
    for name in names:
        unique, number = name, 2
        if name in seen:
            repeated.append(name)
            while unique in used:
                unique, number = f"{name}_{number}", number + 1
        used.add(unique)
        seen.add(unique)
        result.append(unique)
    note = f"Joint names that come twice got a number: {', '.join(dict.fromkeys(repeated[:8]))}."
    return tuple(result), (note,) if repeated else ()
