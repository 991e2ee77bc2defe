"""Jumps: single frames in which a body's root moves faster than any human, and the note that names them."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np

from tmr.motion.motion import Motion
from tmr.motion.rotation import parents_first
from tmr.motion.skeleton import Skeleton

FASTEST = 25.0  # metres a second; a sprinter's hips have 12, a gymnast's in flight fewer
SHORTEST = 0.1  # metres; at thousands of frames a second the noise of a capture is faster than any human

_NOTE = re.compile(r"Frame \d+ jumps [\d.]+ m in ")


def note_jumps(motion: Motion) -> Motion:
    """Return a motion whose notes name the first frame that jumps, how far, and how many such jumps there are.

    A spike goes and comes back; both steps together are one jump. Frames count from 0.
    """
    hips = motion.joints[:, _hips(motion.skeleton)].astype(np.float64)
    lengths = np.linalg.norm(np.diff(hips, axis=0), axis=1)
    fast = lengths > max(FASTEST / motion.fps, SHORTEST)
    if not fast.any():
        return motion
    begins = np.flatnonzero(fast & ~np.concatenate([[False], fast[:-1]]))
    first = int(begins[0])
    several = f", the first of {len(begins):,} such jumps" if len(begins) > 1 else ""
    note = f"Frame {first + 1} jumps {lengths[first]:.1f} m in 1/{motion.fps:g} s{several}; is it a spike?"
    return replace(motion, notes=(*motion.notes, note))


def note_jumps_again(motion: Motion) -> Motion:
    """Return a motion of which frames were mended with the note of the jumps that are left; without one none is made.

    What a mended frame was is told by who mended it.
    """
    others = tuple(note for note in motion.notes if not _NOTE.match(note))
    return motion if len(others) == len(motion.notes) else note_jumps(replace(motion, notes=others))


def _hips(skeleton: Skeleton) -> int:
    """Return the first joint below the root that has several children: a root on the floor may stay where it is.

    Of several roots, the one of most joints is the body's; the others are props.
    """
    tops: dict[int, int] = {}  # the root above each joint
    for joint in parents_first(skeleton.parents):
        tops[joint] = tops.get(skeleton.parents[joint], joint)
    root = joint = Counter(tops.values()).most_common(1)[0][0]
    while (count := skeleton.parents.count(joint)) == 1:
        joint = skeleton.parents.index(joint)
    return joint if count else root
