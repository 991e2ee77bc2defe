"""Composed examples: motions in two orders, numbers or paces, or with other arms, each the rival of the other."""

import dataclasses
import itertools

import numpy as np
import pytest

from library_examples import only
from tmr.model.text_order import in_order_done
from tmr.motion.arms import arm_joints
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.augment import Cut, Row, Sampler, draw_rival_sentences, drawn_rivals, rivals, same_content
from tmr.training.composed import (
    BLENDED_SENTENCES,
    COUNT_HASTE,
    COUNT_SECONDS,
    COUNTED_SENTENCES,
    JOINED_SENTENCES,
    LONGEST_FRAMES,
    LONGEST_PART_FRAMES,
    PACED_SENTENCES,
    PACES,
    SHORTEST_BLEND_FRAMES,
    blend_examples,
    count_examples,
    join_examples,
    pace_examples,
)
from tmr.training.examples import Example, Sentence, all_examples
from tmr.training.recipes import TrainConfig


def rival_of(example):
    assert example.rival is not None
    return example.rival


def test_joined_motions_are_told_in_their_order(groups):
    joined = join_examples(groups, ["procedural"], 12, seed=3)
    assert len(joined) == 12
    spoken = {
        example.take: {sentence.text for sentence in example.sentences}
        for group in groups["procedural"]
        for example in group
    }
    frames = {example.take: example.last for group in groups["procedural"] for example in group}
    for (example,) in joined:
        other = rival_of(example)
        first, second = example.take.split(" + ")
        assert other.take == f"{second} + {first}"
        assert frames[first] + frames[second] < len(example.joints) <= 2 * LONGEST_PART_FRAMES + 36
        for joint_example, order in ((example, (first, second)), (other, (second, first))):
            for sentence in joint_example.sentences:
                told = [
                    (template, parts)
                    for template in JOINED_SENTENCES
                    for parts in itertools.product(*(spoken[take] for take in order))
                    if template.format(*(text.rstrip(" .") for text in parts)) == sentence.text
                ]
                assert told, sentence.text
        # At one place stands the same sentence of both, with the parts exchanged.
        for sentence, turned in zip(example.sentences, other.sentences, strict=True):
            assert sentence != turned
            assert sorted(sentence.text) == sorted(turned.text)
    again = join_examples(groups, ["procedural"], 12, seed=3)
    assert [group[0].sentences for group in again] == [group[0].sentences for group in joined]
    np.testing.assert_array_equal(again[5][0].joints, joined[5][0].joints)


def test_joined_sentences_name_first_what_is_done_first():
    for template in JOINED_SENTENCES:
        assert template.index("{0}") < template.index("{1}")
        told = in_order_done(template.format("a person waves", "the person sits down"))
        assert told.index("waves") < told.index("sits")


def test_what_cannot_be_joined_is_not():
    assert join_examples({"procedural": []}, ["procedural"], 3, seed=0) == []


def test_the_two_orders_are_drawn_together_and_are_negatives_of_each_other(groups):
    some = {**groups, "joined": join_examples(groups, ["procedural"], 6, seed=1)}
    config = TrainConfig(recipe="test", batch_size=16, mixture={"joined": 0.5, "procedural": 0.5}, twin_share=0.25)
    rows = Sampler(some, config, 300).rows(2)
    assert len(rows) == 16
    opposite = drawn_rivals(rows)
    assert opposite.any()
    assert not (opposite & same_content(rows)).any()
    np.testing.assert_array_equal(opposite, opposite.T)
    for i, j in zip(*np.nonzero(opposite), strict=True):
        assert rows[i].take.split(" + ") == rows[j].take.split(" + ")[::-1]
    # Twins stand at the end; two orders that were drawn together are told by one sentence.
    drawn = [row for row in rows[:12] if " + " in row.take]
    pairs = [
        (one, two) for one, two in itertools.pairwise(drawn) if one.take.split(" + ") == two.take.split(" + ")[::-1]
    ]
    assert pairs
    assert all(sorted(one.text) == sorted(two.text) for one, two in pairs)


def test_rivals_are_mirror_images_that_words_tell_and_the_other_order():
    cut = Cut(np.zeros((1, 30, 3), np.float32), 0, 1, 1.0, 60, np.zeros((1, 30, 3), np.float32))
    row = Row(cut, "waves with the left hand", None, "", "a", 0, 1, False)
    rows = [
        row,
        dataclasses.replace(row, text="waves with the right hand", mirrored=True),
        dataclasses.replace(row, first=5, last=6),
        dataclasses.replace(row, take="b", text="walks"),
        dataclasses.replace(row, take="b", text="walks", mirrored=True),
        dataclasses.replace(row, take="a + b", rival="b + a", text="waves with the left hand, then walks"),
        dataclasses.replace(row, take="b + a", rival="a + b", text="walks, then waves with the left hand"),
        dataclasses.replace(
            row, take="a + b", rival="b + a", text="waves with the right hand, then walks", mirrored=True
        ),
    ]
    # The image of the joined row is told from the row; the row from the other order, which is harder.
    assert rivals(rows).tolist() == [1, 0, 2, 3, 4, 6, 5, 5]


