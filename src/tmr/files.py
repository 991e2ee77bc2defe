"""Files that are there whole or not at all, whoever is killed, runs beside or finds the disk full."""

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

_ATTEMPTS = 20
# Characters: names may have 255 bytes, and a letter up to four.
_LONGEST_STEM = 50


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new, empty file beside `path` to write to, and put it in its place when the block has gone well.

    The new file's name is its own, so that several processes may write the same; it ends as the other does, because
    some writers go by that. If anything is raised it is removed, and what was at `path` is untouched.

    Args:
        path: The file; its folder is there.

    Raises:
        OSError: As the operating system gives it.
    """
    new = path.with_name(f".{path.stem[:_LONGEST_STEM]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        new.touch()
        mode = new.stat().st_mode
        yield new
        # Some writers make a file of their own there, which only its owner may read.
        new.chmod(stat.S_IMODE(mode))
        put_in_place(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def put_in_place(new: Path, path: Path) -> None:
    """Give a file the name of another, which it replaces in one step.

    Raises:
        OSError: As the operating system gives it; both files are then as they were.
    """
    for attempt in range(_ATTEMPTS):
        try:
            os.replace(new, path)
            return
        except PermissionError:
            # Windows refuses while another process has the old file open to read it; that takes milliseconds.
            if os.name != "nt" or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.05)
