"""AMASS, SMPL and SMPL-X: pose parameters as `.npz`, turned into the 22 joints of the body."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError
from tmr.motion.formats.loading import LARGEST, ArrayArchive
from tmr.motion.formats.options import ReadOptions, choose_fps, note_overruled
from tmr.motion.motion import Motion
from tmr.motion.rotation import axis_angle_to_matrix, forward_kinematics
from tmr.motion.skeleton import FLOAT, Skeleton, built_in_skeleton
from tmr.motion.units import normalise_axes_and_units

BODY = 22
WIDTHS = (165, 156, 72, 66)  # of `poses`: SMPL-X, SMPL-H, SMPL, the body alone
_RATES = ("mocap_frame_rate", "mocap_framerate", "fps", "frame_rate", "framerate")
_ROOTS = ("root_orient", "global_orient")
_BODIES = ("pose_body", "body_pose")
_PLACES = ("trans", "transl")


@dataclass(frozen=True)
class _Rest:
    joints: np.ndarray  # (22, 3), metres, y up, pelvis where the model has it
    note: str


def is_smpl(arrays: ArrayArchive) -> bool:
    """Return whether the arrays' names are those of AMASS, SMPL or SMPL-X."""
    return "poses" in arrays or any(key in arrays for key in _BODIES)


def read_smpl(arrays: ArrayArchive, options: ReadOptions) -> Motion:
    """Return the motion of a file of pose parameters: `poses`, or `root_orient` and `pose_body`, with `trans`.

    The joints are those of the neutral mean body unless `body_model` is given; AMASS has z up.

    Raises:
        MotionFileError: If an array is missing or has another shape, or the body model does not fit.
    """
    path = arrays.path
    pose = _body_pose(arrays)
    trans, notes = np.zeros((len(pose), 3)), ()
    key = next((key for key in _PLACES if key in arrays), None)
    if key is None:
        notes = ("There is no trans: the body stays in one place.",)
    else:
        trans = arrays.numbers(key).astype(np.float64)
        if trans.shape == (1, *pose.shape[:1], 3):
            trans = trans[0]
        if trans.shape != (len(pose), 3):
            raise MotionFileError(f"{path}: {key} has shape {trans.shape}; expected ({len(pose)}, 3), as many as poses")
    if not (np.isfinite(pose).all() and np.isfinite(trans).all()):
        raise MotionFileError(
            f"{path}: the pose{f' or {key}' if key else ''} holds a value that is not a finite number"
        )
    rest = _rest_joints(arrays, options.body_model)
    skeleton = built_in_skeleton("smplx22")
    joints = _pose_body(pose, trans, rest.joints, skeleton)
    rate = next((key for key in _RATES if key in arrays), None)
    fps, more = choose_fps(options, path, told=None if rate is None else arrays.number(rate))
    unit = options.unit if options.unit is not None else 1.0
    notes = (*notes, rest.note, *more, *note_overruled(options, unit=1.0))
    return normalise_axes_and_units(
        joints, fps, skeleton, name=str(path), unit=unit, up=options.up, likely_up="z", notes=notes
    )