def test_rows_without_a_rival_are_no_rivals():
    cut = Cut(np.zeros((1, 30, 3), np.float32), 0, 1, 1.0, 60, np.zeros((1, 30, 3), np.float32))
    row = Row(cut, "walks", None, "", "a", 0, 1, False)
    rows = [row, row, dataclasses.replace(row, take="c", rival="d"), dataclasses.replace(row, take="d", rival="c")]
    assert np.argwhere(drawn_rivals(rows)).tolist() == [[2, 3], [3, 2]]


def test_the_library_has_parts_that_can_be_joined():
    assert any(len(item.motion.joints) <= LONGEST_PART_FRAMES for item in procedural_library(seed=0, variations=1))


def test_what_is_done_once_is_done_again_and_told(groups):
    pairs = count_examples(groups, 20, seed=5)
    assert len(pairs) == 20
    frames = {example.take: example.last for group in groups["procedural"] for example in group}
    seen = set()
    for (one,) in pairs:
        numbers, lengths = [], []
        for example in (one, rival_of(one)):
            take, _, number = example.take.rpartition(" x")
            numbers.append(int(number))
            pauses = (numbers[-1] - 1) * round(COUNT_SECONDS * 30)
            lengths.append((len(example.joints) - pauses) / numbers[-1])
            assert len(example.joints) <= LONGEST_FRAMES
            for sentence, template in zip(example.sentences, COUNTED_SENTENCES[numbers[-1]], strict=True):
                assert sentence.text.endswith(template.removeprefix("{}"))
        # One as long as the other, and not much faster than it was.
        assert lengths[0] == pytest.approx(lengths[1], abs=1)
        assert frames[take] / COUNT_HASTE - 2 <= lengths[0] <= frames[take] + 1
        assert numbers[0] < numbers[1]
        assert rival_of(rival_of(one)).take == one.take
        seen.update(numbers)
    assert seen == {1, 2, 3}
    again = count_examples(groups, 20, seed=5)
    assert [group[0].sentences for group in again] == [group[0].sentences for group in pairs]


def test_a_motion_done_twice_shows_it_twice(groups):
    (bow,) = next(group for group in groups["procedural"] if group[0].action == "procedural-bow")
    (one,) = next(
        pair for pair in count_examples({"procedural": [[bow]]}, 9, seed=0) if rival_of(pair[0]).take.endswith("x2")
    )
    twice = rival_of(one).joints
    head = twice[:, :, 1].max(axis=1)
    low = head < head.min() + 0.3 * (head.max() - head.min())
    assert np.count_nonzero(np.diff(low.astype(int)) == 1) == 2


def test_paces_are_made_and_told(groups):
    pairs = pace_examples(groups, ["procedural"], 20, seed=5)
    assert len(pairs) == 20
    frames = {example.take: example.last for group in groups["procedural"] for example in group}
    for (slow,) in pairs:
        fast = rival_of(slow)
        take = slow.take.rpartition(" at ")[0].rpartition(" ")[0]
        assert fast.take.startswith(take)
        for example, (least, most), told in ((slow, PACES, 0), (fast, tuple(1 / p for p in PACES)[::-1], 1)):
            assert least - 0.02 <= len(example.joints) / frames[take] <= most + 0.02
            for sentence, template in zip(example.sentences, PACED_SENTENCES[told], strict=True):
                assert sentence.text.startswith(template.partition("{}")[0])
                assert sentence.text.endswith(template.partition("{}")[2])
        # As far and as high as before: only the time differs.
        np.testing.assert_allclose(slow.joints[[0, -1]], fast.joints[[0, -1]], atol=1e-6)


def test_what_already_tells_its_pace_or_number_is_left_alone(groups):
    for wrong in ("a person walks slowly", "a person runs", "a man sits, then rises"):
        only = {"procedural": [[with_sentence(groups, wrong)]]}
        assert pace_examples(only, ["procedural"], 3, seed=0) == [], wrong
    for wrong in ("a man does one bow", "a man bows twice"):
        assert count_examples({"procedural": [[with_sentence(groups, wrong)]]}, 3, seed=0) == [], wrong
    assert count_examples({"procedural": [[with_sentence(groups, "a man bows")]]}, 3, seed=0) != []
    assert pace_examples({}, ["procedural"], 3, seed=0) == count_examples({}, 3, seed=0) == []


def with_sentence(groups, text):
    (bow,) = next(group for group in groups["procedural"] if group[0].action == "procedural-bow")
    return dataclasses.replace(bow, sentences=(dataclasses.replace(bow.sentences[0], text=text),))


