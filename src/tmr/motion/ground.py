"""The source's floor, and how high SOMA-30 is over its own."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.motion.body import LENGTHS, SIDES, SOMA, Source
from tmr.motion.frames import Points, length, turn_between, unit
from tmr.motion.roles import find_roles

LEG_LENGTH = (LENGTHS["LeftShin"] + LENGTHS["LeftFoot"] + LENGTHS["RightShin"] + LENGTHS["RightFoot"]) / 2
# Heights over the floor of SOMA-30's ankle and toe joints when it stands, metres, and the slope of its foot, radians.
ANKLE_HEIGHT, TOE_HEIGHT = 0.081, 0.030
FLAT = -float(np.arcsin((ANKLE_HEIGHT - TOE_HEIGHT) / LENGTHS["LeftToeBase"]))
# How near to the floor a body part's joint comes when it rests there, metres on SOMA: the flesh below it at the least.
FLESH = {"hip": 0.08, "knee": 0.05, "shoulder": 0.06, "elbow": 0.035, "wrist": 0.03, "middle_end": 0.015, "head": 0.07}
_ARM_PARTS = ("elbow", "wrist", "middle_end")
# A foot that stands moves slower than this (m/s on SOMA), even in noisy captures.
_SLOW = 0.2
# Slopes that feet have in skeletons when they stand flat, radians: the toe joint below the ankle joint.
_SLOPES = (-0.75, -0.15)


@dataclass(frozen=True)
class Ground:
    """What the source's floor and its standing feet are like.

    Args:
        scale: SOMA's leg length by the source's.
        floor: Height of the floor, in the source's metres and coordinates.
        ankle: Height of the source's ankle joints when it stands, likewise.
        slope: Slope of the source's feet when they stand flat, radians, negative downwards to the toes.
    """

    scale: float
    floor: float
    ankle: float
    slope: float

    def foot_height(self, y: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        """Return the height of SOMA's ankle (metres over its floor) for the height of the source's."""
        return self.scale * (y - self.ankle) + ANKLE_HEIGHT

    def height(self, y: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        """Return the height over SOMA's floor in metres for a height in the source."""
        return self.scale * (y - self.floor)


def find_ground(source: Source, fps: float) -> Ground:
    """Return where the source stands: where its feet are low and slow, or where the lowest other body part lies.

    A floor at y = 0 is not taken for granted, since many files have it elsewhere. Only where nothing comes to rest does
    it count, so that a clip of nothing but a flight stays in the air.
    """
    scale = LEG_LENGTH / max(source.leg_length, 1e-6)
    ankles = np.stack([source[f"{side}_ankle"] for side in SIDES], axis=1)
    ankle_still = _is_still(ankles, fps * scale)
    if all(f"{side}_toe" in source for side in SIDES):
        toes = np.stack([source[f"{side}_toe"] for side in SIDES], axis=1)
        foot = float(np.median(length(toes - ankles)))
        toe, rests = _resting_height(toes[..., 1], _is_still(toes, fps * scale))
        shins = unit(ankles - np.stack([source[f"{side}_knee"] for side in SIDES], axis=1), np.array([0.0, -1.0, 0.0]))
        flat = ankle_still & (toes[..., 1] < toe + 0.03 / scale) & (shins[..., 1] < -0.8)
        slope = FLAT
        if flat.sum() >= 3 and foot > 1e-6:
            # Most such frames have the heel down; on tiptoe the whole clip long, the limit tells.
            drop = float(np.median((ankles - toes)[..., 1][flat]))
            slope = float(np.clip(-np.arcsin(np.clip(drop / foot, -1, 1)), *_SLOPES))
        floor, stands = toe - TOE_HEIGHT / scale, foot * np.sin(-slope) + TOE_HEIGHT / scale
    else:
        slope, stands = FLAT, ANKLE_HEIGHT / scale
        ankle, rests = _resting_height(ankles[..., 1], ankle_still)
        floor = ankle - stands
    lying = _lowest(source, scale, tuple(FLESH))
    if rests and floor - lying < 0.08 / scale:
        # Beside feet that rest, hands a little lower are in the floor, and not what the body lies on.
        lying = _lowest(source, scale, tuple(part for part in FLESH if part not in _ARM_PARTS))
    if min(floor, lying) > 0 and not rests:
        floor = 0.0 if min(floor, lying) < 2 * source.leg_length else min(floor, lying)
    elif lying < floor - 0.02 / scale:
        floor = lying
    return Ground(scale, floor, floor + stands, slope)


def _lowest(source: Source, scale: float, parts: tuple[str, ...]) -> float:
    """Return how low body parts come in the source but for a few frames, with the flesh below their joints."""
    heights = [source[role][:, 1] - FLESH[part] / scale for role, part in _resting_parts(source) if part in parts]
    return float(np.quantile(np.min(heights, axis=0), 0.02))


