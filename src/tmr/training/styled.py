"""Styled examples: an actor's take and another of the same action in another style, told by their styles."""

from collections import defaultdict

import numpy as np

from tmr.motion.label_wordings import style_as_read
from tmr.training.composed import as_rivals, drawn_of
from tmr.training.examples import Example, Groups, Sentence, all_examples

SENTENCES = 8
"""How many sentences each take is told by: of a pair, those at one place are drawn together."""


def style_examples(groups: Groups, count: int, seed: int) -> list[list[Example]]:
    """Return `count` pairs of takes of one action in two styles, in captions and other wordings that tell the style.

    In a batch two takes of one action hardly meet, so that the action is all that is asked for.

    Args:
        groups: What there is.
        count: How many pairs; none are made if no action comes in two styles.
        seed: Of the draws.
    """
    random = np.random.default_rng([seed, 7])
    takes: dict[str, dict[str, list[tuple[Example, list[Sentence]]]]] = defaultdict(lambda: defaultdict(list))
    for example in all_examples(groups):
        told = [sentence for sentence in (*example.sentences, *example.wordings) if sentence.style]
        if told:
            takes[example.action][style_as_read(told[0].style or "")].append((example, told))
    able = [list(by_style.values()) for by_style in takes.values() if len(by_style) > 1]
    pairs = []
    while able and len(pairs) < count:
        styles = drawn_of(able, random)
        places = random.choice(len(styles), size=2, replace=False)
        pairs.append(as_rivals(*(_told(*drawn_of(styles[int(place)], random), random) for place in places)))
    return pairs


def _told(example: Example, told: list[Sentence], random: np.random.Generator) -> Example:
    places = random.choice(len(told), size=SENTENCES, replace=len(told) < SENTENCES)
    sentences = tuple(told[int(place)] for place in places)
    # A name of its own: the rival is this row, and not another row of the take, of which something else is said.
    return Example(example.joints, example.first, example.last, sentences, f"{example.take} styled", example.action)
