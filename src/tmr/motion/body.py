"""The upper body of SOMA-30 posed like a source's: trunk, head and arms from joint positions alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from tmr.motion.frames import Frames, Points, frame_of, length, swing, unit
from tmr.motion.skeleton import built_in_skeleton

SIDES = ("left", "right")
SOMA = built_in_skeleton("somaskel30")
_REST = np.asarray(SOMA.rest, dtype=np.float64)
# Joint offsets from the parent in the T-pose, metres: the one set of proportions.
OFFSETS = {name: _REST[joint] - _REST[max(SOMA.parents[joint], 0)] for joint, name in enumerate(SOMA.joints)}


LENGTHS = {joint: float(np.linalg.norm(offset)) for joint, offset in OFFSETS.items()}

# A bone is the T-pose's if its length is, by the leg's, to within this part.
_SAME_BONE = 0.15
# Where SOMA's spine joints are, as parts of the way from between the hips to the neck (its rest pose).
_SPINE_PARTS = (0.25, 0.38, 0.52)


@dataclass(frozen=True)
class Source:
    """A source's joints by role.

    Args:
        joints: Global joint positions in metres, y up.
        roles: Joint index by role, as `find_roles` returns it.
    """

    joints: Float[np.ndarray, "frame joint 3"]
    roles: dict[str, int]

    def __contains__(self, role: str) -> bool:
        return role in self.roles

    def __getitem__(self, role: str) -> Points:
        return self.joints[:, self.roles[role]]

    @cached_property
    def hips(self) -> Points:
        """The point halfway between the hip joints: the root joints of the schools are at different heights over it."""
        return (self["left_hip"] + self["right_hip"]) / 2

    @cached_property
    def neck(self) -> Points:
        """Where the neck begins, or the point between the shoulders."""
        return self["neck"] if "neck" in self else (self["left_shoulder"] + self["right_shoulder"]) / 2

    @cached_property
    def leg_length(self) -> float:
        """Thigh and shin together, in metres: the median over frames, the mean of both sides."""
        lengths = [
            np.median(length(self[f"{side}_knee"] - self[f"{side}_hip"]))
            + np.median(length(self[f"{side}_ankle"] - self[f"{side}_knee"]))
            for side in SIDES
        ]
        return float(np.mean(lengths))


def rest(first: str, second: str) -> Float[np.ndarray, "3"]:
    """Return where SOMA's joint `second` is from `first` in the T-pose, in metres."""
    return _REST[SOMA.index(second)] - _REST[SOMA.index(first)]


_HIPS = (OFFSETS["LeftLeg"] + OFFSETS["RightLeg"]) / 2


def _trunk_line(source: Source) -> Float[np.ndarray, "frame point 3"]:
    """Return the source's trunk from between the hips to the neck, as points at `_SPINE_PARTS` and the end of it.

    The line goes through the spine joints there are; a source's own root joint is left out, as schools differ there.
    """
    points = [source.hips]
    reach = np.median(length(source.neck - source.hips))
    number = 1
    while f"spine{number}" in source:
        joint = source[f"spine{number}"]
        away = [np.median(length(joint - other)) for other in (points[-1], source.neck)]
        if min(away) > 0.05 * reach:
            points.append(joint)
        number += 1
    points.append(source.neck)
    line = np.stack(points, axis=1)
    # Bones are rigid, so the way along the line is the same in all frames.
    way = np.concatenate([[0.0], np.cumsum(np.median(length(np.diff(line, axis=1)), axis=0))])
    places = np.array([*_SPINE_PARTS, 1.0]) * way[-1]
    bone = np.clip(np.searchsorted(way, places, side="right") - 1, 0, len(way) - 2)
    part = (places - way[bone]) / np.maximum(np.diff(way)[bone], 1e-9)
    return line[:, bone] + part[:, None] * (line[:, bone + 1] - line[:, bone])


