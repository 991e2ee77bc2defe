"""Motion quality: feet that skate, contacts, jerk, joints under the floor or above it; no encoder needed."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import SkeletonError
from tmr.motion.roles import find_roles
from tmr.motion.skeleton import Skeleton

TOE_HEIGHT = 0.05
"""Metres under which a toe counts as on the floor, for skating."""

SKATE_SPEED = 0.2
"""Metres a second over which a toe on the floor skates."""

CONTACT_HEIGHT = 0.10
"""Metres under which an ankle or toe may be in contact."""

CONTACT_SPEED = 0.15
"""Metres a second under which it may be."""

UNITS = {
    "foot_skate_from_height": "m/s",
    "foot_skate_from_pred_contacts": "m/s",
    "foot_skate_max_vel": "m/s",
    "foot_skate_ratio": "fraction",
    "foot_contact_consistency": "fraction",
    "jerk": "m/s³",
    "peak_jerk": "m/s³",
    "penetration": "m",
    "floating": "m",
    "grounded": "fraction",
}
"""What `measure_motion` measures, and the unit of each."""


class Feet(NamedTuple):
    """The joints of the feet, as indices, in the order in which contacts are told."""

    left_ankle: int
    left_toe: int
    right_ankle: int
    right_toe: int


def find_feet(skeleton: Skeleton, joints: Float[np.ndarray, "frame joint 3"] | None = None) -> Feet:
    """Return the joints of the feet of any skeleton.

    Raises:
        SkeletonError: If an ankle or a toe cannot be found.
    """
    if skeleton.name in ("somaskel30", "somaskel77"):  # looked up ten thousand times in a benchmark
        return Feet(*map(skeleton.index, ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")))
    roles = find_roles(skeleton, joints)
    missing = [part for part in Feet._fields if part not in roles]
    if missing:
        raise SkeletonError(
            f"skeleton {skeleton.name!r} has no {' and no '.join(missing)}; skating is measured on ankles and toes"
        )
    return Feet(*(roles[part] for part in Feet._fields))


def four_contacts(contacts: np.ndarray) -> Bool[np.ndarray, "frame 4"]:
    """Return contacts of left ankle, left toe, right ankle, right toe.

    Args:
        contacts: (frame, 4) in this order, or (frame, 6) with the end of each toe after the toe, as SOMA-77 has them.

    Raises:
        SkeletonError: If there are neither four nor six.
    """
    if contacts.ndim != 2 or contacts.shape[1] not in (4, 6):
        raise SkeletonError(
            f"foot contacts have shape {contacts.shape}; expected (frames, 4) or (frames, 6): ankle and toe "
            "of the left foot, then of the right"
        )
    picked = contacts if contacts.shape[1] == 4 else contacts[:, [0, 1, 3, 4]]
    return picked > 0.5


def foot_skate_from_height(feet: Float[np.ndarray, "frame 4 3"], fps: float) -> float:
    """Return the mean speed of a toe that is under 5 cm, in m/s; NaN if none ever is."""
    speed, low = _speeds(feet[:, 1::2], fps), feet[:-1, 1::2, 1] < TOE_HEIGHT
    return _mean_where(speed, low)


def foot_skate_ratio(feet: Float[np.ndarray, "frame 4 3"], fps: float) -> float:
    """Return the fraction of the toes' steps on the floor that exceed 0.2 m/s; NaN if there is none.

    A step is on the floor if the toe is under 5 cm before and after it.

    Source:
        Karunratanakul et al.: Guided Motion Diffusion for Controllable Human Motion Synthesis, ICCV 2023; with the
        thresholds of the Kimodo Motion Generation Benchmark.
    """
    speed, low = _speeds(feet[:, 1::2], fps), feet[:, 1::2, 1] < TOE_HEIGHT
    return _mean_where((speed > SKATE_SPEED).astype(np.float64), low[:-1] & low[1:])


def foot_skate_from_contacts(
    feet: Float[np.ndarray, "frame 4 3"], contacts: Bool[np.ndarray, "frame 4"], fps: float
) -> float:
    """Return the mean speed of an ankle or toe where it is said to be in contact, in m/s; NaN if none ever is."""
    return _mean_where(_speeds(feet, fps), contacts[:-1])


def foot_skate_max(feet: Float[np.ndarray, "frame 4 3"], contacts: Bool[np.ndarray, "frame 4"], fps: float) -> float:
    """Return the highest speed of an ankle or toe that is said to be in contact, in m/s; NaN if none ever is."""
    speed = _speeds(feet, fps)
    return float(speed[contacts[:-1]].max()) if contacts[:-1].any() else np.nan


def foot_contact_consistency(
    feet: Float[np.ndarray, "frame 4 3"], contacts: Bool[np.ndarray, "frame 4"], fps: float
) -> float:
    """Return the fraction of told contacts that height (under 10 cm) and speed (under 0.15 m/s) agree with.

    The last frame has no speed and is not counted; NaN for a single frame.
    """
    seen = (_speeds(feet, fps) < CONTACT_SPEED) & (feet[:-1, :, 1] < CONTACT_HEIGHT)
    return float((seen == contacts[:-1]).mean()) if len(seen) else np.nan


def jerk(joints: Float[np.ndarray, "frame joint 3"], fps: float) -> tuple[float, float]:
    """Return the mean jerk over frames and joints, and the highest of any joint in any frame, in m/s³.

    Jerk is the third difference of position over time: what a viewer sees as jitter, and as jumps where clips are
    joined. Noise of a millimetre at 30 fps alone gives over 100, so compare with the ground truth at the same fps.

    Returns:
        NaN under four frames.

    Source:
        As jitter in Yi et al.: Physical Inertial Poser, CVPR 2022; as peak jerk in Barquero et al.: Seamless Human
        Motion Composition with Blended Positional Encodings, CVPR 2024.
    """
    if len(joints) < 4:
        return np.nan, np.nan
    sizes = np.linalg.norm(np.diff(joints.astype(np.float64), n=3, axis=0), axis=-1) * fps**3
    return float(sizes.mean()), float(sizes.max())


def penetration(joints: Float[np.ndarray, "frame joint 3"]) -> float:
    """Return how deep the lowest joint is under the floor, in metres, mean over frames; 0 where it is above.

    Source:
        Yuan et al.: PhysDiff, ICCV 2023, there on the skin of the body, here on its joints.
    """
    return float(np.clip(-_lowest(joints), 0, None).mean())


def floating(joints: Float[np.ndarray, "frame joint 3"]) -> float:
    """Return how far the lowest joint is above 5 cm, in metres, mean over frames; 0 where it is below.

    Jumps float too, so compare with the ground truth. A joint of a foot on the floor is up to 5 cm over its sole.

    Source:
        As `penetration`.
    """
    return float(np.clip(_lowest(joints) - TOE_HEIGHT, 0, None).mean())


def grounded(joints: Float[np.ndarray, "frame joint 3"]) -> float:
    """Return the fraction of frames in which some joint is under 5 cm, whatever part of the body it is of."""
    return float((_lowest(joints) < TOE_HEIGHT).mean())


def measure_motion(
    joints: Float[np.ndarray, "frame joint 3"], fps: float, feet: Feet, contacts: np.ndarray | None = None
) -> dict[str, float]:
    """Return all quality measures of a motion; NaN where one cannot be told, such as skating of a body in the air.

    Args:
        joints: Global joint positions in metres, y up, the floor at 0.
        fps: Frames per second.
        feet: Which joints the feet are; see `find_feet`.
        contacts: What the generator says; see `four_contacts`. None gives NaN for what needs them.

    Returns:
        The keys of `UNITS`.

    Raises:
        SkeletonError: If the contacts are no contacts of this motion.
    """
    values = dict.fromkeys(UNITS, np.nan)
    foot = joints[:, list(feet)]
    values["foot_skate_from_height"] = foot_skate_from_height(foot, fps)
    values["foot_skate_ratio"] = foot_skate_ratio(foot, fps)
    if contacts is not None:
        told = contacts_of(contacts, len(joints))
        values["foot_skate_from_pred_contacts"] = foot_skate_from_contacts(foot, told, fps)
        values["foot_skate_max_vel"] = foot_skate_max(foot, told, fps)
        values["foot_contact_consistency"] = foot_contact_consistency(foot, told, fps)
    values["jerk"], values["peak_jerk"] = jerk(joints, fps)
    values["penetration"], values["floating"] = penetration(joints), floating(joints)
    values["grounded"] = grounded(joints)
    return values


def foot_metrics(
    joints: Float[np.ndarray, "frame joint 3"],
    fps: float,
    skeleton: Skeleton,
    contacts: np.ndarray | None = None,
) -> dict[str, float]:
    """Return the foot metrics of the Kimodo Motion Generation Benchmark, by its keys and its rules.

    Args:
        joints: Global joint positions in metres, y up, the floor at 0.
        fps: Frames per second.
        skeleton: Tells which joints are the feet.
        contacts: What the generator says; see `four_contacts`. None leaves the three metrics out that need them.

    Returns:
        `foot_skate_from_height`, `foot_skate_ratio`, and with contacts `foot_skate_from_pred_contacts`,
        `foot_skate_max_vel` and `foot_contact_consistency`. As there, a motion whose feet never touch the floor skates
        by 0, so a body that floats has the best value: `measure_motion` says NaN instead.

    Raises:
        SkeletonError: If the feet cannot be found, or the contacts are no contacts of this motion.

    Source:
        nv-tlabs/kimodo (Apache-2.0), the page "Metrics" of its benchmark's documentation.
    """
    measured = measure_motion(joints, fps, find_feet(skeleton, joints), contacts)
    keys = [key for key in UNITS if key.startswith("foot_")]
    if contacts is None:
        keys = ["foot_skate_from_height", "foot_skate_ratio"]
    # A single frame has no steps to be consistent in: that stays NaN, as there.
    known = {key for key in keys if key == "foot_contact_consistency" or not np.isnan(measured[key])}
    return {key: measured[key] if key in known else 0.0 for key in keys}


def contacts_of(contacts: np.ndarray, num_frames: int) -> Bool[np.ndarray, "frame 4"]:
    """Return contacts as `four_contacts`, of a motion of so many frames.

    Raises:
        SkeletonError: If they are no contacts, or of another number of frames.
    """
    told = four_contacts(contacts)
    if len(told) != num_frames:
        raise SkeletonError(f"there are {len(told)} frames of foot contacts, but {num_frames} of joints")
    return told


def _lowest(joints: Float[np.ndarray, "frame joint 3"]) -> Float[np.ndarray, " frame"]:
    """Return the height of the lowest joint in each frame."""
    return joints[..., 1].min(axis=1).astype(np.float64)


def _speeds(points: Float[np.ndarray, "frame point 3"], fps: float) -> Float[np.ndarray, "step point"]:
    """Return speeds in m/s from each frame to the next, one fewer than frames."""
    return np.linalg.norm(np.diff(points.astype(np.float64), axis=0), axis=-1) * fps


def _mean_where(values: Float[np.ndarray, "step point"], where: Bool[np.ndarray, "step point"]) -> float:
    """Return the mean of the chosen values, NaN if there are none."""
    return float(values[where].mean()) if where.any() else np.nan
