"""The options that an index's files were read with, so they play the same: `readings.jsonl` in its folder."""

import json
from pathlib import Path

from tmr.files import read_replaced
from tmr.search.reading import ReadingOptions
from tmr.search.storage.disk import explain_os_errors, replace_durably
from tmr.search.storage.manifest import broken

READINGS = "readings.jsonl"
Readings = dict[str, ReadingOptions]


def load_readings(folder: Path) -> Readings:
    """Return by their fingerprint the options that files of an index were read with, and the defaults.

    Raises:
        IndexFolderError: If the file cannot be read, or is broken.
    """
    known = [ReadingOptions()]
    path = folder / READINGS
    if path.exists():
        with explain_os_errors(folder, "read index"):
            lines = read_replaced(path).splitlines()
        try:
            known += [_options(json.loads(line)) for line in lines]
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise broken(folder, f"{READINGS} has a line that cannot be used ({error})") from error
    return {options.fingerprint: options for options in known}


def remember_reading(folder: Path, options: ReadingOptions) -> None:
    """Write options down before the first file that was read with them becomes part of an index.

    Raises:
        IndexFolderError: If they cannot be written, or what was written before is broken.
    """
    known = load_readings(folder)
    if options.fingerprint in known:
        return
    # The defaults need no line.
    lines = [json.dumps(one.to_json()) + "\n" for one in [*list(known.values())[1:], options]]
    with explain_os_errors(folder, "write to index"):
        replace_durably(folder / READINGS, "".join(lines).encode("ascii"))


def _options(row: dict) -> ReadingOptions:
    pairs = tuple((str(role), str(name)) for role, name in row.pop("joint_names", ()))
    return ReadingOptions(joint_names=pairs, **row)
