"""Composed examples: motions in two orders, numbers or paces, or with other arms, whose sentences tell just that.

Each comes as two that are told by the same words but for what tells them apart; drawn together, each is the other's
rival (`Example.rival`): the hardest negative that a caption can be asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

from tmr.evaluation.probes.sentences import (
    doing,
    main_verb,
    tells_count,
    tells_gesture,
    tells_going,
    tells_pace,
    verb_phrase,
)
from tmr.motion.arms import gestures_only, lasting, with_arms
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.join import join
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.examples import FPS, Example, Groups, Sentence, all_examples, change_speed

# A joined motion should fit in one window, and each part be seen.
SHORTEST_PART_FRAMES, LONGEST_PART_FRAMES = 24, 135
LONGEST_FRAMES = 300
# What is done first is told first: a model that is to understand `B after A` reads it as `A, then B` (`text_order`).
# With sentences of both kinds no order was learnt at all (docs/lab-notes.md).
JOINED_SENTENCES = (
    "{0}, then {1}",
    "{0} and then {1}",
    "first {0}, then {1}",
    "{0} before {1}",
    "after {0}, {1}",
)
# Between the names of two takes that are joined.
JOINT = " + "
# Between the take of the legs and that of the arms; what stands after it if they are not the ones that were named.
ARMS, OTHER = " with ", ", other arms"

COUNTED_SENTENCES = {
    1: ("{} once", "{} one time", "{} a single time", "{} only once", "{} just one time"),
    2: ("{} twice", "{} two times", "{} two times in a row", "{} twice in a row", "{} exactly two times"),
    3: ("{} three times", "{} thrice", "{} three times in a row", "{} thrice in a row", "{} exactly three times"),
}
# What these actions show is done once, and can be done again at once.
DONE_ONCE = frozenset(
    {"raise-up-left-hand", "raise-up-right-hand", "raise-up-both-hands"}
    | {
        f"procedural-{action}"
        for action in (
            "bow", "lunge-left", "lunge-right", "knee-raise-left", "knee-raise-right", "raise-arm-left",
            "raise-arm-right", "raise-both-arms", "pick-up-left", "pick-up-right", "squat", "jump", "kick-left",
            "kick-right", "sit-down-and-stand-up", "kneel-and-rise", "spread-arms",
        )
    }
)  # fmt: skip
COUNT_SECONDS = 0.3
# Three times one thing lasts over ten seconds as often as not: it may be done so much faster.
COUNT_HASTE = 1.25

PACED_SENTENCES = (
    ("{} slowly", "{} very slowly", "{} at a slow pace", "slowly, {}", "{} in slow motion"),
    ("{} quickly", "{} very fast", "{} at a fast pace", "quickly, {}", "{} in a hurry"),
)
# How much slower and faster motions are made: over what is drawn at random in any row, under what looks wrong.
PACES = (1.3, 1.7)

# Of a deed of the legs and one of the arms: both as they are told of a person, then both in the form with -ing.
BLENDED_SENTENCES = (
    "a person {0} while {3}",
    "someone {1} while {2}",
    "a man {0} and {1} at the same time",
    "while {2}, a person {1}",
    "a person is {2}, {3}",
)
SHORTEST_BLEND_FRAMES = 30
# A gesture is done so much faster at most, to be over when the walk is.
BLEND_HASTE = 1.4
OTHER_ARM_SHARE = 0.5
_Any = TypeVar("_Any")


def join_examples(groups: Groups, joined_from: Sequence[str], count: int, seed: int) -> list[list[Example]]:
    """Return `count` pairs of examples joined in time, each in both orders, with sentences that tell the order.

    Both parts are short enough to be told whole, and are of one source: that is what one person would do in one take.

    Args:
        groups: What there is to join.
        joined_from: The sources to draw from; one may stand there more than once.
        count: How many pairs; none are made if no source has two groups of short examples.
        seed: Of the draws.
    """
    random = np.random.default_rng([seed, 2])
    short = {
        source: [able for group in found if (able := [example for example in group if _can_be_joined(example)])]
        for source, found in groups.items()
    }
    sources = [source for source in joined_from if len(short.get(source, ())) > 1]
    joined = []
    while sources and len(joined) < count:
        able = short[drawn_of(sources, random)]
        places = random.choice(len(able), size=2, replace=False)
        one, two = (drawn_of(able[int(place)], random) for place in places)
        spoken = [tuple(_spoken(part, random) for part in (one, two)) for _ in JOINED_SENTENCES]
        turned = [(second, first) for first, second in spoken]
        joined.append(as_rivals(_join(one, two, spoken), _join(two, one, turned)))
    return joined


def count_examples(groups: Groups, count: int, seed: int) -> list[list[Example]]:
    """Return `count` pairs of motions done once, twice or three times, of the actions in `DONE_ONCE`.

    Args:
        groups: What there is to repeat.
        count: How many pairs; none are made if nothing there is known to be done once.
        seed: Of the draws.
    """
    random = np.random.default_rng([seed, 3])
    able = [
        (part, texts)
        for part in all_examples(groups)
        if part.action in DONE_ONCE
        and (texts := [text for text in deeds_of(part) if not tells_count(text)])
        and _haste(part, 2) <= COUNT_HASTE
    ]
    pairs = []
    while able and len(pairs) < count:
        part, texts = drawn_of(able, random)
        fitting = [number for number in COUNTED_SENTENCES if _haste(part, number) <= COUNT_HASTE]
        numbers = sorted(int(number) for number in random.choice(fitting, size=2, replace=False))
        chosen = [drawn_of(texts, random) for _ in COUNTED_SENTENCES[1]]
        # Both as fast, or the pace would tell the number.
        haste = max(1.0, _haste(part, numbers[-1]))
        pairs.append(as_rivals(*(_repeat(part, number, haste, chosen) for number in numbers)))
    return pairs


def pace_examples(groups: Groups, sources: Sequence[str], count: int, seed: int) -> list[list[Example]]:
    """Return `count` pairs of motions slowed down and sped up, of examples whose sentences leave the pace open.

    Args:
        groups: What there is.
        sources: To draw from; one may stand there more than once.
        count: How many pairs; none are made if no example does.
        seed: Of the draws.
    """
    random = np.random.default_rng([seed, 4])
    able: dict[str, list[list[tuple[Example, list[str]]]]] = {}
    for source in dict.fromkeys(sources):
        found = []
        for group in groups.get(source, ()):
            parts = [
                (part, texts)
                for part in group
                if (part.last - part.first) * PACES[1] <= LONGEST_FRAMES
                and (texts := [text for text in deeds_of(part) if not tells_pace(text)])
            ]
            if parts:
                found.append(parts)
        if found:
            able[source] = found
    drawn = [source for source in sources if source in able]
    pairs = []
    while drawn and len(pairs) < count:
        part, texts = drawn_of(drawn_of(able[drawn_of(drawn, random)], random), random)
        slow, fast = (float(random.uniform(*PACES)) for _ in range(2))
        chosen = [drawn_of(texts, random) for _ in PACED_SENTENCES[0]]
        pairs.append(as_rivals(_pace(part, 1 / slow, 0, chosen), _pace(part, fast, 1, chosen)))
    return pairs


class _Part(NamedTuple):
    """An example, and what it says that is done, as `verb_phrase` returns it."""

    example: Example
    deeds: list[str]


def blend_examples(groups: Groups, count: int, seed: int) -> list[list[Example]]:
    """Return `count` pairs of somebody who goes, with the arms of somebody who stands and moves nothing else.

    The rival goes alike; half of those that name a side do the same with the other arm, all others another thing.

    Args:
        groups: What there is to blend, of any sources.
        count: How many pairs; none are made without somebody who goes and two gestures.
        seed: Of the draws.
    """
    random = np.random.default_rng([seed, 5])
    found = [group for source in groups.values() for group in source]
    going = [able for group in found if (able := _parts(group, tells_going))]
    moving = [
        able
        for group in found
        if (able := [part for part in _parts(group, tells_gesture) if gestures_only(motion_of(part.example).joints)])
    ]
    pairs: list[list[Example]] = []
    # Each draw has a chance, so the limit only ends what has none: short walks, and gestures that all take long.
    for _ in range(20 * count):
        if not going or len(moving) < 2 or len(pairs) == count:
            break
        places = random.choice(len(moving), size=2, replace=False)
        arms, others = (drawn_of(moving[int(place)], random) for place in places)
        legs = drawn_of(drawn_of(going, random), random)
        sided = [deed for deed in arms.deeds if side_words(deed)] if random.random() < OTHER_ARM_SHARE else []
        if not sided and not _differ(arms, others):
            continue
        frames = min(_frames(legs), max(_frames(arms), SHORTEST_BLEND_FRAMES), LONGEST_FRAMES)
        if max(_frames(part) for part in ((arms,) if sided else (arms, others))) > BLEND_HASTE * frames:
            continue
        first = int(random.integers(_frames(legs) - frames + 1))
        body = motion_of(legs.example)
        body = replace(body, joints=body.joints[first : first + frames])
        goes, does = (
            [drawn_of(deeds, random) for _ in BLENDED_SENTENCES] for deeds in (legs.deeds, sided or arms.deeds)
        )
        gesture = _lasting(arms.example, frames)
        if sided:
            opposed, opposite = mirror(gesture), [swap_sides(deed) for deed in does]
        else:
            opposed = _lasting(others.example, frames)
            opposite = [drawn_of(others.deeds, random) for _ in BLENDED_SENTENCES]
        take = f"{legs.example.take} {legs.example.first + first}{ARMS}{arms.example.take}"
        pairs.append(
            as_rivals(_blend(body, gesture, goes, does, take), _blend(body, opposed, goes, opposite, f"{take}{OTHER}"))
        )
    return pairs


def _parts(group: Sequence[Example], serves: Callable[[str], bool]) -> list[_Part]:
    """Return the examples of which a sentence tells a deed that serves, with those deeds."""
    parts = []
    for example in group:
        spoken = [sentence.text.rstrip(" .") for sentence in example.sentences if sentence.style is None]
        deeds = [phrase for text in spoken if (phrase := verb_phrase(text)) and serves(phrase)]
        if deeds and example.last - example.first >= SHORTEST_BLEND_FRAMES:
            parts.append(_Part(example, deeds))
    return parts


def drawn_of(some: Sequence[_Any], random: np.random.Generator) -> _Any:
    """Return one of some, each as likely."""
    return some[int(random.integers(len(some)))]


def _frames(part: _Part) -> int:
    return part.example.last - part.example.first


def _differ(one: _Part, other: _Part) -> bool:
    """Return whether no verb is told of both: `raises both hands` and `lifts both arms up` are one thing."""
    return not {main_verb(deed) for deed in one.deeds} & {main_verb(deed) for deed in other.deeds}


def _lasting(example: Example, frames: int) -> Motion:
    """Return an example's motion in so many frames: faster if it is longer, its last pose held if it is shorter."""
    motion = motion_of(example)
    joints = change_speed(motion.joints, max(1.0, len(motion.joints) / frames))
    return lasting(replace(motion, joints=joints), frames)


