"""The files that an index could not take, with their reasons: `skipped.jsonl` in its folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import tmr
from tmr.files import read_replaced
from tmr.search.reading import ReadingOptions
from tmr.search.storage.disk import explain_os_errors, replace_durably
from tmr.search.storage.manifest import broken

SKIPPED = "skipped.jsonl"


@dataclass(frozen=True)
class Skipped:
    """A file that is not in the index.

    Args:
        item: The name it would have.
        reason: Why it was skipped.
        sha256: Digest of its content; empty if it was not read to its end and is to be tried again.
        reading: Fingerprint of the options and of the program's version it was tried with.
    """

    item: str
    reason: str
    sha256: str = ""
    reading: str = ""


def attempt_fingerprint(options: ReadingOptions) -> str:
    """Return what must be the same for an unchanged file not to be tried again: a newer version may read more."""
    return f"{options.fingerprint}-{tmr.__version__}"


def load_skipped(folder: Path) -> dict[str, Skipped]:
    """Return an index's skipped files by name; none if the file is missing.

    Raises:
        IndexFolderError: If it is broken.
    """
    path = folder / SKIPPED
    if not path.exists():
        return {}
    with explain_os_errors(folder, "read index"):
        lines = read_replaced(path).splitlines()
    try:
        rows = [Skipped(**json.loads(line)) for line in lines]
    except (ValueError, TypeError, RecursionError) as error:
        raise broken(folder, f"{SKIPPED} has a line that cannot be used ({error})") from error
    return {row.item: row for row in rows}


def save_skipped(folder: Path, skipped: dict[str, Skipped]) -> None:
    """Write the skipped files, in the order of their names.

    Raises:
        IndexFolderError: If it cannot be written.
    """
    lines = [json.dumps(asdict(skipped[item])) + "\n" for item in sorted(skipped)]
    with explain_os_errors(folder, "write to index"):
        replace_durably(folder / SKIPPED, "".join(lines).encode("ascii"))
