"""Place: where the index of a folder lies. The command line imports it at its start, so it is light."""

from pathlib import Path

DEFAULT_NAME = ".tmr-index"
"""What the index of a folder is called that lies in it, if it is given no other place."""


def index_of(given: Path) -> Path:
    """Return the index that a folder of motion files has in it; without one the folder itself, as it was given."""
    inside = given / DEFAULT_NAME
    return inside if inside.is_dir() else given
