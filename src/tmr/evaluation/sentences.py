"""Sentences by a fixed encoder outside of the model: vectors of captions, and the captions that are most unlike."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from tmr.model.batch import unit

ENCODER = "all-MiniLM-L6-v2, mean of its token vectors"
"""What makes the vectors. Never the model that is measured: it could call all captions the same and be right."""

_AT_ONCE = 1024  # captions whose token vectors are in memory
_MOST_SWAPS = 1000


def sentence_vectors(captions: Sequence[str]) -> Float[np.ndarray, "caption 384"]:
    """Return a vector of length 1 for each caption, float32.

    Raises:
        ModelError: If the encoder's weights are not to be had.

    Source:
        Reimers and Gurevych, Sentence-BERT, EMNLP 2019: the mean over all tokens, as this encoder was trained. Captions
        are cleaned first as for the model (`tmr.model.text.clean_text`).
    """
    from tmr.model.minilm import MiniLM

    encoder = MiniLM()
    vectors = np.empty((len(captions), encoder.width), dtype=np.float32)
    for first in range(0, len(captions), _AT_ONCE):
        for place, tokens in enumerate(encoder.tokens(captions[first : first + _AT_ONCE]), start=first):
            vectors[place] = tokens.mean(axis=0)
    return unit(vectors)


def most_unlike(vectors: Float[np.ndarray, "caption width"], count: int) -> Int[np.ndarray, " chosen"]:
    """Return which captions are most unlike each other: a set whose sum of cosines between two is small.

    They are picked one by one, each the least like those picked before, beginning with the one least like all; then one
    is swapped for another as long as that makes the sum smaller. The same captions give the same set, in sorted order.

    Args:
        vectors: Sentence vectors of length 1.
        count: How many; all if there are no more.

    Source:
        The dissimilar protocol of TMR, which solves the same quadratic knapsack problem approximately.
    """
    vectors = vectors.astype(np.float64)
    if len(vectors) <= count:
        return np.arange(len(vectors))
    chosen = [int(np.argmin(vectors @ vectors.sum(axis=0)))]
    free = np.ones(len(vectors), dtype=bool)
    free[chosen[0]] = False
    to_chosen = vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(np.argmin(np.where(free, to_chosen, np.inf))))
        free[chosen[-1]] = False
        to_chosen += vectors @ vectors[chosen[-1]]
    for _ in range(_MOST_SWAPS):
        # What the sum grows by if `chosen[row]` goes and another caption comes.
        change = to_chosen - vectors[chosen] @ vectors.T - (to_chosen[chosen] - 1)[:, None]
        change[:, ~free] = np.inf
        row, comes = np.unravel_index(np.argmin(change), change.shape)
        if change[row, comes] > -1e-9:
            break
        goes = chosen[row]
        to_chosen += vectors @ (vectors[comes] - vectors[goes])
        free[goes], free[comes], chosen[row] = True, False, int(comes)
    return np.sort(chosen)
