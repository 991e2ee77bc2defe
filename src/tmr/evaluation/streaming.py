"""Scores that accumulate over the batches of a training loop, on one process or many: update, compute, reset, merge."""

import copy
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import TMRError
from tmr.evaluation.answers import only_itself
from tmr.evaluation.distribution import Moments, frechet_from_moments
from tmr.evaluation.kernel import kernel_distance
from tmr.evaluation.matching import BATCH, PRECISIONS, cosines, distances, r_precision, rankable
from tmr.evaluation.quality import UNITS, find_feet, measure_motion
from tmr.evaluation.retrieval import RECALLS, finite_rows, place_queries
from tmr.evaluation.spread import coverage_of, diversity
from tmr.motion.skeleton import Skeleton

LIMIT = 10_000
"""Rows that are kept of each set where a score needs them all: 10 MB of embeddings."""


@runtime_checkable
class ArrayLike(Protocol):
    """A NumPy array or a torch tensor, on any device and of any floating type."""

    def __array__(self) -> np.ndarray: ...


S = TypeVar("S", bound="Score")


class Score(ABC):
    """What all accumulating scores can do."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """Return the values of all that was seen since the last `reset`; NaN where that is not enough."""

    @abstractmethod
    def reset(self) -> None:
        """Forget what was seen."""

    @abstractmethod
    def merge(self: S, other: S) -> None:
        """Add what another one has seen, as if this one had seen it."""

    def synchronize(self: S) -> S:
        """Return a new score of what this one has seen on all processes of `torch.distributed`; this one stays.

        Every process has to call it. Where nothing is distributed it is a copy.
        """
        if _rank() is None:
            return copy.deepcopy(self)
        from torch import distributed

        others: list[S] = [self] * distributed.get_world_size()
        distributed.all_gather_object(others, self)
        total = others[0]
        for other in others[1:]:
            total.merge(other)
        return total


class MatchScore(Score):
    """Text match and motion match: mean cosine and distance of pairs."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._left_out = 0

    def update(self, name: str, first: ArrayLike, second: ArrayLike) -> None:
        """Add pairs, row by row, under a name: `text` gives `text_match` and `text_distance`."""
        (one, two), broken = _whole_rows(first, second)
        self._left_out += broken
        for key, values in ((f"{name}_match", cosines(one, two)), (f"{name}_distance", distances(one, two))):
            self._sums[key] = self._sums.get(key, 0.0) + float(values.sum())
            self._counts[key] = self._counts.get(key, 0) + len(values)

    def merge(self, other: "MatchScore") -> None:
        for key, total in other._sums.items():
            self._sums[key] = self._sums.get(key, 0.0) + total
            self._counts[key] = self._counts.get(key, 0) + other._counts[key]
        self._left_out += other._left_out

    def compute(self) -> dict[str, float]:
        counts = self._counts
        means = {key: total / counts[key] if counts[key] else math.nan for key, total in self._sums.items()}
        return {**means, "left_out": float(self._left_out)}


