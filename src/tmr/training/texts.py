"""TextTable: the frozen backbone's word vectors of every training sentence, computed once and kept."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tmr.model.batch import pad, unit
from tmr.model.config import ModelConfig
from tmr.model.text import load_backbone


class TextTable:
    """Word vectors and sentence similarities of a known set of texts.

    Args:
        texts: Every sentence that will be asked for.
        config: Names the backbone that makes the word vectors.
        cache: Folder that keeps them, so that another run computes only the sentences that are new to it.
    """

    def __init__(self, texts: Sequence[str], config: ModelConfig, cache: Path) -> None:
        stored = cache / f"texts-{config.text_backbone}-{config.max_text_tokens}.npz"
        known = _read(stored) if stored.is_file() else {}
        if missing := [text for text in texts if text not in known]:
            known |= dict(zip(missing, _compute(missing, config), strict=True))
            _write(stored, known)
        self._tokens = {text: known[text].astype(np.float32) for text in texts}
        means = unit(np.stack([tokens.mean(axis=0) for tokens in self._tokens.values()]))
        self._sentence = dict(zip(self._tokens, means, strict=True))

    def tokens(self, texts: Sequence[str]) -> tuple[Float[Tensor, "batch token width"], Bool[Tensor, "batch token"]]:
        """Return the word vectors of some texts, padded, and the mask."""
        padded, mask = pad([self._tokens[text] for text in texts])
        return torch.from_numpy(padded), torch.from_numpy(mask)

    def similarity(self, texts: Sequence[str]) -> Float[Tensor, "item item"]:
        """Return the cosine of the mean word vectors of every two texts."""
        means = torch.from_numpy(np.stack([self._sentence[text] for text in texts]))
        return means @ means.T


def _read(stored: Path) -> dict[str, Float[np.ndarray, "token width"]]:
    with np.load(stored, allow_pickle=False) as arrays:
        ends = np.cumsum(arrays["counts"])
        return dict(zip(arrays["texts"].tolist(), np.split(arrays["vectors"], ends[:-1]), strict=True))


def _write(stored: Path, known: dict[str, Float[np.ndarray, "token width"]]) -> None:
    unfinished = stored.with_suffix(".unfinished.npz")
    counts = np.array([len(tokens) for tokens in known.values()])
    np.savez(unfinished, texts=np.array(list(known)), vectors=np.concatenate(list(known.values())), counts=counts)
    os.replace(unfinished, stored)


def _compute(texts: Sequence[str], config: ModelConfig) -> list[Float[np.ndarray, "token width"]]:
    """Return the vectors as float16, which is exact enough for what dropout does to them."""
    backbone = load_backbone(config)
    vectors: list[np.ndarray] = []
    for first in range(0, len(texts), 64):
        vectors += [tokens.astype(np.float16) for tokens in backbone.tokens(texts[first : first + 64])]
        print(f"\rreading sentences: {len(vectors)}/{len(texts)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return vectors
