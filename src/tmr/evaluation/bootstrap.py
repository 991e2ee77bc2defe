"""Bootstrap: how far a mean or a median would move if other clips had been captured."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import TMRError

DRAWS = 2000
_MOST_NUMBERS = 1 << 21  # drawn at once, so that the memory does not grow with the queries


def resampled_means(
    values: Float[np.ndarray, "query measure"],
    *,
    clusters: Sequence[int] | Int[np.ndarray, " query"] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Float[np.ndarray, "draw measure"]:
    """Return the mean of each measure over queries drawn with replacement, many times.

    Args:
        values: A row a query, finite.
        clusters: The clip that each query is of, as a number; clips are drawn, each with all its queries, because
            queries of one clip are no independent evidence. None takes each query for a clip of its own.
        seed: Of the draws.
        draws: How many.

    Raises:
        TMRError: If there are no queries, or a value is not finite.
    """
    values = np.asarray(values, dtype=np.float64)
    _check(values)
    owner = _owners(clusters, len(values))
    sums = np.zeros((owner.max() + 1, values.shape[1]))
    np.add.at(sums, owner, values)
    sizes = np.bincount(owner).astype(np.float64)
    return np.concatenate(
        [(counts @ sums) / (counts @ sizes)[:, None] for counts in _draw_counts(len(sums), seed, draws)]
    )


def resampled_medians(
    values: Float[np.ndarray, " query"],
    *,
    clusters: Sequence[int] | Int[np.ndarray, " query"] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Float[np.ndarray, " draw"]:
    """Return the median over queries drawn with replacement, many times; arguments and errors as `resampled_means`."""
    values = np.asarray(values, dtype=np.float64)
    _check(values)
    owner = _owners(clusters, len(values))
    order = np.argsort(values, kind="stable")
    ordered, owner = values[order], owner[order]
    medians = []
    for counts in _draw_counts(int(owner.max()) + 1, seed, draws):
        up_to = np.cumsum(counts[:, owner], axis=1)
        half = up_to[:, -1] / 2
        # The middle value, or the mean of the two in the middle.
        low = [np.searchsorted(row, middle, side="left") for row, middle in zip(up_to, half, strict=True)]
        high = [np.searchsorted(row, middle, side="right") for row, middle in zip(up_to, half, strict=True)]
        medians.append((ordered[low] + ordered[high]) / 2)
    return np.concatenate(medians)


def bootstrap_interval(
    values: Sequence[float] | Float[np.ndarray, " query"],
    *,
    clusters: Sequence[int] | Int[np.ndarray, " query"] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean; arguments and errors as `resampled_means`."""
    column = np.asarray(values, dtype=np.float64)[:, None]
    return percentile_interval(resampled_means(column, clusters=clusters, seed=seed, draws=draws)[:, 0])


def percentile_interval(drawn: Float[np.ndarray, " draw"]) -> tuple[float, float]:
    """Return what lies between the 2.5th and the 97.5th percentile of resampled numbers."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def interval_of_mean(
    values: Float[np.ndarray, " query"],
    drawn: Float[np.ndarray, " draw"],
    *,
    clusters: Int[np.ndarray, " query"],
    is_fraction: bool = True,
) -> tuple[float, float] | tuple[None, None]:
    """Return the 95 % interval of a mean, also where resampling cannot tell one.

    Args:
        values: What was resampled.
        drawn: Its resampled means.
        clusters: What was drawn.
        is_fraction: Whether the values are hits or chances, from 0 to 1.

    Returns:
        The percentile interval. Where all values are 0, or all are 1, the exact one of as many observations as there
        are clusters (Clopper and Pearson, 1934), since every draw is the same; otherwise nothing for a single cluster.
    """
    count = len(np.unique(clusters))
    if is_fraction and (values == values[0]).all() and values[0] in (0.0, 1.0):
        reach = float(1 - 0.025 ** (1 / count))
        return (0.0, reach) if values[0] == 0 else (1 - reach, 1.0)
    return percentile_interval(drawn) if count > 1 else (None, None)


def _check(values: np.ndarray) -> None:
    if not len(values):
        raise TMRError("there is nothing to resample; an interval needs one value at least")
    if not np.isfinite(values).all():
        raise TMRError(f"{(~np.isfinite(values)).sum()} values are not finite; leave their queries out first")


def _owners(clusters: Sequence[int] | np.ndarray | None, count: int) -> np.ndarray:
    if clusters is None:
        return np.arange(count)
    if len(clusters) != count:
        raise TMRError(f"there are {count} values but {len(clusters)} clips; give the clip of each value")
    return np.unique(np.asarray(clusters), return_inverse=True)[1]


def _draw_counts(count: int, seed: int, draws: int) -> Iterator[Float[np.ndarray, "draw cluster"]]:
    """Yield how often each cluster is in each draw, some draws at a time."""
    random = np.random.default_rng(seed)
    at_once = max(_MOST_NUMBERS // count, 1)
    for first in range(0, draws, at_once):
        rows = min(at_once, draws - first)
        picks = random.integers(0, count, size=(rows, count))
        picks += count * np.arange(rows)[:, None]
        yield np.bincount(picks.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)
