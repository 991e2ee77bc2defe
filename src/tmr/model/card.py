"""The model card beside a checkpoint: under which licence the weights may be used."""

import re
from pathlib import Path

_LICENCE = re.compile(r"^license:\s*([\w. +-]{1,60}?)\s*$", re.MULTILINE)
_MOST_BYTES = 4096


def licence_of(folder: Path) -> str | None:
    """Return what the card of a checkpoint says at its top in `license:`, as on the Hugging Face hub; None if nothing.

    Args:
        folder: The checkpoint's.
    """
    try:
        with (folder / "README.md").open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    if not text.startswith("---"):
        return None
    found = _LICENCE.search(text.split("\n---", 1)[0])
    return found.group(1) if found else None
