"""TextTable: the frozen backbone's word vectors of every training sentence, computed once and kept."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tmr.model.batch import pad
from tmr.model.config import ModelConfig
from tmr.model.memory import mean_words
from tmr.model.text import TextBackbone, load_backbone
from tmr.model.text_reading import as_read
from tmr.training.shards import Shards

TEXTS_A_SHARD = 8192
"""Sentences after which a shard is written: about 100 MB, and what is computed again after a kill."""

_BATCH = 64


class TextTable:
    """Word vectors and sentence similarities of a known set of texts, on the disk until they are used.

    Args:
        texts: Every sentence that will be asked for.
        config: Names the backbone that makes the word vectors.
        cache: Folder that keeps them, so that another run computes only the sentences that are new to it.

    Raises:
        DatasetError: If the cache is damaged or cannot be written.
        ModelError: If the backbone cannot be loaded.
    """

    def __init__(self, texts: Sequence[str], config: ModelConfig, cache: Path) -> None:
        name = f"texts-{config.text_backbone}-{config.max_text_tokens}"
        # As float16, which is exact enough for what dropout does to them.
        shards = Shards(cache / name, "texts", (config.text_width,), np.float16)
        # By what the backbone reads, so that models that read otherwise share the folder.
        self._read = {text: as_read(text, config) for text in texts}
        wanted = set(self._read.values())
        # Plain views: half a million memmaps, with attributes each, would take more memory than their texts.
        self._tokens = {row["text"]: np.asarray(tokens) for row, tokens in shards.read() if row["text"] in wanted}
        if missing := wanted - self._tokens.keys():
            # Sentences of like length together: little padding in a batch.
            ordered = sorted(missing, key=lambda text: (len(text), text))
            backbone = load_backbone(config)
            for rows, arrays in _compute(ordered, backbone):
                self._tokens |= {row["text"]: np.asarray(tokens) for row, tokens in shards.write(rows, arrays)}

    def tokens(self, texts: Sequence[str]) -> tuple[Float[Tensor, "batch token width"], Bool[Tensor, "batch token"]]:
        """Return the word vectors of some texts, padded, and the mask."""
        padded, mask = pad([self._tokens[self._read[text]].astype(np.float32) for text in texts])
        return torch.from_numpy(padded), torch.from_numpy(mask)

    def num_tokens(self, text: str) -> int:
        """Return how many word vectors a text has."""
        return len(self._tokens[self._read[text]])

    def similarity(self, texts: Sequence[str], others: Sequence[str]) -> Float[Tensor, "text other"]:
        """Return the cosine of the mean word vectors of each text with each of the others."""
        ours, theirs = (
            torch.from_numpy(mean_words([self._tokens[self._read[text]] for text in some])) for some in (texts, others)
        )
        return ours @ theirs.T


def _compute(
    texts: Sequence[str], backbone: TextBackbone
) -> Iterator[tuple[list[dict[str, str]], list[Float[np.ndarray, "_ width"]]]]:
    """Yield rows and word vectors, as many as a shard takes."""
    for start in range(0, len(texts), TEXTS_A_SHARD):
        part = texts[start : start + TEXTS_A_SHARD]
        vectors: list[np.ndarray] = []
        for first in range(0, len(part), _BATCH):
            vectors += [tokens.astype(np.float16) for tokens in backbone.tokens(part[first : first + _BATCH])]
            if sys.stderr.isatty():
                told = f"\rreading sentences: {start + len(vectors):,}/{len(texts):,}"
                print(told, end="", file=sys.stderr, flush=True)
        yield [{"text": text} for text in part], vectors
    print(f"\rread {len(texts):,} new sentences", file=sys.stderr, flush=True)
