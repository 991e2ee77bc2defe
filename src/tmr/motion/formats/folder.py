"""Folder: the motion files below a folder, in a fixed order."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tmr.errors import MotionFileError


@dataclass(frozen=True)
class Listing:
    """What lies below a folder.

    Args:
        files: The files that were looked for, sorted by path.
        unlisted: Folders below it that cannot be listed, and why; what is in them is not known.
    """

    files: list[Path]
    unlisted: dict[Path, str]

    def all_files(self) -> list[Path]:
        """Return the files, if no folder hides some.

        Raises:
            MotionFileError: If a folder cannot be listed.
        """
        for folder, reason in self.unlisted.items():
            raise _not_listed(folder, reason)
        return self.files


def walk_folder(folder: Path, suffixes: Collection[str]) -> Listing:
    """Return the files below a folder that have one of the suffixes.

    Hidden files and folders are left out; a folder seen already, through a symbolic link, is not entered again.
    An `.asf` file is left out where `.amc` files stand beside it: it is their skeleton.

    Raises:
        MotionFileError: If the folder itself is missing, no folder, or cannot be listed.
    """
    found: list[Path] = []
    unlisted: dict[Path, str] = {}
    seen: set[tuple[int, int | str]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = os.stat(current)
            # Network drives on Windows may give every folder the number 0.
            known = (status.st_dev, status.st_ino or os.path.realpath(current))
            if known in seen:
                continue
            files, folders = _scan(current, suffixes)
        except (OSError, ValueError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            if current == folder:
                raise _not_listed(folder, reason) from None
            unlisted[current] = reason
            continue
        seen.add(known)
        waiting.extend(folders)
        has_motion = any(file.suffix.lower() == ".amc" for file in files)
        found.extend(file for file in files if not (has_motion and file.suffix.lower() == ".asf"))
    return Listing(sorted(found), {path: unlisted[path] for path in sorted(unlisted)})


def _scan(folder: Path, suffixes: Collection[str]) -> tuple[list[Path], list[Path]]:
    """Return the files of a folder that have one of the suffixes, and its folders."""
    files: list[Path] = []
    folders: list[Path] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            fits = Path(entry.name).suffix.lower() in suffixes
            try:
                is_folder = entry.is_dir()
            except OSError:
                # A link to where nobody may look: who reads the file, or lists the folder, will say so.
                is_folder = not fits
            if is_folder:
                folders.append(Path(entry.path))
            elif fits:
                files.append(Path(entry.path))
    return files, folders


def _not_listed(folder: Path, reason: str) -> MotionFileError:
    return MotionFileError(f"{folder}: cannot be listed: {reason}; expected a folder of motion files")
