"""Count and speed: how often something is done, and how fast."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import combinations

from tmr.evaluation.captioned import LIBRARY, CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import MOST_SECONDS, balanced, clip_of, source_of, stands, without_stray_start
from tmr.evaluation.probes.neighbours import neighbour_contrasts
from tmr.evaluation.probes.sentences import COUNTS, QUICKLY, SLOWLY, at_pace, counted, deed, tells_count, tells_pace
from tmr.motion.join import join
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget

PACE = 1.5
"""How much slower and faster motions are made."""

# Bandai's takes of these show the arm raised once; the library's show one of each.
_ONCE = ("raise-up-left-hand", "raise-up-right-hand", "raise-up-both-hands")
_ONCE_IN_LIBRARY = ("bow", "lunge", "knee_raise", "raise_arm", "pick_up")
_TRANSITION_SECONDS = 0.3

COUNT_RULES = (
    f"repeated: what is done once, joined with itself to be done twice or three times, {MOST_SECONDS:g} s at most; "
    "neighbours: recordings that differ in the column count alone"
)
SPEED_RULES = (
    f"resampled: {PACE:g} times slower, told with '{SLOWLY}', against {PACE:g} times faster, with '{QUICKLY}'; "
    "neighbours: recordings that differ in the column speed alone"
)


def count_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return contrasts of counts, from motions repeated and from recordings that differ in their count."""
    contrasts = neighbour_contrasts(items, "count", most=most, seed=seed, row="neighbours")
    for item, phrase in balanced(items, most, seed, _done_once):
        fitting = [count for count in COUNTS if _seconds(item.motion, count) <= MOST_SECONDS]
        repeats = {count: _repeated(item.motion, count) for count in fitting}
        contrasts += [
            Contrast(
                (f"{source_of(item)}: repeated", f"{source_of(item)}: {COUNTS[one]} or {COUNTS[other]}"),
                (repeats[one], repeats[other]),
                (counted(phrase, one), counted(phrase, other)),
                clip_of(item),
                item.metadata,
            )
            for one, other in combinations(fitting, 2)
        ]
    return contrasts


def _done_once(item: CaptionedMotion) -> str | None:
    action, in_library = item.metadata.get("action", ""), source_of(item) == LIBRARY
    once = item.metadata.get("count") == "1" or action in (_ONCE_IN_LIBRARY if in_library else _ONCE)
    if not once or item.metadata.get("order") or _seconds(item.motion, 2) > MOST_SECONDS or not stands(item.motion):
        return None
    phrase = deed(item)
    return None if phrase is None or tells_count(phrase) else phrase


def _seconds(motion: Motion, count: int) -> float:
    return count * (motion.seconds + _TRANSITION_SECONDS) - _TRANSITION_SECONDS


def _repeated(motion: Motion, count: int) -> Motion:
    parts = [without_stray_start(motion)] * count
    return replace(reduce(join, parts), name=f"{motion.name} done {count} times")


def speed_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return contrasts of pace, from motions resampled and from recordings that differ in their speed."""
    contrasts = neighbour_contrasts(items, "speed", most=most, seed=seed, row="neighbours")
    return contrasts + [
        Contrast(
            (f"{source_of(item)}: resampled",),
            (_paced(item.motion, 1 / PACE, "slower"), _paced(item.motion, PACE, "faster")),
            (at_pace(phrase, SLOWLY), at_pace(phrase, QUICKLY)),
            clip_of(item),
            item.metadata,
        )
        for item, phrase in balanced(items, most, seed, _paceless)
    ]


def _paceless(item: CaptionedMotion) -> str | None:
    if item.motion.seconds * PACE > MOST_SECONDS or item.metadata.get("speed", "normal") != "normal":
        return None
    phrase = deed(item)
    return None if phrase is None or tells_pace(phrase) else phrase


def _paced(motion: Motion, pace: float, name: str) -> Motion:
    """Return the motion as if it had been captured at another rate: retargeting brings it to 30 fps."""
    return retarget(replace(motion, fps=motion.fps * pace, name=f"{motion.name} {name}"))
