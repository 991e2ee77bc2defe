"""What an index measures of a motion agrees with what is known of it."""

from dataclasses import replace

import numpy as np
import pytest

from fake_encoder import numbered_motion
from tmr.motion.mirror import mirror
from tmr.motion.procedural import procedural_library
from tmr.motion.resample import resample
from tmr.search.measures import measure

LIBRARY = {made.name: made.motion for made in procedural_library()}
ARMS = ("wave", "raise_arm", "point", "drink", "wipe", "pick_up", "punch", "throw")
FEET = ("kick", "knee_raise", "kneel")


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_hand_and_the_foot_that_move_are_named(side):
    assert {name: measure(LIBRARY[f"{name}_{side}"]).hand for name in ARMS} == dict.fromkeys(ARMS, side)
    assert {name: measure(LIBRARY[f"{name}_{side}"]).foot for name in FEET} == dict.fromkeys(FEET, side)


def test_a_mirror_image_moves_the_other_side():
    other = {"left": "right", "right": "left", "both": "both", "none": "none"}
    for name, motion in LIBRARY.items():
        plain, mirrored = measure(motion), measure(mirror(motion))
        assert (mirrored.hand, mirrored.foot) == (other[plain.hand], other[plain.foot]), name
        assert mirrored.speed == pytest.approx(plain.speed, abs=0.002)


def test_the_speed_is_that_of_the_hips_over_the_floor():
    assert measure(numbered_motion(0, seconds=4.0, drift=1.5)).speed == pytest.approx(1.5, rel=0.06)
    assert measure(LIBRARY["stand"]).speed < 0.03
    assert 0.9 < measure(LIBRARY["walk"]).speed < 1.5 < measure(LIBRARY["run"]).speed
    still = measure(numbered_motion(0, seconds=1 / 30))
    assert (still.speed, still.hand, still.foot) == (0.0, "none", "none")


def test_turning_travelling_and_noise_change_nothing():
    motion = LIBRARY["wave_left"]
    noisy = motion.joints + np.random.default_rng(0).normal(0, 0.01, motion.joints.shape).astype(np.float32)
    assert measure(replace(motion, joints=noisy)).hand == "left"
    assert measure(replace(motion, joints=noisy)).speed < 0.08
    angle = np.linspace(0, 2, motion.num_frames)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y, z = np.moveaxis(motion.joints, -1, 0)
    turning = np.stack([x * cosine + z * sine + 3 * angle[:, None], y, -x * sine + z * cosine], axis=-1)
    measured = measure(replace(motion, joints=turning.astype(np.float32)))
    assert (measured.hand, measured.foot) == ("left", "none")


def test_the_frame_rate_changes_little():
    motion = LIBRARY["walk"]
    assert measure(resample(motion, 60.0)).speed == pytest.approx(measure(motion).speed, abs=0.03)
