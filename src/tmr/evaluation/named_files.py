"""Named files: which motion file below a folder is meant by what people write, and what may be meant if none is."""

import os
import unicodedata
from collections import defaultdict
from functools import cached_property
from pathlib import Path

from tmr.errors import MotionFileError
from tmr.motion.formats import find_motion_files


class NamedFiles:
    """The motion files below a folder.

    Args:
        folder: That names are written from.

    Attributes:
        names: Of all of them, with slashes, sorted.
        problem: Why the folder cannot be listed, so that there are no names; empty if it can.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: list[str] = []
        self.problem = ""
        try:
            self.names = [file.relative_to(folder).as_posix() for file in find_motion_files(folder)]
        except MotionFileError as error:
            self.problem = str(error)
        self._by_form = {nfc(name): name for name in self.names}
        self._known = frozenset(self.names)

    def find(self, written: str) -> str:
        """Return the name of the file that is meant: one name, in whatever way it is written.

        `./takes/1.bvh`, `takes\\1.bvh` and a whole path into the folder are `takes/1.bvh`. An é of one and of two
        characters, as macOS has it in names of files, is the same. What is no file below the folder keeps its name.
        """
        name = written
        if "\\" in name and not os.path.lexists(self._folder / name):
            name = name.replace("\\", "/")
        folder = os.path.abspath(self._folder)
        path = os.path.normpath(os.path.join(folder, name))
        below = os.path.relpath(path, folder) if Path(path).is_relative_to(folder) else os.path.normpath(name)
        name = below.replace(os.sep, "/")
        return name if name in self._known else self._by_form.get(nfc(name), name)

    def __contains__(self, name: str) -> bool:
        """Tell whether a file has this very name."""
        return name in self._known

    @cached_property
    def _by_last_part(self) -> dict[str, list[str]]:
        """The names by what stands after their last slash, with the suffix and without."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            last = _plain(name).rpartition("/")[2]
            for part in {last, last.rpartition(".")[0]}:
                found[part].append(name)
        return found

    def hint(self, name: str) -> str:
        """Return where a file was looked for, or which other may be meant, as the end of a message."""
        wanted = _plain(name)
        alike = self._by_last_part[wanted.rpartition("/")[2]]
        for like in alike:
            if wanted in (_plain(like), _plain(like).rpartition(".")[0]):
                return f"; {like} is there: write it so"
        # A whole path of another computer, or a name without its folder.
        tails = {like: _num_alike(wanted, _plain(like)) for like in alike}
        longest = max(tails.values(), default=0)
        best = [like for like, length in tails.items() if length == longest > 0]
        if len(best) == 1:
            return f"; {best[0]} is there: names are written from {self._folder}"
        return f" below {self._folder}"


def nfc(name: str) -> str:
    """Return a name with its accents as one character each: macOS writes two, and the eye sees no difference."""
    return unicodedata.normalize("NFC", name)


def _plain(name: str) -> str:
    """Return a name as it is compared where letter case does not count."""
    return nfc(name).casefold()


def _num_alike(name: str, other: str) -> int:
    """Return how many folders and files two names have alike, from the end on."""
    count = 0
    for part, its in zip(reversed(name.split("/")), reversed(other.split("/")), strict=False):
        if part != its:
            break
        count += 1
    return count
