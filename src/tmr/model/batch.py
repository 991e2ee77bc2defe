"""Batches: windows of long motions, groups of like length, padding with a mask."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float


def windows(num_frames: int, max_frames: int, hop: int | None = None) -> list[tuple[int, int]]:
    """Return the windows that stand for a motion, as first and one past the last frame.

    A motion of up to `max_frames` is one window. A longer one has windows of `max_frames`, a new one every `hop` frames
    (None: they overlap by half); the last one ends with the motion, so it may overlap more, and none is shorter.
    """
    if num_frames <= max_frames:
        return [(0, num_frames)]
    step = max(max_frames // 2, 1) if hop is None else hop
    starts = [*range(0, num_frames - max_frames, step), num_frames - max_frames]
    return [(start, start + max_frames) for start in starts]


def batches_by_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Yield groups of positions in `lengths`, at most `batch_size` each, like lengths together, longest first.

    Neighbours in length waste little on padding. A group also ends where its shortest member would be less than half of
    its longest, because padding then costs more than another call.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    group: list[int] = []
    for position in order:
        if group and (len(group) == batch_size or 2 * lengths[position] < lengths[group[0]]):
            yield group
            group = []
        group.append(position)
    if group:
        yield group


def pad(
    sequences: Sequence[Float[np.ndarray, "_token *shape"]],
) -> tuple[Float[np.ndarray, "batch token *shape"], Bool[np.ndarray, "batch token"]]:
    """Return the sequences in one float32 array, zero past each end, with a mask that is True for what is theirs."""
    lengths = [len(sequence) for sequence in sequences]
    padded = np.zeros((len(sequences), max(lengths), *sequences[0].shape[1:]), dtype=np.float32)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded, np.arange(padded.shape[1]) < np.array(lengths)[:, None]


def unit(vectors: Float[np.ndarray, "*batch width"]) -> Float[np.ndarray, "*batch width"]:
    """Return the vectors scaled to length 1; a vector of zeros stays as it is."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, np.finfo(np.float32).tiny)
