"""Corpus: what a run trains on and what it validates on, read from a dataset."""

import hashlib
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.captions import unique_texts, without_sides
from tmr.motion.dataset import read_sentences
from tmr.motion.prepare import PreparedClip, select
from tmr.training.augment import source_shares
from tmr.training.bent import bend_examples
from tmr.training.composed import blend_examples, count_examples, join_examples, pace_examples
from tmr.training.data.find import TrainingData
from tmr.training.data.holdout import hold_out
from tmr.training.data.loading import show_reading
from tmr.training.examples import Example, Groups, all_examples, build_examples, paraphrases
from tmr.training.fragments import fragments
from tmr.training.recipes import COMPOSED, PROCEDURAL, TrainConfig
from tmr.training.styled import style_examples


@dataclass(eq=False)
class Corpus:
    """What a run trains on and what it validates on.

    Args:
        groups: The examples of each source, by what they show.
        validation: Clips that are held out of `train` to choose by.
        paraphrases: Sentences of each clip whose motion is not there.
        left_out: Clips and captions that cannot be used, with the reason.
        notes: What else is worth knowing of the data, one sentence each.
        held_out: How the validation part was cut, in one sentence.
        config: How they are drawn.
    """

    groups: Groups
    validation: list[PreparedClip]
    paraphrases: list[tuple[str, ...]]
    left_out: list[LeftOut]
    notes: list[str]
    held_out: str
    config: TrainConfig

    @property
    def texts(self) -> list[str]:
        """Every sentence that may be drawn."""
        captions = (
            sentence.text
            for example in all_examples(self.groups)
            for part in (example, example.rival)
            if part is not None
            for sentence in part.sentences
        )
        spoken = list(itertools.chain(*self.paraphrases))
        alone = [example for example in all_examples(self.groups) if example.rival is None]
        others = [sentence.text for example in alone for sentence in example.sentences]
        if self.config.untold_sides:
            others += [without_sides(text) for text in others]
        if self.config.wordings:
            others += [wording.text for example in alone for wording in example.wordings]
        if self.config.fragments:
            others += [short for text in others for short in fragments(text)]
            spoken += [short for text in spoken for short in fragments(text)[:1]]
        return unique_texts(itertools.chain(captions, others, spoken))

    @property
    def recorded(self) -> Groups:
        """The groups of the sources that are drawn, but for those of what is composed of several motions."""
        return {source: self.groups[source] for source in self.shares if source not in COMPOSED}

    @property
    def shares(self) -> dict[str, float]:
        """Each source that is drawn, and how much of a batch comes from it."""
        return source_shares(self.groups, self.config.mixture)

    @property
    def captions(self) -> set[str]:
        """Every sentence that is drawn with a motion, but for those of what is composed of several motions."""
        drawn = all_examples(self.recorded)
        told = {sentence.text for example in drawn for sentence in example.sentences}
        return told | {wording.text for example in drawn for wording in example.wordings if self.config.wordings}

    @property
    def library_captions(self) -> set[str]:
        """The captions of the procedural library that are drawn."""
        drawn = all_examples({source: groups for source, groups in self.recorded.items() if source in PROCEDURAL})
        return {sentence.text for example in drawn for sentence in example.sentences}

    @property
    def fingerprint(self) -> str:
        """Digits that tell what is learnt and chosen by from other data, by its names, spans and words."""
        digest = hashlib.sha256()
        for source, groups in self.recorded.items():
            for example in itertools.chain.from_iterable(groups):
                said = [sentence.text for sentence in (*example.sentences, *example.wordings)]
                told = [source, example.take, example.action, example.first, example.last, *said]
                digest.update(repr(told).encode())
        for clip in self.validation:
            digest.update(repr([clip.info.id, clip.info.action, *clip.info.captions]).encode())
        return digest.hexdigest()[:16]

    @property
    def with_rivals(self) -> list[Example]:
        """The examples that have a rival."""
        return [example for example in all_examples(self.groups) if example.rival is not None]


def read_corpus(data: TrainingData, cache: Path, config: TrainConfig) -> Corpus:
    """Return what a recipe trains on.

    Args:
        data: What there is.
        cache: Keeps the retargeted motions.
        config: Says what is held out, joined and drawn.

    Raises:
        DatasetError: If the data cannot be used, or lacks what the recipe draws from.
    """
    prepared = data.prepare(cache, show_progress=show_reading)
    parts = hold_out(prepared.clips, config.validation_subjects, config.validation_share)
    # Their sentences have word vectors too, which take a while: only if they are drawn from.
    composed = bool({*PROCEDURAL} & {*config.joined_from}) and config.joined + config.paced > 0
    shares = sum(config.mixture.get(source, 0.0) for source in PROCEDURAL)
    drawn = shares > 0 or composed or config.counted + config.blended + config.bent > 0
    if drawn:
        print("making the procedural library, and what is composed", file=sys.stderr, flush=True)
    groups = build_examples(parts.training, config.procedural_variations if drawn else 0, config.seed)
    # Composed examples too are made of nothing that a recipe does not name: its licence may depend on that.
    named = {"procedural", *(source for source, share in config.mixture.items() if share > 0), *config.joined_from}
    able = {source: found for source, found in groups.items() if source in named}
    pairs = {
        "joined": join_examples(able, config.joined_from, config.joined, config.seed),
        "counted": count_examples(able, config.counted, config.seed),
        "paced": pace_examples(able, config.joined_from, config.paced, config.seed),
        "blended": blend_examples(able, config.blended, config.seed),
        "bent": bend_examples(able, config.bent, config.seed),
        "styled": style_examples(able, config.styled, config.seed),
    }
    groups |= {source: found for source, found in pairs.items() if found}
    shown = [group for source in source_shares(groups, config.mixture) for group in groups[source]]
    if len(shown) < 2 or len({sentence.text for group in shown for sentence in group[0].sentences}) < 2:
        raise DatasetError(
            f"{data.folder}: the same is said of all {len(parts.training):,} motions to learn from, so nothing can be "
            "told apart; add motions of which something else is said, or draw the procedural library beside them, "
            "--share procedural=0.15"
        )
    held_out = [*parts.validation, *select(prepared.clips, "test")]
    spoken = _paraphrases(data.folder, held_out, config) if config.paraphrases else []
    return Corpus(groups, parts.validation, spoken, prepared.left_out, prepared.notes, parts.how, config)


def _paraphrases(data: Path, held_out: Sequence[PreparedClip], config: TrainConfig) -> list[tuple[str, ...]]:
    captions = {caption.text for clip in held_out for caption in clip.info.captions}
    found = paraphrases(read_sentences(data)[:: config.paraphrase_stride], captions)
    if len(found) < config.paraphrases:
        raise DatasetError(
            f"{data} has {len(found)} clips with two sentences in *_captions.jsonl.gz; the recipe draws "
            f"{config.paraphrases} a step: add such a file, or train without, --paraphrases 0"
        )
    return found