def _body_pose(arrays: ArrayArchive) -> np.ndarray:
    """Return the axis-angle vectors of the root and the 21 body joints, (frame, 22, 3)."""
    root = next((key for key in _ROOTS if key in arrays), None)
    body = next((key for key in _BODIES if key in arrays), None)
    if root is not None and body is not None:
        parts = [arrays.numbers(root), arrays.numbers(body)]
        if any(part.size > LARGEST // 8 for part in parts):
            raise MotionFileError(f"{arrays.path}: too many frames; cut the motion into several files")
        turns, poses = _rows(parts[0], (3,)), _rows(parts[1], (63, 69))
        if turns is None or poses is None or len(turns) != len(poses) or len(turns) == 0:
            raise MotionFileError(
                f"{arrays.path}: {root} and {body} have shapes {parts[0].shape} and {parts[1].shape}; expected "
                "(frames, 3) and (frames, 63) of SMPL-X and SMPL-H or (frames, 69) of SMPL"
            )
        return np.concatenate([turns, poses[:, :63]], axis=1).astype(np.float64).reshape(-1, BODY, 3)
    if "poses" not in arrays:
        raise MotionFileError(f"{arrays.path}: has {arrays.list_keys()}; expected poses, or root_orient and pose_body")
    poses = arrays.numbers("poses")
    if poses.ndim == 3 and poses.shape[2] == 3:
        poses = poses.reshape(len(poses), -1)
    # Other widths are other things: rotation matrices, or six numbers a joint, which three a joint would misread.
    if poses.ndim != 2 or poses.shape[1] not in WIDTHS or len(poses) == 0:
        raise MotionFileError(
            f"{arrays.path}: poses has shape {poses.shape}; expected (frames, 165) of SMPL-X, 156 of SMPL-H, "
            "72 of SMPL or 66 of the body alone"
        )
    # Root and body come first in all of these models; hands, jaw and eyes follow.
    return poses[:, : 3 * BODY].astype(np.float64).reshape(-1, BODY, 3)


def _rows(part: np.ndarray, widths: tuple[int, ...]) -> np.ndarray | None:
    """Return an array as rows of one of the widths, a frame each; None if it has no such rows."""
    for width in widths:
        if part.shape[-1:] == (width,) or part.shape[-2:] == (width // 3, 3):
            return part.reshape(-1, width)
    return None


def _pose_body(pose: np.ndarray, trans: np.ndarray, rest: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Return the joints: the rest pose turned about its own pelvis, then moved by `trans`."""
    parents = list(skeleton.parents)
    result = np.empty((len(pose), BODY, 3), dtype=FLOAT)
    for first in range(0, len(pose), 4096):
        block = slice(first, first + 4096)
        moves = np.repeat((rest - rest[parents])[None].astype(np.float64), len(pose[block]), axis=0)
        moves[:, 0] = trans[block] + rest[0]
        result[block] = forward_kinematics(axis_angle_to_matrix(pose[block]), moves, parents)
    return result


def _rest_joints(arrays: ArrayArchive, body_model: Path | None) -> _Rest:
    """Return the rest joints of the body that the file's `betas` describe, as far as they are known."""
    betas = arrays.numbers("betas").astype(np.float64) if "betas" in arrays else np.zeros(0)
    betas = betas.reshape(-1, betas.shape[-1])[0] if betas.size else np.zeros(0)  # one row a frame in some files
    if body_model is not None:
        return _Rest(shaped_rest_joints(body_model, betas), f"The body is shaped by {body_model.name}.")
    rest = built_in_skeleton("smplx22").rest
    if rest is None:
        raise MotionFileError("the built-in skeleton smplx22 has no rest pose")
    if np.abs(betas).max(initial=0) > 1e-6:
        note = (
            "The betas are those of a shaped body, but the mean body stands in; give body_model (--body-model) for the "
            "file's own."
        )
        return _Rest(rest, note)
    return _Rest(rest, "The body is the neutral mean body.")


def shaped_rest_joints(path: Path, betas: np.ndarray) -> np.ndarray:
    """Return the 22 rest joints of a shaped body.

    Args:
        path: A SMPL, SMPL-H or SMPL-X model as `.npz`, with `v_template`, `shapedirs` and `J_regressor`.
        betas: Shape numbers; as many are used as the model has.

    Raises:
        MotionFileError: If the file is pickled, lacks an array, or the shapes do not fit together.
    """
    if path.suffix.lower() in (".pkl", ".pickle"):
        raise MotionFileError(f"{path}: is pickled, which could run any code; use the model's .npz file")
    mean, moves = _load_body_model(path, _version(path))
    used = min(len(betas), moves.shape[2])
    joints = mean + moves[:, :, :used] @ betas[:used]
    if not np.isfinite(joints).all():
        raise MotionFileError(f"{path}: the shaped body has a joint that is not a finite number")
    return joints


def _version(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written anew; nothing if it is not there, which reading it then tells."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ino


@lru_cache(maxsize=4)
def _load_body_model(path: Path, version: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints (22, 3) of a model's mean body, and how far each shape number moves them (22, 3, shape).

    A model may take a second to read, and thousands of motions need the same one, so it is kept.

    Args:
        path: The model.
        version: Another one is read again.
    """
    arrays = ArrayArchive(path)
    template, directions = arrays.numbers("v_template"), arrays.numbers("shapedirs")
    regressor = arrays.numbers("J_regressor")
    vertices = len(template) if template.ndim else 0
    if (
        template.shape != (vertices, 3)
        or directions.ndim != 3
        or directions.shape[:2] != (vertices, 3)
        or regressor.ndim != 2
        or regressor.shape[0] < BODY
        or regressor.shape[1] != vertices
    ):
        raise MotionFileError(
            f"{path}: v_template {template.shape}, shapedirs {directions.shape} and J_regressor {regressor.shape} "
            "do not fit together; expected (v, 3), (v, 3, shapes) and (joints, v)"
        )
    weights = regressor[:BODY].astype(np.float64)
    return weights @ template, np.tensordot(weights, directions, axes=1)
