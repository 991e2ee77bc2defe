"""Check: what would be trained on, counted and told before any training."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import MOST_SHOWN
from tmr.motion.captions import side_words
from tmr.motion.dataset import SPLITS
from tmr.motion.prepare import PreparedClip, select
from tmr.motion.telling import count_of, first_few
from tmr.training.data.holdout import HeldOut, normalised
from tmr.training.data.loading import FPS, Prepared

LONGEST_WORDS = 40
"""Longer sentences are cut by the text encoders, at some number of word pieces near this."""


def describe(title: str, prepared: Prepared, held_out: HeldOut) -> list[str]:
    """Return the lines of a report on a dataset: what is in it, how it is split, and what is left out and why."""
    lines = [title, *prepared.notes, "", *_counts(prepared.clips, held_out), f"held out to choose by: {held_out.how}"]
    lines += ["", *_sentences(prepared.clips), *_shared(prepared.clips, held_out)]
    if prepared.left_out:
        lines += ["", f"left out: {len(prepared.left_out):,}", *tell_left_out(prepared.left_out)]
    return lines


def tell_left_out(left_out: Sequence[LeftOut]) -> list[str]:
    """Return a line for each reason, or each thing if its reason is its own; at most 20, and a count of the rest."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for row in left_out:
        by_reason[row.reason].append(row.name)
    lines = []
    for reason, names in by_reason.items():
        if len(names) == 1:
            lines.append(f"  {names[0]}: {reason}")
        else:
            lines.append(f"  {len(names):,} × {reason}: {first_few(names)}")
    if (more := len(lines) - MOST_SHOWN) > 0:
        return [*lines[:MOST_SHOWN], f"  and {more:,} more reasons"]
    return lines


def _counts(clips: Sequence[PreparedClip], held_out: HeldOut) -> list[str]:
    parts = {"train": held_out.training, "validation": held_out.validation, "test": select(clips, "test")}
    lines = [f"{'part':<12}{'clips':>8}{'hours':>8}{'sentences':>11}{'subjects':>10}"]
    for name in SPLITS:
        part = parts[name]
        hours = sum(len(clip.joints) for clip in part) / FPS / 3600
        sentences = sum(len(clip.info.captions) for clip in part)
        subjects = len({clip.info.subject for clip in part if clip.info.subject})
        lines.append(f"{name:<12}{len(part):>8,}{hours:>8.2f}{sentences:>11,}{subjects:>10,}")
    labelled = sum(bool(clip.info.action) for clip in clips)
    if labelled:
        counted = count_of(labelled, "clip has", "clips have")
        lines.append(f"{counted} an action label in place of sentences, which are written from it")
    return lines


def _sentences(clips: Sequence[PreparedClip]) -> list[str]:
    texts = [caption.text for clip in clips for caption in clip.info.captions]
    if not texts:
        return []
    words = np.array([len(text.split()) for text in texts])
    different = len({normalised(text) for text in texts})
    lines = [
        f"sentences: {len(texts):,}, {different:,} different; {int(words.min())} to {int(words.max())} words, "
        f"half of them at most {int(np.median(words))}"
    ]
    if long := int((words > LONGEST_WORDS).sum()):
        counted = count_of(long, "has", "have")
        lines.append(f"{counted} over {LONGEST_WORDS} words; the end of a sentence may not be read")
    sides = Counter(word for text in texts for word in set(side_words(text)))
    left = sum(count for word, count in sides.items() if "left" in word)
    right = sum(count for word, count in sides.items() if "right" in word)
    lines.append(f"a side is named in: left {left:,}, right {right:,} (every motion is trained on mirrored too)")
    # The package's text encoders were made for English; letters are what can be told of a language without a model.
    foreign = [text for text in texts if not _is_latin(text)]
    if foreign:
        counted = count_of(len(foreign), "is", "are")
        lines.append(f"{counted} not in Latin letters, {foreign[0]!r}, say; texts are read as English")
    return lines


def _is_latin(text: str) -> bool:
    return all(not letter.isalpha() or ord(letter) < 0x250 for letter in text)


def _shared(clips: Sequence[PreparedClip], held_out: HeldOut) -> list[str]:
    """Return lines on what stands on both sides of a split."""
    lines = []
    trained = _texts(held_out.training)
    for name, part in (("validation", held_out.validation), ("test", select(clips, "test"))):
        if part and (both := trained & _texts(part)):
            counted = count_of(len(both), f"sentence of {name} is", f"sentences of {name} are")
            lines.append(f"{counted} said in train too: {first_few([repr(text) for text in sorted(both)])}")
        people = {clip.info.subject for clip in part if clip.info.subject}
        if people and (same := people & {clip.info.subject for clip in held_out.training}):
            verb = "is" if len(same) == 1 else "are"
            lines.append(f"{len(same):,} of {count_of(len(people), 'subject')} of {name} {verb} in train too")
    return lines


def _texts(clips: Iterable[PreparedClip]) -> set[str]:
    return {normalised(caption.text) for clip in clips for caption in clip.info.captions}
