"""The part that checkpoints are chosen by: it shares no subject, clip, sentence or mirrored sentence with the rest."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmr.motion.captions import swap_sides
from tmr.motion.dataset import Caption, ClipInfo
from tmr.motion.prepare import PreparedClip
from tmr.training.data.holdout import FEWEST_CLIPS, hold_out, normalised

SUBJECTS = ("6", "10")
JOINTS = np.zeros((30, 30, 3), np.float32)


def clip(number, texts=(), split="train", subject="", action="", source="mine"):
    captions = tuple(Caption(text, 0.0, 1.0, "caption") for text in texts)
    return PreparedClip(ClipInfo(f"{source}/{number}", split, captions, subject, action), JOINTS)


def ids(clips):
    return {one.info.id for one in clips}


def texts_of(clips):
    return {normalised(caption.text) for one in clips for caption in one.info.captions}


def test_a_validation_split_is_used_as_it_is():
    clips = [clip(0, ["walks"]), clip(1, ["Walks."], "validation"), clip(2, ["sits"], "test")]
    held_out = hold_out(clips, SUBJECTS, 0.1)
    assert ids(held_out.training) == {"mine/0"}
    assert ids(held_out.validation) == {"mine/1"}
    assert held_out.how == "its own `validation` split, 1 clip; train says 1 of its sentences"


def test_a_recipe_s_subjects_and_labelled_takes_are_held_out_of_its_packs():
    walks = [clip(number, ["walks"], subject=str(number), source="cmu") for number in range(12)]
    bows = [clip(number, action="bow", source="bandai") for number in range(200)]
    held_out = hold_out([*walks, *bows], SUBJECTS, 0.1)
    taken = {f"bandai/{number}" for number in range(200) if zlib.crc32(f"bandai/{number}".encode()) % 20 == 0}
    assert 0 < len(taken) < 20
    assert ids(held_out.validation) == {"cmu/6", "cmu/10", *taken}
    assert len(held_out.training) + len(held_out.validation) == 212


@pytest.mark.parametrize("labels", [{}, {"action": "bow"}])
def test_own_people_who_are_called_like_the_recipe_s_are_held_out_as_others_are(labels):
    clips = [clip(number, [f"text {number}"], subject=str(1 + number % 12), **labels) for number in range(240)]
    held_out = hold_out(clips, SUBJECTS, 0.2)
    people = [{one.info.subject for one in part} for part in (held_out.training, held_out.validation)]
    assert not people[0] & people[1]
    assert 48 <= len(held_out.validation) <= 96
    few = hold_out(clips[:12], SUBJECTS, 0.1)
    assert (len(few.training), few.validation) == (12, [])
    assert "too few" in few.how


def test_nothing_is_held_out_if_nothing_should_be():
    clips = [clip(number, [f"text {number}"]) for number in range(200)]
    for held_out in (hold_out(clips, (), 0.1), hold_out(clips, SUBJECTS, 0.0)):
        assert len(held_out.training) == 200
        assert held_out.validation == []


def test_whole_subjects_are_held_out_where_there_are_some():
    clips = [clip(number, [f"text {number}"], subject=f"s{number % 20}") for number in range(200)]
    held_out = hold_out(clips, SUBJECTS, 0.1)
    people = [{one.info.subject for one in part} for part in (held_out.training, held_out.validation)]
    assert not people[0] & people[1]
    assert 10 <= len(held_out.validation) <= 40
    assert "subjects" in held_out.how
    assert ids(hold_out(clips[::-1], SUBJECTS, 0.1).validation) == ids(held_out.validation)


def test_a_person_who_made_most_of_it_is_never_held_out():
    few = [clip(number, [f"text {number}"], subject=f"s{number % 10}") for number in range(100)]
    most = [clip(1000 + number, [f"other text {number}"], subject="anna") for number in range(400)]
    for name in ("anna", "ben", "cleo", "dora"):  # the order of subjects is that of a hash
        renamed = [clip(one.info.id, [one.info.captions[0].text], subject=name) for one in most]
        held_out = hold_out([*few, *renamed], SUBJECTS, 0.1)
        assert name not in {one.info.subject for one in held_out.validation}
        assert held_out.validation != []


def test_a_mirrored_sentence_is_the_same_sentence():
    texts = [(f"turns left {number}", f"turns right {number}", f"text {number}") for number in range(100)]
    clips = [clip(2 * number, [left, own]) for number, (left, _, own) in enumerate(texts)]
    clips += [clip(2 * number + 1, [right, f"other {own}"]) for number, (_, right, own) in enumerate(texts)]
    held_out = hold_out(clips, SUBJECTS, 0.1)
    trained, said = texts_of(held_out.training), texts_of(held_out.validation)
    assert any("turns" in text for text in trained)
    assert not trained & {normalised(swap_sides(text)) for text in said}


def test_takes_are_held_out_where_people_are_few_and_bring_no_sentence_back():
    clips = [clip(number, [f"text {number}", "a person walks"], subject="anna") for number in range(200)]
    held_out = hold_out(clips, SUBJECTS, 0.1)
    assert 10 <= len(held_out.validation) <= 40
    assert not texts_of(held_out.training) & texts_of(held_out.validation)
    assert all(len(one.info.captions) == 1 for one in held_out.validation)


def test_data_in_which_all_say_the_same_is_trained_on_whole():
    held_out = hold_out([clip(number, ["a person walks"]) for number in range(200)], SUBJECTS, 0.1)
    assert len(held_out.training) == 200
    assert held_out.validation == []
    assert "give some rows the split `validation`" in held_out.how


words = st.sampled_from(["walks", "turns left", "Turns right.", "sits", "waves the left hand", "jumps"])


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(st.lists(words, min_size=1, max_size=3), st.integers(0, 12), st.integers(0, 300)),
        min_size=40,
        max_size=60,
    ),
    st.sampled_from([0.1, 0.3]),
)
def test_no_clip_subject_sentence_or_mirrored_sentence_is_on_both_sides(rows, share):
    clips = [
        clip(number, [f"{text} {unique}" for text in texts], subject=f"s{subject}")
        for number, (texts, subject, unique) in enumerate(rows)
    ]
    held_out = hold_out(clips, SUBJECTS, share)
    assert not ids(held_out.training) & ids(held_out.validation)
    if not held_out.validation:
        return
    assert len(held_out.validation) >= FEWEST_CLIPS
    trained = texts_of(held_out.training)
    said = {caption.text for one in held_out.validation for caption in one.info.captions}
    assert not trained & {normalised(text) for text in said}
    assert not trained & {normalised(swap_sides(text)) for text in said}
    if "subjects" in held_out.how:
        assert not {c.info.subject for c in held_out.training} & {c.info.subject for c in held_out.validation}
