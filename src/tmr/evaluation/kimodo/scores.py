"""The benchmark's retrieval and FID on arrays, by the reference's rules; a drop-in for users of the reference.

The rules, kept here for numbers that can be laid beside published ones, and for nothing else:

- two captions count as one where the cosine of the model's own text embeddings exceeds 0.96 (documented as 0.99);
- a query's rank is that of its best-placed right motion, and motions of equal score share the mean of their places, so
  that a two-way tie at the top counts as a hit at 1 and a three-way tie at 2;
- a model that gives every text one embedding therefore has R@k = 100 %.

Source:
    nv-tlabs/kimodo, `kimodo/metrics/tmr.py` and its documentation (April 2026), read and written anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from tmr.errors import TMRError
from tmr.evaluation.distribution import Moments, frechet_from_moments

RANKS = (1, 2, 3, 5, 10)
SAME_TEXT = 0.98
"""Two texts whose score exceeds this count as one; the score is cosine / 2 + 0.5, so the cosine exceeds 0.96."""

# What is retrieved by what: the metric's name, the queries, the gallery.
_RETRIEVALS = (("t2m_R", "text", "gen"), ("m2m_R", "gen", "gt"), ("t2m_gt_R", "text", "gt"))

# Entries of a score matrix that are held at once: 64 MiB in float64.
_BLOCK = 1 << 23


def paired_scores(
    first: Float[np.ndarray, "item width"], second: Float[np.ndarray, "item width"]
) -> Float[np.ndarray, " item"]:
    """Return the reference's score of each pair of unit embeddings: cosine / 2 + 0.5, in [0, 1]."""
    return np.einsum("id,id->i", first, second) / 2 + 0.5


def _score_matrix(queries: np.ndarray, items: np.ndarray) -> np.ndarray:
    # einsum adds each pair's products in one order wherever the pair stands, which a matrix product does not: equal
    # embeddings have equal scores to the last bit, so ties are the reference's ties.
    return np.einsum("qd,id->qi", queries, items) / 2 + 0.5


def same_texts(
    texts: Float[np.ndarray, "query width"], every: Float[np.ndarray, "item width"]
) -> Bool[np.ndarray, "query item"]:
    """Return which texts count as one by the reference's rule, from unit text embeddings."""
    return _score_matrix(texts, every) > SAME_TEXT


def reference_ranks(
    queries: Float[np.ndarray, "query width"],
    items: Float[np.ndarray, "item width"],
    texts: Float[np.ndarray, "text width"] | None,
) -> Float[np.ndarray, " query"]:
    """Return the rank of each query's best right item, from 1, by the reference's rules.

    Args:
        queries: Unit embeddings; query i belongs to item i.
        items: Unit embeddings of the gallery.
        texts: Unit text embeddings that tell which items count as right for which query; None: only its own.

    Returns:
        Ranks from 1; items of equal score share the mean of their places.

    Raises:
        TMRError: If the shapes differ, there is nothing, or an embedding is not finite.
    """
    return _rank_each([(queries, items)], texts)[0]


