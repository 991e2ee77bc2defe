"""Arrays: `.npy` and `.npz` files, of HumanML3D, Kimodo, AMASS or anyone's joints with their skeleton."""

from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError
from tmr.motion.formats import humanml3d
from tmr.motion.formats.kimodo import is_kimodo, read_kimodo
from tmr.motion.formats.loading import LARGEST, MOST_JOINTS, ArrayArchive, load_npy
from tmr.motion.formats.names import unique_names
from tmr.motion.formats.options import ReadOptions, choose_fps, note_overruled
from tmr.motion.formats.skeletons import skeleton_of
from tmr.motion.formats.smpl import is_smpl, read_smpl
from tmr.motion.motion import Motion
from tmr.motion.skeleton import Skeleton, skeleton_of_names
from tmr.motion.units import normalise_axes_and_units

# The rate at which the format that is known by so many joints is recorded; others have to tell theirs.
RATES = {"smplx22": humanml3d.RATE, "somaskel30": 30.0, "somaskel77": 30.0}
_JOINTS = ("joints", "positions", "keypoints3d", "xyz")


def read_npy(path: Path, options: ReadOptions) -> Motion:
    """Return the motion of an `.npy` file: (frames, joints, 3), (frames, 66), or HumanML3D's (frames, 263).

    Raises:
        MotionFileError: If the array is of another shape or kind, or the skeleton or rate is not known.
    """
    array = load_npy(path)
    if array.dtype.kind not in "fiu":
        raise MotionFileError(f"{path}: holds {array.dtype}; expected joint positions")
    if array.ndim == 2 and array.shape[1] == humanml3d.FEATURES:
        if not np.isfinite(array).all() or len(array) == 0 or array.nbytes > LARGEST // 2:
            raise MotionFileError(
                f"{path}: HumanML3D features of shape {array.shape} have no frames, too many, "
                "or a value that is not finite"
            )
        joints = humanml3d.joints_from_features(array)
        skeleton = skeleton_of(humanml3d.JOINTS, options.skeleton, str(path))
        fps, notes = choose_fps(options, path, told=None, assumed=humanml3d.RATE)
        unit, up = options.unit or 1.0, options.up or "y"
        overruled = note_overruled(options, unit=1.0, up="y")
        notes = ("The joints come from HumanML3D's 263 features.", *notes, *overruled)
        return normalise_axes_and_units(joints, fps, skeleton, name=str(path), unit=unit, up=up, notes=notes)
    if array.ndim == 2 and array.shape[1] == 3 * humanml3d.JOINTS:
        array = array.reshape(-1, humanml3d.JOINTS, 3)
    return _motion_of(array, str(path), path, options)


def read_npz(path: Path, options: ReadOptions) -> Motion:
    """Return the motion of an `.npz` file, whose arrays' names tell the format.

    Raises:
        MotionFileError: If there is no motion in it, or it is damaged.
    """
    archive = ArrayArchive(path)
    if is_kimodo(archive):
        return read_kimodo(archive, options)
    if is_smpl(archive):
        return read_smpl(archive, options)
    key = next((key for key in _JOINTS if key in archive), None)
    if key is None and len(archive.keys) == 1:
        key = archive.keys[0]
    if key is None:
        raise MotionFileError(
            f"{path}: has the arrays {archive.list_keys()}; expected Kimodo's posed_joints, AMASS's poses, "
            "or joints with names, parents and fps"
        )
    skeleton, notes = _own_skeleton(archive)
    told = archive.number("fps") if "fps" in archive else None
    return _motion_of(archive.numbers(key), f"{path}: {key}", path, options, skeleton, told, notes)


def needs_body_model(path: Path) -> bool:
    """Return whether a file's joints depend on `body_model`: it is an `.npz` of pose parameters, and not damaged."""
    if path.suffix.lower() != ".npz":
        return False
    try:
        archive = ArrayArchive(path)
    except MotionFileError:
        return False
    return is_smpl(archive) and not is_kimodo(archive)


def _motion_of(
    array: np.ndarray,
    where: str,
    path: Path,
    options: ReadOptions,
    skeleton: Skeleton | None = None,
    told: float | None = None,
    notes: tuple[str, ...] = (),
) -> Motion:
    """Return the motion of an array of joint positions."""
    if array.ndim == 4 and len(array) == 1:
        array = array[0]
    if array.ndim != 3 or array.shape[2] != 3 or len(array) == 0:
        raise MotionFileError(
            f"{where}: has shape {array.shape}; expected (frames, joints, 3) with at least one frame, "
            f"or HumanML3D's (frames, {humanml3d.FEATURES})"
        )
    if skeleton is None:
        skeleton = skeleton_of(array.shape[1], options.skeleton, where)
    fps, more = choose_fps(options, path, told=told, assumed=RATES.get(skeleton.name))
    return normalise_axes_and_units(
        array, fps, skeleton, name=str(path), unit=options.unit, up=options.up, notes=(*notes, *more)
    )


def _own_skeleton(archive: ArrayArchive) -> tuple[Skeleton | None, tuple[str, ...]]:
    """Return the skeleton of the arrays `names` and `parents`, and notes; None where they are not there."""
    if "names" not in archive or "parents" not in archive:
        return None, ()
    names, parents = archive.read("names"), archive.numbers("parents")
    if (
        names.dtype.kind not in "US"
        or names.ndim != 1
        or parents.shape != names.shape
        or not 0 < len(names) <= MOST_JOINTS
    ):
        raise MotionFileError(
            f"{archive.path}: names has shape {names.shape} and parents {parents.shape}; "
            "expected one text and one parent index (-1 for the root) for each joint"
        )
    words = [name.decode("latin-1") if isinstance(name, bytes) else str(name) for name in names.tolist()]
    unique, notes = unique_names(words)
    if not np.isfinite(parents).all():
        raise MotionFileError(f"{archive.path}: parents holds a value that is not a finite number")
    return skeleton_of_names(unique, [int(parent) for parent in parents]), notes
