"""The files of the benchmark: `metrics.json` a case and `<group>.json` a group, with the reference's keys."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from tmr.evaluation.kimodo.constraints import ROOT
from tmr.evaluation.kimodo.measure import Measured
from tmr.evaluation.kimodo.scores import (
    compute_tmr_per_sample_retrieval,
    compute_tmr_retrieval_metrics,
    paired_scores,
)
from tmr.evaluation.kimodo.storage import GENERATED, TEXT, TRUE
from tmr.evaluation.kimodo.testcases import Case

SIMILARITY = "TMR/t2m_sim"
FIRST_FOUND = 5


@dataclass(eq=False)
class Scored:
    """A case whose motions could be measured.

    Args:
        case: The case.
        generated: Its generated motion; None in a group without any.
        truth: Its ground-truth motion; None in a group without any.
        embeddings: By file name, of length 1.
    """

    case: Case
    generated: Measured | None
    truth: Measured | None
    embeddings: dict[str, Float[np.ndarray, " width"]] = field(default_factory=dict)


def stack_embeddings(scored: Sequence[Scored]) -> dict[str, Float[np.ndarray, "item width"]]:
    """Return the embeddings of a group by file name, only those that every case has."""
    files = [file for file in (TEXT, GENERATED, TRUE) if scored and all(file in row.embeddings for row in scored)]
    return {file: np.stack([row.embeddings[file] for row in scored]) for file in files}


def odd_embeddings(scored: Sequence[Scored]) -> dict[str, str]:
    """Return the names of the cases with an embedding of another width than most of their group, with the reason."""
    widths = Counter(len(array) for row in scored for array in row.embeddings.values())
    usual = widths.most_common(1)[0][0] if widths else 0
    return {
        row.case.name: f"{file} has {len(array)} numbers; most of its group have {usual}"
        for row in scored
        for file, array in row.embeddings.items()
        if len(array) != usual
    }


def case_payloads(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return what the `metrics.json` of each case of a group holds."""
    embeddings = stack_embeddings(scored)
    payloads: list[dict[str, Any]] = [
        {
            "num_motions": 1,
            "folder": row.case.name,
            "per_motion_mean_gen": dict(row.generated.metrics) if row.generated else {},
            "per_motion_mean_gt": dict(row.truth.metrics) if row.truth else {},
        }
        for row in scored
    ]
    if TEXT not in embeddings or GENERATED not in embeddings:
        return payloads
    texts = [row.case.text for row in scored]
    found = compute_tmr_per_sample_retrieval(
        embeddings[GENERATED], embeddings[TEXT], [row.case.id for row in scored], texts, FIRST_FOUND
    )
    similar = paired_scores(embeddings[GENERATED], embeddings[TEXT])
    for payload, text, hits, score in zip(payloads, texts, found, similar, strict=True):
        payload["per_motion_mean_gen"][SIMILARITY] = float(score)
        payload["tmr"] = {"t2m_rank": hits["rank"], "text": text, "top5_retrieved": hits["top_k"]}
    return payloads


def group_payload(name: str, scored: Sequence[Scored]) -> dict[str, Any]:
    """Return what the JSON of a group holds.

    Means are over the motions that report a metric. `constraint_root2d_err_p95` is the 95th percentile of the motions'
    mean errors, as the reference computes it; its documentation says of the frames' errors.
    """
    payload: dict[str, Any] = {
        "num_motions": len(scored),
        "folder": name,
        "per_motion_mean_gen": _means([row.generated.metrics for row in scored if row.generated]),
        "per_motion_mean_gt": _means([row.truth.metrics for row in scored if row.truth]),
    }
    embeddings = stack_embeddings(scored)
    if TEXT in embeddings and len(embeddings) > 1:
        similarity = {}
        if GENERATED in embeddings:
            similarity[SIMILARITY] = float(paired_scores(embeddings[GENERATED], embeddings[TEXT]).mean())
        payload["tmr"] = similarity | compute_tmr_retrieval_metrics(
            embeddings.get(GENERATED), embeddings[TEXT], embeddings.get(TRUE)
        )
    return payload


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each metric over the motions that report it; a motion of one frame has no consistency, say."""
    values: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if math.isfinite(value):
                values.setdefault(key, []).append(value)
    result = {key: float(np.mean(reported)) for key, reported in values.items()}
    if f"{ROOT}_err" in values:
        result[f"{ROOT}_err_p95"] = float(np.quantile(values[f"{ROOT}_err"], 0.95))
    return result
