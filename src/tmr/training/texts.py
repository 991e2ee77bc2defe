"""TextTable: the frozen backbone's word vectors of every training sentence, computed once and kept."""

import os
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tmr.errors import DatasetError
from tmr.model.batch import pad, unit
from tmr.model.config import ModelConfig
from tmr.model.text import load_backbone


class TextTable:
    """Word vectors and sentence similarities of a known set of texts.

    Args:
        texts: Every sentence that will be asked for.
        config: Names the backbone that makes the word vectors.
        cache: Folder that keeps them, so that another run computes only the sentences that are new to it.

    Raises:
        DatasetError: If the cache is damaged or cannot be written.
        ModelError: If the backbone cannot be loaded.
    """

    def __init__(self, texts: Sequence[str], config: ModelConfig, cache: Path) -> None:
        stored = cache / f"texts-{config.text_backbone}-{config.max_text_tokens}.npz"
        known = _read(stored) if stored.is_file() else {}
        if missing := sorted((text for text in texts if text not in known), key=len):  # little padding in a batch
            known |= dict(zip(missing, _compute(missing, config), strict=True))
            _write(stored, known)
        self._tokens = {text: known[text] for text in texts}
        means = unit(np.stack([tokens.mean(axis=0, dtype=np.float32) for tokens in self._tokens.values()]))
        self._sentence = dict(zip(self._tokens, means, strict=True))

    def tokens(self, texts: Sequence[str]) -> tuple[Float[Tensor, "batch token width"], Bool[Tensor, "batch token"]]:
        """Return the word vectors of some texts, padded, and the mask."""
        padded, mask = pad([self._tokens[text].astype(np.float32) for text in texts])
        return torch.from_numpy(padded), torch.from_numpy(mask)

    def num_tokens(self, text: str) -> int:
        """Return how many word vectors a text has."""
        return len(self._tokens[text])

    def similarity(self, texts: Sequence[str], others: Sequence[str]) -> Float[Tensor, "text other"]:
        """Return the cosine of the mean word vectors of each text with each of the others."""
        ours, theirs = (torch.from_numpy(np.stack([self._sentence[text] for text in some])) for some in (texts, others))
        return ours @ theirs.T


def _read(stored: Path) -> dict[str, Float[np.ndarray, "token width"]]:
    try:
        with stored.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            ends = np.cumsum(arrays["counts"])
            return dict(zip(arrays["texts"].tolist(), np.split(arrays["vectors"], ends[:-1]), strict=True))
    except (OSError, EOFError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise DatasetError(f"the cache {stored} cannot be read: {error}; remove it, and it is made anew") from error


def _write(stored: Path, known: dict[str, Float[np.ndarray, "token width"]]) -> None:
    # Named by the process: two runs may share a cache, and write to it at the same time.
    unfinished = stored.with_suffix(f".{os.getpid()}.unfinished")
    counts = np.array([len(tokens) for tokens in known.values()])
    try:
        with unfinished.open("wb") as file:
            np.savez(file, texts=np.array(list(known)), vectors=np.concatenate(list(known.values())), counts=counts)
        os.replace(unfinished, stored)
    except OSError as error:
        raise DatasetError(f"the cache {stored} cannot be written: {error}; make room or give another one") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _compute(texts: Sequence[str], config: ModelConfig) -> list[Float[np.ndarray, "token width"]]:
    """Return the vectors as float16, which is exact enough for what dropout does to them."""
    backbone = load_backbone(config)
    vectors: list[np.ndarray] = []
    for first in range(0, len(texts), 64):
        vectors += [tokens.astype(np.float16) for tokens in backbone.tokens(texts[first : first + 64])]
        print(f"\rreading sentences: {len(vectors)}/{len(texts)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return vectors
