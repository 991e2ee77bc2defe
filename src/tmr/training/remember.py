"""The caption memory of a trained model, made of what it learnt from."""

import numpy as np

from tmr.model.memory import CaptionMemory, mean_words
from tmr.model.tmr import TMR
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.corpus import Corpus
from tmr.training.examples import FPS

MOTIONS_A_GROUP = 2
"""Of how many examples of a group the embedding is the mean."""


def remember(model: TMR, corpus: Corpus) -> CaptionMemory:
    """Return the captions and other wordings that a model learnt from, with the motions that they are said of.

    A group (a segment, an action in a style, a motion of the library) is one motion: the mean of its first examples.
    What is composed of several motions is left out.

    Args:
        model: The trained model.
        corpus: What it was trained on.
    """
    skeleton = built_in_skeleton("somaskel30")
    groups = [group for source in corpus.recorded.values() for group in source]
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
