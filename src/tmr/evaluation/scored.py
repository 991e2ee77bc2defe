"""Scored: what each query of one direction gets under a protocol, and the rows of a table that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tmr.evaluation.bootstrap import interval_of_mean, percentile_interval, resampled_means, resampled_medians
from tmr.evaluation.groups import group_rows
from tmr.evaluation.result import Measure
from tmr.evaluation.retrieval import RECALLS, Placements

DIRECTIONS = ("text_to_motion", "motion_to_text")
RANKS = ("median_rank", "mean_rank")
MEASURES = (*(f"recall_at_{k}" for k in RECALLS), *RANKS, "mean_average_precision", "ndcg")
"""Names of the measures of a row, in the order of its columns."""

_MEANS = tuple(name for name in MEASURES if name != "median_rank")


@dataclass(frozen=True, eq=False)
class Scored:
    """What each query gets.

    Args:
        values: Name of a measure (all but the median) → a number a query.
        motion: The motion of each query: the one that its text is of, or itself.
        chance: What an encoder that tells nothing apart gets on average, `median_rank` too.
        median_rank: The median, where it is not that of the ranks in `values`.
    """

    values: Mapping[str, Float[np.ndarray, " query"]]
    motion: Int[np.ndarray, " query"]
    chance: Mapping[str, float]
    median_rank: float | None = None


def values_of(placements: Placements) -> dict[str, Float[np.ndarray, " query"]]:
    """Return the measures of each query."""
    recalls = {f"recall_at_{k}": placements.hit_chances(k) for k in RECALLS}
    rest = {"mean_rank": placements.rank, "mean_average_precision": placements.average_precision}
    return {**recalls, **rest, "ndcg": placements.gain}


def scored_of(placements: Placements, motion: Int[np.ndarray, " query"]) -> Scored:
    """Return what each query gets of where its right items stand."""
    at_chance = placements.at_chance()
    chance = {name: float(column.mean()) for name, column in values_of(at_chance).items()}
    return Scored(values_of(placements), motion, {**chance, "median_rank": float(np.median(at_chance.rank))})


def measure_row(scored: Scored, independent: Int[np.ndarray, " motion"], seed: int) -> dict[str, Measure]:
    """Return a row: each measure with its 95 % bootstrap interval, which resamples groups of motions.

    Args:
        scored: Of one direction.
        independent: The group of each motion; see `Gallery.independent`.
        seed: Of the bootstrap.
    """
    clusters = independent[scored.motion]
    columns = np.stack([scored.values[name] for name in _MEANS], axis=1)
    drawn = resampled_means(columns, clusters=clusters, seed=seed)
    count = len(columns)
    measures = {}
    for name, column, means in zip(_MEANS, columns.T, drawn.T, strict=True):
        unit = unit_of(name)
        interval = interval_of_mean(column, means, clusters=clusters, is_fraction=unit == "fraction")
        measures[name] = Measure(float(column.mean()), *interval, unit, count)
    if scored.median_rank is not None:
        measures["median_rank"] = Measure(scored.median_rank, unit="rank", count=count)
    else:
        ranks = scored.values["mean_rank"]
        interval = percentile_interval(resampled_medians(ranks, clusters=clusters, seed=seed))
        measures["median_rank"] = Measure(float(np.median(ranks)), *interval, "rank", count)
    return {name: measures[name] for name in MEASURES}


def chance_row(scored: Scored) -> dict[str, Measure]:
    """Return what an encoder that tells nothing apart would get."""
    return {name: Measure(scored.chance[name], unit=unit_of(name)) for name in MEASURES}


def rows_of_group(
    scored: Scored, clusters: Int[np.ndarray, " motion"], labels: Sequence[str], seed: int
) -> dict[str, dict[str, Measure]]:
    """Return a row for each group of motions and the spread between them; the gallery is that of all groups.

    Args:
        scored: Of one direction.
        clusters: Which motions are drawn and relabelled together, as a number a motion.
        labels: The group of each motion.
        seed: Of bootstrap and shuffles.
    """
    values = {name: scored.values[name] for name in _MEANS}
    units = {name: unit_of(name) for name in _MEANS}
    own = [labels[int(motion)] for motion in scored.motion]
    return group_rows(values, own, units=units, clusters=clusters[scored.motion], seed=seed)


def mean_and_spread(rows: Sequence[Mapping[str, Measure]]) -> tuple[dict[str, Measure], dict[str, Measure]]:
    """Return the mean of several models' rows and their standard deviation (of a sample: divided by one less)."""
    mean, spread = {}, {}
    for name in MEASURES:
        column = [row[name].value for row in rows]
        mean[name] = Measure(float(np.mean(column)), unit=unit_of(name), count=len(rows))
        spread[name] = Measure(float(np.std(column, ddof=1)), unit=unit_of(name), count=len(rows))
    return mean, spread


def unit_of(name: str) -> str:
    """Return the unit of a measure of this module."""
    return "rank" if name in RANKS else "fraction"
