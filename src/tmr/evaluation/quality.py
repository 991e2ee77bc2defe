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
            f"foot contacts have shape {contacts.shape}; expected (frames, 4) or (frames, 6): ankle and toe of the left "
            "foot, then of the right"
        )
    picked = contacts if contacts.shape[1] == 4 else contacts[:, [0, 1, 3, 4]]
    return picked > 0.5


def foot_skate_from_height(feet: Float[np.ndarray, "frame 4 3"], fps: float) -> float:
    """Return the mean speed of a toe that is under 5 cm, in m/s; NaN if none ever is."""
    speed, low = _speeds(feet[:, 1::2], fps), feet[:-1, 1::2, 1] < TOE_HEIGHT
    return _mean_where(speed, low)


def foot_skate_ratio(feet: Float[np.ndarray, "frame 4 3"], fps: float) -> float:
    """Return the fraction of the toes' steps on the floor (under 5 cm before and after) that exceed 0.2 m/s; NaN if none.

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
        by 0, so a body that floats has the best value: `quality.measure_motion` says NaN instead.

    Raises:
        SkeletonError: If the feet cannot be found, or the contacts are no contacts of this motion.

    Source:
        nv-tlabs/kimodo (Apache-2.0), the page "Metrics" of its benchmark's documentation.
    """
    feet = joints[:, list(find_feet(skeleton, joints))]
    values = {"foot_skate_from_height": foot_skate_from_height(feet, fps)}
    if contacts is not None:
        told = four_contacts(contacts)
        if len(told) != len(joints):
            raise SkeletonError(f"there are {len(told)} frames of foot contacts, but {len(joints)} of joints")
        values["foot_skate_from_pred_contacts"] = foot_skate_from_contacts(feet, told, fps)
        values["foot_skate_max_vel"] = foot_skate_max(feet, told, fps)
    values["foot_skate_ratio"] = foot_skate_ratio(feet, fps)
    values = {key: 0.0 if np.isnan(value) else value for key, value in values.items()}
    if contacts is not None:
        values["foot_contact_consistency"] = foot_contact_consistency(feet, told, fps)
    return values


def _speeds(points: Float[np.ndarray, "frame point 3"], fps: float) -> Float[np.ndarray, "step point"]:
    """Return speeds in m/s from each frame to the next, one fewer than frames."""
    return np.linalg.norm(np.diff(points.astype(np.float64), axis=0), axis=-1) * fps


def _mean_where(values: Float[np.ndarray, "step point"], where: Bool[np.ndarray, "step point"]) -> float:
    """Return the mean of the chosen values, NaN if there are none."""
    return float(values[where].mean()) if where.any() else np.nan
