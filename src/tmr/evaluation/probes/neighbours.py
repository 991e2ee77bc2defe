"""Neighbours: two recordings whose labels differ in one column, each with its own caption."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from tmr.evaluation.captioned import LIBRARY, CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import source_of
from tmr.evaluation.probes.sentences import neutral_captions
from tmr.motion.captions import STYLE_PHRASES

LABELS = ("action", "side", "count", "speed", "direction", "style", "order")

# Bandai's action labels → what is done and which way.
_WAYS = {
    "walk": "forward",
    "walk-back": "backward",
    "walk-left": "to the left",
    "walk-right": "to the right",
    "walk-turn-left": "turning left",
    "walk-turn-right": "turning right",
}


def neighbour_contrasts(
    items: Sequence[CaptionedMotion], column: str, *, most: int, seed: int, row: str
) -> list[Contrast]:
    """Return pairs of recordings of one source whose labels are the same but for one column.

    Args:
        items: Those without an action or the column's label are left out.
        column: `count`, `speed`, `direction` or `style`.
        most: Most pairs of a source; each pair of values takes turns.
        seed: Of the draws.
        row: What the rows of the table are called, after the source.
    """
    # Left and right are directions and not what else may differ; a style is known by its words.
    ignored = {column, "side", "order"} if column == "direction" else {column, "order"}
    families: dict[tuple[str, ...], dict[str, list[CaptionedMotion]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        labels = _labels(item)
        if labels["action"] and labels[column] and item.captions and not (labels["order"] and column != "direction"):
            family = (source_of(item), *(labels[key] for key in LABELS if key not in ignored))
            families[family][labels[column]].append(item)
    turns: dict[str, list[list[Contrast]]] = defaultdict(list)
    for family, values in sorted(families.items()):
        for one, other in combinations(sorted(values), 2):
            if column != "style" or not _mean_the_same(one, other):
                random = np.random.default_rng([seed, *" ".join((*family, one, other)).encode()])
                turns[family[0]].append(_paired(values[one], values[other], column, row, family, random))
    contrasts = []
    for _, lists in sorted(turns.items()):
        longest = max(map(len, lists))
        contrasts += [pairs[turn] for turn in range(longest) for pairs in lists if turn < len(pairs)][:most]
    return contrasts


def _labels(item: CaptionedMotion) -> dict[str, str]:
    labels = {key: item.metadata.get(key, "") for key in LABELS}
    if source_of(item) != LIBRARY and labels["action"] in _WAYS:
        labels |= {"direction": _WAYS[labels["action"]], "action": "walk"}
    if labels["style"] == "normal":
        labels["style"] = ""
    return labels


def _mean_the_same(one: str, other: str) -> bool:
    """Return whether two styles share a phrase: `old` and `elderly` do."""
    return bool(set(STYLE_PHRASES.get(one, (one,))) & set(STYLE_PHRASES.get(other, (other,))))


def _paired(
    ones: Sequence[CaptionedMotion],
    others: Sequence[CaptionedMotion],
    column: str,
    row: str,
    family: tuple[str, ...],
    random: np.random.Generator,
) -> list[Contrast]:
    """Return as many pairs as the smaller list has items, each item once.

    A recording has a part in the pairs with each other label, so that only families are independent of each other.
    """
    count = min(len(ones), len(others))
    first, second = ([side[int(place)] for place in random.permutation(len(side))[:count]] for side in (ones, others))
    contrasts = []
    for one, other in zip(first, second, strict=True):
        texts = tuple(item.captions[0] if column == "style" else neutral_captions(item)[0] for item in (one, other))
        if texts[0] != texts[1]:
            shared = {key: value for key, value in one.metadata.items() if other.metadata.get(key) == value}
            motions, clip = (one.motion, other.motion), " ".join(part for part in family if part)
            contrasts.append(Contrast((f"{family[0]}: {row}",), motions, (texts[0], texts[1]), clip, shared))
    return contrasts
