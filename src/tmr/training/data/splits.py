"""Splits as lists of ids: `train.txt`, `val.txt`, `test.txt`."""

import re
from collections.abc import Iterable
from pathlib import Path

from tmr.errors import DatasetError
from tmr.motion.telling import count_of

SPLIT_OF_FILE = {"train": "train", "val": "validation", "test": "test"}
_MIRRORED = re.compile(r"M\d+$")


def has_split_lists(folder: Path) -> bool:
    """Return whether one of the lists is in a folder."""
    return any((folder / f"{name}.txt").is_file() for name in SPLIT_OF_FILE)


def read_split_lists(folder: Path) -> dict[str, str]:
    """Return the split of each id, in the order of the lists; nothing if there is no list.

    Raises:
        DatasetError: If a list cannot be read, or an id is in two.
    """
    found: dict[str, str] = {}
    for name, split in SPLIT_OF_FILE.items():
        path = folder / f"{name}.txt"
        if not path.is_file():
            continue
        for line in read_lines(path):
            if found.setdefault(line, split) != split:
                raise DatasetError(f"{path}: {line} is in {found[line]} too; an id must be of one split")
    return found


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text that are not empty, without blanks at their ends.

    Raises:
        DatasetError: If it is no UTF-8 text.
    """
    return [line for _, line in numbered_lines(path)]


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a text that are not empty, without blanks at their ends, each with its number from 1.

    Raises:
        DatasetError: If it is no UTF-8 text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read as UTF-8 text: {error}") from error
    return [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]


def is_mirrored(id: str) -> bool:
    """Return whether an id is of a mirror image, as HumanML3D writes it: `M000012`."""
    return _MIRRORED.match(id) is not None


def mirrored_note(ids: Iterable[str]) -> list[str]:
    """Return a sentence on the mirror images among some ids, if there are any."""
    count = sum(map(is_mirrored, ids))
    if not count:
        return []
    counted = count_of(count, "mirror image (M…) is", "mirror images (M…) are")
    return [f"{counted} not read: training mirrors every motion and its sentences itself"]
