"""Order: A and then B against B and then A, the motions joined, the sentences made of the same parts."""

from collections import defaultdict
from collections.abc import Sequence

from tmr.evaluation.captioned import LIBRARY, CaptionedMotion
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.draw import MOST_SECONDS, Told, balanced, clip_of, source_of, stands, without_stray_start
from tmr.evaluation.probes.sentences import ORDER_TEMPLATES, deed, in_order, main_verb
from tmr.motion.join import join

# Two parts of this length and the transition fit into what an encoder takes at once.
_LONGEST_SECONDS, _SHORTEST_SECONDS = 4.8, 0.8
RULES = (
    f"parts of one source, {_SHORTEST_SECONDS} to {_LONGEST_SECONDS} s, upright at both ends, that one verb tells, "
    f"another verb each; joined {MOST_SECONDS:g} s at most"
)


def order_contrasts(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> list[Contrast]:
    """Return a contrast for each pair of items and each template, as `RULES` says; no item is in two pairs.

    Items of one style go together; those that have no partner there, with any of the source.
    """
    by_style: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for item, phrase in balanced(items, most, seed, _part):
        # The styles of the library are part of the deed.
        style = "" if source_of(item) == LIBRARY else item.metadata.get("style", "")
        by_style[(source_of(item), style)].append((item, phrase))
    pairs, alone = [], defaultdict(list)
    for (source, _), members in sorted(by_style.items()):
        found, rest = _pairs(members)
        pairs += found
        alone[source] += rest
    for _, members in sorted(alone.items()):
        pairs += _pairs(members)[0]
    return [contrast for first, second in pairs for contrast in _both_orders(first, second)]


def _part(item: CaptionedMotion) -> str | None:
    """Return what the item does if it can be a part."""
    fits = _SHORTEST_SECONDS <= item.motion.seconds <= _LONGEST_SECONDS and not item.metadata.get("order")
    return deed(item) if fits and stands(item.motion) else None


def _pairs(items: Sequence[Told]) -> tuple[list[tuple[Told, Told]], list[Told]]:
    """Return items in pairs that do different things, and those left alone."""
    left, pairs, alone = list(items), [], []
    while left:
        first = left.pop(0)
        place = next((place for place, other in enumerate(left) if _differ(first, other)), None)
        if place is None:
            alone.append(first)
        else:
            pairs.append((first, left.pop(place)))
    return pairs, alone


def _differ(first: Told, second: Told) -> bool:
    actions = {item.metadata.get("action", item.name) for item, _ in (first, second)}
    return len(actions) == 2 and main_verb(first[1]) != main_verb(second[1])


def _both_orders(first: Told, second: Told) -> list[Contrast]:
    items, phrases = (first[0], second[0]), (first[1], second[1])
    parts = [without_stray_start(item.motion) for item in items]
    motions = (join(parts[0], parts[1]), join(parts[1], parts[0]))
    if max(motion.seconds for motion in motions) > MOST_SECONDS:
        return []
    shared = {key: value for key, value in items[0].metadata.items() if items[1].metadata.get(key) == value}
    source = source_of(items[0])
    return [
        Contrast(
            (source, f"{source}: {template}"),
            motions,
            (in_order(template, phrases[0], phrases[1]), in_order(template, phrases[1], phrases[0])),
            " + ".join(sorted({clip_of(item) for item in items})),
            shared,
        )
        for template in ORDER_TEMPLATES
    ]
