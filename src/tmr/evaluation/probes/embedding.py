"""Embeddings for the probes: each motion and sentence once, the broken ones named and left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.evaluation.development import Encoder
from tmr.evaluation.result import LeftOut
from tmr.motion.motion import Motion


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embeddings of motions and sentences; a row of NaN is broken."""

    motions: Float[np.ndarray, "motion width"]
    texts: Float[np.ndarray, "text width"]
    places: dict[int, int]
    rows: dict[str, int]
    left_out: tuple[LeftOut, ...]

    def motion(self, motions: Sequence[Motion]) -> Float[np.ndarray, "motion width"]:
        """Return the embeddings of some of the motions."""
        return self.motions[[self.places[id(motion)] for motion in motions]]

    def text(self, texts: Sequence[str]) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of some of the sentences."""
        return self.texts[[self.rows[text] for text in texts]]


def embed(model: Encoder, motions: Iterable[Motion], texts: Iterable[str]) -> Embedded:
    """Return the embeddings of motions and sentences, each computed once, however often it is given."""
    distinct = list({id(motion): motion for motion in motions}.values())
    sentences = list(dict.fromkeys(texts))
    of_motions, left_out = embed_motions(model, distinct)
    of_texts = np.asarray(model.encode_text(sentences), dtype=np.float64)
    broken = np.flatnonzero(~np.isfinite(of_texts).all(axis=1))
    left_out += [LeftOut(repr(sentences[row]), "its embedding is not finite") for row in broken.tolist()]
    return Embedded(
        of_motions,
        of_texts,
        {id(motion): place for place, motion in enumerate(distinct)},
        {text: row for row, text in enumerate(sentences)},
        tuple(left_out),
    )


def embed_motions(model: Encoder, motions: Sequence[Motion]) -> tuple[Float[np.ndarray, "motion width"], list[LeftOut]]:
    """Return the embeddings of motions, and which of them could not be embedded: their rows are NaN."""
    try:
        rows = np.asarray(model.encode_motion(motions), dtype=np.float64)
    except TMRError:
        return _one_by_one(model, motions)
    broken = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    rows[broken] = np.nan
    return rows, [LeftOut(motions[place].name, "its embedding is not finite") for place in broken.tolist()]


def _one_by_one(model: Encoder, motions: Sequence[Motion]) -> tuple[Float[np.ndarray, "motion width"], list[LeftOut]]:
    """Return what `embed_motions` does where one of the motions made the model give up on all."""
    rows: list[np.ndarray | None] = []
    left_out = []
    for motion in motions:
        try:
            row = np.asarray(model.encode_motion([motion]), dtype=np.float64)[0]
            reason = None if np.isfinite(row).all() else "its embedding is not finite"
        except TMRError as error:
            row, reason = None, str(error)
        rows.append(row if reason is None else None)
        if reason is not None:
            left_out.append(LeftOut(motion.name, reason))
    width = next((len(row) for row in rows if row is not None), 1)
    return np.array([np.full(width, np.nan) if row is None else row for row in rows]).reshape(
        len(rows), width
    ), left_out