def _blend(body: Motion, arms: Motion, goes: Sequence[str], does: Sequence[str], take: str) -> Example:
    sentences = [
        Sentence(template.format(one, two, doing(one), doing(two)), style="")
        for template, one, two in zip(BLENDED_SENTENCES, goes, does, strict=True)
    ]
    return whole_example(with_arms(body, arms).joints, sentences, take)


def as_rivals(one: Example, other: Example) -> list[Example]:
    """Return the group of an example that is drawn with another, each the rival of the other."""
    return [replace(one, rival=replace(other, rival=one))]


def _spoken(part: Example, random: np.random.Generator) -> str:
    return drawn_of(part.sentences, random).text.rstrip(" .")


def deeds_of(part: Example) -> list[str]:
    """Return the sentences that tell one thing shortly, to which a number or a pace can be put."""
    return [text for sentence in part.sentences if verb_phrase(text := sentence.text.rstrip(" ."))]


def motion_of(part: Example) -> Motion:
    """Return the motion of an example's segment."""
    return Motion(part.joints[part.first : part.last], float(FPS), built_in_skeleton("somaskel30"))


def _join(first: Example, second: Example, spoken: Sequence[tuple[str, ...]]) -> Example:
    sentences = [
        Sentence(template.format(*parts), style="") for template, parts in zip(JOINED_SENTENCES, spoken, strict=True)
    ]
    return whole_example(
        join(motion_of(first), motion_of(second)).joints, sentences, f"{first.take}{JOINT}{second.take}"
    )