def _rank_each(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], texts: np.ndarray | None
) -> list[Float[np.ndarray, " item"]]:
    """Return the ranks of each pair of queries and items; which texts count as one is found once for all."""
    count = _check(*(array for pair in pairs for array in pair), *([] if texts is None else [texts]))
    ranks = [np.empty(count) for _ in pairs]
    step = max(1, _BLOCK // count)
    for first in range(0, count, step):
        rows = np.arange(first, min(first + step, count))
        right = np.zeros((len(rows), count), dtype=bool) if texts is None else same_texts(texts[rows], texts)
        right[np.arange(len(rows)), rows] = True
        for found, (queries, items) in zip(ranks, pairs, strict=True):
            scores = _score_matrix(queries[rows], items)
            best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
            found[rows] = (scores > best).sum(axis=1) + ((scores == best).sum(axis=1) + 1) / 2
    return ranks


def summarise_ranks(ranks: Float[np.ndarray, " query"], rounding: int | None = 2) -> dict[str, float]:
    """Return R@k in percent, the median rank and the number of queries under the reference's keys.

    Args:
        ranks: From 1.
        rounding: Decimal places that are kept, 2 in the reference; None keeps all.

    Returns:
        `R01`, `R02`, `R03`, `R05`, `R10` in percent, `MedR`, `len`.
    """
    result = {f"R{k:02d}": 100 * float((ranks < k + 1).sum()) / len(ranks) for k in RANKS}
    result |= {"MedR": float(np.median(ranks)), "len": float(len(ranks))}
    return result if rounding is None else {key: round(value, rounding) for key, value in result.items()}


def compute_tmr_retrieval_metrics(
    motion_emb: Float[np.ndarray, "motion width"] | None,
    text_emb: Float[np.ndarray, "text width"],
    gt_motion_emb: Float[np.ndarray, "truth width"] | None = None,
    rounding: int | None = 2,
) -> dict[str, float]:
    """Return the retrieval metrics and FIDs of one group; the reference's function of this name, with its keys.

    Args:
        motion_emb: Unit embeddings of generated motions, one for each text; None leaves out what needs them.
        text_emb: Unit embeddings of the texts.
        gt_motion_emb: Unit embeddings of the ground-truth motions; None leaves out what needs them.
        rounding: Decimal places of the retrieval metrics; None keeps all.

    Returns:
        `TMR/t2m_R/…` (text → generated), `TMR/m2m_R/…` (generated → ground truth), `TMR/t2m_gt_R/…` (text → ground
        truth), each with R@k in percent, MedR and len; `TMR/FID/gen_text`, `gen_gt`, `gt_text` of unit embeddings, NaN
        for a single item.

    Raises:
        TMRError: If the shapes differ, there is nothing, or an embedding is not finite.
    """
    sets = {"gen": motion_emb, "gt": gt_motion_emb, "text": text_emb}
    known = {name: array for name, array in sets.items() if array is not None}
    _check(*known.values())
    wanted = [(name, *pair) for name, *pair in _RETRIEVALS if set(pair) <= set(known)]
    ranks = _rank_each([(known[query], known[gallery]) for _, query, gallery in wanted], text_emb)
    result = {
        f"TMR/{name}/{key}": value
        for (name, _, _), found in zip(wanted, ranks, strict=True)
        for key, value in summarise_ranks(found, rounding).items()
    }
    moments = {name: Moments.of(array) for name, array in without_empty_dimensions(known).items()}
    for first, second in (("gen", "text"), ("gen", "gt"), ("gt", "text")):
        if first in known and second in known:
            result[f"TMR/FID/{first}_{second}"] = frechet_from_moments(moments[first], moments[second]).distance
    return result


def without_empty_dimensions(sets: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return sets of embeddings in the coordinates of what they span together, where they are few.

    Distances between them stay as they are, and the eigenvalues of matrices of low rank, which are slow, are not asked
    for: a group of ten takes milliseconds in place of a second.
    """
    every = np.concatenate(list(sets.values())).astype(np.float64)
    if 2 * len(every) > every.shape[1]:
        return dict(sets)
    basis = np.linalg.qr(every.T)[0]
    return {name: array.astype(np.float64) @ basis for name, array in sets.items()}


def compute_tmr_per_sample_retrieval(
    motion_emb: Float[np.ndarray, "motion width"],
    text_emb: Float[np.ndarray, "text width"],
    sample_ids: Sequence[str],
    texts: Sequence[str],
    top_k: int = 5,
) -> list[dict[str, Any]]:
    """Return where each text finds its own motion, and what it finds first; the reference's function of this name.

    Of equal scores the later item stands first, as in the reference.

    Args:
        motion_emb: Unit embeddings of the gallery, one for each text.
        text_emb: Unit embeddings of the texts.
        sample_ids: Names of the items.
        texts: Their texts.
        top_k: How many of the first found are named.

    Returns:
        For each text `rank` (from 1, without the rule for texts that count as one) and `top_k`, a list of `id`, `text`.

    Raises:
        TMRError: If the shapes differ, there is nothing, or an embedding is not finite.
    """
    count = _check(motion_emb, text_emb)
    if not count == len(sample_ids) == len(texts):
        raise TMRError(f"{count} embeddings have {len(sample_ids)} ids and {len(texts)} texts; expected one of each")
    result: list[dict[str, Any]] = []
    step = max(1, _BLOCK // count)
    for first in range(0, count, step):
        rows = np.arange(first, min(first + step, count))
        scores = _score_matrix(text_emb[rows], motion_emb)
        own = scores[np.arange(len(rows)), rows][:, None]
        later = np.arange(count)[None] > rows[:, None]
        ranks = 1 + ((scores > own) | ((scores == own) & later)).sum(axis=1)
        for rank, order in zip(ranks, _best_items(scores, top_k), strict=True):
            found = [{"id": sample_ids[item], "text": texts[item]} for item in order]
            result.append({"rank": int(rank), "top_k": found})
    return result


def _best_items(scores: Float[np.ndarray, "query item"], count: int) -> Int[np.ndarray, "query place"]:
    """Return the items of the highest scores, best first, the later of two equal ones first."""
    count = min(count, scores.shape[1])
    backwards = scores[:, ::-1]
    near = np.argpartition(-backwards, count - 1, axis=1)[:, :count]
    order = np.lexsort((near, -np.take_along_axis(backwards, near, axis=1)), axis=1)
    return scores.shape[1] - 1 - np.take_along_axis(near, order, axis=1)


def _check(*arrays: np.ndarray) -> int:
    """Return how many items the arrays have."""
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 2 or len(arrays[0]) == 0:
        raise TMRError(
            f"embeddings have shapes {', '.join(str(array.shape) for array in arrays)}; expected one shape "
            "(items, width) for all, with at least one item"
        )
    for array in arrays:
        broken = np.flatnonzero(~np.isfinite(array).all(axis=1))
        if len(broken):
            raise TMRError(
                f"{len(broken)} embeddings are not finite, the first is that of item {broken[0]}; leave them out first"
            )
    return len(arrays[0])
