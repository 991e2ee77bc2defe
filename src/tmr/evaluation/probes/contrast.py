"""Contrast: two motions and a sentence for each, alike but for one thing, and how often a model tells them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import factorial

import numpy as np
from jaxtyping import Float

from tmr.evaluation.means import mean_measures
from tmr.evaluation.result import Measure
from tmr.motion.motion import Motion

CHANCE = {"text_to_motion": 1 / 2, "motion_to_text": 1 / 2, "all_right": 1 / 6}
"""Measure name → what guessing scores: also what an encoder scores that maps everything to one point."""

TIE = 1e-6
"""Similarities that differ by less are equal: float32 embeddings of one thing differ by that from batch to batch."""

# An interval from fewer clips would be narrow by luck alone.
FEWEST_CLIPS = 3


@dataclass(frozen=True, eq=False)
class Contrast:
    """Two motions and a sentence for each, alike but for one thing.

    Args:
        rows: In which rows of the probe's table it counts.
        motions: The two motions.
        texts: What is true of the first and what is true of the second, and of neither the other way round.
        clip: What it is made from: contrasts of one clip are no independent evidence.
        metadata: Of that clip, for results by group.
    """

    rows: tuple[str, ...]
    motions: tuple[Motion, Motion]
    texts: tuple[str, str]
    clip: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def score_contrasts(similarity: Float[np.ndarray, "contrast 2 2"]) -> dict[str, Float[np.ndarray, " contrast"]]:
    """Return how well each contrast is told, by measure name.

    `text_to_motion` is the mean over the two sentences of whether each is nearer to its motion than to the other;
    `motion_to_text` is that of the motions. A space that likes one of the two, whatever is asked, has one right and one
    wrong: a half. `all_right` is whether both pairs are nearer than both cross pairs. A tie counts as the share of its
    orders that are right.

    Args:
        similarity: Of text (first axis) and motion of each contrast, finite.

    Source:
        Text, image and group score of Thrush et al.: Winoground, CVPR 2022; there, all four of a contrast must be right
        for the first two as well, and ties are wrong.
    """
    right = similarity[:, [0, 1], [0, 1]]
    by_text, by_motion = similarity[:, [0, 1], [1, 0]], similarity[:, [1, 0], [0, 1]]
    return {
        "text_to_motion": _nearer(right, by_text).mean(axis=1),
        "motion_to_text": _nearer(right, by_motion).mean(axis=1),
        "all_right": _all_nearer(right, by_text),
    }


def _nearer(right: Float[np.ndarray, "contrast 2"], wrong: Float[np.ndarray, "contrast 2"]) -> np.ndarray:
    return (right > wrong + TIE) + 0.5 * (np.abs(right - wrong) <= TIE)


def _all_nearer(right: Float[np.ndarray, "contrast 2"], wrong: Float[np.ndarray, "contrast 2"]) -> np.ndarray:
    """Return the chance that both right similarities come before both wrong ones, equal ones in random order."""
    lowest, highest = right.min(axis=1), wrong.max(axis=1)
    tied_right, tied_wrong = ((np.abs(side - highest[:, None]) <= TIE).sum(axis=1) for side in (right, wrong))
    chances = [
        factorial(ours) * factorial(theirs) / factorial(ours + theirs)
        for ours, theirs in zip(tied_right.tolist(), tied_wrong.tolist(), strict=True)
    ]
    return np.where(lowest > highest + TIE, 1.0, np.where(lowest < highest - TIE, 0.0, chances))


def measure_values(
    values: Mapping[str, Float[np.ndarray, " query"]],
    clips: Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    seed: int = 0,
) -> dict[str, Measure]:
    """Return the mean of each measure with its 95 % interval over clips, as `mean_measures`; none from under 3 clips.

    Args:
        values: Measure name → one finite value a query.
        clips: The clip of each query.
        units: Measure name → unit; `fraction` if not named.
        seed: Of the bootstrap.
    """
    measures = mean_measures(values, units, clusters=np.array(clip_numbers(clips)), seed=seed)
    if len(set(clips)) >= FEWEST_CLIPS:
        return measures
    return {name: replace(measure, low=None, high=None) for name, measure in measures.items()}


def clip_numbers(clips: Sequence[str]) -> list[int]:
    """Return a number for each clip, the same for the same name."""
    numbers = {clip: number for number, clip in enumerate(dict.fromkeys(clips))}
    return [numbers[clip] for clip in clips]
