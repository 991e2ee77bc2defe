"""Units and axes: turn joint positions of any unit and up axis into metres, y up, and say what was found."""

import math
import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.errors import MotionFileError
from tmr.motion.motion import Motion
from tmr.motion.naming import body_joints, joints_aside, read_names
from tmr.motion.rotation import parents_first
from tmr.motion.skeleton import FLOAT, Skeleton

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "ft": 0.3048, "cmu": 0.0254 / 0.45}
"""Metres in one unit, by the names that users may give. `cmu` is that of the CMU library's Acclaim and BVH files."""

UP_AXES = {
    "y": ((0, 1), (1, 1), (2, 1)),
    "-y": ((0, 1), (1, -1), (2, -1)),
    "z": ((0, 1), (2, 1), (1, -1)),
    "-z": ((0, 1), (2, -1), (1, 1)),
    "x": ((1, -1), (0, 1), (2, 1)),
    "-x": ((1, 1), (0, -1), (2, 1)),
}
"""For each up axis: the source axis and sign of x, y and z; each is a turn, never a mirror."""

ADULT = 1.7  # metres
HUMAN_HEIGHTS = (0.5, 2.6)
"""Metres between which no unit that is given is doubted."""
HAND = 0.2  # metres, as `body_span` measures it, times `STATURE_OF_SPAN`
FARTHEST = 1e5  # metres from the origin; beyond it float32 is coarser than a centimetre
SAMPLED_FRAMES = 128
_LEAST_RIGID = 0.4  # of the length of all bones

# What speaks for an axis to point up, beside how upright the body is along it on average (-1 to 1). With these, all 903
# clips of four libraries that were tried, standing, crawling and lying, come out right with y up, and 900 turned to z,
# wherever their floor is.
RESTS = 1.0  # on zero, as on a floor
STAYS = 0.5  # elsewhere
LIKELY = 0.3
UNLIKELY = -0.6  # for x and for axes that point down

# A body from tip to tip along its bones, finger to toe in most: 2.0 to 2.7 m in the CMU, HDM05, Bandai, SMPL and SOMA
# skeletons, whose statures are 1.5 to 1.9 m.
STATURE_OF_SPAN = 0.74
# What an implied stature in metres must be for a unit to be believed. The common units may be a child's.
BELIEVED = {"m": (0.7, 2.3), "cm": (0.7, 2.3), "mm": (1.3, 2.2), "inch": (1.3, 2.2), "cmu": (1.3, 2.2)}

_LEGS = re.compile(r"leg|thigh|shin|calf|knee|femur|tibia|hip|pelvis|foot|ankle|toe", re.IGNORECASE)
_FINGERS = re.compile(r"finger|thumb|index|middle|ring|pinky|palm|metacarp|wrist|hand", re.IGNORECASE)


@dataclass(frozen=True)
class _Found:
    """A value, and the sentence that says where it is from."""

    value: float | str
    note: str


def normalise_axes_and_units(
    joints: np.ndarray,
    fps: float,
    skeleton: Skeleton,
    *,
    name: str,
    unit: float | str | None = None,
    up: str | None = None,
    likely_up: str = "y",
    notes: tuple[str, ...] = (),
) -> Motion:
    """Return a motion in metres with y up; its notes say which unit and up axis the data had, and how that is known.

    Args:
        joints: Global joint positions (frame, joint, 3) in any unit, right-handed.
        fps: Frames per second.
        skeleton: Whose joints these are.
        name: Where the motion is from, for messages.
        unit: Metres in one unit of the data, or a name of `UNITS`; None finds it from the lengths of the bones.
        up: The axis that points up, a key of `UP_AXES`; None finds it from where head and feet are.
        likely_up: The axis to believe where the body is not upright for long enough to tell.
        notes: What the reader already has to say; kept in front.

    Raises:
        MotionFileError: If a given unit or axis is unknown, the values are not finite numbers, all joints are in one
            place, or the body is absurdly large, small or far away.
    """
    where = f"{name}: " if name else ""
    if joints.ndim != 3 or joints.dtype.kind not in "fiu" or joints.shape[1:] != (len(skeleton.joints), 3):
        raise MotionFileError(
            f"{where}joints have shape {joints.shape} of {joints.dtype}; expected numbers "
            f"(frames, {len(skeleton.joints)}, 3) for skeleton {skeleton.name!r}"
        )
    if len(joints) == 0 or not np.isfinite(joints).all():
        return Motion(joints.astype(FLOAT), fps, skeleton, name)  # raises, naming the frame and joint
    sample = joints[np.linspace(0, len(joints) - 1, min(len(joints), SAMPLED_FRAMES)).astype(int)].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # absurd values give no stature, which is refused next
        stature = STATURE_OF_SPAN * body_span(sample, skeleton)
    if not 1e-4 < stature < 1e6:
        raise MotionFileError(
            f"{where}the body is {stature:.3g} units tall by its bones; expected a human body in metres, centimetres, "
            "millimetres or inches"
        )
    scale = _given_unit(unit, stature, where) if unit is not None else _find_unit(stature, skeleton)
    axis = _given_up(up, where) if up is not None else _find_up(sample, stature, skeleton, likely_up)
    metres = np.empty(joints.shape, dtype=FLOAT)
    with np.errstate(over="ignore"):
        for to, (source, sign) in enumerate(UP_AXES[str(axis.value)]):
            np.multiply(joints[..., source], sign * float(scale.value), out=metres[..., to], casting="same_kind")
    reach = float(np.abs(metres).max())
    if not reach < FARTHEST:
        raise MotionFileError(
            f"{where}coordinates reach {reach:.3g} m from the origin with {scale.value:.6g} m a unit; "
            f"expected less than {FARTHEST:.0f} m: move the motion nearer or give its unit"
        )
    return Motion(metres, fps, skeleton, name, (*notes, scale.note, axis.note))


