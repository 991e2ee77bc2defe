"""Another frame rate for a motion: each output frame at its exact time."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from tmr.motion.motion import Motion


def resample(motion: Motion, fps: float = 30.0) -> Motion:
    """Return the motion at another frame rate; frame i shows the time i / fps.

    Between two source frames each joint follows the cubic through its neighbours (Catmull-Rom). Times that fall on a
    source frame take that frame's values as they are, so 120 to 30 fps picks every fourth frame.

    Args:
        motion: At any frame rate.
        fps: The frame rate to return, over 0.

    Returns:
        As long as the source to within one output frame: the last frame is the last output time that is not after the
        last source frame. The same motion if the rate is that already.
    """
    step = motion.fps / fps
    if abs(step - 1) < 1e-6:
        return motion if motion.fps == fps else replace(motion, fps=fps)
    last = motion.num_frames - 1
    # Frame times are written with few digits (0.0083333), so the last one may come out a hair early.
    num_frames = int(np.floor(last / step + 0.01)) + 1
    times = np.minimum(np.arange(num_frames) * step, last)
    return replace(motion, joints=_interpolate(motion.joints, times), fps=fps)


def _interpolate(
    values: Float[np.ndarray, "frame joint 3"], times: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time joint 3"]:
    """Return the values at fractional frame numbers, by the cubic through the two frames on either side."""
    last = len(values) - 1
    before = np.clip(np.floor(times + 1e-3).astype(int), 0, last)
    part = np.clip(times - before, 0.0, 1.0).astype(values.dtype)[:, None, None]
    part[part < 2e-3] = 0.0
    after = np.minimum(before + 1, last)
    p1, p2 = values[before], values[after]
    # Before the first frame and after the last the motion is taken to go on straight.
    p0 = np.where((before > 0)[:, None, None], values[np.maximum(before - 1, 0)], 2 * p1 - p2)
    p3 = np.where((after < last)[:, None, None], values[np.minimum(after + 1, last)], 2 * p2 - p1)
    slope1, slope2 = (p2 - p0) / 2, (p3 - p1) / 2
    square, cube = part**2, part**3
    return (
        (2 * cube - 3 * square + 1) * p1
        + (cube - 2 * square + part) * slope1
        + (3 * square - 2 * cube) * p2
        + (cube - square) * slope2
    )
