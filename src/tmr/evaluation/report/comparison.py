"""A run against a baseline: what changed in each table, and, query by query, how sure it is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tmr.evaluation.bootstrap import percentile_interval, resampled_means
from tmr.evaluation.protocols import Gallery
from tmr.evaluation.report.run import Run
from tmr.evaluation.report.space import Space
from tmr.evaluation.result import Measure, Result, Table

RECALLS = (1, 3, 10)
_UNPAIRED_RULES = ("seed",)  # a rule that may differ without making numbers unlike


@dataclass(frozen=True)
class Change:
    """A number of the run beside the baseline's.

    Args:
        row: Of the table.
        measure: Name.
        before: Of the baseline.
        after: Of the run.
        apart: Whether the two intervals have nothing in common; None where there are not two.
    """

    row: str
    measure: str
    before: Measure
    after: Measure
    apart: bool | None


@dataclass(frozen=True)
class TableChange:
    """A table that both runs have.

    Args:
        table: Of the run.
        changes: In the table's order.
        unlike: Rules that differ, as text; numbers under unlike rules must not be compared.
    """

    table: Table
    changes: tuple[Change, ...]
    unlike: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Paired:
    """Both runs on the same queries.

    Args:
        differences: Measure name → run minus baseline, with the 95 % interval of a paired bootstrap over the
            groups of motions that share a clip or a caption.
        better: How many queries have a better rank than in the baseline.
        worse: How many a worse one.
        rank: Of the queries that both have, in the run.
        before: The same queries' ranks in the baseline.
        query: Their numbers in the run's space.
    """

    differences: Mapping[str, Measure]
    better: int
    worse: int
    rank: np.ndarray
    before: np.ndarray
    query: np.ndarray


def table_changes(run: Run, baseline: Run) -> dict[str, list[TableChange]]:
    """Return for each kind of result what changed in the tables that both runs have."""
    changes = {}
    for kind, result in run.results.items():
        if kind in baseline.results:
            before = {table.name: table for table in baseline.results[kind].tables}
            changes[kind] = [
                _table_change(table, before[table.name], result, baseline.results[kind])
                for table in result.tables
                if table.name in before
            ]
    return changes


def _table_change(table: Table, before: Table, result: Result, old: Result) -> TableChange:
    names = dict(zip(result.models, old.models, strict=False))
    changes = []
    for row, measures in table.rows.items():
        others = before.rows.get(row) or before.rows.get(_renamed(row, names)) or {}
        for name, after in measures.items():
            if name in others and others[name].unit == after.unit:
                changes.append(Change(row, name, others[name], after, _apart(others[name], after)))
    unlike = tuple(
        f"{rule.replace('_', ' ')}: {table.rules[rule]} here, {before.rules[rule]} in the baseline"
        for rule in table.rules
        if rule in before.rules and table.rules[rule] != before.rules[rule] and rule not in _UNPAIRED_RULES
    )
    return TableChange(table, tuple(changes), unlike)


def _renamed(row: str, names: Mapping[str, str]) -> str:
    """Return a row's name with the run's models replaced by the baseline's, in the order in which both name them."""
    for name, other in names.items():
        if name in row:
            return row.replace(name, other)
    return row


def _apart(before: Measure, after: Measure) -> bool | None:
    ends = (before.low, before.high, after.low, after.high)
    if any(end is None or math.isnan(end) for end in ends):
        return None
    low, high, new_low, new_high = (float(end) for end in ends if end is not None)
    return new_low > high or new_high < low


def paired(space: Space, base: Space, *, seed: int = 0) -> Paired | str:
    """Return both runs' ranks on the queries that both have, or why they cannot be laid beside each other.

    Args:
        space: Of the run.
        base: Of the baseline.
        seed: Of the bootstrap.

    Returns:
        The pairs; or one sentence, where the galleries differ: a rank among fewer motions is not the same rank.
    """
    if sorted(space.names) != sorted(base.names):
        only = len(set(space.names) ^ set(base.names))
        return (
            f"The galleries differ ({len(space.names):,} motions here, {len(base.names):,} in the baseline, {only:,} "
            "in only one of them), so the ranks of single queries cannot be paired."
        )
    asked = {_key(base, query): query for query in range(len(base.captions))}
    pairs = [(query, asked[key]) for query in range(len(space.captions)) if (key := _key(space, query)) in asked]
    if not pairs:
        return "The two runs have no query in common, so the ranks of single queries cannot be paired."
    query, other = np.array(pairs).T
    rank, before = space.rank[query], base.rank[other]
    measures = {f"recall_at_{k}": (rank <= k).astype(float) - (before <= k) for k in RECALLS}
    measures["mean_rank"] = rank - before
    clips = np.unique(space.clips, return_inverse=True)[1]
    groups = Gallery(tuple(space.captions), space.owner, clips).independent
    values = np.stack(list(measures.values()), axis=1)
    drawn = resampled_means(values, clusters=groups[space.owner[query]], seed=seed)
    differences = {
        name: Measure(
            float(values[:, column].mean()),
            *percentile_interval(drawn[:, column]),
            "rank" if name == "mean_rank" else "fraction",
            len(query),
        )
        for column, name in enumerate(measures)
    }
    return Paired(differences, int((rank < before).sum()), int((rank > before).sum()), rank, before, query)


def _key(space: Space, query: int) -> tuple[str, str]:
    return space.captions[query], space.names[int(space.owner[query])]
