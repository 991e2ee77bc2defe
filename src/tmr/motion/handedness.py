"""Whether a source's axes are left-handed: then its toes and knees point behind its left and right."""

import numpy as np

from tmr.motion.body import SIDES, Source
from tmr.motion.frames import length, unit

# Frames are counted where a foot or a knee tells clearly, and the clip is judged where nearly all of them agree.
_CLEAR = 0.5
_AGREE = 0.9


def has_left_handed_axes(source: Source) -> bool:
    """Return whether toes and bent knees point backwards, seen from the sides that the joints are named after.

    A name is its maker's word for which side is left, so where the body contradicts it the axes are what is wrong, as
    in the left-handed coordinates of game engines. Walking backwards or turning does not matter here. Nothing is
    concluded where toes and knees disagree or tell too little.
    """
    across = source["left_hip"] - source["right_hip"]
    up = source.neck - source.hips
    forward = unit(np.cross(across, up), np.zeros(3))
    votes = [vote for vote in (_toes(source, forward), _knees(source, forward)) if vote is not None]
    return len(votes) > 0 and all(votes)


def _toes(source: Source, forward: np.ndarray) -> bool | None:
    """Return whether the toes point backwards, None if that is unclear or there are none."""
    if any(f"{side}_toe" not in source for side in SIDES):
        return None
    feet = sum(unit(source[f"{side}_toe"] - source[f"{side}_ankle"], np.zeros(3)) for side in SIDES) / 2
    return _judge(np.einsum("ti,ti->t", feet, forward))


def _knees(source: Source, forward: np.ndarray) -> bool | None:
    """Return whether the knees bend the wrong way, None if they are hardly bent or disagree."""
    bends = []
    for side in SIDES:
        hip, knee, ankle = (source[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        middle = knee - (hip + ankle) / 2
        bent = length(middle) > 0.15 * length(knee - hip)
        bends.append(np.einsum("ti,ti->t", unit(middle, np.zeros(3)), forward)[bent])
    return _judge(np.concatenate(bends))


def _judge(cosines: np.ndarray) -> bool | None:
    """Return whether directions point backwards, None where too few are clear or they disagree."""
    clear = cosines[np.abs(cosines) > _CLEAR]
    if len(clear) < max(0.1 * len(cosines), 1):
        return None
    backwards = float(np.mean(clear < 0))
    if backwards >= _AGREE:
        return True
    return False if backwards <= 1 - _AGREE else None
