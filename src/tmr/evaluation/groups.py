"""Groups: any measure by a column of the metadata, with the spread between the groups."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import TMRError
from tmr.evaluation.bootstrap import interval_of_mean, percentile_interval, resampled_means
from tmr.evaluation.result import Measure

NO_GROUP = "(none)"
SMALLEST_GROUP = 10
"""A group of fewer has a row, but no part in the spread: its mean is mostly luck."""
SPREAD, SPREAD_BY_CHANCE = "spread", "spread by chance"
_SHUFFLES = 1000


def group_positions(labels: Sequence[str]) -> dict[str, Int[np.ndarray, " member"]]:
    """Return the positions of each label, the labels in sorted order; what has none is in the last group, `(none)`."""
    array = np.array([label or NO_GROUP for label in labels], dtype=object)
    names = sorted(set(array), key=lambda name: (name == NO_GROUP, name))
    return {name: np.flatnonzero(array == name) for name in names}


def column_of(metadata: Sequence[Mapping[str, str]], column: str) -> list[str]:
    """Return one column of the metadata, empty where a row has none.

    Raises:
        TMRError: If no row has it.
    """
    if not any(row.get(column) for row in metadata):
        known = ", ".join(sorted({key for row in metadata for key in row})) or "none"
        raise TMRError(f"nothing here has a column {column!r} to group by; the columns: {known}")
    return [row.get(column, "") for row in metadata]


def group_rows(
    values: Mapping[str, Float[np.ndarray, " query"]],
    labels: Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    clusters: Sequence[int] | Int[np.ndarray, " query"] | None = None,
    seed: int = 0,
    smallest: int = SMALLEST_GROUP,
) -> dict[str, dict[str, Measure]]:
    """Return the mean of each measure in each group, and how far the groups are apart.

    Args:
        values: Measure name → one value a query; NaN where a query has none.
        labels: The group of each query; empty for none.
        units: Measure name → unit of `Measure`; `fraction` if not named.
        clusters: The clip of each query; see `resampled_means`.
        seed: Of the bootstrap and the shuffles.
        smallest: Queries that a group needs to have a part in the spread.

    Returns:
        Rows for a `Table`: one a group; `spread`, the largest mean minus the smallest, with its bootstrap interval; and
        `spread by chance`, what the spread would be if the labels said nothing: mean and 95 % range over shuffled
        labels. Groups are unequal where the first is above the range of the second. The last two rows are missing where
        there are not two groups large enough.
    """
    rows: dict[str, dict[str, Measure]] = {}
    for name, column in values.items():
        if len(column) != len(labels):
            raise TMRError(
                f"measure {name!r} has {len(column)} values for {len(labels)} labels; give one label a value"
            )
        known = np.flatnonzero(np.isfinite(column))
        if not len(known):
            continue
        unit = (units or {}).get(name, "fraction")
        measures = _measures_by_group(
            np.asarray(column, dtype=np.float64)[known],
            [labels[int(query)] for query in known],
            known if clusters is None else np.asarray(clusters)[known],
            seed,
            smallest,
            unit,
        )
        for row, measure in measures.items():
            rows.setdefault(row, {})[name] = measure
    # A group that lacks the first measure would come after the spread.
    ends = (SPREAD, SPREAD_BY_CHANCE)
    return {**{row: rows[row] for row in rows if row not in ends}, **{row: rows[row] for row in ends if row in rows}}


def _measures_by_group(
    column: np.ndarray, labels: Sequence[str], clusters: np.ndarray, seed: int, smallest: int, unit: str
) -> dict[str, Measure]:
    groups = group_positions(labels)
    rows = {}
    for group, members in groups.items():
        drawn = resampled_means(column[members][:, None], clusters=clusters[members], seed=seed)[:, 0]
        is_fraction = unit == "fraction"
        low, high = interval_of_mean(column[members], drawn, clusters=clusters[members], is_fraction=is_fraction)
        rows[group] = Measure(float(column[members].mean()), low, high, unit, len(members))
    large = [members for group, members in groups.items() if len(members) >= smallest and group != NO_GROUP]
    if len(large) < 2:
        return rows
    means = np.array([column[members].mean() for members in large])
    drawn = np.stack(
        [
            resampled_means(column[members][:, None], clusters=clusters[members], seed=seed + number)[:, 0]
            for number, members in enumerate(large)
        ]
    )
    rows[SPREAD] = Measure(float(np.ptp(means)), *percentile_interval(np.ptp(drawn, axis=0)), unit, len(large))
    shuffled = _spreads_by_chance(column, large, clusters, seed)
    rows[SPREAD_BY_CHANCE] = Measure(float(shuffled.mean()), *percentile_interval(shuffled), unit, len(large))
    return rows


def _spreads_by_chance(
    column: np.ndarray, groups: Sequence[np.ndarray], clusters: np.ndarray, seed: int
) -> Float[np.ndarray, " shuffle"]:
    """Return the spread of the means under shuffled labels; a clip whose queries have one label keeps them together."""
    members = np.concatenate(list(groups))
    label = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    owner = np.unique(clusters[members], return_inverse=True)[1]
    label_of_owner = np.zeros(owner.max() + 1, dtype=np.int64)
    label_of_owner[owner] = label
    if (label_of_owner[owner] != label).any():
        owner, label_of_owner = np.arange(len(members)), label
    values = column[members]
    random = np.random.default_rng(seed)
    spreads = np.empty(_SHUFFLES)
    for shuffle in range(_SHUFFLES):
        drawn = random.permutation(label_of_owner)[owner]
        sizes = np.bincount(drawn, minlength=len(groups))
        means = np.bincount(drawn, values, minlength=len(groups)) / np.maximum(sizes, 1)
        spreads[shuffle] = np.ptp(means[sizes > 0])
    return spreads
