"""The evaluation as a `Result`: the reference's numbers with their rules, the published ones, the fair ones."""

from collections.abc import Mapping
from typing import Any

from tmr.evaluation.kimodo.measure import Measured
from tmr.evaluation.kimodo.published import CONSTRAINED, SIZES, TEXT_FOLLOWING
from tmr.evaluation.kimodo.run import Evaluation
from tmr.evaluation.kimodo.scores import RANKS
from tmr.evaluation.kimodo.strict import strict_tables
from tmr.evaluation.kimodo.testcases import CONSTRAINT_CATEGORIES, TEXT_CATEGORIES, place_in_summary
from tmr.evaluation.result import Measure, Result, Table
from tmr.motion.units import HUMAN_HEIGHTS

UNRECORDED = "not recorded"

_RULES = {
    "gallery": "the whole group",
    "texts": "cosine of the model's own text embeddings over 0.96 counts as the same text",
    "ties": "mean place; a two-way tie at the top counts as a hit at 1",
    "fid": "of unit embeddings; groups averaged by their numbers of motions",
    "interval": "none; the reference has none",
}
_CENTIMETRES = 0.01
_MOTION = {
    "foot_skate_from_pred_contacts": "m/s",
    "foot_contact_consistency": "fraction",
    "constraint_fullbody_keyframe": "m",
    "constraint_end_effector": "m",
    "constraint_root2d_err": "m",
    "constraint_root2d_err_p95": "m",
    "constraint_root2d_acc": "fraction",
}


def result_of(evaluation: Evaluation, model: str, *, strict: bool = False, seed: int = 0) -> Result:
    """Return an evaluation as the other commands write theirs.

    Args:
        evaluation: What `evaluate_testsuite` returned.
        model: Name of the model that made the embeddings, for people.
        strict: Add tables by fair rules, with intervals.
        seed: Of their draws.
    """
    tables = [_reference_table(evaluation), *_published_tables(evaluation)]
    notes = _notes(evaluation)
    if strict:
        more, warnings = strict_tables(evaluation.embeddings, evaluation.scored, seed=seed)
        tables, notes = [*tables, *more], [*notes, *warnings]
    hashes = evaluation.checkpoint_hashes
    models = {model if len(hashes) == 1 else f"{model} {at + 1}": each for at, each in enumerate(hashes)}
    data: dict[str, str | int | float] = {
        "test suite": evaluation.suite.resolve().name,
        "groups": len(evaluation.groups),
        "cases": sum(map(len, evaluation.scored.values())),
    }
    kept = tuple(table for table in tables if table.rows)
    return Result("kimodo", models or {UNRECORDED: ""}, data, kept, tuple(evaluation.left_out), tuple(notes))


def _reference_table(evaluation: Evaluation) -> Table:
    """Return the rows of the summary that hold anything."""
    rows: dict[str, dict[str, Measure]] = {}
    for row in evaluation.summary["rows"]:
        if row["num_motions"] and row["category"] != "constraints":
            name, count = f"{row['split']} {row['category'].replace('_', ' ')}", row["num_motions"]
            for what, side, retrieval in (
                ("generated", "per_motion_mean", "t2m_R"),
                ("ground truth", "per_motion_mean_gt", "t2m_gt_R"),
            ):
                measures = _retrieval(row["tmr"], retrieval, count)
                if what == "generated":
                    measures |= _distances(row["tmr"], count)
                measures |= {
                    key: Measure(row[side][key], unit=unit, count=count)
                    for key, unit in _MOTION.items()
                    if key in row.get(side, {})
                }
                if measures:
                    rows[f"{name}, {what}"] = measures
    return Table("reference", "By the rules of the Kimodo benchmark", _RULES, rows)


def _retrieval(tmr: Mapping[str, float], key: str, count: int) -> dict[str, Measure]:
    """Return recall and median rank of one direction."""
    if f"TMR/{key}/MedR" not in tmr:
        return {}
    measures = {f"recall_at_{k}": Measure(tmr[f"TMR/{key}/R{k:02d}"] / 100, count=count) for k in RANKS}
    return measures | {"median_rank": Measure(tmr[f"TMR/{key}/MedR"], unit="rank", count=count)}


