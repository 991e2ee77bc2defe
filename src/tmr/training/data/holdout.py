"""Hold out: the part of the training data that checkpoints are chosen by, which shares no sentence with the rest."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tmr.motion.captions import swap_sides
from tmr.motion.prepare import PreparedClip, select
from tmr.motion.telling import count_of
from tmr.training.recipes import PACKS, PROCEDURAL

RECIPE_PACKS = frozenset(PACKS) - {*PROCEDURAL}
"""The packs that the recipes are made for: their validation part is named by the recipes."""

FEWEST_SUBJECTS = 5
"""With fewer people, one that is held out takes too much with it: takes are held out instead."""

FEWEST_CLIPS = 8
"""Recall among fewer clips chooses nothing."""


@dataclass(frozen=True)
class HeldOut:
    """The two parts of the data, and how they were cut, in one sentence."""

    training: list[PreparedClip]
    validation: list[PreparedClip]
    how: str


def hold_out(clips: Sequence[PreparedClip], subjects: Sequence[str], share: float) -> HeldOut:
    """Return the clips to learn from and the clips to choose by.

    The data's own `validation` split is used if it names one. Else the packs that the recipes are made for give the
    recipe's subjects, with one labelled take in twenty. Other data gives a share of its own people, or of its takes
    where it has few people: always the same ones. A sentence of these that the rest has too, word for word or mirrored,
    counts no more.

    Args:
        clips: Of all splits; those of `test` are in neither part.
        subjects: People of `train` to hold out; if there are none, nothing is held out.
        share: Of the clips of `train`, where nothing is of these packs.
    """
    training = select(clips, "train")
    if named := select(clips, "validation"):
        shared = _num_shared(named, training)
        how = f"its own `validation` split, {count_of(len(named), 'clip')}; train says {shared:,} of its sentences"
        return HeldOut(training, named, how)
    if not subjects or share <= 0:
        return HeldOut(training, [], "nothing, as asked")
    known = [clip for clip in training if _is_of_recipe(clip, subjects)]
    if known:
        names = {clip.info.id for clip in known}
        rest = [clip for clip in training if clip.info.id not in names]
        return HeldOut(rest, known, f"the recipe's subjects and labelled takes, {count_of(len(known), 'clip')}")
    return _hold_out_share(training, share)


def _is_of_recipe(clip: PreparedClip, subjects: Sequence[str]) -> bool:
    # Subject 6 of somebody else's data is another person.
    if clip.info.pack not in RECIPE_PACKS:
        return False
    labelled_take = clip.info.action != "" and zlib.crc32(clip.info.id.encode()) % 20 == 0
    return clip.info.subject in subjects or labelled_take


def _hold_out_share(clips: list[PreparedClip], share: float) -> HeldOut:
    people = {clip.info.subject for clip in clips if clip.info.subject}
    by_subject = len(people) >= FEWEST_SUBJECTS
    chosen = _choose(clips, share, lambda clip: clip.info.subject or clip.info.id) if by_subject else []
    if not chosen:
        by_subject = False
        chosen = _choose(clips, share, lambda clip: clip.info.id)
    names = {clip.info.id for clip in chosen}
    rest = [clip for clip in clips if clip.info.id not in names]
    said = _sentences(rest)
    validation = [kept for clip in chosen if (kept := _without(clip, said)) is not None]
    if len(validation) < FEWEST_CLIPS:
        leave = count_of(len(clips), "clip leaves", "clips leave")
        why = f"{share:.0%} of {leave} {len(validation)} with sentences of their own, too few"
        return HeldOut(clips, [], f"nothing: {why}; give some rows the split `validation` to choose checkpoints by")
    unused = len(chosen) - len(validation)
    if not by_subject:
        # All that is said of these is in the rest already: they bring no sentence back.
        used = {clip.info.id for clip in validation}
        rest = [clip for clip in clips if clip.info.id not in used]
    if by_subject:
        held = len({clip.info.subject for clip in validation if clip.info.subject})
        how = f"{held} of {count_of(len(people), 'subject')}"
        unused_told = (
            f"; {count_of(unused, 'clip of theirs is', 'clips of theirs are')} used for neither" if unused else ""
        )
        return HeldOut(rest, validation, f"{how}, {len(validation):,} clips whose sentences train lacks{unused_told}")
    return HeldOut(rest, validation, f"{len(validation):,} of {len(clips):,} clips, whose sentences train lacks")


def _choose(clips: Sequence[PreparedClip], share: float, group: Callable[[PreparedClip], str]) -> list[PreparedClip]:
    """Return whole groups, in an order that is the same for the same names, until the share is reached."""
    groups: dict[str, list[PreparedClip]] = defaultdict(list)
    for clip in clips:
        groups[group(clip)].append(clip)
    wanted, chosen = share * len(clips), []
    for name in sorted(groups, key=lambda name: (zlib.crc32(name.encode()), name)):
        if len(chosen) >= wanted:
            break
        # One group alone should not take more than twice what is asked for.
        if len(chosen) + len(groups[name]) <= max(2 * wanted, 1):
            chosen += groups[name]
    return chosen


def _without(clip: PreparedClip, said: set[str]) -> PreparedClip | None:
    """Return a clip without the sentences that are said of others; None if it had some and none is left."""
    captions = tuple(caption for caption in clip.info.captions if not _ways(caption.text) & said)
    if clip.info.captions and not captions:
        return None
    return replace(clip, info=replace(clip.info, captions=captions))


def _num_shared(clips: Sequence[PreparedClip], others: Sequence[PreparedClip]) -> int:
    said = _sentences(others)
    return sum(bool(_ways(caption.text) & said) for clip in clips for caption in clip.info.captions)


def _sentences(clips: Sequence[PreparedClip]) -> set[str]:
    return {normalised(caption.text) for clip in clips for caption in clip.info.captions}


def _ways(text: str) -> set[str]:
    """Return a sentence and its mirrored twin, which training says too, as they are compared."""
    return {normalised(text), normalised(swap_sides(text))}


def normalised(text: str) -> str:
    """Return a sentence as it is compared with others: letter case, blanks and a full stop do not count."""
    return " ".join(text.casefold().split()).rstrip(" .")