def _haste(part: Example, number: int) -> float:
    """Return how many times as fast a motion is to be done so often within the longest window."""
    return number * (part.last - part.first) / (LONGEST_FRAMES - (number - 1) * round(COUNT_SECONDS * FPS))


def _repeat(part: Example, number: int, haste: float, texts: Sequence[str]) -> Example:
    motion = motion_of(part)
    frames = int(len(motion.joints) / haste)
    motion = replace(motion, joints=change_speed(motion.joints, len(motion.joints) / frames))
    joints = reduce(lambda first, second: join(first, second, seconds=COUNT_SECONDS), [motion] * number).joints
    sentences = [
        Sentence(template.format(text), style="")
        for template, text in zip(COUNTED_SENTENCES[number], texts, strict=True)
    ]
    return whole_example(joints, sentences, f"{part.take} x{number}")


def _pace(part: Example, speed: float, which: int, texts: Sequence[str]) -> Example:
    joints = change_speed(part.joints[part.first : part.last], speed)
    sentences = [
        Sentence(template.format(text), style="") for template, text in zip(PACED_SENTENCES[which], texts, strict=True)
    ]
    return whole_example(joints, sentences, f"{part.take} {part.first} at {speed:.3f}")


def whole_example(joints: Float[np.ndarray, "frame 30 3"], sentences: Sequence[Sentence], take: str) -> Example:
    """Return an example of a motion that no take holds: the whole of it."""
    return Example(joints, 0, len(joints), tuple(sentences), take, action=take)


def _can_be_joined(example: Example) -> bool:
    return SHORTEST_PART_FRAMES <= example.last - example.first <= LONGEST_PART_FRAMES
