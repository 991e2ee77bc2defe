"""Means of many measures over the same items, each with its bootstrap interval, from one set of draws."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from tmr.evaluation.bootstrap import percentile_interval, resampled_means
from tmr.evaluation.result import Measure


def mean_measures(
    columns: Mapping[str, Float[np.ndarray, " item"]],
    units: Mapping[str, str] | None = None,
    *,
    clusters: Int[np.ndarray, " item"] | None = None,
    seed: int = 0,
) -> dict[str, Measure]:
    """Return the mean of what is known of each measure, with its 95 % interval and how many items it is of.

    Args:
        columns: Measure name → a value an item; NaN where an item has none.
        units: Measure name → unit; a fraction if not named.
        clusters: What each item is of, a text, say; see `resampled_means`.
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
        drawn = resampled_means(values, clusters=None if clusters is None else clusters[known], seed=seed)
        for at, name in enumerate(names):
            low, high = percentile_interval(drawn[:, at])
            mean = float(values[:, at].mean())
            measures[name] = Measure(mean, low, high, units.get(name, "fraction"), int(known.sum()))
    return {name: measures[name] for name in columns}
