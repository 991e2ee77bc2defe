"""Reading one motion file for the index: content hash, parse, retarget. NumPy only: worker processes run this."""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tmr.errors import MotionFileError, TMRError
from tmr.motion.motion import Motion
from tmr.search.measures import Measures, measure
from tmr.search.storage.disk import file_sha256

# Options that an earlier version did not have: where they are not used, nothing differs from what it wrote.
_LATER = ("asf", "body_model")


@dataclass(frozen=True)
class ReadingOptions:
    """What the user says of files that do not say it themselves.

    Args:
        fps: Frames per second; None takes the file's.
        unit: Metres in one unit of the data; None finds it.
        up: The axis that points up, `y`, `z`, `-y` …; None finds it.
        skeleton: Name of a built-in skeleton for plain arrays; None finds it.
        joint_names: Pairs of a role and the source's joint name.
        asf: The skeleton file of all `.amc` files, kept as its full path; None finds the one beside each.
        body_model: A SMPL, SMPL-H or SMPL-X model as `.npz`, kept as its full path; None takes the mean body.
    """

    fps: float | None = None
    unit: float | None = None
    up: str | None = None
    skeleton: str | None = None
    joint_names: tuple[tuple[str, str], ...] = ()
    asf: str | Path | None = None
    body_model: str | Path | None = None

    def __post_init__(self) -> None:
        # An index is read from other folders than it was made in.
        if self.asf is not None:
            object.__setattr__(self, "asf", os.path.abspath(self.asf))
        if self.body_model is not None:
            object.__setattr__(self, "body_model", os.path.abspath(self.body_model))

    @property
    def fingerprint(self) -> str:
        """Equal for equal options: a file read with other options is read again."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def given(self) -> dict[str, Path]:
        """The files that are given for many motions, by what they are given as."""
        files = {"asf (--asf)": self.asf, "body_model (--body-model)": self.body_model}
        return {option: Path(file) for option, file in files.items() if file is not None}

    def to_json(self) -> dict[str, Any]:
        """Return the options for JSON."""
        return {key: value for key, value in asdict(self).items() if value is not None or key not in _LATER}


@dataclass(frozen=True)
class Reading:
    """What came of one file.

    Args:
        sha256: Digest of its content; empty if it could not even be opened, or did not come to an end.
        motion: The retargeted motion; None if the file is unchanged or was skipped.
        seconds: How long the source lasts.
        fps: Frames per second of the source.
        skeleton: What the source's skeleton is called.
        reason: Why the file was skipped; empty if it was not.
        out_of_reach: Whether it, or a file that is given for it, could not be opened at all, which says nothing of its
            content: it is gone, on a drive that does not answer, or not ours to read.
        measures: What was measured of the motion; None without one.
    """

    sha256: str
    motion: Motion | None = None
    seconds: float = 0.0
    fps: float = 0.0
    skeleton: str = ""
    reason: str = ""
    out_of_reach: bool = False
    measures: Measures | None = None


def content_sha256(path: Path, options: ReadingOptions | None = None) -> str:
    """Return the digest of what a file's motion is made from.

    That is its content; for AMC with the skeleton that is given, or else those beside it; for pose parameters of SMPL
    with the body model that is given.

    Raises:
        OSError: If the file cannot be read.
        MotionFileError: If a file that is given for it cannot be read.
    """
    options = options or ReadingOptions()
    digest = file_sha256(path)
    if path.suffix.lower() == ".amc":
        if options.asf is not None:
            others = [given_sha256("asf (--asf)", Path(options.asf))]
        else:
            from tmr.motion.formats.acclaim import skeletons_beside

            others = [file_sha256(skeleton) for skeleton in skeletons_beside(path)]
    elif options.body_model is not None and _needs_body_model(path):
        others = [given_sha256("body_model (--body-model)", Path(options.body_model))]
    else:
        return digest
    return hashlib.sha256("".join([digest, *others]).encode()).hexdigest()


def given_sha256(option: str, path: Path) -> str:
    """Return the digest of a file that is given for many motions; a process reads it once while it stays as it is.

    Args:
        option: What it is given as, for the message.
        path: The file.

    Raises:
        MotionFileError: If it cannot be read.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise MotionFileError(f"{path}, given as {option}, is not a regular file (a folder or a pipe, say)")
        return _sha256_of_version(path, (status.st_size, status.st_mtime_ns, status.st_ino))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MotionFileError(
            f"{path}, given as {option}, cannot be read ({reason}); put it back, or index again with another"
        ) from None


