"""Other bodies: a motion of SOMA-30 as a file of another skeleton would hold it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from tmr.motion.frames import frame_of, turn_between, unit
from tmr.motion.motion import Motion
from tmr.motion.rotation import parents_first
from tmr.motion.skeleton import FLOAT, Skeleton, built_in_skeleton

_SOMA = built_in_skeleton("somaskel30")
_REST = np.asarray(_SOMA.rest, dtype=np.float64)
_DOWN = np.array([0.0, -1.0, 0.0])
_LIMBS = ("Shin", "Foot", "ForeArm", "Hand")
_LEG = ("Leg", "Shin", "Foot", "ToeBase")
_ARM = ("Shoulder", "Arm", "ForeArm", "Hand")


@dataclass(frozen=True, eq=False)
class Body:
    """A skeleton with its proportions.

    Args:
        skeleton: Its joints.
        shown: For each of them the joint of SOMA-30 that it follows.
        offsets: From each joint's parent to the joint in the T-pose that faces +z, metres; 0 for the root.
    """

    skeleton: Skeleton
    shown: tuple[str, ...]
    offsets: Float[np.ndarray, "joint 3"]


def on_body(motion: Motion, body: Body) -> Motion:
    """Return the motion on another body: limbs point where SOMA's do, other bones are turned from the T-pose as SOMA's.

    Where a thigh ends all skeletons agree; where collarbones begin and how steep a foot is, they do not. The way over
    the floor is scaled with the legs, and the lowest joint of the clip touches y = 0.

    Args:
        motion: On SOMA-30.
        body: Whose bones to take.
    """
    order = [_SOMA.index(name) for name in body.shown]
    source, rest = motion.joints[:, order].astype(np.float64), _REST[order]
    hips, left, right, chest = (source[:, body.shown.index(name)] for name in ("Hips", "LeftLeg", "RightLeg", "Chest"))
    pelvis = frame_of(left - right, chest - hips, axes=(0, 1))
    joints = source * (_leg_length(body) / _SOMA_LEG)
    for joint in parents_first(body.skeleton.parents):
        parent = body.skeleton.parents[joint]
        bone = source[:, joint] - source[:, max(parent, 0)]
        if body.shown[joint].endswith(_LIMBS):
            size = np.linalg.norm(body.offsets[joint])
            joints[:, joint] = joints[:, parent] + size * unit(bone, _DOWN)
        elif parent >= 0:
            # Within the pelvis' frame the smallest turn serves: limbs stay within a half turn of where they rest.
            still = np.broadcast_to(rest[joint] - rest[parent], bone.shape)
            turn = turn_between(unit(still, _DOWN), unit(np.einsum("tji,tj->ti", pelvis, bone), _DOWN))
            joints[:, joint] = joints[:, parent] + np.einsum("tij,tjk,k->ti", pelvis, turn, body.offsets[joint])
    joints[..., 1] -= joints[..., 1].min()
    return replace(motion, joints=joints.astype(FLOAT), skeleton=body.skeleton)


def _leg_length(body: Body) -> float:
    return float(sum(np.linalg.norm(body.offsets[body.shown.index(name)]) for name in ("LeftShin", "LeftFoot")))


def _of_lengths(name: str, renamed: dict[str, str], factors: dict[str, float]) -> Body:
    """Return a body of some of SOMA's joints under other names, its bones longer or shorter by the kind of joint."""
    shown = tuple(joint for joint in _SOMA.joints if joint in renamed)
    above = [_kept_ancestor(joint, renamed) for joint in shown]
    offsets = np.zeros((len(shown), 3))
    for place, (joint, parent) in enumerate(zip(shown, above, strict=True)):
        if parent is not None:
            kind = joint.removeprefix("Left").removeprefix("Right")
            offsets[place] = factors.get(kind, factors[""]) * (_REST[_SOMA.index(joint)] - _REST[_SOMA.index(parent)])
    parents = tuple(-1 if parent is None else shown.index(parent) for parent in above)
    return Body(Skeleton(name, tuple(renamed[joint] for joint in shown), parents), shown, offsets)


def _kept_ancestor(joint: str, kept: dict[str, str]) -> str | None:
    parent = _SOMA.parents[_SOMA.index(joint)]
    while parent >= 0 and _SOMA.joints[parent] not in kept:
        parent = _SOMA.parents[parent]
    return None if parent < 0 else _SOMA.joints[parent]


def _smpl() -> Body:
    """Return the SMPL-X body of 22 joints with the proportions of its rest pose."""
    skeleton = built_in_skeleton("smplx22")
    shown = {
        "pelvis": "Hips",
        "spine1": "Spine1",
        "spine2": "Spine2",
        "spine3": "Chest",
        "neck": "Neck1",
        "head": "Head",
    }
    parts = dict(zip(("hip", "knee", "ankle", "foot"), _LEG, strict=True))
    parts |= dict(zip(("collar", "shoulder", "elbow", "wrist"), _ARM, strict=True))
    for side in ("left", "right"):
        shown |= {f"{side}_{part}": side.capitalize() + joint for part, joint in parts.items()}
    rest = np.asarray(skeleton.rest, dtype=np.float64)
    offsets = rest - rest[np.maximum(skeleton.parents, 0)]
    return Body(skeleton, tuple(shown[name] for name in skeleton.joints), offsets)


def _long_legs() -> Body:
    """Return a body in the names of Mixamo's files, without fingers and face: long legs, short arms and trunk."""
    names = {"Hips": "Hips", "Spine1": "Spine", "Spine2": "Spine1", "Chest": "Spine2", "Neck1": "Neck", "Head": "Head"}
    parts = zip((*_LEG, *_ARM), ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand"), strict=True)
    for part, named in list(parts):
        names |= {f"{side}{part}": f"mixamorig:{side}{named}" for side in ("Left", "Right")}
    factors = {"": 0.95, "Shin": 1.2, "Foot": 1.2, "ForeArm": 0.9, "Hand": 0.9}
    return _of_lengths("long legs", names, factors)


def _child() -> Body:
    """Return a small body of 15 joints: no toes, no clavicles, one joint for the trunk."""
    names = {"Hips": "root", "Chest": "chest", "Neck1": "neck"}
    parts = {"Leg": "hip", "Shin": "knee", "Foot": "ankle", "Arm": "shoulder", "ForeArm": "elbow", "Hand": "wrist"}
    for part, named in parts.items():
        names |= {f"{side}{part}": f"{side.lower()}_{named}" for side in ("Left", "Right")}
    return _of_lengths("child", names, {"": 0.65, "Shin": 0.55, "Foot": 0.55})


_SOMA_LEG = float(
    sum(
        np.linalg.norm(_REST[_SOMA.index(f"Left{end}")] - _REST[_SOMA.index(f"Left{start}")])
        for start, end in (("Leg", "Shin"), ("Shin", "Foot"))
    )
)
BODIES = {"SMPL-X, 22 joints": _smpl(), "long legs, 22 joints": _long_legs(), "child, 15 joints": _child()}
"""Row name → body."""
