"""Fair rules beside the reference's: ties by chance, texts merged by an outside encoder or not at all, intervals."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from tmr.errors import ModelError
from tmr.evaluation.answers import Answers, SameTexts, alike, letter_for_letter, only_itself
from tmr.evaluation.bootstrap import bootstrap_interval, percentile_interval, resampled_medians
from tmr.evaluation.distribution import frechet_measures, null_frechet_distance, sample_notes
from tmr.evaluation.kernel import kernel_distance
from tmr.evaluation.kimodo.groups import Scored
from tmr.evaluation.kimodo.measure import Measured
from tmr.evaluation.kimodo.scores import without_empty_dimensions
from tmr.evaluation.kimodo.storage import GENERATED, TEXT, TRUE
from tmr.evaluation.protocols import SAME_TEXT_COSINE, TIES
from tmr.evaluation.result import Measure, Table
from tmr.evaluation.retrieval import RECALLS, Placements, place_queries
from tmr.evaluation.sentences import ENCODER, sentence_vectors

_FOOT = {
    "foot_skate_from_pred_contacts": "m/s",
    "foot_skate_from_height": "m/s",
    "foot_contact_consistency": "fraction",
}
_CONSTRAINTS = ("constraint_fullbody_keyframe", "constraint_end_effector", "constraint_root2d_err")


def strict_tables(
    embeddings: Mapping[str, Mapping[str, Float[np.ndarray, "item width"]]],
    scored: Mapping[str, Sequence[Scored]],
    *,
    seed: int = 0,
) -> tuple[list[Table], list[str]]:
    """Return tables by fair rules, and notes.

    Args:
        embeddings: Of each group, by the names of their files.
        scored: The cases of each group, in the same order.
        seed: Of all draws.
    """
    notes: list[str] = []
    tables = [
        table
        for table in (
            *_retrieval_tables(embeddings, scored, seed, notes),
            _distance_table(embeddings, seed, notes),
            _motion_table(scored, seed),
        )
        if table.rows
    ]
    return tables, notes


def _retrieval_tables(
    embeddings: Mapping[str, Mapping[str, np.ndarray]],
    scored: Mapping[str, Sequence[Scored]],
    seed: int,
    notes: list[str],
) -> list[Table]:
    """Return a table for each rule that says which texts are the same."""
    groups = {name: [row.case.text for row in scored[name]] for name, arrays in embeddings.items() if TEXT in arrays}
    rules = {
        "strict": ("no two texts are the same", lambda _: only_itself),
        "strict_identical": ("texts that are equal letter for letter are the same", letter_for_letter),
    }
    every = list(dict.fromkeys(text for texts in groups.values() for text in texts))
    try:
        vector_of = dict(zip(every, sentence_vectors(every) if every else [], strict=True))
    except ModelError as error:
        notes.append(f"Texts are not merged by an outside encoder: {error}")
    else:
        rules["strict_threshold"] = (
            f"texts whose cosine by a fixed outside encoder ({ENCODER}) exceeds {SAME_TEXT_COSINE} are the same",
            lambda texts: alike(texts, np.stack([vector_of[text] for text in dict.fromkeys(texts)]), SAME_TEXT_COSINE),
        )
    tables = []
    for name, (rule, same_for) in rules.items():
        rows = {}
        for group, texts in groups.items():
            rows |= _retrieval_rows(group, embeddings[group], same_for(texts), seed)
        rules_of_table = {"gallery": "the whole group", "texts": rule, "ties": TIES, "interval": _interval(seed)}
        tables.append(Table(name, f"Retrieval, fair rules: {rule}", rules_of_table, rows))
    return tables


def _retrieval_rows(
    group: str, arrays: Mapping[str, np.ndarray], same: SameTexts, seed: int
) -> dict[str, dict[str, Measure]]:
    right = Answers(np.arange(len(arrays[TEXT])), same).of_texts
    rows = {}
    for file, what in ((GENERATED, "text → generated"), (TRUE, "text → ground truth")):
        if file in arrays:
            placed = place_queries(arrays[TEXT], arrays[file], right)
            rows[f"{group}: {what}"] = _recalls(placed, seed)
            rows.setdefault(f"{group}: by chance", {f"recall_at_{k}": _chance(placed, k) for k in RECALLS})
    return rows


def _recalls(placed: Placements, seed: int) -> dict[str, Measure]:
    measures = {f"recall_at_{k}": _mean(placed.hit_chances(k), "fraction", seed) for k in RECALLS}
    low, high = percentile_interval(resampled_medians(placed.rank, seed=seed))
    measures["median_rank"] = Measure(float(np.median(placed.rank)), low, high, "rank", len(placed.rank))
    return measures


def _chance(placed: Placements, k: int) -> Measure:
    return Measure(float(placed.at_chance().hit_chances(k).mean()), unit="fraction", count=placed.num_items)


def _distance_table(embeddings: Mapping[str, Mapping[str, np.ndarray]], seed: int, notes: list[str]) -> Table:
    """Return how far generated motions are from the ground truth, beside what it would be if nothing differed."""
    rows = {}
    for group, arrays in embeddings.items():
        if GENERATED not in arrays or TRUE not in arrays:
            continue
        small = without_empty_dimensions({file: arrays[file] for file in (GENERATED, TRUE)})
        generated, truth = small[GENERATED], small[TRUE]
        distance, limit = frechet_measures(generated, truth, seed=seed)
        rows[group] = {
            "fid": distance,
            "fid_infinite": limit,
            "fid_null": null_frechet_distance(truth, seed=seed),
            "kid": kernel_distance(generated, truth, scale=1.0, seed=seed),
        }
        notes += [f"{group}: {note}" for note in sample_notes(*arrays[TRUE].shape)]
    rules = {
        "embeddings": "of length 1",
        "fid_null": "random halves of the ground truth, so of half the size",
        "kid": "polynomial kernel of degree 3 with scale 1, without bias",
        "interval": "95 %",
        "seed": seed,
    }
    return Table("strict_distance", "Generated against ground-truth motions", rules, rows)


def _motion_table(scored: Mapping[str, Sequence[Scored]], seed: int) -> Table:
    """Return foot and constraint metrics with intervals."""
    rows = {}
    for group, cases in scored.items():
        for what, measured in (
            ("generated", [row.generated for row in cases if row.generated]),
            ("ground truth", [row.truth for row in cases if row.truth]),
        ):
            if measured:
                rows[f"{group}: {what}"] = _motion_measures(measured, seed)
    rules = {
        "mean": "over the motions that report a measure; feet that never touch the floor skate by 0, as there",
        "root_error_p95": "95th percentile over all constrained frames; the reference takes it over motions' means",
        "interval": _interval(seed),
    }
    return Table("strict_motion", "Feet and constraints", rules, rows)


def _motion_measures(measured: Sequence[Measured], seed: int) -> dict[str, Measure]:
    units = _FOOT | dict.fromkeys(_CONSTRAINTS, "m") | {"constraint_root2d_acc": "fraction"}
    result = {}
    for key, unit in units.items():
        values = np.array([row.metrics[key] for row in measured if math.isfinite(row.metrics.get(key, math.nan))])
        if len(values):
            result[key] = _mean(values, unit, seed)
    errors = np.concatenate([row.root_errors for row in measured])
    if len(errors):
        result["root_error_p95"] = Measure(float(np.quantile(errors, 0.95)), unit="m", count=len(errors))
    return result


def _mean(values: Float[np.ndarray, " query"], unit: str, seed: int) -> Measure:
    low, high = bootstrap_interval(values, seed=seed)
    return Measure(float(values.mean()), low, high, unit, len(values))


def _interval(seed: int) -> str:
    return f"95 %, bootstrap over cases, 2,000 draws, seed {seed}"
