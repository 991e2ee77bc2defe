"""Nearest neighbours among unit vectors, by exact search a block at a time."""

import numpy as np
from jaxtyping import Float, Int

# A block of similarities takes 16 MB at most, and its sorting twice as much.
_BLOCK_NUMBERS = 4_000_000


def nearest(
    asked: Float[np.ndarray, "query width"],
    among: Float[np.ndarray, "item width"],
    k: int,
    *,
    leave_out: Int[np.ndarray, " query"] | None = None,
) -> tuple[Int[np.ndarray, "query k"], Float[np.ndarray, "query k"]]:
    """Return the k most similar items of each query, best first, and their similarities.

    Args:
        asked: Unit length.
        among: Unit length.
        k: Fewer are returned where there are fewer.
        leave_out: An item of each query that is not wanted: the query itself.
    """
    k = min(k, len(among) - (leave_out is not None))
    numbers = np.zeros((len(asked), max(k, 0)), dtype=np.int64)
    similarity = np.zeros(numbers.shape, dtype=np.float32)
    if k <= 0:
        return numbers, similarity
    step = max(1, _BLOCK_NUMBERS // len(among))
    for begin in range(0, len(asked), step):
        block = asked[begin : begin + step] @ among.T
        if leave_out is not None:
            block[np.arange(len(block)), leave_out[begin : begin + step]] = -np.inf
        some = np.argpartition(block, -k, axis=1)[:, -k:]
        found = np.take_along_axis(block, some, axis=1)
        # Equal similarities stand in the order of the items, whatever the partition did.
        order = np.lexsort((some, -found), axis=1)
        numbers[begin : begin + step] = np.take_along_axis(some, order, axis=1)
        similarity[begin : begin + step] = np.take_along_axis(found, order, axis=1)
    return numbers, similarity
