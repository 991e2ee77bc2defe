"""Other wordings of actions and styles: complete, true of the labels, and none that is a caption."""

import itertools

import pytest

from tmr.motion.captions import ACTION_PHRASES, STYLE_PHRASES, captions_from_labels, side_words
from tmr.motion.label_wordings import SAME_STYLES, wordings_from_labels


@pytest.mark.parametrize("action", ACTION_PHRASES)
def test_every_pair_of_labels_has_other_wordings_that_are_true_of_its_side(action):
    sides = {word[-4:] for word in side_words(captions_from_labels(action, "")[0][0])}
    for style in STYLE_PHRASES:
        told = wordings_from_labels(action, style)
        assert len(set(told)) == 16
        assert told == wordings_from_labels(action, style)
        assert not {text for text, _ in captions_from_labels(action, style)} & set(told)
        assert all(text == text.lower().strip() and "  " not in text for text in told)
        for text in told:
            named = set(side_words(text))
            assert {word.removesuffix("-handed")[:5].rstrip("w-") for word in named} <= {"left", "right"}
            if sides:
                (side,) = {"right" if "ight" in word else "left" for word in sides}
                assert all(word.startswith(side) for word in named)
                assert named
    assert len({text for style in STYLE_PHRASES for text in wordings_from_labels(action, style)}) > 250


def test_the_style_is_told_in_words_of_its_own():
    """What follows the verb, goes before the noun or stands for the person is of one style only."""
    told = {style: set(wordings_from_labels("bow", style)) for style in STYLE_PHRASES if style not in SAME_STYLES}
    for one, other in itertools.combinations(told, 2):
        assert not told[one] & told[other], (one, other)
    # Two labels that a reader would not tell apart share theirs.
    for label, style in SAME_STYLES.items():
        assert sorted(wordings_from_labels("bow", label)) == sorted(wordings_from_labels("bow", style))


def test_other_labels_have_none():
    assert wordings_from_labels("walk", "very-odd") == []
    assert wordings_from_labels("cartwheel", "sad") == []
