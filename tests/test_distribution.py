"""Distances between sets of embeddings: closed forms, SciPy's root, bias, null values, the kernel by two loops."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from tmr.errors import TMRError
from tmr.evaluation.distribution import (
    Moments,
    frechet_distance,
    frechet_distance_at,
    frechet_distance_infinite,
    frechet_from_moments,
    frechet_measures,
    null_frechet_distance,
    sample_notes,
)
from tmr.evaluation.kernel import kernel_distance, subset_kernel_distance


def normal(seed, count, width=8, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, width))


def moments(mean, covariance, count=1000):
    return Moments(count, np.asarray(mean, float), np.asarray(covariance, float) * (count - 1))


def obvious_frechet(first, second):
    one, two = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    step = first.mean(axis=0) - second.mean(axis=0)
    return float(step @ step + np.trace(one + two - 2 * sqrtm(one @ two).real))


def test_two_gaussians_in_closed_form():
    # With covariances that share their axes the distance is that of means and of standard deviations.
    turn, _ = np.linalg.qr(normal(0, 5, 5))
    one, two = np.array([1.0, 4, 9, 0, 2]), np.array([4.0, 4, 1, 3, 0])
    first = moments([0, 0, 0, 0, 1], turn @ np.diag(one) @ turn.T)
    second = moments([0, 2, 0, 0, 0], turn @ np.diag(two) @ turn.T)
    expected = 1 + 4 + ((np.sqrt(one) - np.sqrt(two)) ** 2).sum()
    assert frechet_from_moments(first, second).distance == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("count", [3, 6, 40, 500])
def test_it_equals_scipys_root(count):
    first, second = normal(1, count), normal(2, count, shift=0.3, scale=1.5)
    assert frechet_distance(first, second) == pytest.approx(obvious_frechet(first, second), abs=1e-5)


@pytest.mark.parametrize("count", [2, 7, 9, 300])
def test_equal_sets_are_at_zero_and_never_below(count):
    rows = normal(3, count)
    assert 0 <= frechet_distance(rows, rows[::-1]) < 1e-6


def test_rank_that_is_not_full_gives_real_numbers_and_says_what_was_clipped():
    first, second = normal(4, 5, 64), normal(5, 5, 64)
    result = frechet_from_moments(Moments.of(first), Moments.of(second))
    assert result.distance > 0
    assert 0 <= result.clipped < 1e-9


def test_one_item_has_no_covariance():
    assert np.isnan(frechet_distance(normal(0, 1), normal(1, 10)))
    for measure in frechet_measures(normal(0, 1), normal(1, 1)):
        assert np.isnan(measure.value)
    assert np.isnan(kernel_distance(normal(0, 1), normal(1, 10)).value)


def test_what_is_not_finite_is_told_by_number():
    rows = normal(0, 9)
    rows[4, 2] = np.nan
    for distance in (frechet_distance, frechet_measures, kernel_distance):
        with pytest.raises(TMRError, match="1 of 9 embeddings are not finite, the first is number 4"):
            distance(normal(1, 9), rows)
    with pytest.raises(TMRError, match="8 and 7 numbers"):
        frechet_distance(normal(1, 9), normal(1, 9, 7))


@given(seed=st.integers(0, 1000), count=st.integers(2, 40), width=st.integers(1, 6))
def test_properties_of_the_distance(seed, count, width):
    first, second = normal(seed, count, width), normal(seed + 1, count + 3, width, shift=0.5, scale=2)
    distance = frechet_distance(first, second)
    turn, _ = np.linalg.qr(normal(seed, width, width))
    assert distance >= 0
    assert frechet_distance(second, first) == pytest.approx(distance, abs=1e-6)
    assert frechet_distance(first @ turn + 3, second @ turn + 3) == pytest.approx(distance, abs=1e-6)
    assert frechet_distance(2 * first, 2 * second) == pytest.approx(4 * distance, abs=1e-5)


@given(cuts=st.lists(st.integers(0, 50), max_size=4))
def test_moments_of_parts_add_up(cuts):
    rows = normal(7, 50, shift=100).astype(np.float32)
    total = Moments(0, np.zeros(8), np.zeros((8, 8)))
    for part in np.split(rows, sorted(cuts)):
        total = total + Moments.of(part)
    np.testing.assert_allclose(total.covariance, np.cov(rows.astype(np.float64), rowvar=False), atol=1e-9)
    np.testing.assert_allclose(total.mean, rows.astype(np.float64).mean(axis=0), atol=1e-9)


def test_the_limit_takes_the_bias_away():
    # The true distance of these is 0.25 + 16 · 0.04 at any number of items.
    truth, limits = 0.25 + 16 * 0.2**2, []
    for seed in range(4):
        first, second = normal(seed, 200, 16), normal(seed + 50, 200, 16, scale=1.2)
        second[:, 0] += 0.5
        distance, limit = frechet_measures(first, second)
        assert distance.value == pytest.approx(frechet_distance(first, second), rel=1e-9)
        assert distance.value > truth + 0.1
        assert limit.low < truth < limit.high
        limits.append(limit.value)
    assert np.mean(limits) == pytest.approx(truth, abs=0.12)
    assert frechet_distance_infinite(first, second) == limit


def test_the_limit_is_not_told_of_too_few():
    distance, limit = frechet_measures(normal(0, 40, 32), normal(1, 40, 32))
    assert distance.low is not None
    assert np.isnan(limit.value)
    notes = sample_notes(40, 32)
    assert any("not extrapolated: that needs 55 items" in note for note in notes)
    assert not np.isnan(frechet_measures(normal(0, 55, 32), normal(1, 55, 32))[1].value)
    assert frechet_measures(normal(0, 9, 4), normal(1, 9, 4))[0].low is None


def test_notes_warn_where_there_are_too_few_for_the_width():
    assert "incomplete rank" in sample_notes(257, 256)[0]
    assert "falls with 1/N" in sample_notes(258, 256)[0]
    assert sample_notes(2560, 256) == []


def test_the_null_value_is_that_of_disjoint_halves():
    rows = normal(8, 100)
    null = null_frechet_distance(rows)
    assert null == frechet_distance_at(rows, rows, 50)
    assert null.low <= null.value <= null.high
    fresh = np.mean([frechet_distance(normal(seed, 50), normal(seed + 99, 50)) for seed in range(20)])
    assert null.value == pytest.approx(fresh, rel=0.15)
    assert np.isnan(null_frechet_distance(rows[:3]).value)


def test_halves_of_more_than_there_is_are_refused():
    with pytest.raises(TMRError, match="parts of 6 items cannot be drawn from 11; expected from 2 to 5"):
        frechet_distance_at(normal(0, 11), normal(0, 11), 6)


def obvious_kernel(first, second, scale, *, paired):
    def kernel(x, y):
        return (scale * float(x @ y) + 1) ** 3

    def within(rows):
        pairs = [kernel(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    cross = [kernel(x, y) for i, x in enumerate(first) for j, y in enumerate(second) if not paired or i != j]
    return within(first) + within(second) - 2 * sum(cross) / len(cross)


@pytest.mark.parametrize(("many", "others"), [(3, 3), (30, 30), (30, 25), (61, 40)])
def test_kernel_distance_equals_two_loops(many, others):
    first, second = normal(1, many, 4), normal(2, others, 4, shift=0.2)
    expected = obvious_kernel(first, second, 0.25, paired=many == others)
    assert kernel_distance(first, second).value == pytest.approx(expected, abs=1e-9)
    assert kernel_distance(first, second, scale=1).value == pytest.approx(
        obvious_kernel(first, second, 1.0, paired=many == others), abs=1e-9
    )


def test_the_interval_of_the_kernel_distance_is_that_of_a_jackknife():
    first, second = normal(1, 20, 4), normal(2, 20, 4, shift=0.4)
    measure = kernel_distance(first, second)
    # Twenty items are twenty blocks.
    left_out = [
        obvious_kernel(np.delete(first, at, 0), np.delete(second, at, 0), 0.25, paired=True) for at in range(20)
    ]
    error = np.sqrt(19 / 20 * ((left_out - np.mean(left_out)) ** 2).sum())
    assert measure.high - measure.value == pytest.approx(1.96 * error, rel=1e-6)


def test_halves_of_one_set_are_at_a_kernel_distance_near_zero():
    rows = normal(3, 400) / 3
    same, other = kernel_distance(rows[:200], rows[200:], scale=1), kernel_distance(rows[:200], rows[200:] + 1, scale=1)
    assert same.low < 0 < same.high
    assert other.low > same.high


def test_pairs_that_belong_together_bring_no_bias():
    # Counted, near-equal partners would pull the distance far below 0.
    values = []
    for seed in range(20):
        rows = normal(seed, 60)
        values.append(kernel_distance(rows, rows + normal(seed + 99, 60, scale=0.01)).value)
    assert np.mean(values) == pytest.approx(0, abs=0.01)


def test_random_subsets_agree_with_all_pairs():
    first, second = normal(1, 300), normal(2, 320, shift=0.5)
    subsets = subset_kernel_distance(first, second, size=100, subsets=60)
    assert subsets.value == pytest.approx(kernel_distance(first, second).value, rel=0.1)
    assert subsets.low < subsets.value < subsets.high
    with pytest.raises(TMRError, match="subsets of 1000 items need as many"):
        subset_kernel_distance(first, second)


def test_the_references_own_numbers():
    data = Path(__file__).parent / "data"
    expected = json.loads((data / "portable_metrics.json").read_text())
    arrays = np.load(data / "portable_reference.npz")
    pairs = {"gen_text": ("motion", "text"), "gen_gt": ("motion", "gt"), "gt_text": ("gt", "text")}
    compared = 0
    for name, values in expected.items():
        for key, (one, two) in pairs.items():
            if f"TMR/FID/{key}" in values:
                distance = frechet_distance(arrays[f"metric/{name}/{one}"], arrays[f"metric/{name}/{two}"])
                assert distance == pytest.approx(values[f"TMR/FID/{key}"], abs=1e-6)
                compared += 1
    assert compared >= 3


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("distance", [frechet_distance, frechet_measures, kernel_distance])
def test_arrays_of_another_kind_or_shape_are_told(distance):
    with pytest.raises(TMRError, match="embeddings are a Tensor; expected a NumPy array"):
        distance(torch.ones(9, 4), torch.ones(9, 4))
    with pytest.raises(TMRError, match=r"shape \(1, 9, 8\); expected \(items, width\)"):
        distance(normal(0, 9)[None], normal(1, 9)[None])
