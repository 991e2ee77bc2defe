"""Together: legs that go and arms that gesture at once, blended, against the other arm or another gesture."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import MOST_SECONDS, Told, balanced, clip_of, source_of, without_stray_start
from tmr.evaluation.probes.sentences import at_once, deed, neutral_captions, tells_gesture, tells_going, verb_phrase
from tmr.motion.arms import gestures_only, lasting, with_arms
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.mirror import mirror

_SHORTEST_SECONDS = 1.0
OTHER_ARM, OTHER_GESTURE = "other arm", "other gesture"
RULES = (
    "arms of who stands and moves them alone on the body of who walks, runs, jumps or squats, of one source; "
    f"{OTHER_ARM}: against the same with the other one; {OTHER_GESTURE}: against another that names no side"
)


def together_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return a contrast for each gesture, with legs that go for at least as long."""
    items = [replace(item, motion=without_stray_start(item.motion)) for item in items]
    going, gestures = (_by_source(balanced(items, most, seed, tell)) for tell in (_goes, _gestures))
    return [
        contrast
        for source, found in gestures.items()
        for number, gesture in enumerate(found)
        if (contrast := _contrast(gesture, found[number + 1 :] + found[:number], going[source], number)) is not None
    ]


def _by_source(told: Sequence[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for item, phrase in told:
        found[source_of(item)].append((item, phrase))
    return found


def _goes(item: CaptionedMotion) -> str | None:
    phrase = deed(item)
    return phrase if phrase is not None and tells_going(phrase) else None


def _gestures(item: CaptionedMotion) -> str | None:
    """Return what an item's arms do if they do anything, and nothing else of the body does."""
    if not _SHORTEST_SECONDS <= item.motion.seconds <= MOST_SECONDS or not gestures_only(item.motion.joints):
        return None
    phrases = map(verb_phrase, neutral_captions(item))
    return next((phrase for phrase in phrases if phrase is not None and tells_gesture(phrase)), None)


def _contrast(gesture: Told, others: Sequence[Told], going: Sequence[Told], number: int) -> Contrast | None:
    """Return the contrast of a gesture: with the number-th of who goes that is long enough, against what is opposed."""
    item, does = gesture
    arms = item.motion
    if side_words(does):
        row, opposite, clips = OTHER_ARM, swap_sides(does), [clip_of(item)]
        opposed = replace(mirror(arms), name=f"{arms.name} mirrored")
    else:
        other = next((told for told in others if _is_another(told, gesture)), None)
        if other is None:
            return None
        row, opposed, opposite = OTHER_GESTURE, other[0].motion, other[1]
        clips = [clip_of(item), clip_of(other[0])]
    frames = max(arms.num_frames, opposed.num_frames)
    able = [told for told in going if told[0].motion.num_frames >= frames]
    if not able:
        return None
    legs, goes = able[number % len(able)]
    body, arms, opposed = (lasting(motion, frames) for motion in (legs.motion, arms, opposed))
    return Contrast(
        (f"{source_of(item)}: {row}",),
        (with_arms(body, arms), with_arms(body, opposed)),
        (at_once(goes, does), at_once(goes, opposite)),
        " + ".join(sorted({*clips, clip_of(legs)})),
        {},
    )


def _is_another(told: Told, gesture: Told) -> bool:
    actions = [item.metadata.get("action", phrase) for item, phrase in (told, gesture)]
    return actions[0] != actions[1] and told[1] != gesture[1] and not side_words(told[1])
