"""Distillation: a compact text tower learns to put sentences where its teacher puts them."""

import dataclasses
import hashlib
import math
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from tmr.errors import DatasetError, ModelError
from tmr.files import replacing
from tmr.model.batch import pad, unit
from tmr.model.compact import CompactConfig, CompactWeights, quantise
from tmr.model.compact_words import WordPiece
from tmr.model.text import clean_text
from tmr.model.text_reading import as_read
from tmr.model.transformer import SequenceEncoder
from tmr.motion.captions import swap_sides
from tmr.training.state import check_claim, write_claim

LARGEST_GRADIENT = 1.0
_STATE = "state.pt"


@dataclass(frozen=True)
class DistilConfig:
    """How a compact tower is distilled.

    Args:
        seed: Of weights and batches; a step draws from (seed, step), so a resumed run is the same run.
        steps: Optimiser steps.
        batch_size: Sentences a step; a sentence that names a side brings the one with the sides swapped.
        learning_rate: The peak, reached after `warmup_steps`; from there it falls to zero along half a cosine.
        warmup_steps: Steps of a linear rise.
        table_rate: Share of the learning rate for the table of words, which comes with a meaning of its own.
        weight_decay: AdamW's, on the encoder's matrices.
        landmarks: Embeddings that a step compares with, drawn from the bank.
        temperature: Of the comparison with the landmarks.
        relation_weight: Of that comparison beside the cosine to the teacher's embedding.
        side_weight: Of the direction from a sentence to the one with the sides swapped.
        save_every: Steps between two states that a killed run goes on from.
    """

    seed: int = 0
    steps: int = 1500
    batch_size: int = 192
    learning_rate: float = 1e-3
    warmup_steps: int = 50
    table_rate: float = 0.3
    weight_decay: float = 0.01
    landmarks: int = 512
    temperature: float = 0.05
    relation_weight: float = 0.3
    side_weight: float = 0.3
    save_every: int = 100


class CompactTower(nn.Module):
    """What `CompactText` computes, in PyTorch, to be trained: a table of words and a sequence encoder.

    Args:
        config: The architecture.
        table: The vectors to begin with.
    """

    def __init__(self, config: CompactConfig, table: Float[np.ndarray, "word word_width"]) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32)))
        self.encoder = SequenceEncoder(
            config.word_width,
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            dropout=0.0,
            activation=config.activation,
            vae=False,
            max_tokens=config.max_tokens,
        )

    def forward(
        self, rows: Int[Tensor, "batch token"], mask: Bool[Tensor, "batch token"]
    ) -> Float[Tensor, "batch width"]:
        """Return unit embeddings of sentences, given as rows of the table."""
        return functional.normalize(self.encoder(functional.embedding(rows, self.table), mask).mean, dim=1)


def first_table(words: Float[np.ndarray, "word width"], columns: int) -> Float[np.ndarray, "word columns"]:
    """Return word vectors in the columns that keep most of them, centred, of unit variance over all numbers.

    Args:
        words: The input vectors of a language model.
        columns: How many to keep; columns of zeros are added if that is more than there are.
    """
    centred = words - words.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    kept = centred @ axes[:, ::-1][:, :columns]
    kept = np.pad(kept, ((0, 0), (0, max(columns - kept.shape[1], 0))))
    return (kept / kept.std()).astype(np.float32)


