"""The caption memory of a trained model, made of what it learnt from."""

import numpy as np
from jaxtyping import Float

from tmr.model.memory import CaptionMemory, composition_of, mean_words
from tmr.model.tmr import TMR
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.corpus import Corpus
from tmr.training.examples import FPS, Example
from tmr.training.recipes import PROCEDURAL, TrainConfig
from tmr.training.warm_start import Start

MOTIONS_A_GROUP = 2
"""Of how many examples of a group the embedding is the mean."""

MOST_GROUPS = 10_000
"""Of how many groups of a source the captions are kept: of more, the file would be larger than ten models."""

_TEXTS_AT_ONCE, _GROUPS_AT_ONCE = 2048, 256


def is_to_remember(config: TrainConfig, start: Start | None, corpus: Corpus) -> bool:
    """Return whether a trained model gets a memory: its recipe says so, or the model that it goes on from had one.

    Only where the library is drawn: a memory of few captions would draw every sentence to their motions.

    Args:
        config: How it is trained.
        start: What the training goes on from; None for random weights.
        corpus: What it learns from.
    """
    asked = config.caption_memory or (start is not None and start.source.memory is not None)
    return asked and not corpus.recorded.keys().isdisjoint(PROCEDURAL)


def remember(model: TMR, corpus: Corpus) -> CaptionMemory:
    """Return what is said of the motions that a model learnt from, in captions and other wordings, with these motions.

    A group (a segment, an action in a style, a motion of the library) is one motion: the mean of its first examples.
    What is composed of several motions is left out. Of a source of more than `MOST_GROUPS` so many are taken, spread
    evenly. Other wordings need not have been learnt: it is the language model that knows what they are near to.

    Args:
        model: The trained model.
        corpus: What it was trained on.
    """
    groups = [
        source[place]
        for source in corpus.recorded.values()
        for place in np.linspace(0, len(source) - 1, min(len(source), MOST_GROUPS)).round().astype(int)
    ]
    texts: list[str] = []
    of: list[int] = []
    for place, group in enumerate(groups):
        told = dict.fromkeys(sentence.text for sentence in (*group[0].sentences, *group[0].wordings))
        texts += told
        of += [place] * len(told)
    known = list(dict.fromkeys(texts))
    # In slices: the word vectors of all texts together would take gigabytes.
    means = [
        mean_words(model.text_backbone.tokens(known[start : start + _TEXTS_AT_ONCE]))
        for start in range(0, len(known), _TEXTS_AT_ONCE)
    ]
    row = {text: number for number, text in enumerate(known)}
    motions = [
        _mean_motions(model, groups[start : start + _GROUPS_AT_ONCE])
        for start in range(0, len(groups), _GROUPS_AT_ONCE)
    ]
    return CaptionMemory(
        np.concatenate(means)[[row[text] for text in texts]],
        np.concatenate(motions),
        np.array(of),
        np.array([composition_of(text) for text in texts]),
    )


def _mean_motions(model: TMR, groups: list[list[Example]]) -> Float[np.ndarray, "group width"]:
    """Return the mean of the embeddings of the first examples of each group."""
    skeleton = built_in_skeleton("somaskel30")
    first = [group[:MOTIONS_A_GROUP] for group in groups]
    joints = [example.joints[example.first : example.last] for examples in first for example in examples]
    embeddings = model.encode_motion([Motion(each, float(FPS), skeleton) for each in joints])
    ends = np.cumsum([len(examples) for examples in first])[:-1]
    return np.stack([part.mean(axis=0) for part in np.split(embeddings, ends)])
