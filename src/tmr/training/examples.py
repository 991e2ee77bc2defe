"""Examples: segments of clips with the sentences that fit them, grouped so that repeats do not drown the rest."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError
from tmr.motion.captions import captions_from_labels, captions_from_name
from tmr.motion.label_wordings import wordings_from_labels
from tmr.motion.prepare import PreparedClip
from tmr.motion.procedural import other_wordings, procedural_library
from tmr.motion.procedural.library import MORE
from tmr.training.recipes import PROCEDURAL

FPS = 30
# How often a sentence of a kind is drawn, beside the others of its segment's clip. What a subject did over all trials
# says too little of one segment to teach from; a trial's terse line is not exact for a short window of a long trial.
SEGMENT_WEIGHTS = {
    "caption": 1.0, "humanml3d": 1.0, "kitml": 1.0, "babel": 1.0, "seed": 1.0, "babel_sequence": 0.4, "cmu_trial": 0.4
}  # fmt: skip
OWN_KIND = "caption"
# Of a long clip, such a line tells what happens somewhere in it.
LOOSE_KINDS = ("cmu_trial", "babel_sequence")
LONGEST_TRIAL_SECONDS = 15.0
LABEL_KINDS = ("class_name", "file_name")
KINDS = (*SEGMENT_WEIGHTS, "cmu_subject", *LABEL_KINDS)


@dataclass(frozen=True)
class Sentence:
    """A text of an example.

    Args:
        text: What is said.
        style: The style it tells, or None where it leaves the style open.
    """

    text: str
    style: str | None


@dataclass(frozen=True, eq=False)
class Example:
    """A segment and its sentences.

    Args:
        joints: The whole clip on SOMA-30 at 30 fps, metres.
        first: First frame of the segment.
        last: One past its last frame.
        sentences: What may be said of it.
        take: The clip's id; segments of one take that overlap are no negatives of each other.
        action: Label by which rows are compared; empty where only the texts can tell.
        weight: How often it is drawn beside the others of its group.
        rival: What it is most easily taken for: the same two motions in the other order, the same motion in another
            number or at another pace (`tmr.training.composed`). At one place stands the same sentence of both, but for
            what tells them apart; two styles are told each in its own words.
        wordings: What else people would type for it, in words that its sentences do not have.
    """

    joints: Float[np.ndarray, "frame 30 3"]
    first: int
    last: int
    sentences: tuple[Sentence, ...]
    take: str
    action: str = ""
    weight: float = 1.0
    rival: "Example | None" = None
    wordings: tuple[Sentence, ...] = ()


Groups = dict[str, list[list[Example]]]


def all_examples(groups: Groups) -> list[Example]:
    """Return the examples of all sources, without the rivals that come with them."""
    return [example for source in groups.values() for group in source for example in group]


def build_examples(clips: Sequence[PreparedClip], procedural_variations: int, seed: int) -> Groups:
    """Return for each source the groups that it is drawn by: a group first, then an example of it.

    A group is one CMU segment, one pair of action and style of Bandai, one class of HDM05, one procedural motion, the
    same sentences in the user's own data: a pair that was recorded forty times is drawn as often as one that was
    recorded once.

    Raises:
        DatasetError: If a clip has neither captions nor labels, or a caption of an unknown kind or past its end.
    """
    groups: dict[str, dict[str, list[Example]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        info = clip.info
        if info.action:
            sentences = tuple(
                Sentence(text, info.style if tells else None)
                for text, tells in captions_from_labels(info.action, info.style)
            )
            wordings = tuple(Sentence(text, info.style) for text in wordings_from_labels(info.action, info.style))
            example = Example(clip.joints, 0, len(clip.joints), sentences, info.id, info.action, wordings=wordings)
            groups[info.pack][f"{info.action} {info.style}"].append(example)
        elif not info.captions:
            raise DatasetError(f"clip {info.id} has no captions and no action; it cannot be trained on")
        elif info.captions[0].kind in LABEL_KINDS:
            label = info.captions[0].text
            sentences = tuple(Sentence(text, None) for text in captions_from_name(label))
            groups[info.pack][label].append(Example(clip.joints, 0, len(clip.joints), sentences, info.id, label))
        else:
            for number, example in enumerate(_segments(clip)):
                groups[info.pack][_group(clip, example, number)].append(example)
    if procedural_variations:
        more = {entry.name for entry in MORE}
        for labelled in procedural_library(seed=seed + 1, variations=procedural_variations):
            # Variations are numbered at the end of the name; `swap_sides` finds a side between hyphens.
            name = re.sub(r"_\d+$", "", labelled.name)
            action = f"procedural-{name.replace('_', '-')}"
            sentences = tuple(Sentence(text, None) for text in labelled.captions)
            joints = labelled.motion.joints
            take, wordings = f"procedural/{labelled.name}", tuple(Sentence(text, None) for text in other_wordings(name))
            example = Example(joints, 0, len(joints), sentences, take, action, wordings=wordings)
            groups[PROCEDURAL[name in more]][action].append(example)
    return {source: list(by_key.values()) for source, by_key in groups.items()}


def paraphrases(sentences: Sequence[Sequence[str]], held_out: Collection[str]) -> list[tuple[str, ...]]:
    """Return the clips of which two sentences at least are known, without those that a held-out sentence is said of.

    Args:
        sentences: Of each clip, as `read_sentences` returns them.
        held_out: The captions of validation and test: their paraphrases are not to be learnt.
    """
    known = {text.strip().lower() for text in held_out}
    return [
        tuple(texts) for texts in sentences if len(texts) > 1 and not any(t.strip().lower() in known for t in texts)
    ]


def _group(clip: PreparedClip, example: Example, number: int) -> str:
    """Return what a segment is drawn by: itself, or in the user's own data what is said of it, once for all takes."""
    if clip.info.captions[0].kind != OWN_KIND:
        return f"{clip.info.id} {number}"
    return "\n".join(sorted(sentence.text for sentence in example.sentences))


