"""Placing: items that come after the layout stand among their neighbours, and nobody moves."""

import numpy as np
from jaxtyping import Float

from tmr.search.map.neighbours import nearest

_NEIGHBOURS = 5
# Differences of similarity that matter: beyond a few of these a neighbour counts for little.
_SIMILARITY_SCALE = 0.03


def place(
    vectors: Float[np.ndarray, "query width"],
    placed: Float[np.ndarray, "item width"],
    places: Float[np.ndarray, "item 2"],
) -> Float[np.ndarray, "query 2"]:
    """Return where newcomers stand on a map: amid those of their neighbours that stand together.

    The mean of neighbours on two islands would lie in the water between. So the neighbour that is nearest to all of
    them is taken, and the mean goes over those that are as near to it as half of them are.

    Args:
        vectors: The newcomers, unit length.
        placed: Who has a place already, unit length.
        places: Their places.
    """
    if len(placed) == 0:
        return np.zeros((len(vectors), 2))
    near, similarity = nearest(vectors, placed, _NEIGHBOURS)
    weight = np.exp((similarity - similarity[:, :1]).astype(np.float64) / _SIMILARITY_SCALE)
    around = places[near]
    away = np.sqrt(((around[:, :, None] - around[:, None]) ** 2).sum(axis=3))
    centre = (weight[:, None] * away).sum(axis=2).argmin(axis=1)
    from_centre = away[np.arange(len(away)), centre]
    weight *= from_centre <= np.median(from_centre, axis=1, keepdims=True)
    return (weight[:, :, None] * around).sum(axis=1) / weight.sum(axis=1, keepdims=True)
