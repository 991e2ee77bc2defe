"""How far one set of embeddings is from another: the Fréchet distance, its limit and its null value."""

import math
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.evaluation.result import Measure

T95 = 2.2
"""Standard errors in half a 95 % interval, for the few degrees of freedom that a dozen parts have."""

SMALLEST_PART = 0.85
"""Items in the smallest part for the extrapolation, as a share of the width: measured, the bias is not a line below."""

_BLOCKS = 12  # can be cut into halves, thirds and quarters
_SHUFFLES = 4
_FEWEST = 16  # items, for an interval
_ROWS = 16_384  # rows that are worked on at once


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean and scatter of a set of embeddings, in float64; those of two sets together are their sum.

    Args:
        count: How many embeddings.
        mean: Their mean.
        scatter: The sum of the outer products of what each differs from the mean.

    Source:
        Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances, 1979.
    """

    count: int
    mean: Float[np.ndarray, " width"]
    scatter: Float[np.ndarray, "width width"]

    @classmethod
    def of(cls, embeddings: Float[np.ndarray, "item width"]) -> "Moments":
        """Return the moments of a set, read in parts so that it may be a memory map."""
        width = embeddings.shape[1]
        total = cls(0, np.zeros(width), np.zeros((width, width)))
        for start in range(0, len(embeddings), _ROWS):
            rows = np.asarray(embeddings[start : start + _ROWS], dtype=np.float64)
            mean = rows.mean(axis=0)
            rows = rows - mean
            total = total + cls(len(rows), mean, rows.T @ rows)
        return total

    def __add__(self, other: "Moments") -> "Moments":
        count = self.count + other.count
        if count == 0:
            return self
        step = other.mean - self.mean
        mean = self.mean + step * (other.count / count)
        between = np.outer(step, step) * (self.count * other.count / count)
        return Moments(count, mean, self.scatter + other.scatter + between)

    @property
    def covariance(self) -> Float[np.ndarray, "width width"]:
        """The unbiased covariance, divided by count - 1; there must be two embeddings at least."""
        return self.scatter / (self.count - 1)


class Frechet(NamedTuple):
    """A Fréchet distance, and how much was clipped: the lowest eigenvalue as a part of the highest, 0 if none was."""

    distance: float
    clipped: float


def frechet_distance(first: Float[np.ndarray, "first width"], second: Float[np.ndarray, "second _"]) -> float:
    """Return the squared Fréchet distance (FID) of the normal distributions with the sets' means and covariances.

    Args:
        first: Embeddings, as they are: whether of length 1 or not is the caller's choice and changes the value.
        second: Embeddings of the same width.

    Returns:
        From 0; NaN if a set has fewer than two items. Biased upwards by about a constant over N: never compare values
        of different N.

    Raises:
        TMRError: If the widths differ or a number is not finite.

    Source:
        Heusel et al.: GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, NeurIPS 2017.
    """
    check_embeddings(first, second)
    return _distance_of_rows(first, second)


def frechet_from_moments(first: Moments, second: Moments) -> Frechet:
    """Return the Fréchet distance of two sets of which only the moments are known.

    The trace of the root of S1 S2 is the sum of the roots of the eigenvalues of Rᵀ S2 R, where R Rᵀ = S1. That matrix
    is symmetric: they are real, and below 0 by rounding alone, so they are clipped there. `scipy.linalg.sqrtm` of the
    product S1 S2 gives complex numbers for covariances of low rank.
    """
    if min(first.count, second.count) < 2:
        return Frechet(math.nan, 0.0)
    if first.covariance.shape != second.covariance.shape:
        raise TMRError(f"embeddings have {len(first.mean)} and {len(second.mean)} numbers; expected the same of both")
    root = _root(first.covariance)
    shared = np.linalg.eigvalsh(root.T @ second.covariance @ root)
    step = first.mean - second.mean
    trace = np.trace(first.covariance) + np.trace(second.covariance) - 2 * np.sqrt(shared.clip(min=0)).sum()
    lowest = min(float(shared[0]), 0.0)
    clipped = -lowest / float(shared[-1]) if lowest < 0 < shared[-1] else 0.0
    return Frechet(max(float(step @ step + trace), 0.0), clipped)


def _distance_of_rows(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Fréchet distance of two sets; for fewer items than dimensions without any matrix of that width.

    With centred rows A and B the trace of the root of (Aᵀ A)(Bᵀ B) is the sum of the singular values of A Bᵀ.
    """
    if min(len(first), len(second)) < 2:
        return math.nan
    if max(len(first), len(second)) >= first.shape[1]:
        return frechet_from_moments(Moments.of(first), Moments.of(second)).distance
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    step = one.mean(axis=0) - two.mean(axis=0)
    one = (one - one.mean(axis=0)) / math.sqrt(len(one) - 1)
    two = (two - two.mean(axis=0)) / math.sqrt(len(two) - 1)
    shared = np.linalg.svd(one @ two.T, compute_uv=False).sum()
    return max(float(step @ step + np.square(one).sum() + np.square(two).sum() - 2 * shared), 0.0)