@lru_cache(maxsize=8)
def _sha256_of_version(path: Path, version: tuple[int, ...]) -> str:
    return file_sha256(path)


def _needs_body_model(path: Path) -> bool:
    from tmr.motion.formats.arrays import needs_body_model

    return needs_body_model(path)


def read_file(path: Path, options: ReadingOptions, known_sha256: str | None) -> Reading:
    """Read a motion file and retarget it, unless its content is known already.

    Args:
        path: The file.
        options: What the user says of it.
        known_sha256: Digest of the content that needs no second reading; None if there is none.

    Returns:
        A reading with a motion; or without one, and with a reason if the file cannot be used.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Reading("", reason="it is not a regular file (a folder, a pipe or a device, say)")
        sha256 = content_sha256(path, options)
    except MotionFileError as error:
        return Reading("", reason=str(error), out_of_reach=True)
    except FileNotFoundError:
        return Reading("", reason=why_gone(path), out_of_reach=True)
    except OSError as error:
        return Reading("", reason=f"the file cannot be read ({error.strerror or error})", out_of_reach=True)
    if sha256 == known_sha256:
        return Reading(sha256)
    try:
        source = read_source(path, options)
        return reading_of(source, options, sha256)
    except TMRError as error:
        return Reading(sha256, reason=_without_path(str(error), path))
    except OSError as error:
        return Reading("", reason=f"the file cannot be read ({error.strerror or error})")


def why_gone(path: Path) -> str:
    """Return what is said of a file that is not there."""
    why = "it is a link to a file that is not there" if path.is_symlink() else "it was moved or deleted"
    return f"the file is gone: {why}"


def reading_of(source: Motion, options: ReadingOptions, sha256: str) -> Reading:
    """Return the reading of a motion that is in memory.

    Raises:
        SkeletonError: If it cannot be retargeted.
    """
    from tmr.motion.retarget import retarget

    motion = retarget(source, joint_names=dict(options.joint_names) or None)
    return Reading(sha256, motion, source.seconds, source.fps, source.skeleton.name, measures=measure(motion))


def read_source(path: Path, options: ReadingOptions) -> Motion:
    """Return a file's motion as it is, before retargeting.

    Raises:
        MotionFileError: If it cannot be read.
    """
    from tmr.motion.formats import read_motion

    return read_motion(
        path,
        fps=options.fps,
        unit=options.unit,
        up=options.up,
        skeleton=options.skeleton,
        asf=options.asf,
        body_model=options.body_model,
    )


def read_retargeted(source: Path | Motion, options: ReadingOptions) -> Motion:
    """Return a file or a motion on the encoder's skeleton.

    Raises:
        MotionFileError: If the file cannot be read.
        SkeletonError: If the motion cannot be retargeted.
    """
    motion = source if isinstance(source, Motion) else read_source(source, options)
    retargeted = reading_of(motion, options, "").motion
    if retargeted is None:
        raise TMRError(f"{motion.name}: nothing came of retargeting it")
    return retargeted


def motion_sha256(motion: Motion) -> str:
    """Return a digest of a motion in memory: joints, frame rate and skeleton."""
    digest = hashlib.sha256(motion.joints.tobytes())
    digest.update(json.dumps([motion.fps, motion.skeleton.joints, motion.skeleton.parents]).encode())
    return digest.hexdigest()


def _without_path(message: str, path: Path) -> str:
    """Return a message without the path at its start: whoever reports the skip names the file."""
    for prefix in (f"{path}: ", f"{path.name}: "):
        message = message.removeprefix(prefix)
    return " ".join(message.split())
