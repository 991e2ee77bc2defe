"""One motion of a test case: read, and measured by the benchmark's rules for feet and constraints."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import MotionFileError
from tmr.evaluation.contacts import read_contacts, single
from tmr.evaluation.kimodo.body import body_height, up_axis
from tmr.evaluation.kimodo.constraints import ROOT, Constraint, constraint_errors, constraint_metrics
from tmr.evaluation.quality import foot_metrics
from tmr.motion.formats.loading import ArrayArchive, read_bytes
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

FPS = 30.0
"""Frames per second of every motion of the benchmark."""

_SKELETONS = {30: "somaskel30", 77: "somaskel77"}


@dataclass(frozen=True, eq=False)
class Measured:
    """What came of one motion.

    Args:
        digest: SHA-256 of the file.
        metrics: Foot and constraint metrics under the reference's keys.
        root_errors: The distance of each constrained root in metres; empty without such constraints.
        height: About how tall the body is, in the file's unit, which should be metres.
        up: The axis that plainly points up, a key of `UP_AXES`; y where it is y or cannot be told.
    """

    digest: str
    metrics: dict[str, float]
    root_errors: Float[np.ndarray, " frame"]
    height: float
    up: str


def measure_file(path: Path, constraints: Sequence[Constraint]) -> tuple[Motion, Measured]:
    """Return a motion of a test case, on SOMA-30 with the proportions that it has, and its metrics.

    Args:
        path: A file of Kimodo's format with `posed_joints` on SOMA-77 or SOMA-30 in metres at 30 fps, and with
            `foot_contacts` (4 or 6 a frame) for the three metrics that need them.
        constraints: Of the test case.

    Raises:
        MotionFileError: If the file cannot be read, or holds a value that is not finite.
        SkeletonError: If the joints are not SOMA's or the contacts do not fit them.
        DatasetError: If a constraint lies outside the motion.
    """
    motion, contacts = read_case_motion(path)
    errors = constraint_errors(motion.joints, motion.skeleton, constraints)
    metrics = foot_metrics(motion.joints, FPS, motion.skeleton, contacts) | constraint_metrics(errors)
    digest = hashlib.sha256(read_bytes(path)).hexdigest()
    embedded = on_thirty_joints(motion)
    root_errors = errors.get(ROOT, np.empty(0))
    return embedded, Measured(digest, metrics, root_errors, body_height(embedded), up_axis(embedded))


def read_case_motion(path: Path) -> tuple[Motion, np.ndarray | None]:
    """Return a case's motion and its foot contacts, None where the file has none.

    Raises:
        MotionFileError: If the file cannot be read, or holds a value that is not finite, or the joints are not SOMA's.
    """
    archive = ArrayArchive(path)
    joints = single(archive.numbers("posed_joints"), 3)
    if joints.ndim != 3 or joints.shape[1] not in _SKELETONS or joints.shape[2] != 3:
        raise MotionFileError(
            f"{path}: posed_joints has shape {joints.shape}; expected (frames, 77, 3) or (frames, 30, 3), SOMA's joints"
        )
    motion = Motion(joints, FPS, built_in_skeleton(_SKELETONS[joints.shape[1]]), name=str(path))
    return motion, read_contacts(archive)


def on_thirty_joints(motion: Motion) -> Motion:
    """Return a motion of SOMA-77 on SOMA-30, whose joints it has; the reference embeds these joints as they are."""
    thirty = built_in_skeleton("somaskel30")
    if motion.skeleton.joints == thirty.joints:
        return motion
    order = [motion.skeleton.index(joint) for joint in thirty.joints]
    return Motion(motion.joints[:, order], motion.fps, thirty, motion.name, motion.notes)
