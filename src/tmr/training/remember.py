"""The caption memory of a trained model, made of what it learnt from."""

import numpy as np

from tmr.model.memory import CaptionMemory, mean_words
from tmr.model.tmr import TMR
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.corpus import Corpus
from tmr.training.examples import FPS
from tmr.training.recipes import PROCEDURAL
from tmr.training.warm_start import Start

MOTIONS_A_GROUP = 2
"""Of how many examples of a group the embedding is the mean."""

MOST_GROUPS = 10_000
"""Of how many groups of a source the captions are kept: more would make the file larger than ten models."""


def is_to_remember(start: Start | None, corpus: Corpus) -> bool:
    """Return whether a trained model gets a memory: if the one that it goes on from had one, and the library is drawn.

    A memory of few captions would draw every sentence to their motions.

    Args:
        start: What the training went on from; None for random weights.
        corpus: What it learnt from.
    """
    return start is not None and start.source.memory is not None and not corpus.recorded.keys().isdisjoint(PROCEDURAL)


def remember(model: TMR, corpus: Corpus) -> CaptionMemory:
    """Return the captions and other wordings that a model learnt from, with the motions that they are said of.

    A group (a segment, an action in a style, a motion of the library) is one motion: the mean of its first examples.
    What is composed of several motions is left out, and every other group of a source of more than `MOST_GROUPS`, or
    more of them.

    Args:
        model: The trained model.
        corpus: What it was trained on.
    """
    skeleton = built_in_skeleton("somaskel30")
    sources = corpus.recorded.values()
    groups = [group for source in sources for group in source[:: -(-len(source) // MOST_GROUPS)]]
    texts: list[str] = []
    of: list[int] = []
    motions: list[np.ndarray] = []
    for place, group in enumerate(groups):
        first = group[:MOTIONS_A_GROUP]
        joints = [example.joints[example.first : example.last] for example in first]
        motions.append(model.encode_motion([Motion(each, float(FPS), skeleton) for each in joints]).mean(axis=0))
        told = dict.fromkeys(sentence.text for sentence in (*group[0].sentences, *group[0].wordings))
        texts += told
        of += [place] * len(told)
    return CaptionMemory(mean_words(model.text_backbone.tokens(texts)), np.stack(motions), np.array(of))
