"""TextTable: the frozen backbone's word vectors of every training sentence, computed once and kept."""

import hashlib
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
        cache: Folder that keeps them, so that a second run does not compute them again.
    """

    def __init__(self, texts: Sequence[str], config: ModelConfig, cache: Path) -> None:
        digest = hashlib.sha256(
            "\n".join((config.text_backbone, str(config.max_text_tokens), *texts)).encode()
        ).hexdigest()[:16]
        stored = cache / f"texts-{digest}.npz"
        if not stored.is_file():
            _compute(texts, config, stored)
        with np.load(stored, allow_pickle=False) as arrays:
            vectors, ends = arrays["vectors"].astype(np.float32), np.cumsum(arrays["counts"])
        self._tokens = dict(zip(texts, np.split(vectors, ends[:-1]), strict=True))
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


def _compute(texts: Sequence[str], config: ModelConfig, stored: Path) -> None:
    vectors, backbone = [], load_backbone(config)
    for first in range(0, len(texts), 64):
        vectors += [tokens.astype(np.float16) for tokens in backbone.tokens(texts[first : first + 64])]
        print(f"\rreading sentences: {len(vectors)}/{len(texts)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    unfinished = stored.with_suffix(".unfinished.npz")
    np.savez(unfinished, vectors=np.concatenate(vectors), counts=np.array([len(tokens) for tokens in vectors]))
    os.replace(unfinished, stored)
