"""Formats: read a motion from a file of any known kind, find such files in a folder, write BVH and Kimodo's NPZ."""

from collections.abc import Callable
from pathlib import Path

from tmr.errors import MotionFileError
from tmr.motion.formats.acclaim import read_amc, read_asf
from tmr.motion.formats.arrays import read_npy, read_npz
from tmr.motion.formats.bvh import read_bvh
from tmr.motion.formats.folder import Listing, walk_folder
from tmr.motion.formats.options import ReadOptions
from tmr.motion.formats.unread import ADVICE, MOTION_ONLY
from tmr.motion.formats.writing import write_bvh, write_npz
from tmr.motion.jumps import note_jumps
from tmr.motion.motion import Motion

__all__ = [
    "EXPECTED",
    "READERS",
    "find_motion_files",
    "find_unread_files",
    "list_motion_files",
    "read_motion",
    "write_bvh",
    "write_npz",
]

READERS: dict[str, Callable[[Path, ReadOptions], Motion]] = {
    ".bvh": read_bvh,
    ".amc": read_amc,
    ".asf": read_asf,
    ".npy": read_npy,
    ".npz": read_npz,
}
"""The reader of each suffix, in lower case."""

EXPECTED = ", ".join(suffix for suffix in READERS if suffix != ".asf")
"""The suffixes of files that hold a motion, for messages; an `.asf` file, a skeleton, is read to say what it is."""


def read_motion(
    path: str | Path,
    *,
    fps: float | int | None = None,
    unit: float | int | str | None = None,
    up: str | None = None,
    skeleton: str | None = None,
    asf: str | Path | None = None,
    body_model: str | Path | None = None,
) -> Motion:
    """Return the motion of a file, in metres, y up, right-handed; its `notes` say what was found or assumed.

    Args:
        path: A file with a suffix of `READERS`.
        fps: Frames per second; wins over the file's.
        unit: Metres in one unit of the data, or a name of `tmr.motion.units.UNITS`; None finds it.
        up: The axis that points up, `x`, `y` or `z`, or with a minus; None finds it.
        skeleton: The name of a known skeleton, for arrays whose shape does not tell.
        asf: The skeleton file of an `.amc` file; None looks beside it.
        body_model: A SMPL, SMPL-H or SMPL-X model as `.npz`, for the joints of a shaped body.

    Raises:
        MotionFileError: If the file cannot be read, or holds no motion.
        SkeletonError: If its joints do not form a tree.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        advice = ADVICE.get(path.suffix.lower(), "")
        raise MotionFileError(
            f"{path}: the suffix {path.suffix!r} is not that of a motion file; expected one of {EXPECTED}"
            + (f" — {advice}" if advice else "")
        )
    options = ReadOptions(
        fps=None if fps is None else float(fps),
        unit=float(unit) if isinstance(unit, int) else unit,
        up=up,
        skeleton=skeleton,
        asf=None if asf is None else Path(asf),
        body_model=None if body_model is None else Path(body_model),
    )
    return note_jumps(reader(path, options))


def find_motion_files(folder: str | Path) -> list[Path]:
    """Return the files below a folder whose suffix is that of a motion file, sorted by path.

    Raises:
        MotionFileError: If the folder is missing, no folder, or it or one below it cannot be listed.
    """
    return list_motion_files(folder).all_files()


def list_motion_files(folder: str | Path) -> Listing:
    """Return the same files, and the folders below that cannot be listed.

    Raises:
        MotionFileError: If the folder itself is missing, no folder, or cannot be listed.
    """
    return walk_folder(Path(folder), READERS)


def find_unread_files(folder: str | Path) -> list[Path]:
    """Return the files below a folder that hold motion in a format that is not read, FBX say, sorted by path.

    Folders below it that cannot be listed are passed over; `list_motion_files` names them.

    Raises:
        MotionFileError: If the folder is missing, no folder, or cannot be listed.
    """
    return walk_folder(Path(folder), MOTION_ONLY).files