class FrechetScore(Score):
    """FID from running moments in float64: the value of all embeddings at once, without keeping them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._moments: dict[str, Moments] = {}
        self._left_out = 0

    def update(self, *, generated: ArrayLike | None = None, reference: ArrayLike | None = None) -> None:
        """Add embeddings (item, width) of either set, or of both."""
        for name, rows in (("generated", generated), ("reference", reference)):
            if rows is not None:
                (whole,), broken = _whole_rows(rows)
                self._left_out += broken
                self._add(name, Moments.of(whole))

    def _add(self, name: str, moments: Moments) -> None:
        known = self._moments.get(name)
        if known is not None and known.mean.shape != moments.mean.shape:
            raise TMRError(f"embeddings have {len(moments.mean)} numbers, those before had {len(known.mean)}")
        self._moments[name] = moments if known is None else known + moments

    def merge(self, other: "FrechetScore") -> None:
        for name, moments in other._moments.items():
            self._add(name, moments)
        self._left_out += other._left_out

    def compute(self) -> dict[str, float]:
        fid = math.nan
        if len(self._moments) == 2:
            fid = frechet_from_moments(self._moments["generated"], self._moments["reference"]).distance
        return {"fid": fid, "left_out": float(self._left_out)}


class Reservoir:
    """A random sample of rows without replacement, of all rows that went by.

    Args:
        limit: Rows that are kept.
        seed: Of the sample. Processes of `torch.distributed` draw differently from one seed.

    Source:
        Efraimidis, Spirakis: Weighted random sampling with a reservoir, 2006: each row gets a random key, and the rows
        with the lowest keys stay, so that two reservoirs join into one that is as random.
    """

    def __init__(self, limit: int = LIMIT, seed: int = 0) -> None:
        self._limit = limit
        self._random = np.random.default_rng([seed, _rank() or 0])
        self._keys = np.empty(0)
        self._rows: np.ndarray | None = None
        self.seen = 0

    def add(self, rows: np.ndarray) -> None:
        """Let rows go by."""
        self._keep(self._random.random(len(rows)), rows)
        self.seen += len(rows)

    def merge(self, other: "Reservoir") -> None:
        """Let the rows go by that another one has kept of what it has seen."""
        if other._rows is not None:
            self._keep(other._keys, other._rows)
        self.seen += other.seen

    def rows(self) -> np.ndarray | None:
        """Return the rows that were kept; None if none went by."""
        return self._rows

    def _keep(self, keys: np.ndarray, rows: np.ndarray) -> None:
        if self._rows is not None:
            if self._rows.shape[1:] != rows.shape[1:]:
                raise TMRError(f"embeddings have shape {rows.shape[1:]}, those before had {self._rows.shape[1:]}")
            keys, rows = np.concatenate([self._keys, keys]), np.concatenate([self._rows, rows])
        if len(rows) > self._limit:
            lowest = np.sort(np.argpartition(keys, self._limit)[: self._limit])
            keys, rows = keys[lowest], rows[lowest]
        self._keys, self._rows = keys, rows


class SampleScore(Score):
    """KID, diversity, precision, recall, density, coverage: of a random sample of each set, whole if it fits.

    Args:
        limit: Embeddings that are kept of each set.
        scale: Of the kernel, see `kernel_distance`; 1 is right for embeddings of length 1.
        seed: Of the samples.
    """

    def __init__(self, *, limit: int = LIMIT, scale: float | None = 1.0, seed: int = 0) -> None:
        self._limit, self._scale, self._seed = limit, scale, seed
        self.reset()

    def reset(self) -> None:
        self._samples = {name: Reservoir(self._limit, self._seed) for name in ("generated", "reference")}
        self._left_out = 0

    def update(self, *, generated: ArrayLike | None = None, reference: ArrayLike | None = None) -> None:
        """Add embeddings (item, width) of either set, or of both."""
        for name, rows in (("generated", generated), ("reference", reference)):
            if rows is not None:
                (whole,), broken = _whole_rows(rows)
                self._left_out += broken
                self._samples[name].add(whole)

    def merge(self, other: "SampleScore") -> None:
        for name, sample in other._samples.items():
            self._samples[name].merge(sample)
        self._left_out += other._left_out

    def compute(self) -> dict[str, float]:
        generated, reference = (self._samples[name].rows() for name in ("generated", "reference"))
        values = {"left_out": float(self._left_out)}
        if generated is not None:
            values["diversity"] = diversity(generated).value
        if reference is not None:
            values["reference_diversity"] = diversity(reference).value
        if generated is not None and reference is not None:
            values["kid"] = kernel_distance(generated, reference, scale=self._scale).value
            cover = coverage_of(generated, reference)
            values |= {name: measure.value for name, measure in cover._asdict().items()}
        return values


class RetrievalScore(Score):
    """Recall over the whole gallery and R-precision in batches of 32, of texts for their motions.

    Args:
        limit: Pairs that are kept, a random sample of all; recall is over so many motions.
        seed: Of the sample and of the batches.
    """

    def __init__(self, *, limit: int = LIMIT, seed: int = 0) -> None:
        self._limit, self._seed = limit, seed
        self.reset()

    def reset(self) -> None:
        self._pairs = Reservoir(self._limit, self._seed)
        self._left_out = 0

    def update(self, text: ArrayLike, motion: ArrayLike) -> None:
        """Add pairs of embeddings (item, width), row by row."""
        (one, two), broken = _whole_rows(text, motion)
        self._left_out += broken
        self._pairs.add(np.stack([one, two], axis=1))

    def merge(self, other: "RetrievalScore") -> None:
        self._pairs.merge(other._pairs)
        self._left_out += other._left_out

    def compute(self) -> dict[str, float]:
        pairs = self._pairs.rows()
        if pairs is None or not len(pairs):
            return {"num_items": 0.0, "left_out": float(self._left_out)}
        texts, motions = pairs[:, 0], pairs[:, 1]
        pair = rankable(texts, motions)
        placed = place_queries(*pair, lambda first, last: only_itself(np.arange(first, last)))
        values = {"num_items": float(len(pairs)), "left_out": float(self._left_out)}
        values |= {f"recall_at_{k}": float(placed.hit_chances(k).mean()) for k in RECALLS}
        values["median_rank"] = float(np.median(placed.rank))
        if len(pairs) >= BATCH:
            hits = r_precision(texts, motions, seed=self._seed)
            values |= {f"r_precision_at_{k}": float(np.nanmean(hits[:, at])) for at, k in enumerate(PRECISIONS)}
        return values


class QualityScore(Score):
    """Motion quality; means over motions of `tmr.evaluation.quality.measure_motion`.

    Args:
        skeleton: Of the motions.
        fps: Of the motions.

    Raises:
        SkeletonError: If the skeleton's feet cannot be found.
    """

    def __init__(self, skeleton: Skeleton, fps: float) -> None:
        self._skeleton, self._feet, self._fps = skeleton, find_feet(skeleton), fps
        self.reset()

    def reset(self) -> None:
        self._sums, self._counts = np.zeros(len(UNITS)), np.zeros(len(UNITS))
        self._num_items = self._left_out = 0

    def update(
        self, joints: ArrayLike, *, lengths: Sequence[int] | None = None, contacts: ArrayLike | None = None
    ) -> None:
        """Add motions.

        Args:
            joints: (batch, frame, joint, 3) in metres, y up, the floor at 0.
            lengths: Frames of each motion; None takes all.
            contacts: (batch, frame, 4 or 6), see `four_contacts`.

        Raises:
            TMRError: If the joints are not those of the skeleton, or the lengths not those of the motions.
        """
        batch, count = as_rows(joints), len(self._skeleton.joints)
        if batch.ndim != 4 or batch.shape[2:] != (count, 3):
            raise TMRError(
                f"joints have shape {batch.shape}; expected (batch, frame, {count}, 3) for skeleton "
                f"{self._skeleton.name!r}"
            )
        if lengths is not None and (len(lengths) != len(batch) or max(lengths, default=0) > batch.shape[1]):
            raise TMRError(
                f"the lengths are {[int(length) for length in lengths][:8]} for {len(batch)} motions of at most "
                f"{batch.shape[1]} frames; expected one of each, no longer than that"
            )
        told = None if contacts is None else as_rows(contacts)
        for item, motion in enumerate(batch):
            end = len(motion) if lengths is None else int(lengths[item])
            if end < 1 or not np.isfinite(motion[:end]).all():
                self._left_out += 1
                continue
            own = None if told is None else told[item, :end]
            values = np.array(list(measure_motion(motion[:end], self._fps, self._feet, own).values()))
            self._sums += np.nan_to_num(values)
            self._counts += ~np.isnan(values)
            self._num_items += 1

    def merge(self, other: "QualityScore") -> None:
        self._sums, self._counts = self._sums + other._sums, self._counts + other._counts
        self._num_items += other._num_items
        self._left_out += other._left_out

    def compute(self) -> dict[str, float]:
        means = np.where(self._counts > 0, self._sums / np.maximum(self._counts, 1), np.nan)
        values = dict(zip(UNITS, means.tolist(), strict=True))
        return {**values, "num_items": float(self._num_items), "left_out": float(self._left_out)}


class GenerationScores(Score):
    """All scores of embeddings in one: FID, KID, diversity, coverage, text match, motion match, retrieval.

    Args:
        limit: Embeddings that are kept where a score needs them all.
        seed: Of samples and batches.
    """

    def __init__(self, *, limit: int = LIMIT, seed: int = 0) -> None:
        self._match, self._frechet = MatchScore(), FrechetScore()
        self._sample = SampleScore(limit=limit, seed=seed)
        self._retrieval = RetrievalScore(limit=limit, seed=seed)
        self._left_out = 0

    def reset(self) -> None:
        for part in (self._match, self._frechet, self._sample, self._retrieval):
            part.reset()
        self._left_out = 0

    def update(
        self, *, generated: ArrayLike, text: ArrayLike | None = None, reference: ArrayLike | None = None
    ) -> None:
        """Add a batch of embeddings (item, width), row by row of the same text; a broken row is left out of all."""
        names = [name for name, rows in (("text", text), ("reference", reference)) if rows is not None]
        rows, broken = _whole_rows(generated, *(each for each in (text, reference) if each is not None))
        self._left_out += broken
        made, others = rows[0], dict(zip(names, rows[1:], strict=True))
        words, real = others.get("text"), others.get("reference")
        self._frechet.update(generated=made, reference=real)
        self._sample.update(generated=made, reference=real)
        if words is not None:
            self._match.update("text", words, made)
            self._retrieval.update(words, made)
        if real is not None:
            self._match.update("motion", made, real)

    def merge(self, other: "GenerationScores") -> None:
        self._match.merge(other._match)
        self._frechet.merge(other._frechet)
        self._sample.merge(other._sample)
        self._retrieval.merge(other._retrieval)
        self._left_out += other._left_out

    def compute(self) -> dict[str, float]:
        parts = (self._match, self._frechet, self._sample, self._retrieval)
        values = {key: value for part in parts for key, value in part.compute().items()}
        return {**values, "left_out": float(self._left_out)}


def as_rows(values: ArrayLike) -> Float[np.ndarray, "item *rest"]:
    """Return an array of numbers from an array or a tensor, without its gradient; half precision becomes float32."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        tensor: Any = values
        tensor = tensor.detach().cpu()
        return tensor.numpy() if tensor.dtype == torch.float64 else tensor.float().numpy()
    array = np.asarray(values)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)


def _whole_rows(*sets: ArrayLike) -> tuple[list[np.ndarray], int]:
    """Return the rows of sets that belong together, row by row, that are broken in none; and how many are left out."""
    arrays = [as_rows(rows) for rows in sets]
    shapes = [rows.shape for rows in arrays]
    if len(set(shapes)) > 1 or len(shapes[0]) != 2:
        raise TMRError(
            f"embeddings have shape {' and '.join(map(str, shapes))}; expected (items, width), the same of each"
        )
    whole: Bool[np.ndarray, " item"] = np.logical_and.reduce([finite_rows(rows) for rows in arrays])
    return [rows[whole] for rows in arrays], int((~whole).sum())


def _rank() -> int | None:
    """Return the number of this process in `torch.distributed`; None if nothing is distributed."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.distributed.is_available() or not torch.distributed.is_initialized():
        return None
    return torch.distributed.get_rank()
