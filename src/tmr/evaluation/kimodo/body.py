"""The body of a motion: how tall it is and along which axis it stands, so that another unit or up axis is told."""

import numpy as np

from tmr.errors import MotionFileError
from tmr.evaluation.quality import find_feet
from tmr.motion.motion import Motion
from tmr.motion.units import STATURE_OF_SPAN, UP_AXES, body_span, normalise_axes_and_units

_SAMPLED_FRAMES = 32
_UPRIGHT = 0.5  # mean cosine of the axis and the way from feet to head, over which the body stands along the axis
_NEAR_FLOOR = 0.1  # of the body's height


def body_height(motion: Motion) -> float:
    """Return about how tall a body is by its bones in the middle of a motion, in the motion's unit, in any pose."""
    # One frame is enough, and its bones are all rigid: what a generator makes of them over time is no matter of units.
    middle = motion.num_frames // 2
    return STATURE_OF_SPAN * body_span(motion.joints[middle : middle + 1].astype(np.float64), motion.skeleton)


def up_axis(motion: Motion) -> str:
    """Return the axis that plainly points up, a key of `UP_AXES`; y where it is y or cannot be told.

    Another axis is plain where the readers of motion files would take it, and the body also stands on its zero. Most
    motions are upright along y for most of the time, which is found at a tenth of the cost.

    Args:
        motion: On SOMA-77 or SOMA-30, in any unit.
    """
    frames = np.linspace(0, motion.num_frames - 1, min(motion.num_frames, _SAMPLED_FRAMES)).astype(int)
    sample = motion.joints[frames]
    head, feet = motion.skeleton.index("Head"), list(find_feet(motion.skeleton))
    upward = sample[:, head].astype(np.float64) - sample[:, feet].mean(axis=1, dtype=np.float64)
    size = np.linalg.norm(upward, axis=-1)
    if not size.all() or (upward / size[:, None]).mean(axis=0)[1] >= _UPRIGHT:
        return "y"
    try:
        up = normalise_axes_and_units(sample, motion.fps, motion.skeleton, name="", unit=1.0).joints
    except MotionFileError:  # absurdly large, small or far away: its height is told, or its place is beyond all telling
        return "y"
    source = {axis: sign * sample[..., at] for axis, (_, (at, sign), _) in UP_AXES.items()}
    axis = next(axis for axis, heights in source.items() if np.array_equal(heights, up[..., 1]))
    at, sign = UP_AXES[axis][1]
    stands = sign * float((upward / size[:, None]).mean(axis=0)[at]) >= _UPRIGHT
    rests = abs(float(np.median(up[..., 1].min(axis=1)))) < _NEAR_FLOOR * body_height(motion)
    return axis if stands and rests else "y"
