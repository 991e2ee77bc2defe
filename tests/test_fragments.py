"""Fragments: what people type in place of a sentence."""

import pytest

from tmr.motion.captions import swap_sides
from tmr.training.fragments import fragments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a person waves with the left hand", ("waving with the left hand", "wave with the left hand")),
        ("a person waves and then sits down", ("waving and then sitting down", "wave and then sit down")),
        ("the old man slowly walks forward", ("slowly walking forward", "slowly walk forward")),
        ("someone is carefully lying down", ("carefully lying down",)),
        ("he lies down, then carries a box", ("lying down, then carries a box", "lie down, then carries a box")),
        ("a figure moves arms and legs", ("moving arms and legs", "move arms and legs")),
        ("A person squats twice.", ("squatting twice.", "squat twice.")),
        ("a person begins to run", ("beginning to run", "begin to run")),
        ("a person has the arms up", ("having the arms up", "have the arms up")),
        ("a person does a kick", ("doing a kick", "do a kick")),
        ("a person catches a ball", ("catching a ball", "catch a ball")),
        ("a person walked away", ()),
        ("a person with a hat waves", ()),
        ("this is a person", ()),
        ("waves", ()),
        ("", ()),
    ],
)
def test_a_sentence_without_who_does_it(text, expected):
    assert fragments(text) == expected
    assert fragments(swap_sides(text)) == tuple(map(swap_sides, expected))
