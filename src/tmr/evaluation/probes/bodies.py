"""Other bodies: a motion of SOMA-30 as a file of another skeleton would hold it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from tmr.motion.frames import Frames, Points, frame_of, swing, unit
from tmr.motion.motion import Motion
from tmr.motion.rotation import parents_first
from tmr.motion.skeleton import FLOAT, Skeleton, built_in_skeleton
from tmr.motion.vary import bend_legs

_SOMA = built_in_skeleton("somaskel30")
_REST = np.asarray(_SOMA.rest, dtype=np.float64)
_DOWN = np.array([0.0, -1.0, 0.0])
_ARMS = ("ForeArm", "Hand")
_SPINE = ("Spine1", "Spine2", "Chest")
_LEG = ("Leg", "Shin", "Foot", "ToeBase")
_LEG_BONES = ("LeftShin", "LeftFoot", "RightShin", "RightFoot")
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
    """Return the motion on another body: its bones are turned from the T-pose as SOMA's, its arms point where those do.

    Where elbows and wrists are, all skeletons agree; where hips and collarbones begin and how feet point at rest, they
    do not, so there the rotations count. A spine joint moves as SOMA's trunk does at its height. The way over the floor
    is scaled with the legs, and the lowest joint of the clip touches y = 0.

    Args:
        motion: On SOMA-30.
        body: Whose bones to take.
    """
    joints = motion.joints.astype(np.float64)
    turns = _rotations(joints)
    source, rest = _shown(joints, body), _shown(_REST[None], body)
    joints = source * (_leg_length(body) / _SOMA_LEG)
    for joint in parents_first(body.skeleton.parents):
        parent = body.skeleton.parents[joint]
        if parent < 0:
            continue
        direction = unit(source[:, joint] - source[:, parent], _DOWN)
        if body.shown[joint].endswith(_ARMS):
            move = np.linalg.norm(body.offsets[joint]) * direction
        else:
            turn = swing(turns[body.shown[parent]], rest[0, joint] - rest[0, parent], direction)
            move = turn @ body.offsets[joint]
        joints[:, joint] = joints[:, parent] + move
    # Roots are at different places of the pelvis; the middle of the hips is not.
    hips = [body.shown.index("LeftLeg"), body.shown.index("RightLeg")]
    scale = _leg_length(body) / _SOMA_LEG
    joints += (scale * source[:, hips] - joints[:, hips]).mean(axis=1, keepdims=True)
    _level_feet(joints, source, body)
    joints[..., 1] -= joints[..., 1].min()
    return replace(motion, joints=joints.astype(FLOAT), skeleton=body.skeleton)


def _level_feet(
    joints: Float[np.ndarray, "frame joint 3"], source: Float[np.ndarray, "frame joint 3"], body: Body
) -> None:
    """Bend the legs so that both feet come to the floor where SOMA's do; SMPL-X's left leg is 13 mm the longer."""
    sides = ("Left", "Right")
    hips, knees, ankles, toes = (
        [body.shown.index(f"{side}{part}") for side in sides if f"{side}{part}" in body.shown] for part in _LEG
    )
    apart = [points[:, ankles[0], 1] - points[:, ankles[1], 1] for points in (joints, source)]
    rise = (_leg_length(body) / _SOMA_LEG * apart[1] - apart[0])[None] * np.array([[0.5], [-0.5]])
    bones = joints.transpose(1, 0, 2)
    forward = frame_of(bones[hips[0]] - bones[hips[1]], np.broadcast_to(-_DOWN, bones[0].shape), axes=(0, 1))[..., 2]
    lines = bones[ankles] - bones[hips] + rise[..., None] * -_DOWN
    thighs, shins = bend_legs(lines, bones[knees] - bones[hips], bones[ankles] - bones[knees], forward)
    before = joints[:, ankles].copy()
    joints[:, knees] = joints[:, hips] + thighs.transpose(1, 0, 2)
    joints[:, ankles] = joints[:, knees] + shins.transpose(1, 0, 2)
    if toes:
        joints[:, toes] += joints[:, ankles] - before


def _shown(source: Float[np.ndarray, "frame 30 3"], body: Body) -> Float[np.ndarray, "frame joint 3"]:
    """Return where the body's joints are on SOMA: a spine joint at its own height along the trunk."""
    shown = source[:, [_SOMA.index(name) for name in body.shown]]
    own = _heights(_stand(body), body.shown)
    soma = _heights(_REST, _SOMA.joints)
    hips = (source[:, _SOMA.index("LeftLeg")] + source[:, _SOMA.index("RightLeg")]) / 2
    line = np.stack([hips, *(source[:, _SOMA.index(name)] for name in (*_SPINE, "Neck1"))], axis=1)
    places = [0.0, *(soma[name] for name in _SPINE), 1.0]
    for joint, name in enumerate(body.shown):
        if name in _SPINE:
            bone = int(np.clip(np.searchsorted(places, own[name], side="right") - 1, 0, len(places) - 2))
            part = (own[name] - places[bone]) / (places[bone + 1] - places[bone])
            shown[:, joint] = (1 - part) * line[:, bone] + part * line[:, bone + 1]
    return shown


