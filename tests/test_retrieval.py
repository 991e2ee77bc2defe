"""Fair ranks, average precision and gain: against slow obvious versions, ties, a collapsed encoder at chance."""

import itertools
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tmr.errors import TMRError
from tmr.evaluation import retrieval
from tmr.evaluation.bootstrap import bootstrap_interval
from tmr.evaluation.retrieval import (
    finite_rows,
    hit_chances,
    place_queries,
    recall_at_k,
    small_batches_recall,
)


def chance_by_all_orders(scores, right, k):
    """Average over every order of the items that keeps larger scores first."""
    orders = [order for order in itertools.permutations(range(len(scores))) if all(
        scores[a] >= scores[b] for a, b in itertools.pairwise(order))]  # fmt: skip
    return np.mean([any(right[item] for item in order[:k]) for order in orders])


@given(
    arrays(np.float64, (2, 5), elements=st.sampled_from([0.0, 0.5, 1.0])),
    arrays(np.bool_, (2, 5)),
    st.integers(1, 5),
)
def test_hit_chances_are_the_share_of_all_orders_that_hit(similarity, right, k):
    right[:, 0] |= ~right.any(axis=1)
    expected = [chance_by_all_orders(scores, answers, k) for scores, answers in zip(similarity, right, strict=True)]
    np.testing.assert_allclose(hit_chances(similarity, right, k), expected, atol=1e-12)


def test_a_collapsed_encoder_scores_at_chance():
    assert recall_at_k(np.ones((50, 50)), np.eye(50, dtype=bool), 10) == pytest.approx(0.2)
    assert small_batches_recall(np.ones((64, 64)), 8)[0] == pytest.approx(0.25)


def test_a_perfect_encoder_scores_one_and_batches_need_enough_items():
    assert recall_at_k(np.eye(40), np.eye(40, dtype=bool), 1) == 1
    assert small_batches_recall(np.eye(40), 1) == (1.0, 0.0)
    with pytest.raises(TMRError, match="at least 32"):
        small_batches_recall(np.eye(31), 1)


def test_nan_and_queries_without_an_answer_are_refused():
    with pytest.raises(TMRError, match="NaN"):
        hit_chances(np.full((1, 2), np.nan), np.ones((1, 2), dtype=bool), 1)
    with pytest.raises(TMRError, match="query 1 has no right item"):
        hit_chances(np.zeros((2, 2)), np.array([[True, False], [False, False]]), 1)


def test_the_bootstrap_interval_holds_the_mean_and_narrows():
    random = np.random.default_rng(1)
    few, many = random.random(20), random.random(2000)
    for values in (few, many):
        low, high = bootstrap_interval(values)
        assert low < values.mean() < high
    assert np.diff(bootstrap_interval(many)) < np.diff(bootstrap_interval(few)) / 3


def slow_measures(scores, right):
    """Average precision and gain of one query over every order of the items that keeps larger scores first."""
    orders = [order for order in itertools.permutations(range(len(scores))) if all(
        scores[a] >= scores[b] for a, b in itertools.pairwise(order))]  # fmt: skip
    precisions, gains, ranks = [], [], []
    for order in orders:
        places = [place for place, item in enumerate(order, start=1) if right[item]]
        precisions.append(np.mean([number / place for number, place in enumerate(places, start=1)]))
        ideal = sum(1 / np.log2(1 + place) for place in range(1, len(places) + 1))
        gains.append(sum(1 / np.log2(1 + place) for place in places) / ideal)
        ranks.append(places[0])
    return np.mean(precisions), np.mean(gains), np.mean(ranks)


def rows_of(right):
    """Tell `place_queries` the right items of a dense table."""

    def rows(first, last):
        part = right[first:last]
        return np.concatenate([[0], np.cumsum(part.sum(axis=1))]), np.nonzero(part)[1]

    return rows


@given(
    arrays(np.float32, (3, 2), elements=st.sampled_from([-1.0, 0.0, 1.0])),
    arrays(np.float32, (5, 2), elements=st.sampled_from([-1.0, 0.0, 1.0])),
    arrays(np.bool_, (3, 5)),
)
def test_placements_are_what_all_orders_give_on_average(queries, items, right):
    right[:, 0] |= ~right.any(axis=1)
    placements = place_queries(queries, items, rows_of(right))
    slow = [slow_measures(scores, answers) for scores, answers in zip(queries @ items.T, right, strict=True)]
    precision, gain, rank = np.array(slow).T
    np.testing.assert_allclose(placements.average_precision, precision, atol=1e-9)
    np.testing.assert_allclose(placements.gain, gain, atol=1e-9)
    np.testing.assert_allclose(placements.rank, rank, atol=1e-9)
    for k in (1, 2, 4):
        np.testing.assert_allclose(placements.hit_chances(k), hit_chances(queries @ items.T, right, k), atol=1e-12)