def _root(covariance: Float[np.ndarray, "width width"]) -> Float[np.ndarray, "width width"]:
    """Return R with R Rᵀ equal to the covariance, by the fast way where its rank is full."""
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return vectors * np.sqrt(values.clip(min=0))


def check_rows_of_numbers(embeddings: Float[np.ndarray, "_ _"]) -> None:
    """Raise if this is no array of rows: a tensor's numbers would be called not finite, and a batch of sets a set.

    Raises:
        TMRError: In these cases.
    """
    if not isinstance(embeddings, np.ndarray):
        raise TMRError(
            f"embeddings are a {type(embeddings).__name__}; expected a NumPy array: np.asarray(embeddings), and of a "
            "tensor embeddings.detach().cpu().numpy()"
        )
    if embeddings.ndim != 2:
        raise TMRError(f"embeddings have shape {embeddings.shape}; expected (items, width)")


def check_embeddings(*sets: Float[np.ndarray, "_ _"]) -> None:
    """Raise if the sets are no arrays (item, width) of one width, or a number is not finite.

    Raises:
        TMRError: In these cases.
    """
    for each in sets:
        check_rows_of_numbers(each)
    if len({each.shape[1] for each in sets}) > 1:
        raise TMRError(
            f"embeddings have {' and '.join(str(each.shape[1]) for each in sets)} numbers; expected the same of each, "
            "so embed both sets by one model"
        )
    for each in sets:
        broken = ~np.isfinite(each).all(axis=1)
        if broken.any():
            raise TMRError(
                f"{broken.sum()} of {len(each)} embeddings are not finite, the first is number "
                f"{int(np.flatnonzero(broken)[0])}; leave them out first"
            )


def frechet_measures(
    first: Float[np.ndarray, "first width"], second: Float[np.ndarray, "second _"], *, seed: int = 0
) -> tuple[Measure, Measure]:
    """Return the Fréchet distance with its interval, and what it would be for infinitely many samples.

    The bias of the distance falls with 1/N. So it is measured on the whole sets, on halves, thirds and quarters, and a
    line through these over 1/N says what it would be at 0. What the quarters differ by tells how far chance moves both.
    Where the sets are equally large, item i of one stays with item i of the other: they may be answers to one text.

    Args:
        first: Embeddings.
        second: Embeddings of the same width.
        seed: Of the shuffles.

    Returns:
        The distance, whose interval is about its biased value; and the limit, which is without bias, so that it may be
        a little below 0 where the sets are alike. The limit is NaN where the sets are too small (`sample_notes` says
        so), there is no interval under 16 items, and both are NaN under two.

    Raises:
        TMRError: If the widths differ or a number is not finite.

    Source:
        Chong, Forsyth: Effectively Unbiased FID and Inception Score and where to find them, CVPR 2020. There only the
        generated set shrinks; here both do, so that the bias of both is taken away.
    """
    check_embeddings(first, second)
    count = min(len(first), len(second))
    if count < _FEWEST:
        distance = frechet_distance(first, second)
        return Measure(distance, unit="distance", count=count), Measure(math.nan, unit="distance", count=count)
    random = np.random.default_rng(seed)
    distances = np.mean([_distances_of_parts(first, second, random) for _ in range(_SHUFFLES)], axis=0)
    whole, error = float(distances[0, 0]), float(np.sqrt(distances[3, 1] / 4))
    parts = np.arange(1, 5)
    large = count / parts >= SMALLEST_PART * first.shape[1]
    limit = float(np.polyfit(parts[large], distances[large, 0], 1)[1]) if large.sum() > 1 else math.nan
    return _measure(whole, error, count), _measure(limit, error, count)


def frechet_distance_infinite(
    first: Float[np.ndarray, "first width"], second: Float[np.ndarray, "second _"], *, seed: int = 0
) -> Measure:
    """Return what the Fréchet distance would be for infinitely many samples; see `frechet_measures`."""
    return frechet_measures(first, second, seed=seed)[1]