def test_rival_sentences_say_the_same_in_a_row_and_another_in_the_next():
    joints = np.zeros((1, 30, 3), np.float32)
    pairs = []
    for names in (("a left", "b"), ("c", "d")):
        one, other = (
            Example(joints, 0, 1, tuple(Sentence(text, None) for text in (name, f"also {name}")), name)
            for name in names
        )
        pairs.append(dataclasses.replace(one, rival=other))
    seen = set()
    for step in range(30):
        first, second = draw_rival_sentences(pairs, 2, 0, step)
        assert (first, second) == draw_rival_sentences(pairs, 2, 0, step)
        for one, other in zip(first, second, strict=True):
            assert {one, other} == {one.removeprefix("also "), f"also {one.removeprefix('also ')}"}
        rows = [text.removeprefix("also ") for text in first]
        known = {frozenset(names) for names in (("a left", "b"), ("a right", "b"), ("c", "d"))}
        assert {frozenset(rows[:2]), frozenset(rows[2:])} <= known
        assert first[0].startswith("also") == first[1].startswith("also")
        seen.update(rows)
    assert seen == {"a left", "a right", "b", "c", "d"}


def test_arms_are_blended_with_legs_that_go(groups):
    blended = blend_examples(groups, 60, seed=2)
    assert len(blended) == 60
    arms = arm_joints(built_in_skeleton("somaskel30"))
    body = [joint for joint in range(30) if joint not in arms]
    frames = {example.take: example.last for example in all_examples(groups)}
    gestures = set()
    for (example,) in blended:
        other = rival_of(example)
        place, of = example.take.split(" with ")
        legs, first = place.rsplit(" ", 1)
        gestures.add(of)
        assert SHORTEST_BLEND_FRAMES <= len(example.joints) <= min(frames[legs] - int(first), LONGEST_FRAMES)
        # The rival has the same body at the same time, and other arms.
        np.testing.assert_array_equal(example.joints[:, body], other.joints[:, body])
        assert np.abs(example.joints[:, arms] - other.joints[:, arms]).max() > 0.1
        assert len(example.sentences) == len(BLENDED_SENTENCES)
        assert all(one.text != two.text for one, two in zip(example.sentences, other.sentences, strict=True))
    assert len(gestures) > 20
    assert not {gesture for gesture in gestures if any(word in gesture for word in ("walk", "kick", "squat", "bow"))}
    again = blend_examples(groups, 60, seed=2)
    np.testing.assert_array_equal(again[7][0].joints, blended[7][0].joints)
    assert [group[0].sentences for group in again] == [group[0].sentences for group in blended]


def test_rivals_do_the_same_with_the_other_arm_or_another_thing(groups):
    hands = [built_in_skeleton("somaskel30").joints.index(name) for name in ("LeftHand", "RightHand")]
    other_arm = 0
    for (example,) in blend_examples(only(groups, "walk", "run", "wave_left", "point_left"), 40, seed=0):
        rival = rival_of(example)
        high, opposite = (part.joints[:, hands, 1].max(axis=0) for part in (example, rival))
        texts = [(one.text, two.text) for one, two in zip(example.sentences, rival.sentences, strict=True)]
        assert high[0] > high[1] + 0.1
        assert all(set(side_words(one)) == {"left"} for one, _ in texts)
        if all(swap_sides(one) == two for one, two in texts):
            other_arm += 1
            assert opposite[1] > opposite[0] + 0.1
        else:
            assert opposite[0] > opposite[1] + 0.1
            assert all(("point" in one) != ("point" in two) for one, two in texts)
        for pair in texts:
            assert all(any(word in text for word in ("walk", "run", "jog", "go")) for text in pair)
    assert 8 <= other_arm <= 32


def test_no_rival_does_the_same_in_other_words(groups):
    """Both arms that are raised and both that are lifted are one thing, whatever group they are drawn from."""
    raises = only(groups, "raise_both_arms")["procedural"]
    (example,) = raises[0]
    other = dataclasses.replace(
        example, take="x/lifts", action="lifts", sentences=(Sentence("a man lifts both arms up", None),)
    )
    walk, clap = (only(groups, name)["procedural"] for name in ("walk", "clap"))
    assert blend_examples({"procedural": [*walk, *raises, [other]]}, 5, seed=0) == []
    blended = blend_examples({"procedural": [*walk, *raises, [other], *clap]}, 20, seed=0)
    assert len(blended) == 20
    for (one,) in blended:
        assert "clap" in one.sentences[0].text + rival_of(one).sentences[0].text


def test_one_gesture_alone_or_nobody_who_goes_is_not_blended(groups):
    assert blend_examples(only(groups, "walk", "wave_left"), 3, seed=0) == []
    assert blend_examples(only(groups, "wave_left", "clap"), 3, seed=0) == []
    assert len(blend_examples(only(groups, "walk", "wave_left", "clap"), 3, seed=0)) == 3
