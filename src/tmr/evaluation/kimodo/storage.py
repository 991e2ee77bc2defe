"""Embeddings of a test suite: read where they are, kept beside what they are of, with the model that made them."""

import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError, MotionFileError
from tmr.evaluation.kimodo.testcases import Case, read_json
from tmr.files import replacing
from tmr.motion.formats.loading import load_npy
from tmr.search.storage.disk import explain_os_errors

TEXT, GENERATED, TRUE = "text_embedding.npy", "motion_embedding.npy", "gt_motion_embedding.npy"
"""Where the reference puts the embeddings of a case's prompt, generated motion and ground-truth motion."""

RECORD = "embedded_by.json"
"""Beside them: the hash of the checkpoint, and digests of what each embedding is of and of the embedding itself."""


class Origin(NamedTuple):
    """Where the embeddings of a test suite come from.

    Args:
        hashes: Of the checkpoints that are recorded.
        unrecorded: How many embeddings have no record, as the reference leaves them.
        missing: How many there are not.
    """

    hashes: frozenset[str]
    unrecorded: int
    missing: int


class EmbeddingFolder:
    """The embeddings of a test suite's cases.

    Args:
        checkpoint_hash: The model whose embeddings are wanted; None takes those that are there. Embeddings without a
            record are taken as they are in both cases.
        force: Take none that are there.
    """

    def __init__(self, checkpoint_hash: str | None, *, force: bool = False) -> None:
        self._wanted, self._force = checkpoint_hash, force

    def survey(self, cases: Iterable[Case]) -> Origin:
        """Return where the embeddings come from, by their records alone."""
        hashes, unrecorded, missing = set(), 0, 0
        for case in cases:
            for file in needed_files(case):
                found = [] if self._force else [record for _, record in self._candidates(case, file)]
                usable = [record for record in found if self._is_usable(record)]
                missing += not usable
                unrecorded += bool(usable) and usable[0] is None
                hashes |= {str(record["checkpoint_hash"]) for record in usable[:1] if record is not None}
        return Origin(frozenset(hashes), unrecorded, missing)

    def read(self, case: Case, file: str, source: str) -> Float[np.ndarray, " width"] | None:
        """Return an embedding, or None if there is none of this source by the wanted model.

        Args:
            case: The test case.
            file: `TEXT`, `GENERATED` or `TRUE`.
            source: Digest of what it should be of.

        Raises:
            DatasetError: If the only one there is damaged, and it is not known by which model to make it again.
        """
        lost = ""
        for path, record in [] if self._force else self._candidates(case, file):
            if not self._is_usable(record):
                continue
            try:
                array = _load_embedding(path)
            except MotionFileError as error:
                if record is None:
                    lost = f"{error}; embed all anew with --force"
                elif self._wanted is None:
                    lost = f"{error}; name the model with --model, and it is made again"
                continue
            if record is None or _fits(record[file], source, array):
                return array
        if lost:
            raise DatasetError(lost)
        return None

    def write(self, case: Case, embeddings: Mapping[str, tuple[str, Float[np.ndarray, " width"]]], by: str) -> None:
        """Write embeddings of a case; a run that is stopped leaves no embedding that its record does not fit.

        Args:
            case: The test case.
            embeddings: By file, each with the digest of what it is of.
            by: Hash of the checkpoint.
        """
        folder = case.made
        known = _read_record(folder) or {}
        record = known if known.get("checkpoint_hash") == by else {"checkpoint_hash": by}
        record |= {file: {"of": source, "is": _digest(array)} for file, (source, array) in embeddings.items()}
        write_json(folder / RECORD, record)
        for file, (_, array) in embeddings.items():
            content = io.BytesIO()
            np.save(content, array[None])
            write_atomically(folder / file, content.getvalue())

    def _candidates(self, case: Case, file: str) -> list[tuple[Path, dict[str, Any] | None]]:
        """Return the files that may be the embedding, each with its record if it has one."""
        found = []
        for folder in dict.fromkeys((case.made, case.folder)):
            path = folder / file
            if path.is_file():
                record = _read_record(folder)
                found.append((path, record if record and file in record else None))
        return found

    def _is_usable(self, record: dict[str, Any] | None) -> bool:
        return record is None or self._wanted in (None, record["checkpoint_hash"])


def needed_files(case: Case) -> list[str]:
    """Return the embeddings that a case should have."""
    return [
        file
        for file, is_needed in ((TEXT, bool(case.text)), (GENERATED, case.has_motion), (TRUE, case.has_ground_truth))
        if is_needed
    ]


def text_digest(text: str) -> str:
    """Return what tells a prompt from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def write_json(path: Path, payload: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write JSON in one step; numbers that are not finite become null."""
    text = json.dumps(_finite(payload), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text.encode("utf-8", "surrogatepass") + b"\n")


def write_atomically(path: Path, content: bytes) -> None:
    """Put content in a file's place in one step, with its folder made if missing.

    Raises:
        IndexFolderError: If the folder cannot be written.
    """
    # Not forced to the disk, as an index is: what a crash loses here is made again by the next run.
    with explain_os_errors(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as new:
            new.write_bytes(content)


def _read_record(folder: Path) -> dict[str, Any] | None:
    """Return a folder's record; None if there is none that can be read."""
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        record = read_json(path)
    except DatasetError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("checkpoint_hash"), str) else None


def _load_embedding(path: Path) -> Float[np.ndarray, " width"]:
    """Return the one embedding of a file.

    Raises:
        MotionFileError: If it is damaged, or holds anything else.
    """
    array = load_npy(path)
    if array.dtype.kind != "f" or array.size == 0 or array.ndim == 0 or array.size != array.shape[-1]:
        raise MotionFileError(f"{path} holds {array.dtype} of shape {array.shape}; expected one embedding, (1, width)")
    return array.reshape(-1).astype(np.float32, copy=False)


def _fits(entry: object, source: str, array: np.ndarray) -> bool:
    return entry == {"of": source, "is": _digest(array)}


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<f4").tobytes()).hexdigest()


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
