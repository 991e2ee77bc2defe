"""Constraints: where `constraints.json` wants root, body, hands and feet, and how far a motion is from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import DatasetError
from tmr.evaluation.kimodo.testcases import read_json
from tmr.motion.rotation import axis_angle_to_matrix, forward_kinematics
from tmr.motion.skeleton import Skeleton, built_in_skeleton

ROOT, FULL_BODY, END_EFFECTOR = "constraint_root2d", "constraint_fullbody_keyframe", "constraint_end_effector"
"""What the errors of each kind are called; the first is reported as `…_err` and `…_acc`."""

NEAR = 0.10
"""Metres within which a root counts as in its place."""

_SKELETONS = {30: "somaskel30", 77: "somaskel77"}
_SHORT = {"left-hand": "LeftHand", "right-hand": "RightHand", "left-foot": "LeftFoot", "right-foot": "RightFoot"}
_TYPES = ("root2d", "fullbody", "end-effector", *_SHORT)
_ENDS = {name.lower(): name for name in (*_SHORT.values(), "Hips")}


@dataclass(frozen=True, eq=False)
class Constraint:
    """Targets of joints in some frames.

    Args:
        kind: `ROOT`, `FULL_BODY` or `END_EFFECTOR`.
        frames: Which frames of the motion.
        joints: Names of the joints; those that a motion's skeleton has are measured.
        targets: Global positions in metres, y up; of a root only x and z count.
    """

    kind: str
    frames: Int[np.ndarray, " frame"]
    joints: tuple[str, ...]
    targets: Float[np.ndarray, "frame joint 3"]


def read_constraints(path: Path) -> list[Constraint]:
    """Return the constraints of a test case.

    Args:
        path: A JSON list of objects with `type` (`root2d`, `fullbody`, `left-hand`, `right-hand`, `left-foot`,
            `right-foot`, `end-effector`), `frame_indices` and their targets: `smooth_root_2d`, or `root_positions` in
            metres and `local_joints_rot`, rotation vectors in radians that turn the T-pose of SOMA-77 or SOMA-30.

    Raises:
        DatasetError: If the file is no such list; the message tells which entry is wrong.

    Source:
        nv-tlabs/kimodo, the page "Constraints JSON Format" of its documentation.
    """
    raw = read_json(path)
    if not isinstance(raw, list):
        raise DatasetError(f"{path}: holds a {type(raw).__name__}; expected a list of constraints")
    found = [_constraint(entry, f"{path}: constraint {place}") for place, entry in enumerate(raw)]
    return [constraint for constraint in found if constraint is not None]


def constraint_errors(
    joints: Float[np.ndarray, "frame joint 3"], skeleton: Skeleton, constraints: Sequence[Constraint]
) -> dict[str, Float[np.ndarray, " point"]]:
    """Return how far a motion is from its constraints, in metres, for each constrained joint of each frame.

    Args:
        joints: Global joint positions in metres, y up.
        skeleton: SOMA-77 or SOMA-30. Between the two only the joints that both have are measured.
        constraints: Of the test case.

    Returns:
        The distances by kind, all constraints of a kind together; the root's are measured on the floor.

    Raises:
        DatasetError: If a constraint is outside the motion, or no joint of it is in the skeleton.
    """
    found: dict[str, list[np.ndarray]] = {}
    for constraint in constraints:
        if not 0 <= constraint.frames.min() <= constraint.frames.max() < len(joints):
            raise DatasetError(
                f"a {constraint.kind} constraint is on frames {constraint.frames.min()} to {constraint.frames.max()}; "
                f"the motion has frames 0 to {len(joints) - 1}"
            )
        shared = _shared_joints(constraint, skeleton)
        places = [skeleton.index(constraint.joints[at]) for at in shared]
        step = joints[constraint.frames][:, places] - constraint.targets[:, shared]
        if constraint.kind == ROOT:
            step = step[..., [0, 2]]
        found.setdefault(constraint.kind, []).append(np.linalg.norm(step, axis=-1).reshape(-1))
    return {kind: np.concatenate(parts) for kind, parts in found.items()}


def constraint_metrics(errors: Mapping[str, Float[np.ndarray, " point"]]) -> dict[str, float]:
    """Return a motion's constraint metrics under the reference's keys.

    Args:
        errors: What `constraint_errors` returns.

    Returns:
        `constraint_root2d_err` in metres and `constraint_root2d_acc`, the fraction within 10 cm;
        `constraint_fullbody_keyframe` and `constraint_end_effector` in metres. Means over frames and joints; only the
        kinds that there are.
    """
    result: dict[str, float] = {}
    for kind, distances in errors.items():
        if kind == ROOT:
            result[f"{ROOT}_err"] = float(distances.mean())
            result[f"{ROOT}_acc"] = float((distances <= NEAR).mean())
        else:
            result[kind] = float(distances.mean())
    return result


def pose_joints(
    rotations: Float[np.ndarray, "frame joint 3"], root: Float[np.ndarray, "frame 3"], skeleton: Skeleton
) -> Float[np.ndarray, "frame joint 3"]:
    """Return the joints of a skeleton's rest pose after local rotations.

    Args:
        rotations: Rotation vectors in radians, of each joint relative to its parent.
        root: Where the root is, in metres.
        skeleton: With a rest pose.
    """
    if skeleton.rest is None:
        raise DatasetError(f"skeleton {skeleton.name!r} has no rest pose that rotations could turn")
    rest = skeleton.rest.astype(np.float64)
    moves = np.repeat((rest - rest[list(skeleton.parents)])[None], len(root), axis=0)
    moves[:, skeleton.parents.index(-1)] = root
    return forward_kinematics(axis_angle_to_matrix(rotations), moves, skeleton.parents)


def end_effector_joints(names: Sequence[str], skeleton: Skeleton) -> tuple[str, ...]:
    """Return the joints that an end-effector constraint holds: foot to toe end, wrist to finger ends, or the hips.

    Args:
        names: `LeftFoot`, `RightFoot`, `LeftHand`, `RightHand`, `Hips`; `left_foot` and so on do as well.
        skeleton: SOMA-77, or SOMA-30, where a hand is its wrist and the end of its middle finger.

    Raises:
        DatasetError: If a name is none of them.
    """
    result: list[str] = []
    for name in names:
        base = _ENDS.get(str(name).replace("_", "").replace("-", "").lower())
        if base is None:
            raise DatasetError(f"there is no end effector {name!r}; expected {', '.join(_ENDS.values())}")
        if base.endswith("Foot"):
            wanted = (base, f"{base[:-4]}ToeBase", f"{base[:-4]}ToeEnd")
        elif base.endswith("Hand") and len(skeleton.joints) == 30:
            wanted = (base, f"{base}MiddleEnd")
        elif base.endswith("Hand"):
            wanted = tuple(joint for joint in skeleton.joints if joint.startswith(base))
        else:
            wanted = (base,)
        result += [joint for joint in wanted if joint in skeleton.joints]
    return tuple(result)


def _shared_joints(constraint: Constraint, skeleton: Skeleton) -> list[int]:
    """Return which of the constraint's joints a skeleton has."""
    allowed = set(skeleton.joints)
    if constraint.kind == END_EFFECTOR and len(skeleton.joints) == 30:
        allowed -= {"LeftHandThumbEnd", "RightHandThumbEnd"}  # no end effector of SOMA-30
    shared = [at for at, joint in enumerate(constraint.joints) if joint in allowed]
    if not shared:
        raise DatasetError(
            f"a {constraint.kind} constraint holds {', '.join(constraint.joints[:3])} …; "
            f"skeleton {skeleton.name!r} has none of them"
        )
    return shared