def pose_upper_body(source: Source, upright: Source | None = None) -> tuple[dict[str, Points], Frames]:
    """Return SOMA's trunk, head and arms, and the rotation of its pelvis.

    Args:
        source: The motion.
        upright: The source's body in the T-pose, one frame, where that is known. Bodies that are measured are not
            symmetric: SMPL-X's left hip lies 13 mm above the right one, which is no leaning to the side.

    Returns:
        Joint positions in metres from the Hips joint, by SOMA's names, and the pelvis' rotation from the T-pose.
    """
    line = _trunk_line(source)
    pelvis_rest, chest_rest = _PELVIS_REST, _CHEST_REST
    if upright is not None:
        (pelvis_rest,), (chest_rest,) = _trunk_frames(upright, _trunk_line(upright), rigid=True)
    pelvis, chest = _trunk_frames(source, line, rigid=upright is not None)
    pelvis, chest = pelvis @ pelvis_rest.T, chest @ chest_rest.T
    up = unit(line[:, 3] - line[:, 2], pelvis[..., 1])
    still = None if upright is None else _trunk_line(upright)[0]
    pose = {"Hips": np.zeros_like(source.hips)}
    pose["Spine1"] = pelvis @ OFFSETS["Spine1"]
    for joint, parent, below in (("Spine2", "Spine1", 0), ("Chest", "Spine2", 1)):
        direction = unit(line[:, below + 1] - line[:, below], up)
        straight = OFFSETS[joint] if still is None else still[below + 1] - still[below]
        pose[joint] = pose[parent] + swing(pelvis, straight, direction) @ OFFSETS[joint]
    pose["Neck1"] = pose["Chest"] + chest @ OFFSETS["Neck1"]
    pose |= _pose_head(source, pose["Neck1"], chest, _at_rest(source, upright, "head"))
    for side in SIDES:
        pose |= _pose_arm(source, side, pose, chest, _at_rest(source, upright, f"{side}_shoulder"))
    return pose, pelvis


def _at_rest(source: Source, upright: Source | None, role: str) -> Float[np.ndarray, "3"] | None:
    """Return the bone from neck to head or of a clavicle in the T-pose, or None where the source's bone is another.

    SMPL's neck is elsewhere than SMPL-X's, in files that look alike.
    """
    start = "neck" if role == "head" else role.replace("shoulder", "clavicle")
    if upright is None or role not in source or start not in source:
        return None
    still = (upright[role] - upright[start])[0]
    size = float(np.median(length(source[role] - source[start]))) * upright.leg_length / source.leg_length
    return still if abs(size / max(float(np.linalg.norm(still)), 1e-6) - 1) < _SAME_BONE else None


def _trunk_frames(source: Source, line: Float[np.ndarray, "frame point 3"], *, rigid: bool) -> tuple[Frames, Frames]:
    """Return frames that are fixed to the pelvis and to the chest, as hips, shoulders and trunk line give them.

    Args:
        source: The source's joints.
        line: Its trunk.
        rigid: The frames are compared with the source's own at rest, so the bone from chest to neck tells most.
    """
    hip_line, shoulder_line = source["left_hip"] - source["right_hip"], _shoulder_line(source)
    pelvis = frame_of(unit_or(hip_line, shoulder_line), line[:, 1] - source.hips, axes=(0, 1))
    up = unit(line[:, 3] - line[:, 2], pelvis[..., 1])
    if rigid and "chest" in source and "neck" in source:
        up = unit(source["neck"] - source["chest"], up)
    return pelvis, frame_of(up, unit_or(shoulder_line, hip_line), axes=(1, 0))


def _shoulder_line(source: Source) -> Points:
    """Return the line from the right to the left of the chest: through the clavicles' beginnings if they are apart."""
    shoulders = source["left_shoulder"] - source["right_shoulder"]
    if "left_clavicle" in source and "right_clavicle" in source:
        clavicles = source["left_clavicle"] - source["right_clavicle"]
        # The inner ends stay with the ribs when a shoulder is drawn forward or up.
        if np.median(length(clavicles)) > 0.1 * np.median(length(shoulders)):
            return clavicles
    return shoulders


def _pose_head(source: Source, neck: Points, chest: Frames, still: Float[np.ndarray, "3"] | None) -> dict[str, Points]:
    """Return neck, head, jaw and eyes: the neck points where the source's does, the head where its joints tell.

    Args:
        source: The source's joints.
        neck: Where SOMA's neck begins.
        chest: Rotation of SOMA's chest.
        still: Where the source's head is from its neck in the T-pose, if that is known.
    """
    up = chest[..., 1]
    if "head" in source:
        direction = unit(source["head"] - source.neck, up)
    elif "head_end" in source:
        direction = unit(source["head_end"] - source.neck, up)
    else:
        direction = unit(np.einsum("tij,j->ti", chest, rest("Neck1", "Head")), up)
    turn = swing(chest, rest("Neck1", "Head") if still is None else still, direction)
    pose = {"Neck2": neck + turn @ OFFSETS["Neck2"], "Head": neck + turn @ rest("Neck1", "Head")}
    if "left_eye" in source and "right_eye" in source and "head" in source:
        eyes = (source["left_eye"] + source["right_eye"]) / 2 - source["head"]
        turn = frame_of(source["left_eye"] - source["right_eye"], eyes, axes=(0, 2)) @ _EYES_REST.T
    elif "head_end" in source and "head" in source:
        crown = unit(source["head_end"] - source["head"], up)
        # Some files end the head at the nose, or anywhere: only an end that goes on from the neck is the crown.
        if np.median(np.einsum("ti,ti->t", crown, direction)) > 0.7:
            turn = swing(chest, np.array([0.0, 1.0, 0.0]), crown)
    for joint in ("Jaw", "LeftEye", "RightEye"):
        pose[joint] = pose["Head"] + turn @ OFFSETS[joint]
    return pose


