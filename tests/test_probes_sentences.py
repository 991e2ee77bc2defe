"""Sentences of the probes: what counts as one deed, and how it is told in another order, number, pace or way."""

import pytest

from fake_encoder import numbered_motion
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.probes.sentences import (
    at_pace,
    counted,
    deed,
    doing,
    in_order,
    main_verb,
    neutral_captions,
    on_way,
    reversed_way,
    sided_caption,
    tells_count,
    tells_gesture,
    tells_going,
    tells_pace,
    tells_path,
    verb_phrase,
)


def item(*captions, **metadata):
    return CaptionedMotion("x", numbered_motion(1), captions, metadata)


@pytest.mark.parametrize(
    ("caption", "phrase"),
    [
        ("a person walks forward", "walks forward"),
        ("Someone is waving.", "is waving"),
        ("the old man sits down", "sits down"),
        ("a person walking straight forward", "is walking straight forward"),
        ("a person walks, then waves", None),
        ("a person walks and waves", None),
        ("a person jumps twice", None),
        ("basketball signals", None),
        ("walks forward with a wide gait", None),
        ("a man " + "really " * 12 + "runs", None),
    ],
)
def test_verb_phrases(caption, phrase):
    assert verb_phrase(caption) == phrase


def test_a_deed_is_the_first_phrase_without_the_style():
    bandai = item("a person walks forward happily", "a person walks forward in a happy way", style="happy")
    assert neutral_captions(bandai) == ["a person walks forward"]
    assert deed(bandai) == "walks forward"
    assert deed(item("walk", "a man jogs ahead")) == "jogs ahead"
    assert deed(item("walk")) is None


def test_orders_say_what_is_first():
    assert in_order("then", "walks", "waves") == "a person walks, then waves"
    assert in_order("after", "walks", "waves") == "a person waves after the person walks"
    assert in_order("before", "walks", "waves") == "a person walks before the person waves"
    assert in_order("first", "walks", "waves") == "first a person walks, and then the person waves"


def test_counts_and_paces():
    assert counted("bows", 2) == "a person bows twice"
    assert at_pace("bows", "slowly") == "a person bows slowly"
    assert tells_count("does three squats")
    assert not tells_count("kneels on the left knee")
    assert tells_pace("walks briskly")
    assert not tells_pace("waves")


def test_verbs_are_the_same_in_both_forms():
    assert main_verb("walks forward") == main_verb("is walking")
    assert main_verb("runs") == main_verb("is running") == main_verb("slowly jogs") == main_verb("starts running")
    assert main_verb("waves") != main_verb("walks")


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("walks forward", "walks backwards"),
        ("is walking straight ahead", "is walking backwards"),
        ("walks backwards slowly", "walks forward slowly"),
        ("runs in place without moving forward", None),
        ("walks forward, to the left", None),
        ("bows forward", None),
        ("walks", None),
    ],
)
def test_reversed_ways(phrase, expected):
    assert reversed_way(phrase) == expected


def test_sided_captions_name_one_side():
    assert sided_caption(item("a person waves", "a person waves the left hand")) == "a person waves the left hand"
    assert sided_caption(item("a person steps from left to right")) is None
    assert sided_caption(item("walks in a counterclockwise circle to the right")) is None
    assert sided_caption(item("a person walks right away")) is None


@pytest.mark.parametrize(
    ("phrase", "told"),
    [
        ("walks forward", "walking forward"),
        ("is walking forward", "walking forward"),
        ("waves with the left hand", "waving with the left hand"),
        ("claps", "clapping"),
        ("puts up both hands", "putting up both hands"),
        ("runs", "running"),
        ("stretches out an arm", "stretching out an arm"),
        ("carries a box", "carrying a box"),
        ("crosses the arms", "crossing the arms"),
        ("lifts an arm", "lifting an arm"),
        ("limps", "limping"),
        ("staggers", "staggering"),
        ("does a dance", "doing a dance"),
        ("raises a hand", "raising a hand"),
        ("drinks", "drinking"),
        ("leaps", "leaping"),
        ("tiptoes", "tiptoeing"),
        ("sneaks", "sneaking"),
        ("bows", "bowing"),
        ("skips", "skipping"),
        ("is still", "being still"),
    ],
)
def test_the_form_with_ing(phrase, told):
    assert doing(phrase) == told


@pytest.mark.parametrize(
    ("phrase", "going", "gesture"),
    [
        ("walks forward", True, False),
        ("is squatting", True, False),
        ("walks forward swinging the arms", False, False),
        ("walks like a zombie", False, False),
        ("walks forward carrying a box", False, False),
        ("waves with the left hand", False, True),
        ("claps", False, True),
        ("stands and waves", False, False),
        ("touches the left knee with a hand", False, False),
        ("dances", False, False),
    ],
)
def test_deeds_of_legs_and_of_arms(phrase, going, gesture):
    assert (tells_going(phrase), tells_gesture(phrase)) == (going, gesture)


def test_a_way_is_told_after_the_deed():
    assert on_way("walks forward", "left") == "a person walks forward around a bend to the left"
    assert on_way("is running", "counterclockwise") == "a person is running round and round counterclockwise"


@pytest.mark.parametrize("phrase", ["walks forward", "is running", "dashes ahead", "marches like a soldier"])
def test_the_way_is_open(phrase):
    assert not tells_path(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "walks straight ahead", "turns left", "walks to the right", "runs in circles", "walks around", "jogs in place",
        "walks backwards", "steps sideways", "walks up the stairs", "walks in an arc", "squats", "hops forward",
    ],
)  # fmt: skip
def test_the_way_is_told(phrase):
    assert tells_path(phrase)
