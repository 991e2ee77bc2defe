"""Kimodo: `.npz` files with the joints of a SOMA body, or its rotations."""

import numpy as np

from tmr.errors import MotionFileError
from tmr.motion.formats.loading import LARGEST, ArrayArchive
from tmr.motion.formats.options import ReadOptions, choose_fps, note_overruled
from tmr.motion.formats.skeletons import skeleton_of
from tmr.motion.motion import Motion
from tmr.motion.rotation import forward_kinematics
from tmr.motion.skeleton import FLOAT, Skeleton
from tmr.motion.units import normalise_axes_and_units

RATE = 30.0


def is_kimodo(arrays: ArrayArchive) -> bool:
    """Return whether the arrays' names are Kimodo's."""
    return "posed_joints" in arrays or ("local_rot_mats" in arrays and "root_positions" in arrays)


def read_kimodo(arrays: ArrayArchive, options: ReadOptions) -> Motion:
    """Return the motion of a Kimodo file: `posed_joints`, else `local_rot_mats` on the rest pose at `root_positions`.

    Raises:
        MotionFileError: If an array has another shape than Kimodo's, or holds several motions.
    """
    path = arrays.path
    notes: tuple[str, ...] = ()
    if "posed_joints" in arrays:
        joints = _single(arrays.numbers("posed_joints"), 3, "posed_joints", arrays)
        skeleton = skeleton_of(joints.shape[1], options.skeleton, f"{path}: posed_joints")
    else:
        rotations = _single(arrays.numbers("local_rot_mats"), 4, "local_rot_mats", arrays)
        root = _single(arrays.numbers("root_positions"), 2, "root_positions", arrays)
        skeleton = skeleton_of(rotations.shape[1], options.skeleton, f"{path}: local_rot_mats")
        joints = _pose_rest(rotations, root, skeleton, arrays)
        notes = ("The joints come from local_rot_mats on the skeleton's rest pose.",)
    told = arrays.number("fps") if "fps" in arrays else None
    fps, more = choose_fps(options, path, told=told, assumed=RATE)
    unit = options.unit if options.unit is not None else 1.0
    up = options.up if options.up is not None else "y"
    notes = (*notes, *more, *note_overruled(options, unit=1.0, up="y"))
    return normalise_axes_and_units(joints, fps, skeleton, name=str(path), unit=unit, up=up, notes=notes)


def _single(array: np.ndarray, ndim: int, key: str, arrays: ArrayArchive) -> np.ndarray:
    """Return an array without a batch axis of length one."""
    if array.ndim == ndim + 1 and len(array) == 1:
        array = array[0]
    elif array.ndim == ndim + 1:
        raise MotionFileError(
            f"{arrays.path}: {key} has shape {array.shape}, {len(array)} motions in one file; "
            f"save each by itself, {key}[0] and so on"
        )
    if array.ndim != ndim or array.shape[-1] != 3 or len(array) == 0:
        raise MotionFileError(
            f"{arrays.path}: {key} has shape {array.shape}; expected (frames, {'joints, ' * (ndim > 2)}"
            f"{'3, ' * (ndim > 3)}3) with at least one frame"
        )
    return array


def _pose_rest(rotations: np.ndarray, root: np.ndarray, skeleton: Skeleton, arrays: ArrayArchive) -> np.ndarray:
    """Return the joints of the skeleton's rest pose after the rotations, the root in its place."""
    if rotations.shape[2:] != (3, 3) or len(rotations) != len(root):
        raise MotionFileError(
            f"{arrays.path}: local_rot_mats has shape {rotations.shape} and root_positions {root.shape}; "
            "expected (frames, joints, 3, 3) and (frames, 3)"
        )
    if rotations.size * 8 > LARGEST:
        raise MotionFileError(f"{arrays.path}: {len(rotations)} frames are too many; cut the motion into several files")
    if not (np.isfinite(rotations).all() and np.isfinite(root).all()):
        raise MotionFileError(
            f"{arrays.path}: local_rot_mats or root_positions holds a value that is not a finite number"
        )
    if skeleton.rest is None:
        raise MotionFileError(f"{arrays.path}: skeleton {skeleton.name!r} has no rest pose to turn; save posed_joints")
    error = np.abs(np.einsum("fjab,fjcb->fjac", rotations[::97], rotations[::97]) - np.eye(3)).max()
    if error > 0.01:
        raise MotionFileError(f"{arrays.path}: local_rot_mats are no rotations: off by {error:.2g}")
    offsets = skeleton.rest - skeleton.rest[list(skeleton.parents)]
    moves = np.repeat(offsets[None].astype(np.float64), len(root), axis=0)
    moves[:, [joint for joint, parent in enumerate(skeleton.parents) if parent == -1]] = root[:, None]
    return forward_kinematics(rotations.astype(np.float64), moves, skeleton.parents).astype(FLOAT)
