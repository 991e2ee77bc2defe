"""Recipes: what is trained, on what, for how long; a recipe is a function that returns the two configurations."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tmr.model.config import ModelConfig


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Args:
        recipe: The name of the recipe.
        seed: Of weights, batches and dropout; a step draws from (seed, step), so a resumed run is the same run.
        steps: Optimiser steps.
        batch_size: Pairs a step, mirrored twins included.
        parts: In how many parts a batch is computed, one after the other or on as many GPUs: less memory and the same
            loss, in which every row still has all others as negatives. Each part has dropout of its own.
        precision: What the encoders compute in: `float32`, `bfloat16`, or `auto`: bfloat16 where the device has it.
        mixture: Share of the batch from each source: a pack's name, or one of `PROCEDURAL` and `COMPOSED`.
        twin_share: Share of the batch that is the mirror image of another row, with left and right swapped in its text.
        validation_subjects: CMU subjects of `train` that are held out to choose by; empty trains on all of `train`.
        validation_share: Share of `train` that is held out of data that the recipes are not made for.
        learning_rate: The peak, reached after `warmup_steps`.
        warmup_steps: Steps of a linear rise to the peak.
        schedule: After the rise: `cosine` falls to zero along half a cosine, `constant` stays.
        pretrained_rate: Share of the learning rate for weights that come from another model (`--from`).
        weight_decay: AdamW's, on matrices.
        second_moment_decay: AdamW's second beta.
        largest_gradient: A longer gradient is scaled down to this length; 0 leaves it as it is.
        average_decay: Of the exponential moving average of the weights, which is what is validated and shipped; 0 takes
            the weights themselves.
        text_duplicate_similarity: Two texts above this cosine by the frozen backbone are no negatives of each other.
        duplicates: What else is no negative: `content` knows that texts of other sides differ, and leaves out the same
            action and overlapping parts of a take; `texts` goes by the texts' cosine alone.
        temperature: Of the contrastive loss at the start.
        learnt_temperature: Whether it is learnt from there, never under 0.02.
        contrastive_weight: Of the contrastive loss between motions and texts.
        rival_weight: Of the loss of telling a row from its mirror image, or from the same motions in the other order.
        sampled: Whether what is compared and decoded is a draw from the posterior, as in a VAE, or its mean.
        reconstruction_weight: Of the motion decoded from the motion's and from the text's point; 0 has no decoder.
        divergence_weight: Of the posteriors' divergences from each other and from the standard normal distribution.
        latent_weight: Of the distance between the motion's and the text's point.
        crop_share: The shortest random crop of a segment, as a share of its length.
        speed_change: Motions are played up to this much faster or slower.
        joint_noise_metres: Standard deviation of an offset of each joint, fixed within a clip (other bodies).
        body_share: How often a motion is varied as if it came from another body (`tmr.motion.vary`).
        motion_token_dropout: Share of a motion's tokens that the encoder does not see in a step.
        text_token_dropout: The same for a text's.
        paraphrases: Pairs of sentences about one clip that are drawn a step from the sentences without motion.
        paraphrase_stride: Every so-manieth clip of the sentences without motion is used: the word vectors of all 43,027
            sentences of HumanML3D take a quarter of an hour on two cores.
        paraphrase_weight: Of their contrastive loss beside the one of motions and texts.
        procedural_variations: Sampled versions of each procedural motion.
        joined: Pairs of motions that are joined in time, in both orders: the source `joined` of the mixture.
        joined_from: The sources whose motions are joined or paced, drawn alike; one may stand here twice.
        counted: Pairs of a motion done once, twice or three times: the source `counted` of the mixture.
        paced: Pairs of a motion slowed down and sped up: the source `paced` of the mixture.
        blended: Pairs of a walk, a run or the like with the arms of two gestures: the source `blended` of the mixture.
        bent: Pairs of a walk or a run along two ways: the source `bent` of the mixture.
        styled: Pairs of takes of one action in two styles: the source `styled` of the mixture.
        rival_sentences: Examples of `COMPOSED` of which a step compares the sentences alone: two ways to tell one say
            the same, and what is said of its rival does not. Only with a `paraphrase_weight`.
        untold_sides: How often a sentence that names one side is drawn without it, as most people tell it.
        fragments: How often a sentence is drawn as people type it, `waving` and `wave` for `a person waves`, and the
            second one of a pair of paraphrases as `waving`.
        wordings: How often a motion of the procedural library, or a labelled take, is told in another wording than its
            captions (`tmr.motion.procedural.other_wordings`, `tmr.motion.label_wordings`).
        near_words: Whether the model is to read verbs that no caption has as the nearest that one has.
        library_verbs: Whether a verb of a single caption of the procedural library counts as learnt: such a caption is
            drawn a hundred times, and who beckons does not wave.
        caption_memory: Whether the trained model gets a memory of the captions that it learnt from, if the procedural
            library is among what it draws.
        validate_every: Steps between validations and checkpoints.
        keep: `last` keeps the averaged weights after the last step, `best` those of the best validation.
        patience: Training ends after so many validations without a better score; 0 goes on to the last step.
    """

    recipe: str
    seed: int = 0
    steps: int = 1200
    batch_size: int = 64
    parts: int = 1
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    mixture: dict[str, float] = field(default_factory=lambda: {"procedural": 1.0})
    twin_share: float = 0.25
    validation_subjects: tuple[str, ...] = ("6", "10", "32", "38", "85", "139")
    validation_share: float = 0.1
    learning_rate: float = 4e-4
    warmup_steps: int = 50
    schedule: Literal["cosine", "constant"] = "cosine"
    pretrained_rate: float = 0.25
    weight_decay: float = 0.05
    second_moment_decay: float = 0.98
    largest_gradient: float = 1.0
    average_decay: float = 0.99
    text_duplicate_similarity: float = 0.85
    duplicates: Literal["content", "texts"] = "content"
    temperature: float = 0.07
    learnt_temperature: bool = True
    contrastive_weight: float = 1.0
    rival_weight: float = 0.0
    sampled: bool = False
    reconstruction_weight: float = 0.0
    divergence_weight: float = 0.0
    latent_weight: float = 0.0
    crop_share: float = 0.75
    speed_change: float = 0.12
    joint_noise_metres: float = 0.005
    body_share: float = 0.0
    motion_token_dropout: float = 0.0
    text_token_dropout: float = 0.0
    paraphrases: int = 0
    paraphrase_stride: int = 1
    paraphrase_weight: float = 0.5
    procedural_variations: int = 12
    joined: int = 0
    joined_from: tuple[str, ...] = ("cmu", "cmu", "bandai", "procedural")
    counted: int = 0
    paced: int = 0
    blended: int = 0
    bent: int = 0
    styled: int = 0
    rival_sentences: int = 0
    untold_sides: float = 0.0
    fragments: float = 0.0
    wordings: float = 0.0
    near_words: bool = False
    library_verbs: bool = False
    caption_memory: bool = False
    validate_every: int = 100
    keep: Literal["last", "best"] = "last"
    patience: int = 0