def lift(source: Source, pose: dict[str, Points], ground: Ground, fps: float) -> Float[np.ndarray, " frame"]:
    """Return by how much to raise SOMA's body, in metres, so that its lowest part is as high as the source's.

    Feet are held on the ground by themselves. But a body that lies, kneels or stands on its hands has other parts
    below, and those are not where the scale of the legs puts them. Hands that only reach down beside standing feet do
    not raise the body: see `hold_hands`.

    Args:
        source: The source's joints.
        pose: SOMA's joints over its floor, by name.
        ground: The source's floor.
        fps: Frames per second.
    """
    feet = np.min([ground.foot_height(source[f"{side}_ankle"][:, 1]) - ANKLE_HEIGHT for side in SIDES], axis=0)
    expected, found = feet, feet
    for role, part in _resting_parts(source):
        aside = np.where(feet < 0.1, np.inf, 0.0) if part in _ARM_PARTS else 0.0
        expected = np.minimum(expected, ground.height(source[role][:, 1]) - FLESH[part] + aside)
        found = np.minimum(found, pose[SOMA_JOINTS[role]][:, 1] - FLESH[part] + aside)
    return smooth(expected - found, 0.1 * fps)


def hold_hands(source: Source, pose: dict[str, Points], ground: Ground, fps: float) -> dict[str, Points]:
    """Return SOMA's joints with the hands out of the floor: arms raised at the shoulder, then hands at the wrist.

    SOMA's arms may be longer for its legs than the source's, and its hands go on straight where the source has none.
    """
    pose = dict(pose)
    for side in SIDES:
        name = side.capitalize()
        ends = (f"{name}HandThumbEnd", f"{name}HandMiddleEnd")
        wanted = np.minimum(ground.height(source[f"{side}_wrist"][:, 1]), FLESH["wrist"])
        wrist, shoulder = pose[f"{name}Hand"], pose[f"{name}Arm"]
        _raise(pose, shoulder, wrist, wanted - wrist[:, 1], (f"{name}ForeArm", f"{name}Hand", *ends), fps)
        tip = pose[ends[1]]
        _raise(pose, pose[f"{name}Hand"], tip, FLESH["middle_end"] - tip[:, 1], ends, fps)
    return pose


def _raise(
    pose: dict[str, Points],
    pivot: Points,
    end: Points,
    rise: Float[np.ndarray, " frame"],
    joints: tuple[str, ...],
    fps: float,
) -> None:
    """Turn joints about a pivot so that its end comes up by `rise` metres where that is over 0, keeping its compass."""
    if rise.max() <= 0:
        return
    rise = smooth(np.maximum(rise, 0.0), 0.05 * fps)
    arm = end - pivot
    size = length(arm)
    y = np.clip(arm[:, 1] + rise, -0.999 * size, 0.999 * size)
    aside = unit(arm * [1, 0, 1], np.broadcast_to([0.0, 0.0, 1.0], arm.shape))
    raised = np.sqrt(size**2 - y**2)[:, None] * aside + y[:, None] * np.array([0.0, 1.0, 0.0])
    moved = rise > 1e-4
    turn = turn_between(unit(arm, aside), unit(raised, aside))
    for joint in joints:
        turned = pivot + np.einsum("tij,tj->ti", turn, pose[joint] - pivot)
        pose[joint] = np.where(moved[:, None], turned, pose[joint])


def smooth(values: Float[np.ndarray, " frame"], width: float) -> Float[np.ndarray, " frame"]:
    """Return the values averaged over their neighbours with a Gaussian's weights, `width` its deviation in frames."""
    reach = int(np.ceil(3 * width))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    return np.convolve(np.pad(values, reach, mode="edge"), weights / weights.sum(), mode="valid")


def _resting_parts(source: Source) -> list[tuple[str, str]]:
    """Return the roles besides the feet that may lie on a floor, with their part of the body."""
    return [(role, part) for role, part in _PARTS if role in source]


_PARTS = [(f"{side}_{part}", part) for part in FLESH if part != "head" for side in SIDES] + [("head", "head")]
SOMA_JOINTS = {role: SOMA.joints[joint] for role, joint in find_roles(SOMA).items()}


def _is_still(joints: Float[np.ndarray, "frame side 3"], per_second: float) -> np.ndarray:
    """Return in which frames each joint hardly moves, `per_second` being metres on SOMA by metres a frame."""
    if len(joints) == 1:
        return np.ones(joints.shape[:2], dtype=bool)
    speed = per_second * length(np.diff(joints, axis=0))
    return np.minimum(np.concatenate([speed, speed[-1:]]), np.concatenate([speed[:1], speed])) < _SLOW


def _resting_height(y: Float[np.ndarray, "frame side"], still: np.ndarray) -> tuple[float, bool]:
    """Return how high joints are where they rest, and whether they do at all."""
    if still.sum() >= 3 or len(y) == 1:
        return float(np.quantile(y[still], 0.1)), True
    return float(np.quantile(y, 0.05)), False
