"""Small batches: retrieval among 32 motions drawn at random, twenty times over."""

import numpy as np
from jaxtyping import Float, Int

from tmr.evaluation.retrieval import Placements, distinct_rows
from tmr.evaluation.scored import Scored, values_of

BATCH = 32
SHUFFLES = 20


def score_small_batches(
    text: Float[np.ndarray, "text width"],
    motion: Float[np.ndarray, "motion width"],
    owner: Int[np.ndarray, " text"],
    *,
    size: int = BATCH,
    shuffles: int = SHUFFLES,
    seed: int = 0,
) -> dict[str, Scored]:
    """Return both directions: what each motion and its caption get on average over the batches that they are in.

    Each shuffle draws one of each motion's texts and cuts the motions into batches; a rest is dropped.

    Args:
        text: Embeddings.
        motion: Embeddings.
        owner: The motion of each text.
        size: Of a batch.
        shuffles: How many.
        seed: Of the shuffles.

    Source:
        Guo et al., Generating Diverse and Natural 3D Human Motions from Text, CVPR 2022; one shuffle in TMR.
    """
    random = np.random.default_rng(seed)
    captioned, num_texts = np.unique(owner, return_counts=True)
    by_motion = np.argsort(owner, kind="stable")
    first = np.concatenate([[0], np.cumsum(num_texts)[:-1]])
    same_text, same_motion = _places(text), _places(motion)
    sums = {direction: _Sums(len(captioned)) for direction in ("text_to_motion", "motion_to_text")}
    for _ in range(shuffles):
        order = random.permutation(len(captioned))
        batches = order[: len(order) // size * size].reshape(-1, size)
        texts = by_motion[first + (random.random(len(captioned)) * num_texts).astype(np.int64)][batches]
        motions = captioned[batches]
        similarity = text[texts] @ motion[motions].transpose(0, 2, 1)
        sums["text_to_motion"].add(batches, _level(similarity, same_motion[motions]))
        sums["motion_to_text"].add(batches, _level(similarity.transpose(0, 2, 1), same_text[texts]))
    return {direction: each.scored(captioned, size) for direction, each in sums.items()}


def _places(embeddings: np.ndarray) -> Int[np.ndarray, " row"]:
    place = distinct_rows(embeddings)[1]
    return np.arange(len(embeddings)) if place is None else place


def _level(similarity: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the similarities with those of equal items made equal: the product may come out otherwise by column."""
    representative = np.argmax(same[:, :, None] == same[:, None, :], axis=2)
    return np.take_along_axis(similarity, representative[:, None, :].repeat(similarity.shape[1], axis=1), axis=2)


class _Sums:
    """Sums of what each motion gets over the batches."""

    def __init__(self, count: int) -> None:
        self._values: dict[str, np.ndarray] = {}
        self._times = np.zeros(count)
        self._medians: list[np.ndarray] = []

    def add(self, batches: np.ndarray, similarity: np.ndarray) -> None:
        """Add one shuffle; the right item of each query stands on the diagonal."""
        placements = _place_on_diagonal(similarity)
        for name, column in values_of(placements).items():
            np.add.at(self._values.setdefault(name, np.zeros_like(self._times)), batches.ravel(), column)
        np.add.at(self._times, batches.ravel(), 1)
        self._medians.append(np.median(placements.rank.reshape(batches.shape), axis=1))

    def scored(self, captioned: np.ndarray, size: int) -> Scored:
        """Return the averages over the shuffles, of the motions that were in any batch."""
        seen = self._times > 0
        values = {name: column[seen] / self._times[seen] for name, column in self._values.items()}
        chance = values_of(_place_on_diagonal(np.zeros((1, size, size))))
        means = {name: float(column.mean()) for name, column in chance.items()}
        means["median_rank"] = (size + 1) / 2
        return Scored(values, captioned[seen], means, float(np.mean(self._medians)))


def _place_on_diagonal(similarity: Float[np.ndarray, "batch query item"]) -> Placements:
    own = np.diagonal(similarity, axis1=1, axis2=2)[:, :, None]
    above = (similarity > own).sum(axis=2).ravel()
    tied = (similarity == own).sum(axis=2).ravel()
    return Placements.of_single(above, tied, similarity.shape[2])
