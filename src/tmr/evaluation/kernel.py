"""Kernel distance (KID) of two sets of embeddings: without bias at any size, by blocks, with its standard error."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.evaluation.distribution import check_embeddings
from tmr.evaluation.result import Measure

_BLOCKS = 20  # the fewest parts of a set; the jackknife leaves out one at a time
_LARGEST_BLOCK = 2048  # items: the kernel of two blocks takes 32 MiB
_Z95 = 1.96


def kernel_distance(
    first: Float[np.ndarray, "first width"],
    second: Float[np.ndarray, "second _"],
    *,
    scale: float | None = None,
    seed: int = 0,
) -> Measure:
    """Return the squared kernel distance (KID): maximum mean discrepancy under the kernel (scale · x·y + 1)³.

    The estimate has no bias, so it may be a little below 0 where the sets are alike, and sets of different sizes
    compare. Time grows with the square of the number of items, memory does not.

    Args:
        first: Embeddings.
        second: Embeddings of the same width. Where there are as many, item i of both may belong together, answers to
            one text, say: such pairs are not counted, because the published rule, which counts them, then comes out
            clearly below 0.
        scale: What the dot product is multiplied by; None takes 1 / width, as published for features of length √width.
            For embeddings of length 1 take 1: with 1 / width the kernel is a line, which sees the means alone.
        seed: Of the blocks that the jackknife leaves out.

    Returns:
        The distance over all pairs, and its 95 % interval from a jackknife over blocks; NaN under two items, and no
        interval under four.

    Raises:
        TMRError: If the widths differ or a number is not finite.

    Source:
        Bińkowski, Sutherland, Arbel, Gretton: Demystifying MMD GANs, ICLR 2018; they average over random subsets, see
        `subset_kernel_distance`. Without pairs: Gretton et al.: A Kernel Two-Sample Test, JMLR 2012, equation 4.
    """
    check_embeddings(first, second)
    count = min(len(first), len(second))
    if count < 2:
        return Measure(math.nan, unit="distance", count=count)
    factor = 1 / first.shape[1] if scale is None else scale
    random = np.random.default_rng(seed)
    order = random.permutation(len(first))
    other = order if len(first) == len(second) else random.permutation(len(second))
    blocks = min(max(_BLOCKS, math.ceil(max(len(first), len(second)) / _LARGEST_BLOCK)), count)
    one = [np.asarray(first[part], dtype=np.float64) for part in np.array_split(order, blocks)]
    two = [np.asarray(second[part], dtype=np.float64) for part in np.array_split(other, blocks)]
    value, left_out = _with_each_left_out(
        tuple(_block_sums(*pair, factor, paired=order is other) for pair in ((one, one), (two, two), (one, two))),
        (np.array([len(block) for block in one]), np.array([len(block) for block in two])),
        paired=order is other,
    )
    if count < 4:
        return Measure(value, unit="distance", count=count)
    error = math.sqrt((blocks - 1) / blocks * float(((left_out - left_out.mean()) ** 2).sum()))
    return Measure(value, value - _Z95 * error, value + _Z95 * error, "distance", count)


def subset_kernel_distance(
    first: Float[np.ndarray, "first width"],
    second: Float[np.ndarray, "second _"],
    *,
    size: int = 1000,
    subsets: int = 100,
    scale: float | None = None,
    seed: int = 0,
) -> Measure:
    """Return the mean kernel distance of random subsets, the published rule.

    Its interval comes from the standard deviation over the subsets; these share items, so it is too narrow where the
    subsets are no small part of the sets. Arguments and source as `kernel_distance`.

    Raises:
        TMRError: If a set has fewer items than a subset, or for the reasons of `kernel_distance`.
    """
    if min(len(first), len(second)) < size:
        raise TMRError(f"subsets of {size} items need as many in each set; there are {len(first)} and {len(second)}")
    random = np.random.default_rng(seed)
    values = [
        kernel_distance(
            first[random.choice(len(first), size, replace=False)],
            second[random.choice(len(second), size, replace=False)],
            scale=scale,
        ).value
        for _ in range(subsets)
    ]
    error = float(np.std(values, ddof=1)) / math.sqrt(subsets) if subsets > 1 else math.nan
    value = float(np.mean(values))
    return Measure(value, value - _Z95 * error, value + _Z95 * error, "distance", subsets)


def _block_sums(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray], scale: float, *, paired: bool
) -> Float[np.ndarray, "block block"]:
    """Return the sum of the kernel over each two blocks, no item with itself, nor with its partner where there are."""
    same = first is second
    sums = np.empty((len(first), len(second)))
    for row, one in enumerate(first):
        for column, two in enumerate(second):
            if same and column < row:
                sums[row, column] = sums[column, row]
                continue
            base = one @ two.T
            base *= scale
            base += 1
            kernel = base * base * base  # a third of the time of a power
            sums[row, column] = kernel.sum() - (np.trace(kernel) if (same or paired) and row == column else 0.0)
    return sums


def _with_each_left_out(
    sums: tuple[np.ndarray, ...], sizes: tuple[np.ndarray, np.ndarray], *, paired: bool
) -> tuple[float, Float[np.ndarray, " block"]]:
    """Return the distance, and what it is without each block of both sets."""
    whole = [np.concatenate([[each.sum()], each.sum() - _touching(each)]) for each in sums]
    first, second = (np.concatenate([[size.sum()], size.sum() - size]).astype(np.float64) for size in sizes)
    # A set of one item, left by a jackknife of very few, has no pairs.
    with np.errstate(invalid="ignore", divide="ignore"):
        values = whole[0] / (first * (first - 1)) + whole[1] / (second * (second - 1))
        values -= 2 * whole[2] / (first * (second - 1 if paired else second))
    return float(values[0]), values[1:]


def _touching(sums: Float[np.ndarray, "block block"]) -> Float[np.ndarray, " block"]:
    """Return for each block the sum over all pairs that it is part of."""
    return sums.sum(axis=0) + sums.sum(axis=1) - np.diag(sums)