PROCEDURAL = ("procedural", "procedural_more")
"""The sources of the procedural library: what models learn first, and `MORE`, which has a share of its own."""

COMPOSED = ("joined", "counted", "paced", "blended", "bent", "styled")
"""Sources that are made of the others, as many pairs as the setting of the same name says."""

PACKS = {"cmu": 0.5, "bandai": 0.3, "procedural": 0.12, "hdm05": 0.06, "ad_head": 0.02}


def patches(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the plainest training of ours: one token per four frames, four motion and two text layers."""
    return _PATCHES, TrainConfig(recipe="patches", seed=seed, mixture=PACKS)


def published(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the training of `patches` with the published architecture at full size.

    One token a frame, six layers a side, two distribution tokens of which the second is not trained: 4.8 million
    weights for motions, and for texts 4.8 with MiniLM's vectors (5.8 with the 4096 numbers of the published LLM's).
    """
    return _PUBLISHED, TrainConfig(recipe="published", seed=seed, mixture=PACKS)


def tmr_paper(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return TMR as it was published, on this project's features, texts and data: what ours is compared with.

    Posteriors that are sampled, a motion decoder, the paper's losses and their weights, AdamW at a constant 1e-4
    without clipping or averaging, batches of 32, whole segments, half of them mirrored as in HumanML3D. What differs:

    - MiniLM in place of DistilBERT (word vectors) and of MPNet (likeness of sentences). The paper's threshold of 0.8
      is a cosine of 0.6: its code takes 2 · 0.8 - 1. MiniLM was trained on the same pairs of sentences with the same
      loss as MPNet, so its cosines are held against the same 0.6.
    - Rows are drawn by the mixture of `patches`, as many as there, so that both see the same data as often.

    Source:
        Petrovich, Black, Varol: TMR, ICCV 2023, and the weights in its public code.
    """
    training = TrainConfig(
        recipe="tmr_paper", seed=seed, mixture=PACKS, steps=2400, batch_size=32, twin_share=0.0,
        learning_rate=1e-4, warmup_steps=0, schedule="constant", weight_decay=0.01, second_moment_decay=0.999,
        largest_gradient=0.0, average_decay=0.0, text_duplicate_similarity=0.6, duplicates="texts", temperature=0.1,
        learnt_temperature=False, contrastive_weight=0.1, sampled=True, reconstruction_weight=1.0,
        divergence_weight=1e-5, latent_weight=1e-5, crop_share=1.0, speed_change=0.0, joint_noise_metres=0.0,
        validate_every=200,
    )  # fmt: skip
    return _PUBLISHED, training


def augmented(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the first part of the training of the package's model: one token per eight frames, and more of the data.

    Beside `patches`: motions in two orders, told apart with and without the motion; motions as other bodies would have
    them, paraphrases without motion, motion tokens left out, and a loss of its own for what is most easily mixed up:
    sides and order here, number and pace in the parts that follow (docs/lab-notes.md compares them).
    """
    training = TrainConfig(
        recipe="augmented", seed=seed, steps=1400, batch_size=72, twin_share=0.3, average_decay=0.995,
        precision="auto",
        mixture={"cmu": 0.44, "bandai": 0.18, "procedural": 0.13, "hdm05": 0.04, "ad_head": 0.01, "joined": 0.2},
        crop_share=0.85, speed_change=0.06, body_share=0.5, motion_token_dropout=0.2, paraphrases=40,
        paraphrase_weight=0.3, joined=800, rival_sentences=16, rival_weight=0.5, near_words=True,
    )  # fmt: skip
    return dataclasses.replace(_PATCHES, patch_frames=8, text_order="done"), training


def augmented_whole(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the second part of `default`, which goes on `--from` the model of `augmented`: everything there is.

    The whole library, numbers and paces, arms and legs at once, bent ways, more of other bodies; and sentences as
    people type them, which leave untold which side, or who does it.
    """
    mixture = {
        "cmu": 0.32, "bandai": 0.10, "procedural": 0.12, "procedural_more": 0.16, "hdm05": 0.02, "ad_head": 0.01,
        "joined": 0.08, "counted": 0.03, "paced": 0.04, "blended": 0.04, "bent": 0.03, "styled": 0.05,
    }  # fmt: skip
    model, training = _whole(augmented(seed), "augmented_whole", 2200, mixture)
    return model, dataclasses.replace(training, styled=_STYLED)


def open_sources(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return `augmented` on what may be used commercially without share-alike: the first part of `open`.

    Number and pace are drawn from the first step on.

    Without Bandai (CC BY-NC) and HDM05 (CC BY-SA): CMU, AnimatedDrawings, the procedural library and the sentences of
    HumanML3D.
    """
    model, training = augmented(seed)
    mixture = {"cmu": 0.5, "procedural": 0.19, "ad_head": 0.01, "joined": 0.14, "counted": 0.06, "paced": 0.1}
    return model, dataclasses.replace(
        training, recipe="open", steps=1000, mixture=mixture, joined_from=("cmu", "cmu", "procedural"),
        counted=_COUNTED, paced=_PACED,
    )  # fmt: skip


def open_whole(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the second part of `open`, `--from` the first, as `augmented_whole`."""
    mixture = {
        "cmu": 0.37, "procedural": 0.15, "procedural_more": 0.2, "ad_head": 0.01,
        "joined": 0.1, "counted": 0.04, "paced": 0.05, "blended": 0.05, "bent": 0.03,
    }  # fmt: skip
    return _whole(open_sources(seed), "open_whole", 1600, mixture)


def _whole(
    first: tuple[ModelConfig, TrainConfig], name: str, steps: int, mixture: dict[str, float]
) -> tuple[ModelConfig, TrainConfig]:
    model, training = first
    spoken = tuple(source for source in ("cmu", "cmu", "bandai", *PROCEDURAL) if source in mixture)
    return model, dataclasses.replace(
        training, recipe=name, steps=steps, mixture=mixture, joined=2400, joined_from=spoken, counted=_COUNTED,
        paced=_PACED, blended=_BLENDED, bent=_BENT, rival_weight=0.7, body_share=0.7, untold_sides=0.3,
        fragments=0.3, wordings=0.4, library_verbs=True, caption_memory=True, warmup_steps=30, pretrained_rate=0.6,
    )  # fmt: skip


_COUNTED, _PACED, _BLENDED, _BENT, _STYLED = 300, 600, 800, 600, 1200
_PUBLISHED = ModelConfig(patch_frames=1, motion_layers=6, text_layers=6, vae=True)
_PATCHES = ModelConfig(patch_frames=4, motion_layers=4, text_layers=2, vae=False)
RECIPES: dict[str, Callable[[int], tuple[ModelConfig, TrainConfig]]] = {
    "patches": patches,
    "published": published,
    "augmented": augmented,
    "open": open_sources,
    "augmented_whole": augmented_whole,
    "open_whole": open_whole,
    "tmr_paper": tmr_paper,
}
