"""The benchmark's summary: rows and tables over all groups, with the reference's keys, weights and units."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tmr.evaluation.kimodo.testcases import CONSTRAINT_CATEGORIES, SPLITS, TEXT_CATEGORIES, place_in_summary

_CENTIMETRES = 100.0
_LABELS = {
    "overview": "Overview",
    "timeline_single": "Timeline single",
    "timeline_multi": "Timeline multi",
    "constraints_withtext": "Constraints with text",
    "constraints_notext": "Constraints without text",
}
# Column, part of a row that holds the metric, metric, what it is multiplied by.
_TEXT_COLUMNS = (
    ("R@3 (gen)", "tmr", "TMR/t2m_R/R03", 1.0),
    ("R@3 (GT)", "tmr", "TMR/t2m_gt_R/R03", 1.0),
    ("FID gen-text", "tmr", "TMR/FID/gen_text", 1.0),
    ("FID GT-text", "tmr", "TMR/FID/gt_text", 1.0),
    ("FID gen-GT", "tmr", "TMR/FID/gen_gt", 1.0),
    ("Skate (gen, cm/s)", "per_motion_mean", "foot_skate_from_pred_contacts", _CENTIMETRES),
    ("Skate (GT, cm/s)", "per_motion_mean_gt", "foot_skate_from_pred_contacts", _CENTIMETRES),
    ("Contact (gen)", "per_motion_mean", "foot_contact_consistency", 1.0),
    ("Contact (GT)", "per_motion_mean_gt", "foot_contact_consistency", 1.0),
)
_CONSTRAINT_COLUMNS = (
    ("Full-Body Pos (gen, cm)", "per_motion_mean", "constraint_fullbody_keyframe", _CENTIMETRES),
    ("Full-Body Pos (GT, cm)", "per_motion_mean_gt", "constraint_fullbody_keyframe", _CENTIMETRES),
    ("End-Effector Pos (gen, cm)", "per_motion_mean", "constraint_end_effector", _CENTIMETRES),
    ("End-Effector Pos (GT, cm)", "per_motion_mean_gt", "constraint_end_effector", _CENTIMETRES),
    ("End-Effector Rot (deg)", "per_motion_mean", "", 1.0),  # the reference has the column and never fills it
    ("2D Root Pos (gen, cm)", "per_motion_mean", "constraint_root2d_err", _CENTIMETRES),
    ("2D Root Pos (GT, cm)", "per_motion_mean_gt", "constraint_root2d_err", _CENTIMETRES),
    ("2D Pelvis Pos@95% (gen, cm)", "per_motion_mean", "constraint_root2d_err_p95", _CENTIMETRES),
    ("2D Pelvis Pos@95% (GT, cm)", "per_motion_mean_gt", "constraint_root2d_err_p95", _CENTIMETRES),
)


def summarise_groups(suite: Path, groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what `summary_rows.json` holds.

    A category's value is the mean of the values of the groups that report it, weighted by their numbers of motions, FID
    and R@k included. (Before May 2026 the reference divided by all motions of a category, which scaled constraint
    errors down; the published tables are of the version since.)

    Args:
        suite: The test suite or a part of one.
        groups: What each group's JSON holds, by the group's name; groups outside the benchmark's layout are left out.

    Source:
        nv-tlabs/kimodo, `benchmark/parse_folder.py` and its change log, read and written anew.
    """
    placed: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for name, payload in groups.items():
        if (place := place_in_summary(suite, name)) is not None:
            placed.setdefault(place, []).append(payload)
    rows = [row for split in SPLITS for row in _rows(split, placed)]
    by_place = {(row["split"], row["category"]): row for row in rows}
    tables = {}
    for split in SPLITS:
        text_following = [_line(by_place[split, category], _TEXT_COLUMNS) for category in TEXT_CATEGORIES]
        constraints = [_line(by_place[split, category], _CONSTRAINT_COLUMNS) for category in CONSTRAINT_CATEGORIES]
        tables[split] = {"text_following": text_following, "constraints": constraints}
    return {"num_testcases": sum(map(len, placed.values())), "rows": rows, "tables": tables}


def _rows(split: str, placed: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]) -> Iterable[dict[str, Any]]:
    """Return the rows of a split: one a category, then both kinds of constraints together."""
    for category in (*TEXT_CATEGORIES, *CONSTRAINT_CATEGORIES):
        yield _row(split, category, placed.get((split, category), ()))
    both = [payload for category in CONSTRAINT_CATEGORIES for payload in placed.get((split, category), ())]
    yield _row(split, "constraints", both)


def _row(split: str, category: str, payloads: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def mean(part: str) -> dict[str, float]:
        return _weighted_means(payloads, lambda payload: payload.get(part) or {})

    row = {
        "split": split,
        "category": category,
        "num_testcases": len(payloads),
        "num_motions": sum(payload["num_motions"] for payload in payloads),
        "per_motion_mean": mean("per_motion_mean_gen"),
        "tmr": mean("tmr"),
    }
    truth = mean("per_motion_mean_gt")
    return row | {"per_motion_mean_gt": truth} if truth else row


def _weighted_means(
    payloads: Sequence[Mapping[str, Any]], part: Callable[[Mapping[str, Any]], Mapping[str, float | None]]
) -> dict[str, float]:
    """Return the mean of each metric over the groups that have it, weighted by their motions.

    A value that is not a number, the FID of a group of one say, is taken as not reported.
    """
    sums: dict[str, float] = {}
    weights: dict[str, float] = {}
    for payload in payloads:
        for key, value in part(payload).items():
            if value is not None and math.isfinite(value):
                sums[key] = sums.get(key, 0.0) + value * payload["num_motions"]
                weights[key] = weights.get(key, 0.0) + payload["num_motions"]
    return {key: sums[key] / weights[key] for key in sorted(sums)}


def _line(row: Mapping[str, Any], columns: Sequence[tuple[str, str, str, float]]) -> dict[str, Any]:
    """Return a line of a table; None where there is no value."""
    line: dict[str, Any] = {"row": _LABELS[row["category"]]}
    for column, part, metric, scale in columns:
        value = row.get(part, {}).get(metric)
        line[column] = None if value is None else value * scale
    return line