def body_span(joints: Float[np.ndarray, "frame joint 3"], skeleton: Skeleton) -> float:
    """Return the longest way from joint to joint along the bones, in the units of the data.

    It does not depend on the pose. What leads from a root on the floor to the hips, what by its name is no part of a
    body, and bones that change their length by more than a tenth, are left out; without any bones the widest extent
    stands in. Where most change their length it is the motion that is noisy, as generators make it, and every bone
    counts.
    """
    lead = set()  # joints above the first that has several children
    for joint in parents_first(skeleton.parents):
        if skeleton.parents.count(joint) == 1 and (skeleton.parents[joint] == -1 or skeleton.parents[joint] in lead):
            lead.add(joint)
    parents = np.array(skeleton.parents)
    lengths = np.linalg.norm(joints - joints[:, np.maximum(parents, 0)], axis=-1)
    low, length, high = np.percentile(lengths, (5, 50, 95), axis=0)
    rigid = high - low <= 0.1 * length
    aside = joints_aside(read_names(skeleton.joints), skeleton.parents)
    is_bone = np.array(
        [parent != -1 and parent not in lead and joint not in aside for joint, parent in enumerate(skeleton.parents)]
    )
    if length[rigid & is_bone].sum() < _LEAST_RIGID * length[is_bone].sum():
        rigid |= is_bone
    reach = np.zeros(len(skeleton.joints))  # the longest way down from each joint
    longest = 0.0
    for joint in reversed(parents_first(skeleton.parents)):
        parent = skeleton.parents[joint]
        if not is_bone[joint]:
            continue
        way = float(reach[joint] + length[joint]) if rigid[joint] else 0.0
        longest = max(longest, way + float(reach[parent]))
        reach[parent] = max(reach[parent], way)
    if longest > 0:
        return longest
    return float(np.linalg.norm(joints.max(1) - joints.min(1), axis=-1).max())


def _given_unit(unit: float | str, stature: float, where: str) -> _Found:
    """Return a unit that the user or the format gives, with a word of doubt where the body is then no human's."""
    value = UNITS.get(unit, math.nan) if isinstance(unit, str) else float(unit)
    if not (math.isfinite(value) and value > 0):
        raise MotionFileError(
            f"{where}unit {unit!r} is unknown; give metres in one unit of the data (0.01 for centimetres) "
            f"or one of {', '.join(UNITS)}"
        )
    tall = stature * value
    doubt = "." if HUMAN_HEIGHTS[0] <= tall <= HUMAN_HEIGHTS[1] else "; that is no human size: is the unit right?"
    return _Found(
        value,
        f"One unit is {value:.6g} m, as given or as the format has it: the body is about {tall:.2f} m tall{doubt}",
    )


def _find_unit(stature: float, skeleton: Skeleton) -> _Found:
    """Return the unit in which the body is nearest to an adult's size."""
    if _is_hand(skeleton):
        nearest = min(("m", "cm", "mm"), key=lambda key: abs(math.log(stature * UNITS[key] / HAND)))
        return _Found(UNITS[nearest], f"The joints are a hand's; {nearest} is assumed as their unit. Give it if not.")
    fits = {key: stature * UNITS[key] for key, (low, high) in BELIEVED.items() if low <= stature * UNITS[key] <= high}
    if not fits:
        return _Found(
            ADULT / stature,
            f"The body is {stature:.3g} units tall, which fits no known unit; it is scaled to {ADULT} m. "
            "Give the unit if that is wrong.",
        )
    ranked = sorted(fits, key=lambda key: abs(math.log(fits[key] / ADULT)))
    other = f" ({ranked[1]} would make it {fits[ranked[1]]:.2f} m)" if len(ranked) > 1 else ""
    best = ranked[0]
    return _Found(
        UNITS[best], f"One unit is {UNITS[best]:.6g} m, found from the body: {fits[best]:.2f} m tall in {best}{other}."
    )