def _heights(rest: Float[np.ndarray, "joint 3"], names: tuple[str, ...]) -> dict[str, float]:
    """Return how high the spine joints are in the T-pose: 0 is between the hips, 1 the neck."""
    hips = (rest[names.index("LeftLeg"), 1] + rest[names.index("RightLeg"), 1]) / 2
    size = rest[names.index("Neck1"), 1] - hips
    return {name: float((rest[names.index(name), 1] - hips) / size) for name in _SPINE if name in names}


def _stand(body: Body) -> Float[np.ndarray, "joint 3"]:
    """Return the body in the T-pose, its root at the origin."""
    joints = body.offsets.copy()
    for joint in parents_first(body.skeleton.parents):
        joints[joint] += joints[body.skeleton.parents[joint]] if body.skeleton.parents[joint] >= 0 else 0
    return joints


def _rotations(source: Float[np.ndarray, "frame 30 3"]) -> dict[str, Frames]:
    """Return for each joint of SOMA-30 the rotation from the T-pose of what ends in it; pelvis and chest are rigid.

    Bones do not tell how they are turned about themselves: they are turned as little as can be from those above.
    """
    turns = {"Hips": _part(source, ("RightLeg", "LeftLeg"), ("Hips", "Spine1"), (0, 1))}
    for name, above in zip(_SOMA.joints[1:], _SOMA.parents[1:], strict=True):
        parent = _SOMA.joints[above]
        still = _bone(_REST[None], parent, name)[0]
        turns[name] = swing(turns[parent], still, unit(_bone(source, parent, name), _DOWN))
        if name == "Chest":
            turns[name] = _part(source, ("Chest", "Neck1"), ("RightShoulder", "LeftShoulder"), (1, 0))
    return turns


def _part(
    source: Float[np.ndarray, "frame 30 3"], first: tuple[str, str], second: tuple[str, str], axes: tuple[int, int]
) -> Frames:
    """Return the rotation of a rigid part from the T-pose, told by two of its bones."""
    now, still = (frame_of(_bone(body, *first), _bone(body, *second), axes=axes) for body in (source, _REST[None]))
    return now @ still[0].T


def _bone(joints: Float[np.ndarray, "frame joint 3"], start: str, end: str) -> Points:
    return joints[:, _SOMA.index(end)] - joints[:, _SOMA.index(start)]


def _leg_length(body: Body) -> float:
    return float(sum(np.linalg.norm(body.offsets[body.shown.index(name)]) for name in _LEG_BONES)) / 2


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
    sum(np.linalg.norm(_REST[_SOMA.index(name)] - _REST[_SOMA.parents[_SOMA.index(name)]]) for name in _LEG_BONES) / 2
)
BODIES = {"SMPL-X, 22 joints": _smpl(), "long legs, 22 joints": _long_legs(), "child, 15 joints": _child()}
"""Row name → body."""
