"""Retrieval files: embeddings and ranks of a run, and the motions of its best and worst queries, for the report."""

import json
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from tmr.evaluation.answers import Answers, only_itself
from tmr.evaluation.retrieval import place_queries
from tmr.evaluation.retrieval_result import Embedded

PLAYED_QUERIES = 12
PLAYED_HITS = 3
PLAYED_SECONDS = 10.0
_PLAYED_STEP = 2  # every second frame: 15 a second


def write_embeddings(embedded: Embedded, path: Path) -> None:
    """Write `retrieval.npz`.

    Its arrays: `names` and `clips` (motion), `metadata` (motion; JSON, `{}` where nothing is known), `captions` and
    `owner` (text; the number of its motion), `models` (model), and for model number i `text_i` (text, width) and
    `motion_i` (motion, width), float32 of length 1; `rank_i` (text), the expected rank from 1 of a text's own motion
    among all motions; `motion_rank_i` (motion), that of the nearest own text among all texts, NaN where a motion has
    none.
    """
    gallery = embedded.gallery
    metadata = [dict(item.metadata) for item in embedded.items] or [{} for _ in embedded.names]
    arrays: dict[str, np.ndarray] = {
        "names": np.array(embedded.names, dtype=np.str_),
        "clips": np.array(embedded.clips, dtype=np.str_),
        "metadata": np.array([json.dumps(row, ensure_ascii=False) for row in metadata], dtype=np.str_),
        "captions": np.array(gallery.captions, dtype=np.str_),
        "owner": gallery.owner,
        "models": np.array(list(embedded.text), dtype=np.str_),
    }
    for number, model in enumerate(embedded.text):
        text, motion = embedded.text[model], embedded.motion[model]
        arrays |= {f"text_{number}": text, f"motion_{number}": motion}
        arrays |= {
            f"rank_{number}": own_ranks(embedded, model),
            f"motion_rank_{number}": _motion_ranks(embedded, model),
        }
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]


def write_played(embedded: Embedded, path: Path) -> None:
    """Write `played.npz`: what a page plays of the first model's best and worst queries.

    Its arrays, a row a query, the best first (right motion at rank 1, by how far it is ahead), then the worst (by
    rank): `queries`, the number of the text; `best`, whether it is one of the best; `right`, the number of its motion;
    `rank`; `right_similarity`; `hits` and `hit_similarity` (query, 3), the nearest motions, -1 and NaN where there are
    fewer. And the motions that any of these name: `motions`, their numbers, sorted; `frames`, how many frames of each
    are stored; `joints` (all frames, 30, 3) float16, metres on SOMA-30, the hips of the first frame above the origin,
    at most 10 seconds; `fps`. Numbers are those of `retrieval.npz`.
    """
    gallery, model = embedded.gallery, next(iter(embedded.text))
    text, motion = embedded.text[model], embedded.motion[model]
    rank = own_ranks(embedded, model)
    queries, best = _queries_to_play(embedded, rank)
    similarity = text[queries] @ motion.T
    count = min(PLAYED_HITS, len(motion))
    hits = np.full((len(queries), PLAYED_HITS), -1, dtype=np.int64)
    hit_similarity = np.full(hits.shape, np.nan, dtype=np.float32)
    hits[:, :count] = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
    hit_similarity[:, :count] = np.take_along_axis(similarity, hits[:, :count], axis=1)
    right = gallery.owner[queries]
    played = np.unique(np.concatenate([right, hits[hits >= 0]]))
    clips = [_to_play(embedded.items[int(number)].motion.joints) for number in played]
    np.savez_compressed(
        path,
        queries=queries,
        best=best,
        right=right,
        rank=rank[queries],
        right_similarity=similarity[np.arange(len(queries)), right],
        hits=hits,
        hit_similarity=hit_similarity,
        motions=played,
        frames=np.array([len(clip) for clip in clips]),
        joints=np.concatenate(clips),
        fps=np.array(30.0 / _PLAYED_STEP),
    )


def own_ranks(embedded: Embedded, model: str) -> Float[np.ndarray, " text"]:
    """Return the expected rank of each text's own motion among all motions, from 1."""
    answers = Answers(embedded.gallery.owner, only_itself)
    return place_queries(embedded.text[model], embedded.motion[model], answers.of_texts).rank


def _motion_ranks(embedded: Embedded, model: str) -> Float[np.ndarray, " motion"]:
    captioned = embedded.gallery.captioned
    answers = Answers(embedded.gallery.owner, only_itself)
    ranks = np.full(len(embedded.motion[model]), np.nan)
    ranks[captioned] = place_queries(embedded.motion[model][captioned], embedded.text[model], answers.of_motions).rank
    return ranks


def _queries_to_play(
    embedded: Embedded, rank: Float[np.ndarray, " text"]
) -> tuple[Int[np.ndarray, " query"], np.ndarray]:
    """Return the best and the worst queries, no caption twice in either."""
    gallery, model = embedded.gallery, next(iter(embedded.text))
    text, motion = embedded.text[model], embedded.motion[model]
    first = np.flatnonzero(rank == 1)
    similarity = text[first] @ motion.T
    own = similarity[np.arange(len(first)), gallery.owner[first]]
    similarity[np.arange(len(first)), gallery.owner[first]] = -np.inf
    ahead = np.argsort(-(own - similarity.max(axis=1, initial=-1)), kind="stable")
    best = _different(gallery.captions, first[ahead])
    worst = _different(
        gallery.captions, [text for text in np.argsort(-rank, kind="stable").tolist() if text not in best]
    )
    return np.array(best + worst, dtype=np.int64), np.arange(len(best) + len(worst)) < len(best)


def _different(captions: tuple[str, ...], texts: "np.ndarray | list[int]") -> list[int]:
    chosen: dict[str, int] = {}
    for text in texts:
        chosen.setdefault(captions[int(text)], int(text))
        if len(chosen) == PLAYED_QUERIES:
            break
    return list(chosen.values())


def _to_play(joints: Float[np.ndarray, "frame 30 3"]) -> np.ndarray:
    """Return joints near the origin, where float16 is exact to a millimetre."""
    start = joints[0, 0] * [1, 0, 1]
    return (joints[: round(PLAYED_SECONDS * 30) : _PLAYED_STEP] - start).astype(np.float16)
