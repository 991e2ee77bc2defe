"""Spread of embeddings: diversity, multimodality, and how far one set covers another (precision, recall, density)."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import TMRError
from tmr.evaluation.bootstrap import bootstrap_interval
from tmr.evaluation.distribution import check_embeddings
from tmr.evaluation.means import mean_measures
from tmr.evaluation.result import Measure

_PAIRS = 1 << 22  # distances at once: 32 MiB
_Z95 = 1.96
# A squared distance from a dot product is off by some rounding of the lengths: so much of them counts as 0.
_ROUNDING = 1e-12


def diversity(embeddings: Float[np.ndarray, "item width"]) -> Measure:
    """Return the mean distance between two items, over all pairs.

    The published rule draws 300 pairs at random; this is what it would be on average, without a draw.

    Returns:
        The mean Euclidean distance with its 95 % interval; NaN under two items.

    Raises:
        TMRError: If a number is not finite.

    Source:
        Guo et al.: Generating Diverse and Natural 3D Human Motions from Text, CVPR 2022.
    """
    check_embeddings(embeddings)
    count = len(embeddings)
    if count < 2:
        return Measure(math.nan, unit="distance", count=count)
    means = np.concatenate([far.sum(axis=1) for far in _distances(embeddings, embeddings)]) / (count - 1)
    value = float(means.mean())
    if count < 4:
        return Measure(value, unit="distance", count=count)
    # The error of a mean over pairs is twice that of the mean over items (Hoeffding, 1948).
    error = 2 * float(means.std(ddof=1)) / math.sqrt(count)
    return Measure(value, value - _Z95 * error, value + _Z95 * error, "distance", count)


def drawn_diversity(embeddings: Float[np.ndarray, "item width"], *, pairs: int = 300, seed: int = 0) -> float:
    """Return the mean distance of random pairs of different items, the published rule; see `diversity`.

    Raises:
        TMRError: If there are fewer items than pairs, or a number is not finite.
    """
    check_embeddings(embeddings)
    if len(embeddings) < max(pairs, 2):
        raise TMRError(f"{pairs} pairs need at least {max(pairs, 2)} items; there are {len(embeddings)}")
    random = np.random.default_rng(seed)
    first = random.permutation(len(embeddings))
    # Each is paired with another one that stands elsewhere in a circle, so never with itself.
    second = np.roll(first, int(random.integers(1, len(embeddings))))
    steps = np.asarray(embeddings[first[:pairs]], dtype=np.float64) - embeddings[second[:pairs]]
    return float(np.linalg.norm(steps, axis=1).mean())


def multimodality(
    embeddings: Float[np.ndarray, "item width"], texts: Int[np.ndarray, " _"], *, seed: int = 0
) -> Measure:
    """Return the mean distance between motions of one text: all pairs of a text, then the mean over texts.

    Args:
        embeddings: Of motions; several of each text.
        texts: The text that each is of, as a number.
        seed: Of the bootstrap over texts.

    Returns:
        The mean Euclidean distance with its 95 % interval, and the number of texts with two motions or more; NaN if
        there are none. A generator that answers every text alike and at random is multimodal: read it beside
        R-precision.

    Raises:
        TMRError: If a number is not finite, or there is not one text a motion.

    Source:
        Guo et al., CVPR 2022, who draw ten pairs of each text at random.
    """
    check_embeddings(embeddings)
    if len(texts) != len(embeddings):
        raise TMRError(f"there are {len(embeddings)} embeddings but {len(texts)} text numbers; give one an embedding")
    order = np.argsort(texts, kind="stable")
    starts = np.flatnonzero(np.diff(texts[order])) + 1
    means = []
    for members in np.split(order, starts):
        if len(members) > 1:
            its = embeddings[members]
            total = sum(float(far.sum()) for far in _distances(its, its))
            means.append(total / (len(members) * (len(members) - 1)))
    if not means:
        return Measure(math.nan, unit="distance", count=0)
    low, high = bootstrap_interval(means, seed=seed)
    return Measure(float(np.mean(means)), low, high, "distance", len(means))


class Coverage(NamedTuple):
    """How two sets cover each other; fractions but for the density, which may exceed 1. NaN where there are too few.

    Args:
        precision: The share of generated items within the ball of a reference item: are they like real ones?
        recall: The share of reference items within the ball of a generated item: is everything there?
        density: How many balls of reference items a generated one is in, of those expected: as precision, but one
            outlier of the reference with a wide ball counts little.
        coverage: The share of reference items with a generated one in their ball: as recall, but a generated outlier
            with a wide ball counts not at all.
    """

    precision: Measure
    recall: Measure
    density: Measure
    coverage: Measure


def coverage_of(
    generated: Float[np.ndarray, "generated width"],
    reference: Float[np.ndarray, "reference _"],
    *,
    manifold_neighbours: int = 3,
    density_neighbours: int = 5,
    seed: int = 0,
) -> Coverage:
    """Return precision, recall, density and coverage. An item's ball reaches to its k-th nearest neighbour in its set.

    Args:
        generated: Embeddings.
        reference: Embeddings of the same width; of a like number, because all four change with both numbers.
        manifold_neighbours: k for precision and recall.
        density_neighbours: k for density and coverage.
        seed: Of the bootstrap.

    Returns:
        Each with a 95 % bootstrap interval over the items that are counted, the balls as they are.

    Raises:
        TMRError: If the widths differ or a number is not finite.

    Source:
        Kynkäänniemi et al.: Improved Precision and Recall Metric for Assessing Generative Models, NeurIPS 2019, k = 3;
        Naeem et al.: Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020, k = 5.
    """
    check_embeddings(generated, reference)
    k, wide_k = manifold_neighbours, density_neighbours
    balls = _squared_radii(reference, (k, wide_k))
    generated_balls = _squared_radii(generated, (k,))
    precise, dense, covered, recalled = [], [], np.zeros(len(reference), bool), np.zeros(len(reference), bool)
    slack = _ROUNDING * _largest_square(generated, reference)
    first = 0
    for far in _distances(generated, reference, squared=True):
        rows = slice(first, first + len(far))
        precise.append((far <= balls[k] + slack).any(axis=1))
        inside = far <= balls[wide_k] + slack
        dense.append(inside.sum(axis=1) / wide_k)
        covered |= inside.any(axis=0)
        recalled |= (far <= generated_balls[k][rows, None] + slack).any(axis=0)
        first += len(far)
    unknown = {
        "precision": len(reference) <= k,
        "recall": len(generated) <= k,
        "density": len(reference) <= wide_k,
        "coverage": len(reference) <= wide_k,
    }
    of_generated = {"precision": np.concatenate([*precise, []]), "density": np.concatenate([*dense, []])}
    of_reference = {"recall": recalled.astype(np.float64), "coverage": covered.astype(np.float64)}
    measures = mean_measures(of_generated, unbounded=("density",), seed=seed) | mean_measures(of_reference, seed=seed)
    for name, too_few in unknown.items():
        if too_few:
            measures[name] = Measure(math.nan, count=measures[name].count)
    return Coverage(**measures)


def _squared_radii(embeddings: np.ndarray, neighbours: tuple[int, ...]) -> dict[int, Float[np.ndarray, " item"]]:
    """Return for each k the squared distance of each item to its k-th neighbour; -1 where there are not so many."""
    radii = {k: np.full(len(embeddings), -1.0) for k in neighbours}
    wanted = [k for k in neighbours if k < len(embeddings)]
    first = 0
    for far in _distances(embeddings, embeddings, squared=True) if wanted else ():
        # The nearest of all is the item itself.
        near = np.partition(far, wanted, axis=1)
        for k in wanted:
            radii[k][first : first + len(far)] = near[:, k]
        first += len(far)
    return radii


def _distances(
    first: np.ndarray, second: np.ndarray, *, squared: bool = False
) -> Iterator[Float[np.ndarray, "first second"]]:
    """Yield Euclidean distances of some items of the first set to all of the second; 0 of an item to itself."""
    same = first is second
    second = np.asarray(second, dtype=np.float64)
    squares = np.square(second).sum(axis=1)
    step = max(_PAIRS // max(len(second), 1), 1)
    for start in range(0, len(first), step):
        rows = np.asarray(first[start : start + step], dtype=np.float64)
        far = np.square(rows).sum(axis=1)[:, None] + squares - 2 * (rows @ second.T)
        np.clip(far, 0, None, out=far)
        if same:
            far[np.arange(len(rows)), np.arange(start, start + len(rows))] = 0
        yield far if squared else np.sqrt(far)


def _largest_square(*sets: np.ndarray) -> float:
    return max(float(np.square(each.astype(np.float64)).sum(axis=1).max(initial=0)) for each in sets)