def _distances(tmr: Mapping[str, float], count: int) -> dict[str, Measure]:
    found = {name: tmr.get(f"TMR/FID/{name}") for name in ("gen_gt", "gen_text")}
    return {
        f"fid_{name}": Measure(value, unit="distance", count=count)
        for name, value in found.items()
        if value is not None
    }


def _published_tables(evaluation: Evaluation) -> list[Table]:
    """Return the published numbers of the splits that were evaluated."""
    used = {(row["split"], row["category"]) for row in evaluation.summary["rows"] if row["num_motions"]}
    text: dict[str, dict[str, Measure]] = {}
    for split, rows in TEXT_FOLLOWING.items():
        for who, groups in rows.items():
            for category, size, numbers in zip(TEXT_CATEGORIES, SIZES[split], groups, strict=True):
                if (split, category) in used:
                    text[f"{split} {category.replace('_', ' ')}, {who} (published)"] = {
                        "recall_at_3": Measure(numbers.recall / 100, count=size),
                        "fid_gen_gt": Measure(numbers.distance, unit="distance", count=size),
                        "foot_skate_from_pred_contacts": Measure(numbers.skate * _CENTIMETRES, unit="m/s", count=size),
                        "foot_contact_consistency": Measure(numbers.contact, count=size),
                    }
    constrained: dict[str, dict[str, Measure]] = {}
    for split, rows in CONSTRAINED.items():
        for who, groups in rows.items():
            for category, numbers in zip(CONSTRAINT_CATEGORIES, groups, strict=True):
                if (split, category) in used:
                    values = zip(list(_MOTION)[2:6], numbers, strict=True)
                    constrained[f"{split} {category.replace('_', ' ')}, {who} (published)"] = {
                        key: Measure(value * _CENTIMETRES, unit="m") for key, value in values
                    }
    rules = {"source": "nv-tlabs/kimodo, benchmark results, May 2026; TMR-SOMA-RP-v1 with LLM2Vec in bfloat16"}
    return [
        Table("published", "Published: text-following", rules, text),
        Table("published_constraints", "Published: constrained", rules, constrained),
    ]


def _notes(evaluation: Evaluation) -> list[str]:
    """Return what a reader of the numbers must know."""
    notes = []
    if evaluation.num_unrecorded:
        notes.append(
            f"{evaluation.num_unrecorded} embeddings were there already and do not tell their model; --force makes "
            "them anew."
        )
    sizes = _other_sizes(evaluation.summary["rows"])
    if sizes:
        notes.append(
            f"R@k and FID depend on how many motions there are. Not of the published size, so not comparable with "
            f"published numbers: {', '.join(sizes)}."
        )
    return notes + _body_notes(evaluation)


def _body_notes(evaluation: Evaluation) -> list[str]:
    """Return in which parts bodies are no human's in metres, or stand along another axis than y, and which first.

    They are measured all the same: the benchmark's rules know no other unit or axis.
    """
    parts: dict[str, list[tuple[str, Measured]]] = {}
    for group, scored in evaluation.scored.items():
        place = place_in_summary(evaluation.suite, group)
        part = " ".join(place).replace("_", " ") if place else group or evaluation.suite.resolve().name
        for row in scored:
            for what, measured in (("generated", row.generated), ("ground truth", row.truth)):
                if measured is not None:
                    parts.setdefault(f"{part}, {what}", []).append((row.case.name, measured))
    notes = []
    low, high = HUMAN_HEIGHTS
    for part, motions in parts.items():
        sizes = [f"{name}, {row.height:.3g} m" for name, row in motions if not low <= row.height <= high]
        axes = [f"{name}, {row.up}" for name, row in motions if row.up != "y"]
        for found, what, expected in (
            (sizes, "a body of no human size", "metres are"),
            (axes, "another axis up than y", "y up is"),
        ):
            if found:
                notes.append(
                    f"{part}: {len(found)} of {len(motions)} motions have {what}; the first is {found[0]} "
                    f"({expected} expected). They are scored as they are."
                )
    return notes


def _other_sizes(rows: list[dict[str, Any]]) -> list[str]:
    """Return the categories whose size is not the published one."""
    found = []
    for row in rows:
        if row["num_motions"] and row["category"] in TEXT_CATEGORIES:
            size = SIZES[row["split"]][TEXT_CATEGORIES.index(row["category"])]
            if row["num_motions"] != size:
                found.append(f"{row['split']} {row['category'].replace('_', ' ')} ({row['num_motions']}, not {size})")
    return found