def _distances_of_parts(
    first: np.ndarray, second: np.ndarray, random: np.random.Generator
) -> Float[np.ndarray, "parts 2"]:
    """Return mean and variance of the distances of one, two, three and four parts of shuffled sets."""
    order = random.permutation(len(first))
    other = order if len(first) == len(second) else random.permutation(len(second))
    one, two = np.array_split(order, _BLOCKS), np.array_split(other, _BLOCKS)
    few = max(len(first), len(second)) < first.shape[1]
    moments = [
        [Moments.of(rows[block]) for block in blocks] for rows, blocks in ((first, one), (second, two)) if not few
    ]
    rows = []
    for parts in range(1, 5):
        distances = []
        for part in range(parts):
            if few:
                pair = first[np.concatenate(one[part::parts])], second[np.concatenate(two[part::parts])]
                distances.append(_distance_of_rows(*pair))
            else:
                distances.append(frechet_from_moments(*(reduce(add, each[part::parts]) for each in moments)).distance)
        rows.append((np.mean(distances), np.var(distances, ddof=1) if parts > 1 else 0.0))
    return np.array(rows)


def frechet_distance_at(
    first: Float[np.ndarray, "first width"],
    second: Float[np.ndarray, "second _"],
    size: int,
    *,
    draws: int = 20,
    seed: int = 0,
) -> Measure:
    """Return the Fréchet distance of random parts with so many items, drawn without replacement.

    Args:
        first: Embeddings.
        second: Embeddings of the same width. Where there are as many as in `first`, the two parts never hold the same
            item, so that both may be the same set.
        size: Items in each part, at most half of the smaller set.
        draws: How often two parts are drawn.
        seed: Of the draws.

    Returns:
        The mean over the draws, and between what values 95 % of them lie.

    Raises:
        TMRError: If the widths differ or a number is not finite, or there are not twice as many items as `size`.
    """
    check_embeddings(first, second)
    count = min(len(first), len(second))
    if size < 2 or 2 * size > count:
        raise TMRError(f"parts of {size} items cannot be drawn from {count}; expected from 2 to {count // 2}")
    random = np.random.default_rng(seed)
    distances = []
    for _ in range(draws):
        order = random.permutation(len(first))
        other = order if len(first) == len(second) else random.permutation(len(second))
        distances.append(_distance_of_rows(first[order[:size]], second[other[-size:]]))
    low, high = np.quantile(distances, [0.025, 0.975])
    return Measure(float(np.mean(distances)), float(low), float(high), "distance", draws)


def null_frechet_distance(
    reference: Float[np.ndarray, "item width"], *, size: int | None = None, draws: int = 20, seed: int = 0
) -> Measure:
    """Return the Fréchet distance between disjoint random parts of one set: what it is where nothing differs.

    Args:
        reference: Embeddings.
        size: Items in each part; None takes half of the set. Compare with `frechet_distance_at` of the same size.
        draws: How often the set is split.
        seed: Of the draws.

    Returns:
        The mean over the splits, and between what values 95 % of them lie; NaN if there are fewer than four items.

    Raises:
        TMRError: If a number is not finite, or there are not twice as many items as `size`.
    """
    if size is None and len(reference) < 4:
        return Measure(math.nan, unit="distance", count=0)
    half = len(reference) // 2 if size is None else size
    return frechet_distance_at(reference, reference, half, draws=draws, seed=seed)


def sample_notes(count: int, width: int) -> list[str]:
    """Return what a reader must know of distances between sets of so many items, one sentence each."""
    notes = []
    if count <= width + 1:
        notes.append(
            f"FID: {count} items in {width} dimensions have covariances of incomplete rank; the value is mostly bias "
            "and says little. Compare it with the null value at the same size only."
        )
    elif count < 10 * width:
        notes.append(
            f"FID: {count} items in {width} dimensions: a good part of the value is bias, which falls with 1/N. "
            "Compare values of the same N only, and look at fid_infinite, kid and the null value."
        )
    if count < max(2 * SMALLEST_PART * width, _FEWEST):
        notes.append(f"FID is not extrapolated: that needs {math.ceil(2 * SMALLEST_PART * width)} items or more.")
    return notes


def _measure(value: float, error: float, count: int) -> Measure:
    """Return a distance with the interval that its standard error gives."""
    if math.isnan(value) or math.isnan(error):
        return Measure(value, unit="distance", count=count)
    return Measure(value, value - T95 * error, value + T95 * error, "distance", count)
