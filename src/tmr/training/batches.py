"""Batches: the rows of a step as features and word vectors, in parts, with the pairs that are no negatives."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tmr.model.batch import pad
from tmr.model.tmr import TMR
from tmr.motion.captions import side_words
from tmr.training.augment import (
    Row,
    draw_paraphrases,
    draw_rival_sentences,
    drawn_rivals,
    numbered,
    rivals,
    same_content,
)
from tmr.training.examples import Example
from tmr.training.losses import duplicates
from tmr.training.recipes import TrainConfig
from tmr.training.texts import TextTable

LENGTH_GROUPS = 4


class Group(NamedTuple):
    """Sequences of like length, so that little is computed on padding."""

    places: list[int]
    """Where each stands in its part."""
    vectors: Float[Tensor, "batch token feature"]
    mask: Bool[Tensor, "batch token"]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """What is computed at once: some rows of a batch, and some of its pairs of paraphrases.

    Args:
        number: Of the part in its batch.
        motion_rows: Place in the batch of each motion.
        text_rows: Place in the batch of each text: those of the motions, then the first and the second paraphrases.
        motions: Canonical features of the motions, not normalised.
        texts: Word vectors of the texts.
    """

    number: int
    motion_rows: list[int]
    text_rows: list[int]
    motions: list[Group]
    texts: list[Group]


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """What a step eats.

    Args:
        parts: Those that this process computes.
        num_texts: Of the whole batch; after the sentences of the motions come the first and then the second sentences
            of the paraphrases, if any are drawn; those that have rivals come last.
        longest: Frames of the longest motion of the whole batch.
        names: What each row shows, for messages.
        duplicate: Which rows are no negatives of each other.
        rivals: The row that each row is most easily taken for, or its own place.
        duplicate_paraphrases: The same for the paraphrases, if any are drawn.
        rival_paraphrases: The pair that each of them is to be told from, or its own place.
    """

    parts: list[Part]
    num_texts: int
    longest: int
    names: list[str]
    duplicate: Bool[Tensor, "row row"]
    rivals: Int[Tensor, " row"]
    duplicate_paraphrases: Bool[Tensor, "pair pair"] | None
    rival_paraphrases: Int[Tensor, " pair"] | None

    @property
    def num_motions(self) -> int:
        """Motions of the whole batch."""
        return len(self.names)


class Collator:
    """Makes batches of rows.

    Args:
        model: Says which features are computed.
        config: Of the training.
        texts: Word vectors of every sentence.
        paraphrases: The sentences of each clip without motion.
        with_rivals: Examples whose sentences are told from their rivals'.
        device: Where features are computed and batches are put.
        mine: Numbers of the parts that this process computes.
    """

    def __init__(
        self,
        model: TMR,
        config: TrainConfig,
        texts: TextTable,
        paraphrases: Sequence[Sequence[str]],
        with_rivals: Sequence[Example],
        device: torch.device,
        mine: Sequence[int],
    ) -> None:
        self._features, self._fps = model.features, model.config.fps
        self._config, self._texts, self._paraphrases = config, texts, paraphrases
        self._with_rivals, self._device, self._mine = with_rivals, device, mine

    def collate(self, rows: Sequence[Row], joints: Sequence[Float[np.ndarray, "_frame 30 3"]], step: int) -> Batch:
        """Return the batch of a step.

        Args:
            rows: All rows of the step.
            joints: Those of the rows in this process's parts, in the order of the parts; see `rows_of_parts`.
            step: From which the paraphrases are drawn.
        """
        texts = [row.text for row in rows]
        duplicate = self._alike(texts)
        if self._config.duplicates == "content":
            duplicate &= ~torch.from_numpy(drawn_rivals(rows))
            duplicate |= torch.from_numpy(same_content(rows))
        first, second, rival_pairs = self._paraphrased(step)
        count, pairs_alike = len(first), None
        if count:
            pairs_alike = self._alike(first) | self._alike(second) | self._alike(first, second)
            place = torch.arange(count)
            pairs_alike &= (rival_pairs[:, None] != place) | (rival_pairs == place)[:, None]
            texts = [*texts, *first, *second]
        made, parts = iter(joints), []
        for number in self._mine:
            own = rows_of_parts(len(rows), self._config.parts)[number]
            pairs = rows_of_parts(count, self._config.parts)[number]
            spoken = [*own, *(len(rows) + pair for pair in pairs), *(len(rows) + count + pair for pair in pairs)]
            motions = self.motions([next(made) for _ in own])
            parts.append(Part(number, own, spoken, motions, self._spoken([texts[place] for place in spoken])))
        names = [f"{row.take} {row.text!r}" for row in rows]
        longest = max(row.cut.num_frames for row in rows)
        own_rivals = torch.from_numpy(rivals(rows))
        told_apart = rival_pairs if count else None
        return Batch(parts, len(texts), longest, names, duplicate, own_rivals, pairs_alike, told_apart)

    def _paraphrased(self, step: int) -> tuple[list[str], list[str], Int[Tensor, " pair"]]:
        """Return the pairs of sentences that say the same, and the pair that each is to be told from."""
        config = self._config
        plain, told_apart = config.paraphrases, config.rival_sentences if self._with_rivals else 0
        first, second = (
            draw_paraphrases(self._paraphrases, plain, config.seed, step, config.fragments) if plain else ([], [])
        )
        if told_apart:
            drawn = draw_rival_sentences(self._with_rivals, told_apart, config.seed, step)
            first, second = [*first, *drawn[0]], [*second, *drawn[1]]
        pair = torch.arange(len(first))
        return first, second, torch.where(pair < plain, pair, plain + ((pair - plain) ^ 1))

    def motions(self, joints: Sequence[Float[np.ndarray, "_frame 30 3"]]) -> list[Group]:
        """Return the canonical features of motions, in groups of like length."""
        groups = []
        for places in _like_lengths([len(motion) for motion in joints]):
            arrays = pad([joints[place] for place in places])
            padded, mask = (torch.from_numpy(array).to(self._device, non_blocking=True) for array in arrays)
            groups.append(Group(places, self._features.compute(padded, mask, self._fps), mask))
        return groups

    def _spoken(self, texts: Sequence[str]) -> list[Group]:
        groups = []
        for places in _like_lengths([self._texts.num_tokens(text) for text in texts]):
            arrays = self._texts.tokens([texts[place] for place in places])
            groups.append(Group(places, *(array.to(self._device, non_blocking=True) for array in arrays)))
        return groups

    def _alike(self, texts: list[str], others: list[str] | None = None) -> Bool[Tensor, "text text"]:
        """Return which pairs of sentences say nearly the same, in either order."""
        others = others or texts
        same_sides = torch.ones(len(texts), len(others), dtype=torch.bool)
        if self._config.duplicates == "content":
            sides = numbered([tuple(side_words(text)) for text in (*texts, *others)])
            same_sides = torch.from_numpy(sides[: len(texts), None] == sides[len(texts) :])
        similarity = self._texts.similarity(texts, others)
        alike = duplicates(similarity, same_sides, self._config.text_duplicate_similarity)
        return alike | alike.T


def rows_of_parts(num_rows: int, num_parts: int) -> list[list[int]]:
    """Return the places of a batch's rows that each of its parts computes."""
    return [rows.tolist() for rows in np.array_split(np.arange(num_rows), num_parts)]


def _like_lengths(lengths: Sequence[int]) -> list[list[int]]:
    """Return the places of sequences in groups of like length."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    return [places.tolist() for places in np.array_split(order, LENGTH_GROUPS) if len(places)]
