"""Fair ranks: against a slow obvious version, ties, a collapsed encoder at chance."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tmr.errors import TMRError
from tmr.evaluation.retrieval import bootstrap_interval, hit_chances, recall_at_k, small_batches_recall


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
