"""Readings in, embeddings out: cuts motions into windows and embeds many together."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from jaxtyping import Float

from tmr.errors import IndexFolderError, ModelError, MotionFileError, SkeletonError
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.search.pool import Task
from tmr.search.query import MotionEncoder
from tmr.search.reading import Reading
from tmr.search.storage.segment import WIDTH
from tmr.search.windows import WindowSettings, cut_windows

# Enough for the encoder to sort them by length into full batches.
_BATCH_WINDOWS = 256
# Where files are slow to read, a full batch would take minutes; until then there is no progress, and a kill loses it.
_MOST_SECONDS = 5.0
# What a model says of a motion that it cannot embed.
_REFUSALS = (ModelError, MotionFileError, SkeletonError)


@dataclass(frozen=True)
class Embedded:
    """What came of one file, ready for the index.

    Args:
        task: Which file.
        reading: What was read, without the joints.
        notes: What the reader found or assumed.
        bounds: Start and end of each window in seconds; none if the file is unchanged or was skipped.
        embeddings: One unit vector a window.
        mirrors: The same of the windows' mirror images; None if they were not asked for.
    """

    task: Task
    reading: Reading
    notes: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    embeddings: Float[np.ndarray, "window 256"]
    mirrors: Float[np.ndarray, "window 256"] | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the content was known already."""
        return not self.bounds and not self.reading.reason


_NO_EMBEDDINGS = np.zeros((0, WIDTH), dtype=np.float32)


class Intake:
    """Collects readings and gives them back with embeddings, a batch at a time.

    Args:
        encoder: Returns the motion side of the model; called when the first motion is to be embedded.
        settings: How long takes are cut.
        mirrors: Whether the mirror image of every window is embedded too.
    """

    def __init__(
        self, encoder: Callable[[], MotionEncoder], settings: WindowSettings, *, mirrors: bool = False
    ) -> None:
        self._encoder, self._settings, self._mirrors = encoder, settings, mirrors
        self._waiting: list[tuple[Task, Reading, list[tuple[float, float]]]] = []
        self._num_windows = 0
        self._last_flush = time.monotonic()

    def embed(self, readings: Iterable[tuple[Task, Reading]]) -> Iterator[Embedded]:
        """Yield every reading with its embeddings; a motion that the model refuses comes back as skipped."""
        for task, reading in readings:
            if reading.motion is None:
                yield Embedded(task, reading, (), (), _NO_EMBEDDINGS)
                continue
            bounds = self._settings.bounds(reading.motion.seconds, reading.motion.fps)
            self._waiting.append((task, reading, bounds))
            self._num_windows += len(bounds)
            if self._num_windows >= _BATCH_WINDOWS or time.monotonic() - self._last_flush > _MOST_SECONDS:
                yield from self.flush()
                self._last_flush = time.monotonic()
        yield from self.flush()

    def flush(self) -> Iterator[Embedded]:
        """Yield what still waits for its batch to be full."""
        waiting, self._waiting, self._num_windows = self._waiting, [], 0
        if not waiting:
            return
        windows: list[list[Motion]] = []
        for _, reading, bounds in waiting:
            if reading.motion is not None:
                windows.append(cut_windows(reading.motion, bounds))
        encoder = self._encoder()
        try:
            together = self._vectors(encoder, [motion for item in windows for motion in item])
        except _REFUSALS:
            # One of them is not to the model's liking: find out which, and keep the others.
            together = None
        first = 0
        for (task, reading, bounds), item_windows in zip(waiting, windows, strict=True):
            notes = reading.motion.notes if reading.motion is not None else ()
            slim = replace(reading, motion=None)
            last = first + len(bounds)
            try:
                vectors = self._vectors(encoder, item_windows) if together is None else together[:, first:last]
                _check_vectors(vectors)
                yield Embedded(task, slim, notes, tuple(bounds), vectors[0], vectors[1] if self._mirrors else None)
            except _REFUSALS as error:
                reason = replace(slim, reason=f"the model cannot embed it: {error}")
                yield Embedded(task, reason, notes, (), _NO_EMBEDDINGS)
            first = last

    def _vectors(self, encoder: MotionEncoder, motions: list[Motion]) -> Float[np.ndarray, "side window 256"]:
        """Return the embeddings of windows and, if they are asked for, those of their mirror images."""
        plain = encode_in_batches(encoder, iter(motions))
        return np.stack([plain, encode_in_batches(encoder, map(mirror, motions))] if self._mirrors else [plain])


def encode_in_batches(encoder: MotionEncoder, motions: Iterator[Motion]) -> Float[np.ndarray, "window 256"]:
    """Return embeddings, a bounded number of windows at a time: a ten-hour take has thousands."""
    blocks = []
    while some := list(islice(motions, _BATCH_WINDOWS)):
        block = np.asarray(encoder.encode_motion(some), dtype=np.float32)
        if block.ndim != 2 or block.shape[1] != WIDTH:
            raise IndexFolderError(
                f"the model gives embeddings of shape {block.shape[1:]}; an index takes {WIDTH} numbers"
            )
        blocks.append(block)
    return np.concatenate(blocks)


def _check_vectors(vectors: Float[np.ndarray, "side window width"]) -> None:
    lengths = np.linalg.norm(vectors, axis=-1)
    if not (np.abs(lengths - 1) < 1e-3).all():
        raise ModelError("its embedding is not a vector of length 1")
