"""Direction and style: which way somebody goes, and in what manner something is done."""

from collections.abc import Sequence
from dataclasses import replace

from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import balanced, clip_of, source_of
from tmr.evaluation.probes.neighbours import neighbour_contrasts
from tmr.evaluation.probes.sentences import neutral_captions, reversed_way, verb_phrase

DIRECTION_RULES = (
    "reversed: a walk or run and the same backwards in time, 'forward' and 'backwards' exchanged; "
    "neighbours: recordings that differ in their direction alone"
)
STYLE_RULES = "recordings of one action in two styles, each with the sentence that tells its style; normal is no style"


def direction_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return contrasts of directions, from motions reversed in time and from recordings of other directions."""
    contrasts = neighbour_contrasts(items, "direction", most=most, seed=seed, row="neighbours")
    for item, phrase in balanced(items, most, seed, _way):
        turned = replace(item.motion, joints=item.motion.joints[::-1].copy(), name=f"{item.name} reversed")
        texts = (f"a person {phrase}", f"a person {reversed_way(phrase)}")
        contrasts.append(
            Contrast((f"{source_of(item)}: reversed",), (item.motion, turned), texts, clip_of(item), item.metadata)
        )
    return contrasts


def _way(item: CaptionedMotion) -> str | None:
    """Return what the item does if it only goes forwards or backwards."""
    phrases = (verb_phrase(caption) for caption in neutral_captions(item))
    return next((phrase for phrase in phrases if phrase and reversed_way(phrase)), None)


def style_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return contrasts of styles."""
    return neighbour_contrasts(items, "style", most=most, seed=seed, row="neighbours")
