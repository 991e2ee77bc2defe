"""Folder: the motion files below a folder, in a fixed order."""

import os
from collections.abc import Collection
from pathlib import Path

from tmr.errors import MotionFileError


def walk_folder(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files below a folder that have one of the suffixes, sorted by path.

    Hidden files and folders are left out; a folder seen already, through a symbolic link, is not entered again.
    An `.asf` file is left out where `.amc` files stand beside it: it is their skeleton.

    Raises:
        MotionFileError: If the folder is missing, no folder, or cannot be listed.
    """
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        files: list[Path] = []
        try:
            status = os.stat(current)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        waiting.append(Path(entry.path))
                    elif Path(entry.name).suffix.lower() in suffixes:
                        files.append(Path(entry.path))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise MotionFileError(f"{current}: cannot be listed: {reason}; expected a folder of motion files") from None
        has_motion = any(file.suffix.lower() == ".amc" for file in files)
        found.extend(file for file in files if not (has_motion and file.suffix.lower() == ".asf"))
    return sorted(found)
