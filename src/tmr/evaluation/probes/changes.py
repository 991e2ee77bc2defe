"""What must not matter: where a motion starts and faces, its frame rate, whose body it is on, where it is cut."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from tmr.evaluation.probes.bodies import BODIES, on_body
from tmr.motion.motion import Motion
from tmr.motion.resample import resample

FRAME_RATES = (20.0, 24.0, 25.0, 60.0, 120.0)
SHORTEST_CUT_SECONDS = 1.0
_FARTHEST_METRES = 10.0

Change = Callable[[Motion, np.random.Generator], Motion]


def _moved(motion: Motion, random: np.random.Generator) -> Motion:
    """Return the motion begun elsewhere on the floor."""
    x, z = random.uniform(-_FARTHEST_METRES, _FARTHEST_METRES, size=2)
    return replace(motion, joints=(motion.joints + np.array([x, 0.0, z])).astype(np.float32))


def _turned(motion: Motion, random: np.random.Generator) -> Motion:
    """Return the motion begun facing another way."""
    angle = random.uniform(-np.pi, np.pi)
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    return replace(motion, joints=(motion.joints @ turn).astype(np.float32))


def _at_rate(motion: Motion, _: np.random.Generator, *, fps: float) -> Motion:
    return resample(motion, fps)


def _on_body(motion: Motion, _: np.random.Generator, *, body: str) -> Motion:
    return on_body(motion, BODIES[body])


def _cut(motion: Motion, random: np.random.Generator, *, share: float) -> Motion:
    """Return a part of the motion from a random time on, a second at least."""
    seconds = min(max(share * motion.seconds, SHORTEST_CUT_SECONDS), motion.seconds)
    start = random.uniform(0, motion.seconds - seconds)
    return motion.cut(start, start + seconds)


CHANGES: dict[str, Change] = {
    "start": _moved,
    "heading": _turned,
    **{f"{fps:g} fps": partial(_at_rate, fps=fps) for fps in FRAME_RATES},
    **{body: partial(_on_body, body=body) for body in BODIES},
    "cut to 3/4": partial(_cut, share=0.75),
    "cut to 1/2": partial(_cut, share=0.5),
}
"""Row name → what makes a changed motion of one of SOMA-30 at 30 fps."""