def _segments(clip: PreparedClip) -> list[Example]:
    spans: dict[tuple[float, float], list[Sentence]] = defaultdict(list)
    weights: dict[tuple[float, float], float] = defaultdict(float)
    for caption in clip.info.captions:
        if caption.kind not in KINDS:
            raise DatasetError(
                f"clip {clip.info.id}: caption {caption.text!r} is of kind {caption.kind!r}; "
                f"expected one of {', '.join(KINDS)}"
            )
        if caption.start_seconds * FPS >= len(clip.joints):
            raise DatasetError(
                f"clip {clip.info.id}: caption {caption.text!r} begins at {caption.start_seconds:g} s, but the clip "
                f"lasts {len(clip.joints) / FPS:g} s"
            )
        weight = SEGMENT_WEIGHTS.get(caption.kind, 0.0)
        span = (caption.start_seconds, caption.end_seconds)
        if weight and not (caption.kind in LOOSE_KINDS and span[1] - span[0] > LONGEST_TRIAL_SECONDS):
            spans[span].append(Sentence(caption.text, None))
            weights[span] = max(weights[span], weight)
    examples = []
    for (start, end), sentences in spans.items():
        first = min(round(start * FPS), len(clip.joints) - 1)
        last = min(max(round(end * FPS), first + 1), len(clip.joints))
        examples.append(Example(clip.joints, first, last, tuple(sentences), clip.info.id, weight=weights[(start, end)]))
    return examples


def change_speed(joints: Float[np.ndarray, "frame 30 3"], speed: float) -> Float[np.ndarray, "new_frame 30 3"]:
    """Return the joints played so many times as fast at the same frame rate, linear between frames."""
    count = max(1, round(len(joints) / speed))
    times = np.linspace(0, len(joints) - 1, count)
    low = np.floor(times).astype(int)
    high = np.minimum(low + 1, len(joints) - 1)
    share = (times - low).astype(np.float32)[:, None, None]
    return joints[low] * (1 - share) + joints[high] * share
