"""Recipes: what is trained, on what, for how long; a recipe is a function that returns the two configurations."""

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
        mixture: Share of the batch from each source: a pack's name, or `procedural`.
        twin_share: Share of the batch that is the mirror image of another row, with left and right swapped in its text.
        validation_subjects: CMU subjects of `train` that are held out to choose by; empty trains on all of `train`.
        validation_share: Share of `train` that is held out where the data has none of these subjects.
        learning_rate: The peak, reached after `warmup_steps`, then falling to zero along a cosine.
        weight_decay: AdamW's, on matrices.
        average_decay: Of the exponential moving average of the weights, which is what is validated and shipped.
        text_duplicate_similarity: Two texts above this cosine by the frozen backbone are no negatives of each other.
        temperature: Of the contrastive loss at the start; it is learnt, never under 0.02.
        crop_share: The shortest random crop of a segment, as a share of its length.
        speed_change: Motions are played up to this much faster or slower.
        joint_noise_metres: Standard deviation of an offset of each joint, fixed within a clip (other bodies).
        motion_token_dropout: Share of a motion's tokens that the encoder does not see in a step.
        text_token_dropout: The same for a text's.
        paraphrases: Pairs of sentences about one clip that are drawn a step from the sentences without motion.
        paraphrase_stride: Every so-manieth clip of the sentences without motion is used: the word vectors of all 43,027
            sentences of HumanML3D take a quarter of an hour on two cores.
        paraphrase_weight: Of their contrastive loss beside the one of motions and texts.
        procedural_variations: Sampled versions of each procedural motion.
        joined: Pairs of motions that are joined in time, in both orders: the source `joined` of the mixture.
        joined_from: The sources whose motions are joined, drawn alike; one may stand here twice.
        validate_every: Steps between validations and checkpoints.
        keep: `last` keeps the averaged weights after the last step, `best` those of the best validation.
    """

    recipe: str
    seed: int = 0
    steps: int = 1200
    batch_size: int = 64
    mixture: dict[str, float] = field(default_factory=lambda: {"procedural": 1.0})
    twin_share: float = 0.25
    validation_subjects: tuple[str, ...] = ("6", "10", "32", "38", "85", "139")
    validation_share: float = 0.1
    learning_rate: float = 4e-4
    warmup_steps: int = 50
    weight_decay: float = 0.05
    average_decay: float = 0.99
    text_duplicate_similarity: float = 0.85
    temperature: float = 0.07
    crop_share: float = 0.75
    speed_change: float = 0.12
    joint_noise_metres: float = 0.005
    motion_token_dropout: float = 0.0
    text_token_dropout: float = 0.0
    paraphrases: int = 0
    paraphrase_stride: int = 1
    paraphrase_weight: float = 0.5
    procedural_variations: int = 12
    joined: int = 0
    joined_from: tuple[str, ...] = ("cmu", "cmu", "bandai", "procedural")
    validate_every: int = 100
    keep: Literal["last", "best"] = "last"


PACKS = {"cmu": 0.5, "bandai": 0.3, "procedural": 0.12, "hdm05": 0.06, "ad_head": 0.02}


def patches(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the recipe of the model in the package: one token per four frames, four motion and two text layers."""
    return _PATCHES, TrainConfig(recipe="patches", seed=seed, mixture=PACKS)


def frames(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return the same training with one token a frame and six layers a side, the published architecture's size."""
    model = ModelConfig(patch_frames=1, motion_layers=6, text_layers=6, vae=False)
    return model, TrainConfig(recipe="frames", seed=seed, mixture=PACKS)


def augmented(seed: int = 0) -> tuple[ModelConfig, TrainConfig]:
    """Return `patches` with joined motions, paraphrases and token dropout (docs/lab-notes.md compares the two)."""
    training = TrainConfig(
        recipe="augmented",
        seed=seed,
        steps=1000,
        mixture={"cmu": 0.5, "bandai": 0.27, "procedural": 0.1, "hdm05": 0.05, "ad_head": 0.01, "joined": 0.07},
        motion_token_dropout=0.3,
        text_token_dropout=0.15,
        paraphrases=64,
        paraphrase_stride=3,
        joined=400,
    )
    return _PATCHES, training


_PATCHES = ModelConfig(patch_frames=4, motion_layers=4, text_layers=2, vae=False)
RECIPES: dict[str, Callable[[int], tuple[ModelConfig, TrainConfig]]] = {
    "patches": patches,
    "frames": frames,
    "augmented": augmented,
}
