"""Files that are there whole or not at all, whoever is killed, runs beside or finds the disk full; and their names."""

import contextlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

_ATTEMPTS = 20
# Characters: names may have 255 bytes, and a letter up to four.
_LONGEST_STEM = 50

# What Windows does not take in a name, drops from its end, and takes for a device whatever the suffix.
_NOT_EVERYWHERE = re.compile(r'[<>:"|?*\\/\x00-\x1f]|[. ]+$')
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])[ ]*(\.|$)", re.IGNORECASE)

Done = TypeVar("Done")


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
    _patiently(lambda: os.replace(new, path))


def read_replaced(path: Path) -> bytes:
    """Return the content of a file that others may put another in the place of at this moment.

    Raises:
        OSError: As the operating system gives it.
    """
    return _patiently(path.read_bytes)


def _patiently(act: Callable[[], Done]) -> Done:
    """Do what Windows refuses for the milliseconds in which another process reads a file, or puts one in its place."""
    attempts = _ATTEMPTS if os.name == "nt" else 1
    while True:
        attempts -= 1
        try:
            return act()
        except PermissionError:
            if not attempts:
                raise
            time.sleep(0.05)


def portable_name(name: str) -> str:
    """Return a file's name as it can be written on every system, with `_` where Windows does not take it.

    There `a:b.bvh` is a stream of the file `a`, and what is written to `con.bvh` goes to the console.
    """
    name = _NOT_EVERYWHERE.sub("_", name)
    return f"_{name}" if _DEVICE.match(name) else name


def local_name(name: str) -> str:
    """Return a file's name as it can be written on this system."""
    return portable_name(name) if os.name == "nt" else name


def parts_below(name: str) -> list[str]:
    """Return the folders and the file, one at least, that a name tells, without what leads out of where it is put."""
    return [part for part in name.replace("\\", "/").split("/") if part.strip(". ")] or ["motion"]


def part_name(stem: str, suffix: str, start_seconds: float, end_seconds: float | None) -> str:
    """Return what a file with a part of a motion is called: different parts differently; the whole after the motion.

    Args:
        stem: The name of the motion.
        suffix: Of the file, with its dot.
        start_seconds: Where the part begins.
        end_seconds: Where it ends; None for the motion's end.
    """
    begin = "" if start_seconds == 0 and end_seconds is None else f"_from_{start_seconds:.2f}s"
    end = "" if end_seconds is None else f"_to_{end_seconds:.2f}s"
    return f"{stem}{begin}{end}{suffix}"
