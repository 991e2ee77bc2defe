"""Means of many measures over the same items, each with its bootstrap interval, from one set of draws."""

import math
from collections.abc import Collection, Mapping

import numpy as np
from jaxtyping import Float, Int

from tmr.evaluation.bootstrap import interval_of_mean, resampled_means
from tmr.evaluation.result import Measure


def mean_measures(
    columns: Mapping[str, Float[np.ndarray, " item"]],
    units: Mapping[str, str] | None = None,
    *,
    clusters: Int[np.ndarray, " item"] | None = None,
    unbounded: Collection[str] = (),
    seed: int = 0,
) -> dict[str, Measure]:
    """Return the mean of what is known of each measure, with its 95 % interval and how many items it is of.

    Args:
        columns: Measure name → a value an item; NaN where an item has none.
        units: Measure name → unit; a fraction if not named.
        clusters: What each item is of, a text, say; see `resampled_means`.
        unbounded: Fractions that may exceed 1. The others are known to lie between 0 and 1, so that all hits, or none,
            have the exact interval of `interval_of_mean`.
        seed: Of the draws. Measures of the same items share them, which is faster and makes them comparable.
    """
    units = units or {}
    measures: dict[str, Measure] = {}
    together: dict[bytes, list[str]] = {}
    for name, values in columns.items():
        together.setdefault((~np.isnan(values)).tobytes(), []).append(name)
    for mask, names in together.items():
        known = np.frombuffer(mask, dtype=bool)
        if not known.any():
            measures |= {name: Measure(math.nan, unit=units.get(name, "fraction"), count=0) for name in names}
            continue
        values = np.stack([columns[name][known] for name in names], axis=1).astype(np.float64)
        owners = np.arange(len(values)) if clusters is None else clusters[known]
        drawn = resampled_means(values, clusters=owners, seed=seed)
        for at, name in enumerate(names):
            column, unit = values[:, at], units.get(name, "fraction")
            is_fraction = unit == "fraction" and name not in unbounded
            low, high = interval_of_mean(column, drawn[:, at], clusters=owners, is_fraction=is_fraction)
            measures[name] = Measure(float(column.mean()), low, high, unit, int(known.sum()))
    return {name: measures[name] for name in columns}