def _is_hand(skeleton: Skeleton) -> bool:
    names = skeleton.joints
    fingers = sum(bool(_FINGERS.search(name)) for name in names)
    return fingers * 2 > len(names) and not any(_LEGS.search(name) for name in names)


def _given_up(up: str, where: str) -> _Found:
    if up not in UP_AXES:
        raise MotionFileError(f"{where}up axis {up!r} is unknown; expected one of {', '.join(UP_AXES)}")
    return _Found(up, f"The {up} axis points up, as given or as the format has it.")


def _find_up(sample: Float[np.ndarray, "frame joint 3"], stature: float, skeleton: Skeleton, likely: str) -> _Found:
    """Return the axis along which heads are above feet, most of the time, and along which the body rests.

    Either alone would mislead: a body that lies or crawls through a whole clip, one that stays where it is.
    """
    assumed = f"the {likely} axis is assumed to point up. Give it if not."
    ends = _head_and_feet(skeleton)
    if ends is None:
        return _Found(likely, f"No head and feet were recognised; {assumed}")
    head, feet = ends
    upward = sample[:, head].mean(1) - sample[:, feet].mean(1)
    size = np.linalg.norm(upward, axis=-1)
    if not (size > 0).all():
        return _Found(likely, f"Head and feet are in one place; {assumed}")
    mean = (upward / size[:, None]).mean(0)
    upright = {key: _sign(key) * float(mean["xyz".index(key[-1])]) for key in UP_AXES}
    # A root on the floor, or a target that stays where it is, would rest on the zero of every axis.
    body = sample[:, body_joints(read_names(skeleton.joints), skeleton.parents)]
    score = {key: upright[key] + _resting(body, stature, key) for key in UP_AXES}
    for key in UP_AXES:
        score[key] += LIKELY if key == likely else 0.0 if key in ("y", "z") else UNLIKELY
    best = max(score, key=lambda key: score[key])
    if upright[best] >= 0.5:
        return _Found(best, f"The {best} axis points up: the head is above the feet along it.")
    if best != likely or score[best] - upright[best] >= RESTS:
        return _Found(
            best, f"The {best} axis points up: the body rests at one height along it, though it is seldom upright."
        )
    return _Found(likely, f"The body is not upright for long enough to tell; {assumed}")


def _sign(axis: str) -> int:
    return -1 if axis.startswith("-") else 1


def _resting(sample: Float[np.ndarray, "frame joint 3"], stature: float, axis: str) -> float:
    """Return what speaks for an axis to point up because the body's lowest joint along it stays at one height.

    On a floor at zero joints are hardly below it. A body that stands at the origin is on both sides of the zero of the
    axes across it.
    """
    lowest = (_sign(axis) * sample[..., "xyz".index(axis[-1])]).min(1)
    low, high = np.percentile(lowest, (10, 75))
    if high - low >= 0.1 * stature:
        return 0.0
    return RESTS if -0.03 * stature < low < 0.06 * stature else STAYS


def _head_and_feet(skeleton: Skeleton) -> tuple[list[int], list[int]] | None:
    """Return joints of the head and of the feet, or near them.

    By name, so that a detector's eyes or shoulders and ankles serve; else the largest branch of the hips against the
    others.
    """
    parts = [name.part for name in read_names(skeleton.joints)]
    named = (
        [joint for joint, part in enumerate(parts) if part in group]
        for group in (("head", "neck"), ("eye", "jaw"), ("clavicle", "shoulder", "upperarm"))
    )
    head = next((joints for joints in named if joints), [])
    feet = [joint for joint, part in enumerate(parts) if part in ("toe", "ankle", "foot")]
    if head and feet:
        return head, feet
    branches: dict[int, list[list[int]]] = {}
    below: dict[int, list[int]] = {}
    for joint in reversed(parents_first(skeleton.parents)):
        below.setdefault(joint, []).append(joint)
        branches.setdefault(skeleton.parents[joint], []).append(below[joint])
        below.setdefault(skeleton.parents[joint], []).extend(below[joint])
    for joint in parents_first(skeleton.parents):
        limbs = sorted(branches.get(joint, []), key=len)
        # The hips: a trunk with arms and head, and two legs. What is shorter is no leg.
        if len(limbs) >= 3 and len(limbs[-1]) > len(limbs[-2]) and len(limbs[-3]) >= 3:
            return limbs[-1], [joint for leg in limbs[-3:-1] for joint in leg]
    return None
