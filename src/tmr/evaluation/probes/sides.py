"""Side: a motion and its mirror image, a sentence and the same with left and right exchanged."""

from collections.abc import Sequence
from dataclasses import replace

from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import balanced, clip_of, source_of
from tmr.evaluation.probes.sentences import sided_caption
from tmr.motion.captions import swap_sides
from tmr.motion.mirror import mirror

RULES = "captions that name one side, the left or the right; motion and its mirror image"


def side_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return a contrast for each item with a caption that names the left or the right, and not both."""
    return [
        Contrast(
            (source_of(item),),
            (item.motion, replace(mirror(item.motion), name=f"{item.name} mirrored")),
            (text, swap_sides(text)),
            clip_of(item),
            item.metadata,
        )
        for item, text in balanced(items, most, seed, sided_caption)
    ]
