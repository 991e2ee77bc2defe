"""Intervals that resample clips, and measures by group with the spread between groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.errors import TMRError
from tmr.evaluation import bootstrap
from tmr.evaluation.bootstrap import bootstrap_interval, interval_of_mean, resampled_means, resampled_medians
from tmr.evaluation.groups import SPREAD, SPREAD_BY_CHANCE, column_of, group_positions, group_rows


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.integers(1, 3))
def test_resampled_numbers_are_those_of_the_obvious_loop(values, num_clips):
    values = np.array(values)
    clips = np.arange(len(values)) % num_clips
    random = np.random.default_rng(4)
    means, medians = [], []
    for picks in random.integers(0, clips.max() + 1, size=(20, clips.max() + 1)):
        drawn = np.concatenate([values[clips == pick] for pick in picks])
        means.append(drawn.mean())
        medians.append(np.median(drawn))
    found = resampled_means(values[:, None], clusters=clips, seed=4, draws=20)
    np.testing.assert_allclose(found[:, 0], means, atol=1e-9)
    np.testing.assert_allclose(resampled_medians(values, clusters=clips, seed=4, draws=20), medians, atol=1e-9)


def test_few_at_a_time_gives_the_same_numbers(monkeypatch):
    values = np.random.default_rng(0).random(37)
    whole = bootstrap_interval(values)
    monkeypatch.setattr(bootstrap, "_MOST_NUMBERS", 100)
    assert bootstrap_interval(values) == pytest.approx(whole)


def test_captions_of_one_clip_do_not_narrow_the_interval():
    values = np.random.default_rng(0).random(50)
    repeated = np.repeat(values, 9)
    alone = np.ptp(bootstrap_interval(values))
    assert np.ptp(bootstrap_interval(repeated, clusters=np.repeat(np.arange(50), 9))) == pytest.approx(alone)
    assert np.ptp(bootstrap_interval(repeated)) < alone / 2


def test_an_interval_of_nothing_or_of_nan_is_refused():
    with pytest.raises(TMRError, match="nothing to resample"):
        bootstrap_interval([])
    with pytest.raises(TMRError, match="1 values are not finite"):
        bootstrap_interval([1.0, np.nan])
    with pytest.raises(TMRError, match="2 values but 1 clips"):
        bootstrap_interval([1.0, 2.0], clusters=[0])


def test_a_mean_of_all_hits_or_of_one_clip_has_no_interval_of_width_zero():
    ten, draws = np.arange(10), np.ones(20)
    low, high = interval_of_mean(np.ones(10), draws, clusters=ten)
    assert (low, high) == (pytest.approx(0.025**0.1), 1)
    assert low**10 == pytest.approx(0.025)  # ten hits in a row are that rare where the true share is `low`
    assert interval_of_mean(np.zeros(10), 0 * draws, clusters=ten) == (0, pytest.approx(1 - low))
    assert interval_of_mean(np.zeros(10), 0 * draws, clusters=ten, is_fraction=False) == (0, 0)
    values = np.linspace(0, 1, 10)
    assert interval_of_mean(values, np.linspace(0, 1, 201), clusters=np.zeros(10, dtype=int)) == (None, None)
    assert interval_of_mean(values, np.linspace(0, 1, 201), clusters=ten) == (
        pytest.approx(0.025),
        pytest.approx(0.975),
    )


def test_groups_are_sorted_and_the_nameless_one_is_last():
    groups = group_positions(["b", "", "a", "b"])
    assert {name: members.tolist() for name, members in groups.items()} == {"a": [2], "b": [0, 3], "(none)": [1]}


def test_unequal_groups_are_further_apart_than_chance_and_equal_ones_are_not():
    random = np.random.default_rng(0)
    labels = ["women", "men"] * 200
    unequal = (random.random(400) < np.where(np.arange(400) % 2, 0.3, 0.6)).astype(float)
    rows = group_rows({"hit": unequal, "coin": np.tile([1.0, 1.0, 0.0, 0.0], 100)}, labels)
    assert list(rows) == ["men", "women", SPREAD, SPREAD_BY_CHANCE]
    assert rows["women"]["hit"].value == pytest.approx(unequal[::2].mean())
    assert rows["women"]["hit"].count == 200
    chance = rows[SPREAD_BY_CHANCE]
    assert rows[SPREAD]["hit"].value > chance["hit"].high
    assert rows[SPREAD]["coin"].value < chance["coin"].high


def test_labels_of_a_clip_are_shuffled_together():
    """Ten clips of forty equal queries each are ten observations, not four hundred."""
    values = np.repeat((np.arange(10) % 3 == 0).astype(float), 40)
    labels = np.repeat(["a", "b"], 200).tolist()
    clips = np.repeat(np.arange(10), 40)
    together = group_rows({"hit": values}, labels, clusters=clips)[SPREAD_BY_CHANCE]["hit"]
    alone = group_rows({"hit": values}, labels)[SPREAD_BY_CHANCE]["hit"]
    assert together.high > 3 * alone.high


def test_small_groups_have_rows_but_no_part_in_the_spread_and_nan_is_left_out():
    values = np.array([1.0] * 20 + [0.0] * 3 + [np.nan])
    rows = group_rows({"hit": values}, ["large"] * 20 + ["small"] * 3 + ["broken"])
    assert list(rows) == ["large", "small"]
    with pytest.raises(TMRError, match="give one label a value"):
        group_rows({"hit": values}, ["a"])


def test_a_column_that_nothing_has_is_refused_with_those_there_are():
    assert column_of([{"style": "sad"}, {}], "style") == ["sad", ""]
    with pytest.raises(TMRError, match="a column 'gender' to group by; the columns: style"):
        column_of([{"style": "sad"}], "gender")
