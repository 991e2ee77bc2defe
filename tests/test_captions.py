"""Captions from labels, and sides swapped in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.motion.captions import (
    ACTION_PHRASES,
    STYLE_PHRASES,
    captions_from_labels,
    captions_from_name,
    side_words,
    swap_sides,
    whole_captions_from_labels,
    without_sides,
)

WORDS = [
    "left",
    "right",
    "Left",
    "RIGHT",
    "leftwards",
    "clockwise",
    "counterclockwise",
    "left-handed",
    "walks",
    "upright",
    "bright",
    "then",
    "hand,",
    "away",
    "before",
    "the",
    "no strength",
]


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("a person waves with the left hand", "a person waves with the right hand"),
        ("LEFT, then Right.", "RIGHT, then Left."),
        ("turns counter-clockwise", "turns clockwise"),
        ("turns clockwise", "turns counterclockwise"),
        ("stands upright on a bright day", "stands upright on a bright day"),
        ("falls right away to the right", "falls right away to the left"),
        ("stops right before he turns left", "stops right before he turns right"),
        ("steps to the right before he sits", "steps to the left before he sits"),
        ("turns left after three steps", "turns right after three steps"),
        ("holds his left in front of him", "holds his right in front of him"),
        ("walks with no energy left", "walks with no energy left"),
        ("sways left and right before it sits", "sways right and left before it sits"),
        ("holds both arms at right angles", "holds both arms at right angles"),
        ("with the elbows bent to right angles", "with the elbows bent to right angles"),
        ("stops and right after that sits", "stops and right after that sits"),
        ("turn left after three steps", "turn right after three steps"),
        ("walk-turn-left", "walk-turn-right"),
        ("a left-handed throw", "a right-handed throw"),
    ],
)
def test_sides_are_swapped_and_nothing_else(text, swapped):
    assert swap_sides(text) == swapped


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_swapping_twice_gives_the_text_back(text):
    assert swap_sides(swap_sides(text)) == text
    assert len(side_words(swap_sides(text))) == len(side_words(text))


@pytest.mark.parametrize(
    ("text", "untold"),
    [
        ("a person waves with the left hand", "a person waves"),
        ("a man waves his left hand in greeting", "a man waves his hand in greeting"),
        ("someone raises the right arm", "someone raises an arm"),
        ("a person turns to the right on the spot", "a person turns on the spot"),
        ("walks and turns left", "walks and turns"),
        ("a person walks in a clockwise circle", "a person walks in a circle"),
        ("a man goes down on one knee, the left", "a man goes down on one knee"),
        ("a player makes a left-handed forehand stroke", "a player makes a forehand stroke"),
        ("the figure coughs with its left hand at the mouth", "the figure coughs with its hand at the mouth"),
        ("someone lifts the right foot and stands on the left", "someone lifts the right foot and stands on the left"),
        ("a person bows", "a person bows"),
    ],
)
def test_a_side_is_left_untold(text, untold):
    assert without_sides(text) == untold
    assert without_sides(swap_sides(text)) == (untold if untold != text else swap_sides(text))


@pytest.mark.parametrize("action", [action for action in ACTION_PHRASES if side_words(action)])
def test_captions_of_a_sided_action_name_its_side_and_no_other(action):
    side = side_words(action)[0]
    for text, _ in captions_from_labels(action, "normal"):
        assert set(side_words(text)) == {side}


@pytest.mark.parametrize("style", STYLE_PHRASES)
def test_captions_say_whether_they_tell_the_style(style):
    sentences = captions_from_labels("walk", style)
    assert any(tells for _, tells in sentences)
    for text, tells in sentences:
        bare = {sentence for sentence, _ in captions_from_labels("walk", "")}
        assert (text not in bare) == (tells and style != "normal")


def test_whole_captions_tell_the_style_where_there_is_one():
    styled, plain = (captions_from_labels("walk", style) for style in ("sad", ""))
    assert whole_captions_from_labels("walk", "sad") == tuple(text for text, tells in styled if tells)
    assert whole_captions_from_labels("walk", "") == tuple(text for text, _ in plain) != ()


def test_unknown_labels_are_spelt_out():
    assert ("a person jump over fence in a very odd way", True) in captions_from_labels("jump-over-fence", "very-odd")
    assert captions_from_name("cartwheel") == ["cartwheel"]