def _pose_arm(
    source: Source, side: str, pose: dict[str, Points], chest: Frames, still: Float[np.ndarray, "3"] | None
) -> dict[str, Points]:
    """Return one side's clavicle, arm and hand; `still`, if known, is the source's clavicle in the T-pose."""
    name = side.capitalize()
    clavicle = pose["Chest"] + chest @ OFFSETS[f"{name}Shoulder"]
    if still is not None:
        bone = source[f"{side}_shoulder"] - source[f"{side}_clavicle"]
        aim = swing(chest, still, unit(bone, chest[..., 0])) @ OFFSETS[f"{name}Arm"]
    else:
        # Clavicles begin at the neck, on the spine or at the breastbone, as the school likes. The shoulder joint is the
        # same place in all, so it is what is aimed at: where it is from the neck, at SOMA's size.
        size = np.linalg.norm(rest("Neck1", f"{name}Arm")) / max(
            float(np.median(length(source[f"{side}_shoulder"] - source.neck))), 1e-6
        )
        aim = pose["Neck1"] + size * (source[f"{side}_shoulder"] - source.neck) - clavicle
    straight = unit(np.einsum("tij,j->ti", chest, OFFSETS[f"{name}Arm"]), chest[..., 0])
    arm = {f"{name}Shoulder": clavicle}
    turn, last = chest, clavicle
    aims = (
        ("Arm", aim),
        ("ForeArm", source[f"{side}_elbow"] - source[f"{side}_shoulder"]),
        ("Hand", source[f"{side}_wrist"] - source[f"{side}_elbow"]),
    )
    for joint, towards in aims:
        straight = unit(towards, straight)
        turn = swing(turn, OFFSETS[name + joint], straight)
        last = arm[name + joint] = last + LENGTHS[name + joint] * straight
    turn = _hand_frame(source, side, turn)
    for joint in (f"{name}HandThumbEnd", f"{name}HandMiddleEnd"):
        arm[joint] = last + turn @ OFFSETS[joint]
    return arm


def _hand_frame(source: Source, side: str, forearm: Frames) -> Frames:
    """Return the rotation of a hand: it goes on like the forearm unless the source's fingers or thumb tell more."""
    middle, thumb = (OFFSETS[f"{side.capitalize()}Hand{finger}End"] for finger in ("Middle", "Thumb"))
    wrist, turn = source[f"{side}_wrist"], forearm
    if f"{side}_middle_end" in source:
        direction = source[f"{side}_middle_end"] - wrist
        turn = swing(turn, middle, unit(direction, turn @ (middle / np.linalg.norm(middle))))
    if f"{side}_thumb_end" in source:
        axes = np.eye(3)
        along = turn @ (middle / np.linalg.norm(middle))
        now = frame_of(along, turn @ thumb, axes=(0, 1))
        aim = frame_of(along, source[f"{side}_thumb_end"] - wrist, axes=(0, 1))
        turn = aim @ axes @ now.transpose(0, 2, 1) @ turn
    return turn


def unit_or(first: Points, second: Points) -> Points:
    """Return `first`, and where it has no length `second`."""
    return np.where(length(first)[:, None] > 1e-4, first, second)


def _rest_frame(first: Float[np.ndarray, "3"], second: Float[np.ndarray, "3"], axes: tuple[int, int]) -> np.ndarray:
    """Return the frame that two directions of the T-pose give."""
    return frame_of(first[None], second[None], axes=axes)[0]


_PELVIS_REST = _rest_frame(rest("RightLeg", "LeftLeg"), rest("Hips", "Spine2") - _HIPS, (0, 1))
_CHEST_REST = _rest_frame(rest("Chest", "Neck1"), rest("RightArm", "LeftArm"), (1, 0))
_EYES_REST = _rest_frame(rest("RightEye", "LeftEye"), (OFFSETS["LeftEye"] + OFFSETS["RightEye"]) / 2, (0, 2))