def _constraint(entry: Any, where: str) -> Constraint | None:
    """Return one entry of the file; None if it holds no frames."""
    kind = entry.get("type") if isinstance(entry, dict) else None
    if kind not in _TYPES:
        raise DatasetError(f"{where} has the type {kind!r}; expected one of {', '.join(_TYPES)}")
    frames = _array(entry, "frame_indices", (None,), where)
    if len(frames) == 0:
        return None
    if not (frames == np.round(frames)).all():
        raise DatasetError(f"{where}: frame_indices are not whole numbers; expected places of frames, from 0")
    places = frames.astype(np.int64)
    if kind == "root2d":
        root = _array(entry, "smooth_root_2d", (len(frames), None), where)
        if root.shape[1] not in (2, 3):
            raise DatasetError(f"{where}: smooth_root_2d has shape {root.shape}; expected ({len(frames)}, 2): x and z")
        targets = np.stack([root[:, 0], np.zeros(len(frames)), root[:, -1]], axis=-1)
        return Constraint(ROOT, places, ("Hips",), targets[:, None])
    rotations = _array(entry, "local_joints_rot", (len(frames), None, 3), where)
    if rotations.shape[1] not in _SKELETONS:
        raise DatasetError(f"{where}: local_joints_rot has {rotations.shape[1]} joints; expected SOMA's 77 or 30")
    skeleton = built_in_skeleton(_SKELETONS[rotations.shape[1]])
    targets = pose_joints(rotations, _array(entry, "root_positions", (len(frames), 3), where), skeleton)
    if kind == "fullbody":
        return Constraint(FULL_BODY, places, skeleton.joints, targets)
    names = [_SHORT[kind]] if kind in _SHORT else entry.get("joint_names")
    if not isinstance(names, list) or not names:
        raise DatasetError(f'{where}: has no joint_names; expected a list such as ["LeftHand"]')
    try:
        joints = end_effector_joints(names, skeleton)
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from None
    return Constraint(END_EFFECTOR, places, joints, targets[:, [skeleton.index(joint) for joint in joints]])


def _array(entry: Mapping[str, Any], key: str, shape: tuple[int | None, ...], where: str) -> np.ndarray:
    """Return the numbers under a key in a shape, where None is any length."""
    wanted = f"({', '.join('any' if size is None else str(size) for size in shape)})"
    try:
        array = np.array(entry[key], dtype=np.float64)
    except KeyError:
        raise DatasetError(f"{where}: has no {key}; expected numbers of shape {wanted}") from None
    except (ValueError, TypeError):
        raise DatasetError(f"{where}: {key} is no array of numbers; expected shape {wanted}") from None
    fits = array.ndim == len(shape) and all(want in (None, size) for want, size in zip(shape, array.shape, strict=True))
    if not fits or not np.isfinite(array).all():
        problem = "a number that is not finite" if fits else f"shape {array.shape}"
        raise DatasetError(f"{where}: {key} has {problem}; expected finite numbers of shape {wanted}")
    return array
