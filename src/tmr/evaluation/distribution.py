"""How far one set of embeddings is from another: Fréchet distance, its limit, its null value; kernel distance."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError

Z95 = 1.96
"""Standard errors in half a 95 % interval."""

BLOCKS = 12
"""Parts that a set is cut into: the extrapolation takes a half, a third and a quarter of them, the jackknife each."""

_ROWS = 16_384  # rows that are worked on at once
_PAIRS = 1 << 22  # pairs of items that are worked on at once: 32 MiB


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


def frechet_distance(first: Float[np.ndarray, "first width"], second: Float[np.ndarray, "second width"]) -> float:
    """Return the squared Fréchet distance (FID) of the normal distributions with the sets' means and covariances.

    Args:
        first: Embeddings, as they are: whether of length 1 or not is the caller's choice and changes the value.
        second: Embeddings of the same width.

    Returns:
        From 0; NaN if a set has fewer than two items. Biased upwards by about a constant over N: never compare values of
        different N.

    Raises:
        TMRError: If the widths differ or a number is not finite.

    Source:
        Heusel et al.: GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, NeurIPS 2017.
    """
    check_embeddings(first, second)
    return frechet_from_moments(Moments.of(first), Moments.of(second)).distance


def frechet_from_moments(first: Moments, second: Moments) -> Frechet:
    """Return the Fréchet distance of two sets of which only the moments are known.

    The trace of the root of S1 S2 is the sum of the roots of the eigenvalues of S1^½ S2 S1^½, which is symmetric: they
    are real, and below 0 by rounding alone, so they are clipped there. `scipy.linalg.sqrtm` of the product S1 S2 gives
    complex numbers for covariances of low rank.
    """
    if min(first.count, second.count) < 2:
        return Frechet(math.nan, 0.0)
    if first.covariance.shape != second.covariance.shape:
        raise TMRError(f"embeddings have {len(first.mean)} and {len(second.mean)} numbers; expected the same of both")
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    shared = np.linalg.eigvalsh(root @ second.covariance @ root)
    step = first.mean - second.mean
    trace = np.trace(first.covariance) + np.trace(second.covariance) - 2 * np.sqrt(shared.clip(min=0)).sum()
    lowest = min(float(shared[0]), 0.0)
    clipped = -lowest / float(shared[-1]) if lowest < 0 < shared[-1] else 0.0
    return Frechet(max(float(step @ step + trace), 0.0), clipped)


def check_embeddings(*sets: Float[np.ndarray, "_ width"]) -> None:
    """Raise if the sets have not one width, or a number is not finite.

    Raises:
        TMRError: In these cases.
    """
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
