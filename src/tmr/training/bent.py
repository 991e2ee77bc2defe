"""Bent examples: somebody who goes straight ahead goes along a curve or a circle, to a side that the sentences tell."""

from collections.abc import Sequence

import numpy as np

from tmr.evaluation.probes.sentences import leaves_way_open, verb_phrase
from tmr.motion.bend import bend_path, goes_straight, way_length
from tmr.motion.captions import swap_sides
from tmr.training.composed import LONGEST_FRAMES, as_rivals, deeds_of, drawn_of, motion_of, whole_example
from tmr.training.examples import FPS, Example, Groups, Sentence

# How far each way turns in all, degrees, and how it is told of a turn to the left.
PATHS: dict[str, tuple[tuple[float, float], tuple[str, ...]]] = {
    "straight": (
        (0, 0),
        ("{} in a straight line", "{} without turning", "{} along a straight path", "{}, keeping straight on"),
    ),
    "veer": (
        (12, 30),
        (
            "{}, veering slightly to the left",
            "{}, curving a little to the left",
            "{}, bearing slightly left",
            "{}, drifting slightly to the left",
        ),
    ),
    "curve": (
        (50, 110),
        ("{} in a curve to the left", "{}, curving to the left", "{} along a bend to the left", "{} in a left arc"),
    ),
    "half circle": (
        (165, 195),
        (
            "{} in a half circle to the left",
            "{} in a counterclockwise semicircle",
            "{}, curving around to the left until facing back",
            "{} in a half circle, counter-clockwise",
        ),
    ),
    "circle": (
        (330, 380),
        (
            "{} in a circle to the left",
            "{} in a counterclockwise circle",
            "{} all the way around in a circle to the left",
            "{} in a full circle, counter-clockwise",
        ),
    ),
}  # fmt: skip
# Whoever goes leans against the pull outwards, and no take leans: so much pull at most, metres a second squared.
SMALLEST_RADIUS_METRES, MOST_PULL = 0.5, 4.0
OTHER_SIDE_SHARE = 0.4


def bend_examples(groups: Groups, count: int, seed: int) -> list[list[Example]]:
    """Return `count` pairs of somebody who goes ahead, along one of `PATHS` and the next, or to the other side.

    Ways that turn nearly as far are the hardest to tell apart: a half circle and a whole one were not told at all where
    any two ways were rivals.

    Args:
        groups: What there is, of any sources; only what goes straight ahead and is not told to turn is bent.
        count: How many pairs; none are made if nobody goes straight ahead.
        seed: Of the draws.
    """
    random = np.random.default_rng([seed, 6])
    found = [able for source in groups.values() for group in source if (able := _bendable(group))]
    able = {
        way: [some for group in found if (some := _turning(group, degrees[1]))] for way, (degrees, _) in PATHS.items()
    }
    ways = [way for way in PATHS if able[way]]
    pairs: list[list[Example]] = []
    while len(ways) > 1 and len(pairs) < count:
        place = int(random.integers(len(ways)))
        one = ways[place]
        part, texts = drawn_of(drawn_of(able[one], random), random)
        beside = [way for way in ways[max(place - 1, 0) : place + 2] if way != one]
        other = drawn_of([way for way in beside if PATHS[way][0][1] <= _sharpest(part)], random)
        if one != "straight" and random.random() < OTHER_SIDE_SHARE:
            other = one
        chosen = [drawn_of(texts, random) for _ in PATHS[one][1]]
        turn, other_turn = (float(random.uniform(*PATHS[name][0])) for name in (one, other))
        if one == other:
            other_turn = -other_turn
        pairs.append(as_rivals(_bent(part, one, turn, chosen), _bent(part, other, other_turn, chosen)))
    return pairs


def _bendable(group: Sequence[Example]) -> list[tuple[Example, list[str]]]:
    """Return the examples that go straight ahead, and can veer and curve, with what leaves their way open."""
    return [
        (part, texts)
        for part in group
        if part.last - part.first <= LONGEST_FRAMES
        and (texts := [text for text in deeds_of(part) if leaves_way_open(verb_phrase(text) or "")])
        and goes_straight(part.joints[part.first : part.last])
        and _sharpest(part) >= PATHS["curve"][0][1]
    ]


def _turning(group: Sequence[tuple[Example, list[str]]], degrees: float) -> list[tuple[Example, list[str]]]:
    """Return those of which the way can turn so far, degrees."""
    return [(part, texts) for part, texts in group if _sharpest(part) >= degrees]


def _sharpest(part: Example) -> float:
    """Return how far the way of an example can turn in all, degrees."""
    way = way_length(part.joints[part.first : part.last])
    speed = way / (part.last - part.first) * FPS
    return float(np.degrees(way / max(SMALLEST_RADIUS_METRES, speed**2 / MOST_PULL)))


def _bent(part: Example, name: str, degrees: float, texts: Sequence[str]) -> Example:
    told = [template.format(text) for template, text in zip(PATHS[name][1], texts, strict=True)]
    sentences = [Sentence(swap_sides(text) if degrees < 0 else text, style="") for text in told]
    return whole_example(
        bend_path(motion_of(part), degrees).joints, sentences, f"{part.take} {part.first} bent {degrees:.1f}"
    )
