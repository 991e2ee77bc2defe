"""Other wordings of actions and styles: complete, true of the labels, and none that is a caption."""

import json
from pathlib import Path

import pytest

from tmr.motion import label_wordings
from tmr.motion.captions import ACTION_PHRASES, STYLE_PHRASES, captions_from_labels, side_words
from tmr.motion.label_wordings import SAME_STYLES, wordings_from_labels


@pytest.mark.parametrize("action", ACTION_PHRASES)
def test_every_pair_of_labels_has_other_wordings_that_are_true_of_its_side(action):
    sides = {word[:4] for word in side_words(captions_from_labels(action, "")[0][0])}
    for style in STYLE_PHRASES:
        told = wordings_from_labels(action, style)
        assert len(set(told)) == 16
        assert told == wordings_from_labels(action, style)
        assert not {text for text, _ in captions_from_labels(action, style)} & set(told)
        for text in told:
            assert text == text.lower().strip()
            assert "  " not in text
            assert {word[:4] for word in side_words(text)} == sides, text
    assert len({text for style in STYLE_PHRASES for text in wordings_from_labels(action, style)}) > 250


def test_the_style_is_told_in_words_of_its_own():
    styles = json.loads(Path(label_wordings.__file__).with_suffix(".json").read_text(encoding="utf-8"))["styles"]
    assert {*styles} == {*STYLE_PHRASES} - {*SAME_STYLES}
    told = [text for words in styles.values() for texts in words.values() for text in texts]
    assert len(told) == len(set(told))
    # Two labels that a reader would not tell apart share theirs.
    for label, style in SAME_STYLES.items():
        assert wordings_from_labels("bow", label) == wordings_from_labels("bow", style)


def test_other_labels_have_none():
    assert wordings_from_labels("walk", "very-odd") == []
    assert wordings_from_labels("cartwheel", "sad") == []