class Distillation:
    """One run in one folder; a run that is found there goes on.

    Args:
        out: Where the run lives.
        compact: The architecture.
        config: The training.
        vocabulary: Pieces of words, a row of the table each.
        table: The vectors to begin with.
        texts: The sentences.
        targets: The teacher's embedding of each, of length 1.
        bank: Unit embeddings to compare with: of motions, so that what is learnt best is what a search depends on.

    Raises:
        DatasetError: If there are no sentences, or not an embedding each.
        ModelError: If `out` holds another run, of another teacher, say, or a damaged state.
    """

    def __init__(
        self,
        out: Path,
        compact: CompactConfig,
        config: DistilConfig,
        *,
        vocabulary: Sequence[str],
        table: Float[np.ndarray, "word word_width"],
        texts: Sequence[str],
        targets: Float[np.ndarray, "text width"],
        bank: Float[np.ndarray, "landmark width"],
    ) -> None:
        if not texts or targets.shape != (len(texts), compact.width) or bank.shape[1:] != (compact.width,):
            raise DatasetError(
                f"{len(texts)} sentences, embeddings {targets.shape} and a bank {bank.shape}; expected at least one "
                f"sentence, and {compact.width} numbers for each sentence and each row of the bank"
            )
        self.out, self.compact, self.config = out, compact, config
        self.vocabulary = tuple(vocabulary)
        words = WordPiece(self.vocabulary)
        self._rows = [np.array(words.ids(clean_text(as_read(text, compact)), compact.max_tokens)) for text in texts]
        self._targets, self._bank = torch.from_numpy(unit(targets)), torch.from_numpy(unit(bank))
        self._pairs, self._single = side_pairs(texts)
        torch.manual_seed(config.seed)
        self.tower = CompactTower(compact, table)
        self._optimizer = _optimizer(self.tower, config)
        self.step = 0
        lessons = _digest(texts, self._targets, self._bank, table)
        run = {"compact": dataclasses.asdict(compact), "training": dataclasses.asdict(config), "lessons": lessons}
        check_claim(out / "run.json", run)
        out.mkdir(parents=True, exist_ok=True)
        if (out / _STATE).is_file():
            self._load()
        write_claim(out / "run.json", run)

    def run(self, *, quiet: bool = False) -> None:
        """Take the steps that are left."""
        total = 0.0
        while self.step < self.config.steps:
            total += self.train_step()
            if self.step % self.config.save_every == 0 or self.step == self.config.steps:
                self._save()
                if not quiet:
                    mean = total / ((self.step - 1) % self.config.save_every + 1)
                    print(f"step {self.step}/{self.config.steps}: loss {mean:.4f}", file=sys.stderr, flush=True)
                total = 0.0

    def train_step(self) -> float:
        """Take one optimiser step and return its loss."""
        config = self.config
        random = np.random.default_rng([config.seed, self.step])
        pairs, chosen = self._draw(random)
        landmarks = self._bank[random.permutation(len(self._bank))[: config.landmarks]]
        ours, theirs = self.embed(chosen), self._targets[chosen]
        loss = (1 - (ours * theirs).sum(dim=1)).mean()
        loss = loss + config.relation_weight * _divergence(ours @ landmarks.T, theirs @ landmarks.T, config.temperature)
        if pairs:
            ours, theirs = ours[: 2 * pairs].view(pairs, 2, -1), theirs[: 2 * pairs].view(pairs, 2, -1)
            swap = functional.cosine_similarity(ours[:, 0] - ours[:, 1], theirs[:, 0] - theirs[:, 1], dim=1)
            loss = loss + config.side_weight * (1 - swap).mean()
        rate = _rate(config, self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["share"]
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.tower.parameters(), LARGEST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        return loss.item()

    def embed(self, chosen: Sequence[int]) -> Float[Tensor, "sentence width"]:
        """Return the tower's embeddings of some of the sentences."""
        # Sentences of like length go together: padding is computed like words.
        order = sorted(range(len(chosen)), key=lambda place: len(self._rows[chosen[place]]))
        found: list[Tensor] = []
        for some in np.array_split(np.array(order), 4 if len(order) > 32 else 1):
            padded, mask = pad([self._rows[chosen[place]][:, None].astype(np.float32) for place in some])
            found.append(self.tower(torch.from_numpy(padded[..., 0]).long(), torch.from_numpy(mask)))
        return torch.cat(found)[torch.from_numpy(np.argsort(order))]

    def weights(self) -> CompactWeights:
        """Return what was learnt so far, as it is stored: the table in whole numbers, the rest rounded to float16."""
        table, scales = quantise(self.tower.table.detach().numpy())
        encoder = {
            name: array.detach().half().float().numpy() for name, array in self.tower.encoder.state_dict().items()
        }
        return CompactWeights(self.compact, self.vocabulary, table, scales, encoder)

    def _draw(self, random: np.random.Generator) -> tuple[int, list[int]]:
        """Return how many side pairs a batch has, and its sentences: first the two of each pair, side by side."""
        pairs = min(self.config.batch_size // 4, len(self._pairs))
        some = [self._pairs[at] for at in random.choice(len(self._pairs), size=pairs, replace=False)] if pairs else []
        rest = self.config.batch_size - 2 * pairs
        others = random.choice(self._single, size=min(rest, len(self._single)), replace=False) if self._single else []
        return pairs, [place for pair in some for place in pair] + [int(place) for place in others]

    def _save(self) -> None:
        content = {"tower": self.tower.state_dict(), "optimizer": self._optimizer.state_dict(), "step": self.step}
        try:
            with replacing(self.out / _STATE) as new:
                torch.save(content, new)
        except (OSError, RuntimeError) as error:  # PyTorch's writer tells of a full disk by a RuntimeError
            raise ModelError(f"{self.out / _STATE} cannot be written: {error}; make room on the disk") from error

    def _load(self) -> None:
        try:
            content = torch.load(self.out / _STATE, map_location="cpu", weights_only=True)
            self.tower.load_state_dict(content["tower"])
            self._optimizer.load_state_dict(content["optimizer"])
            self.step = int(content["step"])
        except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise ModelError(
                f"{self.out / _STATE} is not the state of this run: {str(error).splitlines()[0]}; give another folder, "
                "or remove the file to begin anew"
            ) from error


def _digest(texts: Sequence[str], *arrays: Tensor | np.ndarray) -> str:
    """Return what tells one teacher's lessons from another's: half a run with each teaches nothing."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "replace"))
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def side_pairs(texts: Sequence[str]) -> tuple[list[tuple[int, int]], list[int]]:
    """Return the places of the sentences whose twin with the sides swapped is there too, in pairs, and the others."""
    places = {text: place for place, text in enumerate(texts)}
    pairs, single = [], []
    for text, place in places.items():
        twin = places.get(swapped) if (swapped := swap_sides(text)) != text else None
        if twin is None:
            single.append(place)
        elif place < twin or swap_sides(texts[twin]) != text:
            pairs.append((place, twin))
    return pairs, single


def _divergence(
    ours: Float[Tensor, "row landmark"], theirs: Float[Tensor, "row landmark"], temperature: float
) -> Tensor:
    """Return how far our ranking of the landmarks is from theirs: the KL divergence of their softmax from ours."""
    return functional.kl_div(
        functional.log_softmax(ours / temperature, dim=1),
        functional.log_softmax(theirs / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )


def _optimizer(tower: CompactTower, config: DistilConfig) -> torch.optim.AdamW:
    matrices = [weight for weight in tower.encoder.parameters() if weight.ndim > 1]
    vectors = [weight for weight in tower.encoder.parameters() if weight.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay, "share": 1.0},
        {"params": vectors, "weight_decay": 0.0, "share": 1.0},
        {"params": [tower.table], "weight_decay": 0.0, "share": config.table_rate},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))


def _rate(config: DistilConfig, step: int) -> float:
    rise = min(1.0, (step + 1) / max(config.warmup_steps, 1))
    return config.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * step / config.steps))
