"""Which clips are asked about: drawn by seed, as many of each action and style as can be."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tmr.evaluation.captioned import LIBRARY, CaptionedMotion
from tmr.motion.frames import length
from tmr.motion.motion import Motion

MOST_SECONDS = 10.0
"""No motion that a probe makes lasts longer: encoders take that much at once."""

Told = tuple[CaptionedMotion, str]

# The hips of a SOMA body that stands are 0.95 m over the floor.
_UPRIGHT_METRES = 0.8
_STRAY_SPEED = 5.0  # metres a second, of the fastest joint


def balanced(
    items: Sequence[CaptionedMotion], count: int, seed: int, tell: Callable[[CaptionedMotion], str | None]
) -> list[tuple[CaptionedMotion, str]]:
    """Return up to `count` items of each source, each with what is told of it.

    Items of one action and style (or, without labels, of one caption) are a group; groups take turns in random order,
    so that what was recorded forty times does not outweigh the rest.

    Args:
        items: All there are.
        count: Most items of a source.
        seed: Of the order.
        tell: Returns the sentence or phrase that the probe is about; None for an item that does not serve.
    """
    by_source: dict[str, dict[tuple[str, ...], list[Told]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if text := tell(item):
            by_source[source_of(item)][_group(item)].append((item, text))
    drawn = []
    for source in sorted(by_source):
        random = np.random.default_rng([seed, len(source), *source.encode()])
        groups = [_shuffled(group, random) for _, group in sorted(by_source[source].items())]
        groups = [groups[place] for place in random.permutation(len(groups))]
        turns = max(map(len, groups))
        in_turn = [group[turn] for turn in range(turns) for group in groups if turn < len(group)]
        drawn += in_turn[:count]
    return drawn


def _shuffled(items: Sequence[Told], random: np.random.Generator) -> list[Told]:
    return [items[int(place)] for place in random.permutation(len(items))]


def _group(item: CaptionedMotion) -> tuple[str, ...]:
    labels = tuple(item.metadata.get(key, "") for key in ("action", "side", "style"))
    return labels if labels[0] else (item.captions[0] if item.captions else item.name,)


def source_of(item: CaptionedMotion) -> str:
    """Return where an item is from."""
    return item.metadata.get("source", "data")


def clip_of(item: CaptionedMotion) -> str:
    """Return what counts as one clip: the recording; for the library, a motion of the left with that of the right."""
    if source_of(item) == LIBRARY:
        return item.name.removesuffix("_left").removesuffix("_right")
    return item.clip or item.name


def without_stray_start(motion: Motion) -> Motion:
    """Return the motion without its first frame if that is a pose before the motion: some captures begin in a T-pose.

    Inside a joined motion it would flash up.
    """
    if motion.num_frames < 5:
        return motion
    speeds = length(np.diff(motion.joints[:5], axis=0)).max(axis=1) * motion.fps
    stray = speeds[0] > max(_STRAY_SPEED, 3 * float(speeds[1:].max()))
    return replace(motion, joints=motion.joints[1:]) if stray else motion


def stands(motion: Motion) -> bool:
    """Return whether the body is upright in the first frame and in the last, so that anything can be joined to it."""
    return bool(motion.joints[[0, -1], 0, 1].min() > _UPRIGHT_METRES)
