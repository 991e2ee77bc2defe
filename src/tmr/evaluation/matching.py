"""Matching of pairs: text match, motion match, matching score, and R-precision in small batches."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.evaluation.retrieval import hit_chances

BATCH, DRAWS = 32, 20
PRECISIONS = (1, 2, 3)
_OFF_LENGTH = 1e-3  # by which an embedding of length 1 may be longer or shorter: half precision is off by so much
_DIGITS = 12  # to which similarities are compared: equal embeddings may differ by rounding further down


def cosines(first: Float[np.ndarray, "item width"], second: Float[np.ndarray, "_ _"]) -> Float[np.ndarray, " item"]:
    """Return the cosine of each pair: text match or motion match, -1 to 1, larger is better."""
    one, two = _paired(first, second)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    return np.einsum("iw,iw->i", one, two) / lengths


def distances(first: Float[np.ndarray, "item width"], second: Float[np.ndarray, "_ _"]) -> Float[np.ndarray, " item"]:
    """Return the Euclidean distance of each pair, from 0, smaller is better.

    Between texts and motions its mean is what HumanML3D's evaluator calls matching score and others MM-Dist. For
    embeddings of length 1 it says the same as the cosine: √(2 - 2 cosine).

    Source:
        Guo et al.: Generating Diverse and Natural 3D Human Motions from Text, CVPR 2022.
    """
    one, two = _paired(first, second)
    return np.linalg.norm(one - two, axis=1)


def rankable(
    queries: Float[np.ndarray, "query width"], items: Float[np.ndarray, "item width"]
) -> tuple[Float[np.ndarray, "query wider"], Float[np.ndarray, "item wider"]]:
    """Return embeddings whose dot product ranks items as their distance from the query does, nearest first.

    Those of length 1 stay as they are: cosine and distance rank alike. HumanML3D's evaluator has others and ranks by
    distance.
    """
    lengths = np.concatenate([np.linalg.norm(queries, axis=1), np.linalg.norm(items, axis=1)])
    if np.abs(lengths - 1).max(initial=0) < _OFF_LENGTH:
        return queries, items
    one, two = np.asarray(queries, dtype=np.float64), np.asarray(items, dtype=np.float64)
    # |q - m|² = |q|² - 2 (q · m - |m|² / 2)
    halves = np.square(two).sum(axis=1, keepdims=True) / 2
    return np.hstack([one, np.ones((len(one), 1))]), np.hstack([two, -halves])


def r_precision(
    texts: Float[np.ndarray, "item width"],
    motions: Float[np.ndarray, "_ _"],
    *,
    ks: Sequence[int] = PRECISIONS,
    size: int = BATCH,
    draws: int = DRAWS,
    seed: int = 0,
) -> Float[np.ndarray, "item k"]:
    """Return for each text how often its own motion is among the first k of a random batch, mean over draws.

    Args:
        texts: Embeddings of the queries.
        motions: Embeddings; motion i belongs to text i and is the only right one, whatever the other texts say. The
            nearest is the first; see `rankable`.
        ks: How many motions are looked at.
        size: Motions in a batch; a draw drops the remainder, so a text may be in fewer than all draws.
        draws: How many times the items are shuffled.
        seed: Of the shuffles.

    Returns:
        Chances in [0, 1], ties counted by the share of their orders that hit: `k / size` for a collapsed encoder. NaN
        for a text that was in no draw.

    Raises:
        TMRError: If there are fewer items than one batch takes, or the two are not of one shape.

    Source:
        Guo et al., CVPR 2022: batches of 32, 20 replications.
    """
    one, two = rankable(*_paired(texts, motions))
    if len(one) < size:
        raise TMRError(f"batches of {size} need at least {size} items; there are {len(one)}")
    random = np.random.default_rng(seed)
    hits, counts = np.zeros((len(one), len(ks))), np.zeros(len(one))
    batches = len(one) // size
    own = np.tile(np.eye(size, dtype=bool), (batches, 1))
    for _ in range(draws):
        order = random.permutation(len(one))[: batches * size]
        rows = (batches, size, -1)
        similarity = one[order].reshape(rows) @ two[order].reshape(rows).transpose(0, 2, 1)
        similarity = similarity.reshape(-1, size).round(_DIGITS)
        counts[order] += 1
        for column, k in enumerate(ks):
            hits[order, column] += hit_chances(similarity, own, k)
    return np.where(counts[:, None] > 0, hits / np.maximum(counts, 1)[:, None], np.nan)


def _paired(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if first.shape != second.shape:
        raise TMRError(f"pairs of embeddings have shapes {first.shape} and {second.shape}; expected the same")
    return np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