def test_a_case_by_hand():
    similarity = np.array([[0.9, 0.8, 0.7, 0.6]])
    placements = place_queries(np.ones((1, 1)), similarity.T, rows_of(np.array([[False, True, False, True]])))
    assert placements.rank.tolist() == [2]
    assert placements.average_precision[0] == pytest.approx((1 / 2 + 2 / 4) / 2)
    ideal = 1 / np.log2(2) + 1 / np.log2(3)
    assert placements.gain[0] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal)


@pytest.mark.parametrize("num_right", [1, 3])
def test_chance_is_what_a_collapsed_encoder_gets(num_right):
    right = np.tile(np.arange(7) < num_right, (4, 1))
    collapsed = place_queries(np.ones((4, 3)), np.ones((7, 3)), rows_of(right))
    clever = place_queries(np.eye(4, 7), np.eye(7), rows_of(right))
    for chance in (clever.at_chance(), collapsed):
        slow = slow_measures([0] * 7, right[0])
        for column, value in zip((chance.average_precision, chance.gain, chance.rank), slow, strict=True):
            np.testing.assert_allclose(column, value, atol=1e-9)


def test_one_query_and_one_item():
    placements = place_queries(np.ones((1, 4)), np.ones((1, 4)), rows_of(np.array([[True]])))
    assert (placements.rank[0], placements.average_precision[0], placements.gain[0]) == (1, 1, 1)
    assert placements.hit_chances(10)[0] == 1


def test_blocks_do_not_change_the_ranks(monkeypatch):
    random = np.random.default_rng(0)
    queries, items = random.normal(size=(40, 8)), random.normal(size=(50, 8))
    right = random.random((40, 50)) < 0.1
    right[:, 3] = True
    whole = place_queries(queries, items, rows_of(right))
    monkeypatch.setattr(retrieval, "_BLOCK_NUMBERS", 50 * 7)
    blocks = place_queries(queries, items, rows_of(right))
    np.testing.assert_array_equal(whole.rank, blocks.rank)
    np.testing.assert_allclose(whole.average_precision, blocks.average_precision)


def test_equal_items_are_tied_wherever_they_stand():
    random = np.random.default_rng(0)
    queries = random.normal(size=(64, 256)).astype(np.float32)
    items = random.normal(size=(333, 256)).astype(np.float32)
    twins = np.concatenate([items, items])
    right = np.zeros((64, 666), dtype=bool)
    right[np.arange(64), np.arange(64) + 333] = True
    placements = place_queries(queries, twins, rows_of(right))
    assert (placements.tied == 2).all()


def test_what_is_not_finite_is_refused_and_can_be_found():
    broken = np.ones((3, 4))
    broken[1, 2] = np.nan
    with pytest.raises(TMRError, match="1 of 3 items are not finite"):
        place_queries(np.ones((1, 4)), broken, rows_of(np.ones((1, 3), dtype=bool)))
    with pytest.raises(TMRError, match="expected one or more of each"):
        place_queries(np.ones((0, 4)), np.ones((2, 4)), rows_of(np.ones((0, 2), dtype=bool)))
    with pytest.raises(TMRError, match="query 1 has no right item"):
        place_queries(np.ones((2, 4)), np.ones((2, 4)), rows_of(np.array([[True, False], [False, False]])))
    broken[2] = 0
    assert finite_rows(broken).tolist() == [True, False, False]


@pytest.mark.slow
def test_the_memory_does_not_grow_with_the_square():
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(20_000, 16)).astype(np.float32)
    tracemalloc.start()
    try:
        place_queries(embeddings, embeddings, lambda first, last: (np.arange(last - first + 1), np.arange(first, last)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6  # the similarities alone would be 1.6 GB


@pytest.mark.usefixtures("unchecked")
def test_arrays_of_another_kind_or_shape_are_told():
    own = rows_of(np.eye(3, dtype=bool))
    with pytest.raises(TMRError, match="embeddings are a Tensor; expected a NumPy array"):
        place_queries(torch.ones(3, 4), torch.ones(3, 4), own)
    with pytest.raises(TMRError, match=r"shape \(4,\); expected \(items, width\)"):
        place_queries(np.ones(4), np.ones((3, 4)), own)
    with pytest.raises(TMRError, match="item 2 is said to be right; there are 2, counted from 0"):
        place_queries(np.ones((3, 4)), np.ones((2, 4)), own)
    with pytest.raises(TMRError, match="item -1 is said to be right"):
        place_queries(np.ones((1, 4)), np.ones((2, 4)), lambda first, last: (np.array([0, 1]), np.array([-1])))
    with pytest.raises(TMRError, match=r"shape \(3, 3\) and right items \(2, 2\)"):
        recall_at_k(np.ones((3, 3)), np.eye(2, dtype=bool), 1)
    with pytest.raises(TMRError, match="expected \\(items, items\\)"):
        small_batches_recall(np.ones((40, 33)), 1)
    assert recall_at_k(np.eye(3), np.eye(3), 1) == 1
