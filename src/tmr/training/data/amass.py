"""AMASS: a file found by the name that annotations have for it, whatever the download called its folders."""

import re
from pathlib import Path, PurePosixPath

from tmr.motion.formats import find_motion_files

# What a part of AMASS was called at first, and is called since the SMPL-X downloads.
_RENAMED = {
    "BioMotionLab_NTroje": "BMLrub",
    "DFaust_67": "DFaust",
    "MPI_HDM05": "HDM05",
    "MPI_Limits": "PosePrior",
    "MPI_mosh": "MoSh",
    "SSM_synced": "SSM",
    "TCD_handMocap": "TCDHands",
    "Transitions_mocap": "Transitions",
}
_STAGE = re.compile(r"_(poses|stageii|stage2)$", re.IGNORECASE)


class Amass:
    """The `.npz` files below a folder, by what they are called in AMASS.

    Args:
        folder: Of AMASS; its parts may lie deeper, or twice in a folder of their own name.

    Raises:
        MotionFileError: If the folder cannot be listed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = [file for file in find_motion_files(folder) if file.suffix.lower() == ".npz"]
        self._files = {_key(PurePosixPath(file.relative_to(folder).as_posix())): file for file in reversed(files)}

    def __len__(self) -> int:
        return len(self._files)

    def find(self, written: str) -> Path | None:
        """Return the file that annotations call `KIT/3/kick_poses.npz`, say, or None.

        Only part, subject and file count; `BioMotionLab_NTroje` is `BMLrub`, `_poses` is `_stageii`, a blank is `_`.
        """
        return self._files.get(_key(PurePosixPath(written.replace("\\", "/"))))


def subject_of(written: str) -> str:
    """Return the person of a file, with the part of AMASS: `KIT/3` of `./pose_data/KIT/3/kick_poses.npy`."""
    return "/".join(PurePosixPath(written.replace("\\", "/")).parts[-3:-1])


def _key(path: PurePosixPath) -> tuple[str, ...]:
    name = path.name
    # Not `stem`: a name may have a point and no suffix.
    name = re.sub(r"\.np[yz]$", "", name, flags=re.IGNORECASE)
    folders = path.parts[-3:-1]
    return (*(_plain(_PLAIN_RENAMED.get(_plain(folder), folder)) for folder in folders), _plain(_STAGE.sub("", name)))


def _plain(name: str) -> str:
    return re.sub(r"[ _]", "", name).lower()


_PLAIN_RENAMED = {_plain(old): new for old, new in _RENAMED.items()}
