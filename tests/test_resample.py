"""Resampling: exact times, kept length, frames picked where they fall together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.motion.motion import Motion
from tmr.motion.resample import resample
from tmr.motion.skeleton import Skeleton

POINT = Skeleton("point", ("p",), (-1,))


def moving(function, num_frames: int, fps: float) -> Motion:
    values = function(np.arange(num_frames) / fps)
    return Motion(np.stack([values, values, values], axis=-1)[:, None].astype(np.float32), fps, POINT)


@given(fps=st.sampled_from([20.0, 24.0, 25.0, 29.97, 48.0, 50.0, 59.94, 60.0, 100.0, 119.88, 120.0, 240.0]),
       num_frames=st.integers(1, 300))  # fmt: skip
def test_each_frame_is_at_its_time(fps: float, num_frames: int) -> None:
    result = resample(moving(lambda t: 2 * t - 1, num_frames, fps))
    times = np.arange(result.num_frames) / 30
    np.testing.assert_allclose(
        result.joints[:, 0, 0], np.clip(2 * times - 1, None, 2 * (num_frames - 1) / fps - 1), atol=2e-3
    )
    assert abs((result.num_frames - 1) / 30 - (num_frames - 1) / fps) < 1 / 30 + 1e-4


@pytest.mark.parametrize("fps", [24.0, 25.0, 59.94, 100.0, 120.0])
def test_smooth_motion_is_followed_closely(fps: float) -> None:
    result = resample(moving(lambda t: 0.3 * np.sin(2 * np.pi * 2 * t), 200, fps))
    times = np.arange(result.num_frames) / 30
    inner = slice(2, -2)
    expected = 0.3 * np.sin(2 * np.pi * 2 * times)
    np.testing.assert_allclose(result.joints[inner, 0, 0], expected[inner], atol=8e-3 * (24 / fps) ** 2)


def test_frames_that_fall_together_are_picked() -> None:
    motion = moving(lambda t: np.sin(17 * t), 121, 120.0)
    assert np.array_equal(resample(motion).joints, motion.joints[::4])
    # A frame time written as 0.0083333 is 120 fps too.
    np.testing.assert_allclose(resample(moving(lambda t: t, 1201, 1 / 0.0083333)).joints[-1, 0, 0], 10.0, atol=1e-3)


def test_the_same_rate_is_the_same_motion() -> None:
    motion = moving(np.sin, 10, 30.0)
    assert resample(motion) is motion
    assert resample(moving(np.sin, 1, 120.0)).num_frames == 1
