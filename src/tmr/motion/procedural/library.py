"""The demo library: two hundred captioned motions of SOMA-30, computed in seconds, whose labels are exactly true."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from tmr.motion.motion import Motion
from tmr.motion.procedural.body import FPS, SIDES, Take
from tmr.motion.procedural.entry import Entry, Label
from tmr.motion.procedural.exercises import COMPOSED, EXERCISES, JUMPS, SPORTS
from tmr.motion.procedural.handling_entries import CHORES, HANDLING
from tmr.motion.procedural.in_place import ARMS, FLOOR, SIGNS
from tmr.motion.procedural.moving import RUNNING, TURNING, WALKING
from tmr.motion.procedural.playing_entries import FEELINGS, PLAYING
from tmr.motion.procedural.solve import SKELETON, solve
from tmr.motion.procedural.sports_entries import GAMES, WORKOUT
from tmr.motion.procedural.ways_entries import WAYS

FIRST: tuple[Entry, ...] = (
    *WALKING,
    *RUNNING,
    *TURNING,
    *ARMS,
    *SIGNS,
    *FLOOR,
    *EXERCISES,
    *JUMPS,
    *SPORTS,
    *COMPOSED,
)
"""What models learn first."""

MORE: tuple[Entry, ...] = (
    *HANDLING,
    *CHORES,
    *GAMES,
    *WORKOUT,
    *PLAYING,
    *FEELINGS,
    *WAYS,
)
"""What they learn when they know the first."""

ENTRIES = (*FIRST, *MORE)
"""All that the library can make. New ones come last: the number of an entry seeds its variations."""

DEMO_QUERIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("someone says hello by waving the left hand", ("wave_left",)),
    ("somebody kicks the air with the right leg", ("kick_right",)),
    ("a man is running as fast as he can", ("sprint",)),
    ("she crawls across the floor", ("crawl",)),
    ("a person does three squats in a row", ("squat_three_times",)),
    ("a man takes a seat on a chair", ("sit_down",)),
    ("somebody raises the right arm above the head", ("raise_arm_right",)),
    ("a person walks backward", ("walk_backwards",)),
)
"""Sentences as a person would type them, each with the names of the motions that show it."""


@dataclass(frozen=True)
class LabelledMotion:
    """A motion with what people would say of it and what is true of it.

    Args:
        name: A lower-case name, different for every motion; `wave_left`, or `wave_left_02` for the third variation.
        motion: SOMA-30 at 30 fps; the feet stand on the floor at y = 0.
        captions: Sentences, sides always said where there are sides.
        labels: `action` and `side` (`left`, `right`, `both` or empty) always; where they apply `count`, `speed`
            (`slow`, `normal`, `fast`), `direction`, `style`, and `order`, what comes after what, with commas.
        planted: In which frames the toes of the left and the right foot stand still on the ground.
    """

    name: str
    motion: Motion
    captions: tuple[str, ...]
    labels: Mapping[str, Label]
    planted: Bool[np.ndarray, "frame 2"]


def procedural_library(seed: int = 0, variations: int = 1) -> list[LabelledMotion]:
    """Return the whole library, the same for the same seed.

    Args:
        seed: Of the small unrest in the first variation, and of everything that is varied in the others.
        variations: How often each motion is played. The first is as written, at the origin, facing +z; the others vary
            tempo, stride, size of the gestures, lean, width of the stance and the direction faced, so that every label
            stays true.
    """
    made = []
    for number, entry in enumerate(ENTRIES):
        for variation in range(variations):
            rng = np.random.default_rng([seed, number, variation])
            made.append(_played(entry, variation, _take(rng) if variation else Take(seed=int(rng.integers(2**31)))))
    return made


def _take(rng: np.random.Generator) -> Take:
    return Take(
        tempo=float(rng.uniform(0.88, 1.12)),
        stride=float(rng.uniform(0.95, 1.05)),
        size=float(rng.uniform(0.88, 1.1)),
        lean=float(rng.uniform(-2, 5)),
        spread=float(rng.uniform(0.92, 1.25)),
        heading=float(rng.uniform(-np.pi, np.pi)),
        seed=int(rng.integers(2**31)),
    )


def _played(entry: Entry, variation: int, take: Take) -> LabelledMotion:
    act = entry.make(take)
    joints = solve(act)
    if take.heading:
        cosine, sine = np.cos(take.heading), np.sin(take.heading)
        joints = joints @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    name = f"{entry.name}_{variation:02d}" if variation else entry.name
    motion = Motion(joints.astype(np.float32), FPS, SKELETON, name=name)
    planted = np.stack([act.feet[side].planted for side in SIDES], axis=1)
    return LabelledMotion(name, motion, entry.captions, dict(entry.labels), planted)
