"""Contrasts: an oracle tells all, a blind encoder is at chance, one that errs always has none; ties, NaN, sentences."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fake_encoder import numbered_motion
from probe_encoders import Blind, Named, Oracle
from tmr.errors import DatasetError, TMRError
from tmr.evaluation.captioned import CaptionedMotion, load_captioned
from tmr.evaluation.probes.contrast import CHANCE, measure_values, score_contrasts
from tmr.evaluation.probes.draw import balanced, without_stray_start
from tmr.evaluation.probes.measure import PROBES, check_columns, make_probes, measure_probes
from tmr.evaluation.probes.neighbours import LABELS, neighbour_contrasts
from tmr.motion.arms import arm_joints
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.features.soma30_186 import heading
from tmr.motion.mirror import mirror
from tmr.motion.skeleton import built_in_skeleton

LIBRARY = load_captioned("library")[0]
# Reversed walks are told apart by how they go and not by their names: see below.
READ_BY_NAME = [name for name in PROBES if name != "direction"]
MOST = 12
MADE = make_probes(LIBRARY, names=list(PROBES), most=MOST)


def rows_of(model, names=READ_BY_NAME, by=()):
    made = make_probes(LIBRARY, names=names, most=MOST)
    tables, left_out = measure_probes({"model": model}, made, by=by)
    assert not left_out
    return {table.name: table.rows for table in tables}


def values(rows):
    return [measure.value for row, measures in rows.items() if row != "chance" for measure in measures.values()]


@pytest.mark.parametrize("name", READ_BY_NAME)
def test_an_oracle_tells_all_and_its_opposite_nothing(name):
    for sign, expected in ((1.0, 1.0), (-1.0, 0.0)):
        rows = rows_of(Oracle(LIBRARY, sign), [name])[name]
        assert values(rows) == [expected] * len(values(rows))
        assert len(rows) > 1


def test_a_blind_encoder_is_at_chance_exactly():
    for rows in rows_of(Blind(), list(PROBES)).values():
        for measures in rows.values():
            assert {name: pytest.approx(measure.value) for name, measure in measures.items()} == CHANCE


class Walker:
    """Knows nothing of a motion but how far it goes ahead in the direction that it faces."""

    def encode_motion(self, motions):
        rows = []
        for motion in motions:
            facing = heading(torch.from_numpy(motion.joints[None]))[0].numpy()
            step = np.diff(motion.joints[:, 0], axis=0)
            ahead = (step[:, 0] * facing[:-1, 1] + step[:, 2] * facing[:-1, 0]).sum()
            rows.append([np.sign(ahead), 0.1])
        return np.array(rows)

    def encode_text(self, texts):
        return np.array([[-1.0 if "backwards" in text else 1.0, 0.1] for text in texts])


def test_reversed_walks_go_where_their_sentences_say():
    rows = rows_of(Walker(), ["direction"])["direction"]
    reversed_walks = rows["library: reversed"]
    assert reversed_walks["all_right"].value == 1.0
    assert reversed_walks["all_right"].count >= 4


def test_recordings_that_differ_in_direction_have_different_captions():
    contrasts = [c for c in MADE.contrasts["direction"] if c.rows == ("library: neighbours",)]
    oracle = Oracle(LIBRARY)
    for contrast in contrasts:
        assert [oracle.said(text) for text in contrast.texts] == [oracle.shown(m.name) for m in contrast.motions]
    assert len(contrasts) >= 8


def test_neighbours_differ_in_their_column_alone():
    labels = {item.name: {key: item.metadata.get(key, "") for key in LABELS} for item in LIBRARY}
    for column in ("count", "speed", "style"):
        pairs = [c.motions for c in MADE.contrasts[column] if c.rows[0] == "library: neighbours"]
        assert pairs
        for one, other in pairs:
            differ = {key for key in LABELS if labels[one.name][key] != labels[other.name][key]}
            assert differ == {column}


def test_sentences_of_an_order_hold_the_same_words():
    for contrast in MADE.contrasts["order"]:
        first, second = ([*text.replace(",", "").split()] for text in contrast.texts)
        assert sorted(first) == sorted(second)
        assert first != second
        assert max(motion.seconds for motion in contrast.motions) <= 10
    for template in ("then", "first", "before", "after"):
        assert any(contrast.rows[1] == f"library: {template}" for contrast in MADE.contrasts["order"])


def test_the_second_motion_of_a_side_is_the_mirror_image():
    for contrast in MADE.contrasts["side"]:
        one, other = contrast.motions
        assert np.array_equal(mirror(one).joints, other.joints)
        assert np.abs(one.joints - other.joints).max() > 0.1


def test_both_of_what_is_done_at_once_go_alike_with_other_arms():
    arms = arm_joints(built_in_skeleton("somaskel30"))
    body = [joint for joint in range(30) if joint not in arms]
    rows = {}
    for contrast in MADE.contrasts["together"]:
        one, other = contrast.motions
        np.testing.assert_array_equal(one.joints[:, body], other.joints[:, body])
        assert np.abs(one.joints[:, arms] - other.joints[:, arms]).max() > 0.1
        assert 1 <= one.seconds <= 10
        goes, does = zip(*(text.split(" while ") for text in contrast.texts), strict=True)
        assert goes[0] == goes[1]
        assert does[0] != does[1]
        rows.setdefault(contrast.rows[0], []).append(does)
    assert all(swap_sides(one) == other for one, other in rows["library: other arm"])
    assert not any(side_words(" ".join(pair)) for pair in rows["library: other gesture"])


TURNS = {"straight": 0, "round and round": 350, "whole": 360, "half": 180}


def test_ways_turn_as_their_sentences_say():
    rows = {}
    for contrast in MADE.contrasts["path"]:
        for motion, text in zip(contrast.motions, contrast.texts, strict=True):
            facing = heading(torch.from_numpy(motion.joints[None]))[0].numpy()
            angles = np.unwrap(np.arctan2(facing[:, 1], facing[:, 0]))
            turn = float(np.degrees(angles[-10:].mean() - angles[:10].mean()))
            about = next((degrees for word, degrees in TURNS.items() if word in text), 70)
            (side,) = {*side_words(text)} or {"left"}
            assert turn == pytest.approx(-about if side in ("right", "clockwise") else about, abs=45), text
        rows.setdefault(contrast.rows[0], []).append(contrast.texts)
    assert {len(texts) for texts in rows.values()} == {10}
    assert len(rows) == 4
    assert all(swap_sides(one) == other for one, other in rows["library: left or right"])
    sides = [side_words(" ".join(texts))[-1] for texts in rows["library: straight or bent"]]
    assert sides.count("left") == sides.count("right")


def test_recordings_that_differ_in_more_than_the_column_are_no_neighbours():
    alike = [item("a", count="1", speed="slow", action="hop"), item("b", count="2", speed="slow", action="hop")]
    assert len(neighbour_contrasts(alike, "count", most=9, seed=0, row="n")) == 1
    unlike = [alike[0], item("b", count="2", speed="fast", action="hop")]
    assert not neighbour_contrasts(unlike, "count", most=9, seed=0, row="n")


def test_a_pose_before_the_motion_does_not_flash_up_inside_a_joined_one():
    walk = next(clip.motion for clip in LIBRARY if clip.name == "walk")
    stray = walk.joints.copy()
    stray[0] = walk.skeleton.rest
    assert np.array_equal(without_stray_start(replace(walk, joints=stray)).joints, walk.joints[1:])
    for clip in LIBRARY:
        assert without_stray_start(clip.motion) is clip.motion


def test_motions_last_what_their_pace_and_count_say():
    clips = {item.name: item.motion for item in LIBRARY}
    for contrast in MADE.contrasts["speed"]:
        if contrast.rows == ("library: resampled",):
            slow, fast = contrast.motions
            own = clips[slow.name.removesuffix(" slower")]
            assert slow.seconds == pytest.approx(1.5 * own.seconds, abs=0.1)
            assert fast.seconds == pytest.approx(own.seconds / 1.5, abs=0.1)
    for contrast in MADE.contrasts["count"]:
        if contrast.rows[0] == "library: repeated":
            for motion in contrast.motions:
                name, _, count = motion.name.removesuffix(" times").partition(" done ")
                least = int(count) * clips[name].seconds
                assert least - 0.1 <= motion.seconds <= least + 1.3 * (int(count) - 1) + 0.1


def slow_chance(right, wrong):
    """Try every order of equal scores: the chance that both right ones come before both wrong ones."""
    scores = [*right, *wrong]
    orders = [order for order in permutations(range(4)) if all(scores[a] >= scores[b] for a, b in pairwise(order))]
    return np.mean([set(order[:2]) == {0, 1} for order in orders])


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_scores_equal_slow_obvious_ones(numbers):
    similarity = np.array(numbers, dtype=float).reshape(1, 2, 2)
    (a, b), (c, d) = similarity[0]

    def nearer(right, wrong):
        return 1.0 if right > wrong else 0.5 if right == wrong else 0.0

    scores = score_contrasts(similarity)
    assert scores["text_to_motion"][0] == (nearer(a, b) + nearer(d, c)) / 2
    assert scores["motion_to_text"][0] == (nearer(a, c) + nearer(d, b)) / 2
    assert scores["all_right"][0] == pytest.approx(slow_chance((a, d), (b, c)))


def test_a_space_that_always_likes_the_same_text_has_half_and_never_all():
    similarity = np.array([[[0.9, 0.8], [0.2, 0.1]]])
    assert {name: float(column[0]) for name, column in score_contrasts(similarity).items()} == {
        "text_to_motion": 0.5,
        "motion_to_text": 0.5,
        "all_right": 0.0,
    }


def test_intervals_resample_clips():
    column = np.array([1.0, 0.0, 1.0, 1.0] * 8)
    alone = measure_values({"x": column}, [str(n) for n in range(32)])["x"]
    together = measure_values({"x": column}, [str(n // 8) for n in range(32)])["x"]
    assert (alone.value, alone.count) == (0.75, 32)
    assert alone.low < 0.75 < alone.high
    assert together.low == together.high == 0.75  # each clip holds the same mix
    assert measure_values({"x": column}, ["a"] * 16 + ["b"] * 16)["x"].low is None


def test_five_clips_that_are_all_told_are_not_certain():
    clips = [str(number // 2) for number in range(10)]
    told = measure_values({"x": np.ones(10), "y": np.zeros(10), "z": np.ones(10)}, clips, units={"z": "similarity"})
    assert (told["x"].low, told["x"].high) == (pytest.approx(0.025**0.2), 1)
    assert (told["y"].low, told["y"].high) == (0, pytest.approx(1 - 0.025**0.2))
    assert (told["z"].low, told["z"].high) == (1, 1)
    assert measure_values({"x": np.ones(2)}, ["a", "b"])["x"].low is None


@pytest.mark.parametrize("fault", ["refuses", "breaks"])
def test_one_broken_motion_is_named_and_the_rest_is_measured(fault):
    made = make_probes(LIBRARY, names=["side"], most=MOST)
    bad = made.contrasts["side"][0].motions[0].name
    tables, left_out = measure_probes({"model": Named(LIBRARY, **{fault: bad})}, made)
    assert [row.name for row in left_out] == [bad]
    assert ("cannot be embedded" if fault == "refuses" else "not finite") in left_out[0].reason
    assert tables[0].rows["library"]["all_right"].count == MOST - 1


def test_models_stand_side_by_side_and_groups_have_their_rows():
    # The oracle does not know that "walks, then waves" is a motion of the library as well as two.
    sided = [clip for clip in LIBRARY if clip.metadata.get("side") and not clip.metadata.get("order")]
    made = make_probes(sided, names=["side"], most=40)
    tables, _ = measure_probes({"good": Oracle(LIBRARY), "blind": Blind()}, made, by=["side", "subject"])
    assert [table.name for table in tables] == ["side", "side_by_side"]
    assert list(tables[0].rows) == ["good · library", "good · chance", "blind · library", "blind · chance"]
    groups = tables[1].rows
    assert groups["good · left"]["all_right"].value == 1.0
    assert groups["blind · right"]["text_to_motion"].value == 0.5
    assert groups["good · spread"]["all_right"].value == 0.0
    with pytest.raises(TMRError, match="'subject'"):
        check_columns(LIBRARY, ["subject"])


def test_clips_are_drawn_in_turn_and_by_seed():
    common = [item(f"a {n}", action="walk") for n in range(40)]
    rare = [item("b", action="jump"), item("c", action="kick")]
    drawn = [told.name for told, _ in balanced([*common, *rare], 6, 0, lambda item: item.captions[0])]
    assert len(drawn) == 6
    assert {"b", "c"} <= set(drawn[:3])
    assert drawn == [told.name for told, _ in balanced([*common, *rare], 6, 0, lambda item: item.captions[0])]
    assert drawn != [told.name for told, _ in balanced([*common, *rare], 6, 1, lambda item: item.captions[0])]


def item(name, **metadata):
    return CaptionedMotion(
        name, numbered_motion(1, name=name), (f"a person does {name}",), {"source": "x", **metadata}, name
    )


def test_data_that_serve_for_nothing_are_told():
    with pytest.raises(DatasetError, match="name one side"):
        make_probes([item("a")], names=["side"])
    made = make_probes([*LIBRARY[:8], item("a")], names=["side", "speed"], most=3)
    assert any("Side" in note and "not measured" in note for note in made.notes)
