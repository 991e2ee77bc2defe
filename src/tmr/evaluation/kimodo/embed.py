"""Embedding a test suite: in batches, only what is missing, and never two models in one table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError, ModelError, SkeletonError
from tmr.evaluation.kimodo.groups import Scored
from tmr.evaluation.kimodo.storage import TEXT, EmbeddingFolder, Origin
from tmr.evaluation.kimodo.testcases import Case
from tmr.motion.motion import Motion

_BATCH = 512  # motions and texts that are held for the encoder: 55 MiB of ten seconds each


@runtime_checkable
class Encoder(Protocol):
    """What the benchmark needs of a model."""

    @property
    def checkpoint_hash(self) -> str: ...
    def encode_motion(self, motions: Sequence[Motion], *, as_is: bool) -> Float[np.ndarray, "item width"]: ...
    def encode_text(self, texts: Sequence[str]) -> Float[np.ndarray, "item width"]: ...


ModelChoice = Encoder | str | Path | None
"""A model, the name or folder of one, or None for the one that comes with the package."""


def choose_model(
    suite: Path, cases: Sequence[Case], model: ModelChoice, *, device: str | None, force: bool
) -> tuple[EmbeddingFolder, Encoder | None, Origin]:
    """Return the suite's embeddings, the model that makes those which are missing, and where the others come from.

    A model is loaded only if one is named or something is missing.

    Raises:
        DatasetError: If new embeddings would stand beside some whose model is not known.
        ModelError: If the model cannot be loaded.
    """
    encoder = load_encoder(model, device) if model is not None or force else None
    wanted = None if encoder is None else encoder.checkpoint_hash
    embeddings = EmbeddingFolder(wanted, force=force)
    origin = embeddings.survey(cases)
    if encoder is None and (origin.missing or len(origin.hashes) > 1):
        encoder = load_encoder(None, device)
        embeddings = EmbeddingFolder(encoder.checkpoint_hash)
        origin = embeddings.survey(cases)
    if origin.unrecorded and (origin.missing or origin.hashes):
        raise DatasetError(
            f"{suite}: {origin.unrecorded} embeddings do not tell which model made them, and "
            f"{origin.missing or 'others'} are {'missing' if origin.missing else 'of a known one'}; embeddings of two "
            "models cannot be compared: embed all anew with --force"
        )
    return embeddings, encoder, origin


def load_encoder(model: ModelChoice, device: str | None) -> Encoder:
    """Return a model that is given, named, or comes with the package.

    Raises:
        ModelError: If it cannot be loaded.
    """
    if model is not None and not isinstance(model, str | Path):
        return model
    from tmr.model.tmr import load_model

    return load_model(model, device=device)


class Embedder:
    """Collects what has no embedding yet and embeds it in batches.

    Args:
        embeddings: Of the test suite.
        encoder: The model; None where all embeddings were there.
    """

    def __init__(self, embeddings: EmbeddingFolder, encoder: Encoder | None) -> None:
        self._embeddings, self._encoder = embeddings, encoder
        self.made_by = encoder.checkpoint_hash if encoder is not None else ""
        self._waiting: list[tuple[Scored, str, str, Motion | str]] = []
        self._made: dict[str, np.ndarray] = {}  # by prompt: a benchmark says some sentences many times
        self.num_made = 0
        self.failed: dict[str, str] = {}
        """Names of the cases that could not be embedded, with the reason."""

    def add(self, scored: Scored, file: str, source: str, content: Motion | str) -> None:
        """Give a case an embedding: the one that is there, or later a new one.

        Args:
            scored: The case, into whose `embeddings` it goes.
            file: Which of its embeddings.
            source: Digest of the content.
            content: A motion on SOMA-30 or a prompt.

        Raises:
            ModelError: If it is not of the content and there is no model to make it anew.
        """
        try:
            known = self._embeddings.read(scored.case, file, source)
        except DatasetError as error:
            self.failed.setdefault(scored.case.name, scored.case.without_folder(str(error)))
            return
        if known is not None:
            self._accept(scored, file, known)
            return
        if self._encoder is None:
            raise ModelError(
                f"{scored.case.name}: {file} is not of what is there now; name the model with --model, and it "
                "is made again"
            )
        self._waiting.append((scored, file, source, content))
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Embed what is waiting, and write it."""
        waiting, self._waiting = self._waiting, []
        texts = [row for row in waiting if row[1] == TEXT]
        motions = [row for row in waiting if row[1] != TEXT]
        new: dict[int, tuple[Scored, dict[str, tuple[str, np.ndarray]]]] = {}
        for rows, arrays in ((texts, self._encode_texts(texts)), (motions, self._encode_motions(motions))):
            for (scored, file, source, _), array in zip(rows, arrays, strict=True):
                if array is not None and self._accept(scored, file, array):
                    new.setdefault(id(scored), (scored, {}))[1][file] = (source, array)
        for scored, arrays in new.values():
            self._embeddings.write(scored.case, arrays, self.made_by)
            self.num_made += len(arrays)

    def _accept(self, scored: Scored, file: str, array: np.ndarray) -> bool:
        if np.isfinite(array).all():
            scored.embeddings[file] = array
            return True
        self.failed.setdefault(scored.case.name, f"{file} is not finite")
        return False

    def _encode_texts(self, rows: Sequence[tuple]) -> list[np.ndarray | None]:
        new = [text for text in dict.fromkeys(row[3] for row in rows) if text not in self._made]
        if new and self._encoder is not None:
            self._made |= dict(zip(new, self._encoder.encode_text(new), strict=True))
        return [self._made[row[3]] for row in rows]

    def _encode_motions(self, rows: Sequence[tuple]) -> list[np.ndarray | None]:
        """Return the embeddings of motions; None for one that has none, which is remembered as failed."""
        if not rows or self._encoder is None:
            return []
        try:
            return list(self._encoder.encode_motion([row[3] for row in rows], as_is=True))
        except (ModelError, SkeletonError) as error:
            if len(rows) > 1:  # one of them: find it
                half = len(rows) // 2
                return self._encode_motions(rows[:half]) + self._encode_motions(rows[half:])
            self.failed.setdefault(rows[0][0].case.name, f"{rows[0][1]}: {error}")
            return [None]
