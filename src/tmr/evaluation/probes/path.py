"""Path: along which way somebody goes, from walks and runs straight ahead that are bent to curves and circles."""

from collections.abc import Sequence

from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import MOST_SECONDS, balanced, clip_of, source_of
from tmr.evaluation.probes.sentences import deed, leaves_way_open, on_way
from tmr.motion.bend import bend_path, goes_straight
from tmr.motion.captions import swap_sides

_TURNS: dict[str, tuple[tuple[str, float], tuple[str, float]]] = {
    "left or right": (("left", 70.0), ("right", -70.0)),
    "straight or bent": (("straight", 0.0), ("left", 70.0)),
    "clockwise or not": (("clockwise", -350.0), ("counterclockwise", 350.0)),
    "half or whole circle": (("half left", 180.0), ("whole left", 360.0)),
}
"""Row → two ways by their names in `WAYS`, each with how far it turns to the left, degrees."""

RULES = (
    "walks and runs straight ahead whose words leave the way open, bent by 70 degrees, half a circle or a whole one; "
    "every other clip to the other side"
)


def path_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return the contrasts for each item that goes straight ahead."""
    contrasts = []
    for number, (item, phrase) in enumerate(balanced(items, most, seed, _goes_ahead)):
        for row, ways in _TURNS.items():
            if number % 2:
                ways = tuple((swap_sides(way), -degrees) for way, degrees in ways)
            (one, turn), (other, other_turn) = ways
            motions = bend_path(item.motion, turn), bend_path(item.motion, other_turn)
            texts = on_way(phrase, one), on_way(phrase, other)
            contrasts.append(Contrast((f"{source_of(item)}: {row}",), motions, texts, clip_of(item), item.metadata))
    return contrasts


def _goes_ahead(item: CaptionedMotion) -> str | None:
    phrase = deed(item)
    if phrase is None or not leaves_way_open(phrase) or item.motion.seconds > MOST_SECONDS:
        return None
    return phrase if goes_straight(item.motion.joints) else None
