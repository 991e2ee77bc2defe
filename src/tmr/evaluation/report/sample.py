"""A sample of a space that can be laid out and looked at: on a map, and as a matrix of similarities."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tmr.evaluation.report.layout import chain_order, kept_neighbours, principal_components
from tmr.evaluation.report.space import Space
from tmr.search.map.layout import lay_out

MOST_PAIRS = 400
"""More captions with their motions than this are too many to lay out in seconds, and to look at."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Some captions with their motions, laid out.

    Args:
        query: Their numbers in the space.
        near: Where captions, then motions, stand on the map of neighbours.
        flat: Where they stand in the plane of the largest variance.
        near_kept: The share of the ten nearest that `near` keeps.
        flat_kept: The share that `flat` keeps.
        variance: The share of the variance in that plane.
        order: Of the pairs, in which like stand side by side.
        similarity: Of each caption with each motion, in that order.
        of_all: How many motions there are in the space.
    """

    query: Int[np.ndarray, " pair"]
    near: Float[np.ndarray, "point 2"]
    flat: Float[np.ndarray, "point 2"]
    near_kept: float
    flat_kept: float
    variance: float
    order: Int[np.ndarray, " pair"]
    similarity: Float[np.ndarray, "pair pair"]
    of_all: int

    @property
    def told(self) -> str:
        """What it is a sample of, as the beginning of a sentence."""
        if len(self.query) == self.of_all:
            return f"All {self.of_all:,} motions, each with one caption."
        return f"{len(self.query):,} of {self.of_all:,} motions, each with one caption, drawn at random (seed 0)."


def sample_of(space: Space, most: int = MOST_PAIRS) -> Sample:
    """Return a sample of distinct motions, each with one caption: all, or so many drawn at random."""
    _, query = np.unique(space.owner, return_index=True)
    if len(query) > most:
        query = np.sort(np.random.default_rng(0).permutation(query)[:most])
    text, motion = space.text[query], space.motion[space.owner[query]]
    points = np.concatenate([text, motion])
    flat, variance = principal_components(points)
    near = lay_out(points)
    order = chain_order(motion)
    return Sample(
        query,
        near,
        flat,
        kept_neighbours(points, near),
        kept_neighbours(points, flat),
        variance,
        order,
        (text @ motion.T)[np.ix_(order, order)],
        len(space.motion),
    )
