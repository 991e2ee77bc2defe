"""The teacher's embeddings of many sentences; what its language model says of them is kept for the next teacher."""

import hashlib
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError
from tmr.files import replacing
from tmr.model.text import TextBackbone
from tmr.model.tmr import TMR

# Sentences in one file of the cache: some 30 MB of word vectors, less than a minute of work that a kill can lose.
PART = 4096


class KeptBackbone:
    """A language model whose answers are kept in a folder: it is the slow part, and all teachers have the same one.

    Args:
        backbone: The language model.
        name: What it is called; vectors of one are not taken for another's.
        cache: The folder; made if missing.
    """

    def __init__(self, backbone: TextBackbone, name: str, cache: Path) -> None:
        self.width = backbone.width
        self._backbone, self._name, self._cache = backbone, name, cache

    def tokens(self, texts: Sequence[str]) -> list[Float[np.ndarray, "_token width"]]:
        """Return the vectors of each text, rounded to float16, which is what is kept.

        Raises:
            DatasetError: If the cache is damaged or cannot be written.
        """
        asked = "\0".join([self._name, *texts]).encode("utf-8", "replace")
        stored = self._cache / f"words-{hashlib.sha256(asked).hexdigest()[:24]}.npz"
        if stored.is_file():
            return _read(stored)
        vectors = [vector.astype(np.float16) for vector in self._backbone.tokens(texts)]
        _write(stored, vectors)
        return [vector.astype(np.float32) for vector in vectors]


def teacher_embeddings(
    teacher: TMR, texts: Sequence[str], cache: Path, *, quiet: bool = False
) -> Float[np.ndarray, "text width"]:
    """Return the teacher's embeddings of sentences, float32 of length 1; goes on where a killed run stopped.

    Args:
        teacher: A model with its own text side; it is left as it was.
        texts: Sentences; the same in the same order find what was kept of them.
        cache: Folder of what is kept.
        quiet: No progress on stderr.

    Raises:
        DatasetError: If the cache is damaged or cannot be written.
    """
    embeddings = np.empty((len(texts), teacher.config.latent_dim), dtype=np.float32)
    backbone, config = teacher.text_backbone, teacher.config
    name = " ".join((config.text_backbone, str(config.max_text_tokens), config.text_order, *config.learnt_words))
    teacher.text_backbone = KeptBackbone(backbone, name, cache)
    try:
        for first in range(0, len(texts), PART):
            part = slice(first, first + PART)
            embeddings[part] = teacher.encode_text(texts[part])
            if not quiet:
                done = min(first + PART, len(texts))
                print(f"\rthe teacher reads: {done:,}/{len(texts):,}", end="", file=sys.stderr, flush=True)
    finally:
        teacher.text_backbone = backbone
    if not quiet:
        print(file=sys.stderr)
    return embeddings


def _read(stored: Path) -> list[Float[np.ndarray, "_token width"]]:
    try:
        with stored.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            ends = np.cumsum(arrays["counts"])
            return np.split(arrays["vectors"].astype(np.float32), ends[:-1])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetError(f"the cache {stored} cannot be read: {error}; remove it, and it is made anew") from error


def _write(stored: Path, vectors: Sequence[Float[np.ndarray, "_token width"]]) -> None:
    try:
        stored.parent.mkdir(parents=True, exist_ok=True)
        with replacing(stored) as new:
            np.savez(new, vectors=np.concatenate(vectors), counts=np.array([len(vector) for vector in vectors]))
    except OSError as error:
        raise DatasetError(f"the cache {stored} cannot be written: {error}; make room or give another one") from error
