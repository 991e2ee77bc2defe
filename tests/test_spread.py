"""Diversity, multimodality, coverage and matching of pairs, against loops and cases whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.errors import TMRError
from tmr.evaluation import spread
from tmr.evaluation.bootstrap import bootstrap_interval
from tmr.evaluation.matching import cosines, distances, r_precision, rankable
from tmr.evaluation.means import mean_measures
from tmr.evaluation.spread import coverage_of, diversity, drawn_diversity, multimodality


def normal(seed, count, width=5, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (count, width))


def obvious_mean_distance(rows):
    far = [np.linalg.norm(x - y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]
    return np.mean(far)


@pytest.mark.parametrize("pairs_at_once", [1, 50, 1 << 22])
def test_diversity_equals_two_loops_however_it_is_cut(monkeypatch, pairs_at_once):
    monkeypatch.setattr(spread, "_PAIRS", pairs_at_once)
    rows = normal(0, 23)
    assert diversity(rows).value == pytest.approx(obvious_mean_distance(rows), rel=1e-9)


def test_diversity_of_one_point_is_zero_and_of_one_item_unknown():
    assert diversity(np.ones((10, 3))).value == 0
    assert np.isnan(diversity(np.ones((1, 3))).value)
    assert np.isnan(diversity(np.ones((0, 3))).value)


def test_drawn_pairs_agree_with_all_pairs():
    rows = normal(1, 600)
    drawn = [drawn_diversity(rows, seed=seed) for seed in range(20)]
    measure = diversity(rows)
    assert np.mean(drawn) == pytest.approx(measure.value, rel=0.02)
    assert measure.low < measure.value < measure.high
    with pytest.raises(TMRError, match="300 pairs need at least 300 items; there are 10"):
        drawn_diversity(rows[:10])


def test_the_interval_of_diversity_holds_the_truth():
    # The distance of two random points of a normal distribution in many dimensions.
    far = np.linalg.norm(normal(9, 200_000) - normal(10, 200_000), axis=1).mean()
    holds = [measure.low < far < measure.high for measure in (diversity(normal(seed, 80)) for seed in range(60))]
    assert np.mean(holds) >= 0.85


def test_multimodality_is_the_mean_over_texts_of_the_distance_of_their_motions():
    rows, texts = normal(2, 9), np.array([3, 0, 0, 3, 0, 7, 3, 3, 0])
    expected = np.mean([obvious_mean_distance(rows[texts == text]) for text in (0, 3)])
    measure = multimodality(rows, texts)
    assert measure.value == pytest.approx(expected, rel=1e-9)
    assert measure.count == 2
    assert np.isnan(multimodality(rows, np.arange(9)).value)
    with pytest.raises(TMRError, match="9 embeddings but 8 text numbers"):
        multimodality(rows, texts[:8])


def obvious_coverage(generated, reference, k, wide_k):
    def radius(rows, at, neighbours):
        return sorted(np.linalg.norm(rows - rows[at], axis=1))[neighbours]

    def inside(item, rows, neighbours):
        return [np.linalg.norm(item - rows[at]) <= radius(rows, at, neighbours) for at in range(len(rows))]

    return {
        "precision": np.mean([any(inside(item, reference, k)) for item in generated]),
        "recall": np.mean([any(inside(item, generated, k)) for item in reference]),
        "density": np.mean([sum(inside(item, reference, wide_k)) / wide_k for item in generated]),
        "coverage": np.mean(np.any([inside(item, reference, wide_k) for item in generated], axis=0)),
    }


@pytest.mark.parametrize("pairs_at_once", [40, 1 << 22])
def test_coverage_equals_loops(monkeypatch, pairs_at_once):
    monkeypatch.setattr(spread, "_PAIRS", pairs_at_once)
    generated, reference = normal(3, 30, 3, shift=0.7), normal(4, 25, 3)
    got = {name: measure.value for name, measure in coverage_of(generated, reference)._asdict().items()}
    assert got == pytest.approx(obvious_coverage(generated, reference, 3, 5))
    assert 0.1 < got["coverage"] < 0.95


def test_equal_sets_cover_each_other_and_far_ones_do_not():
    rows = normal(5, 40)
    same, apart = coverage_of(rows, rows.copy()), coverage_of(rows, rows + 100)
    assert [same.precision.value, same.recall.value, same.coverage.value] == [1, 1, 1]
    assert same.density.value >= 1
    assert [measure.value for measure in apart] == [0, 0, 0, 0]


def test_a_generator_of_one_motion_is_precise_but_covers_nothing():
    reference = normal(6, 100)
    collapsed = np.repeat(reference[:1], 100, axis=0)
    covered = coverage_of(collapsed, reference)
    assert covered.precision.value == 1
    assert covered.recall.value < 0.05
    assert covered.coverage.value < 0.3


def test_coverage_of_fewer_than_the_neighbours_is_unknown():
    few, many = normal(7, 3), normal(8, 30)
    covered = coverage_of(few, many)
    assert np.isnan(covered.recall.value)
    assert not np.isnan(covered.precision.value)
    assert np.isnan(coverage_of(many, few).precision.value)


def test_pairs_are_matched_row_by_row():
    first, second = np.array([[1.0, 0], [0, 2], [1, 1]]), np.array([[3.0, 0], [0, -1], [1, 0]])
    np.testing.assert_allclose(cosines(first, second), [1, -1, np.sqrt(0.5)])
    np.testing.assert_allclose(distances(first, second), [2, 3, 1])
    with pytest.raises(TMRError, match=r"\(3, 2\) and \(2, 2\)"):
        cosines(first, second[:2])


def test_distance_and_cosine_of_unit_embeddings_say_the_same():
    first, second = (rows / np.linalg.norm(rows, axis=1)[:, None] for rows in (normal(0, 20), normal(1, 20)))
    np.testing.assert_allclose(distances(first, second), np.sqrt(2 - 2 * cosines(first, second)))


def test_r_precision_is_one_for_its_own_and_chance_for_a_collapsed_encoder():
    rows = normal(0, 70)
    np.testing.assert_array_equal(r_precision(rows, rows), np.ones((70, 3)))
    same = np.repeat(rows[:1], 70, axis=0)
    chance = np.tile(np.array([1, 2, 3]) / 32, (70, 1))
    for texts, motions in ((same, same), (rows, same), (same, same.astype(np.float32))):
        np.testing.assert_allclose(r_precision(texts, motions), chance)


@given(seed=st.integers(0, 100), size=st.integers(2, 6))
def test_r_precision_equals_sorting_each_batch(seed, size):
    texts, motions = normal(seed, 13, 3), normal(seed + 1, 13, 3)
    hits, counts, random = np.zeros(13), np.zeros(13), np.random.default_rng(seed)
    for _ in range(4):
        order = random.permutation(13)
        for first in range(0, 13 - size + 1, size):
            batch = order[first : first + size]
            for text in batch:
                best = sorted(batch, key=lambda motion, text=text: np.linalg.norm(texts[text] - motions[motion]))[:2]
                hits[text] += text in best
                counts[text] += 1
    got = r_precision(texts, motions, ks=(2,), size=size, draws=4, seed=seed)[:, 0]
    np.testing.assert_allclose(got, np.where(counts > 0, hits / np.maximum(counts, 1), np.nan))


def test_ranking_is_by_distance_whatever_the_lengths():
    queries, items = normal(0, 6), normal(1, 9) * np.arange(1, 10)[:, None]
    one, two = rankable(queries, items)
    nearest = np.linalg.norm(queries[:, None] - items[None], axis=-1).argsort(axis=1)
    np.testing.assert_array_equal((-one @ two.T).argsort(axis=1), nearest)
    units = items / np.linalg.norm(items, axis=1)[:, None]
    assert rankable(units, units)[1] is units


def test_r_precision_needs_a_batch():
    with pytest.raises(TMRError, match="batches of 32 need at least 32 items; there are 31"):
        r_precision(normal(0, 31), normal(1, 31))


def test_all_hits_or_none_have_the_exact_interval_of_as_many_as_are_independent():
    columns = {"hit": np.ones(12), "miss": np.zeros(12), "match": np.ones(12), "open": np.zeros(12)}
    units, takes = {"match": "similarity"}, np.repeat(np.arange(4), 3)
    measures = mean_measures(columns, units, clusters=takes, unbounded=("open",))
    reach = 1 - 0.025 ** (1 / 4)  # of four takes, not of twelve motions
    assert (measures["hit"].low, measures["hit"].high) == (pytest.approx(1 - reach), 1)
    assert (measures["miss"].low, measures["miss"].high) == (0, pytest.approx(reach))
    assert (measures["match"].low, measures["match"].high) == (1, 1)
    assert (measures["open"].low, measures["open"].high) == (0, 0)
    assert mean_measures({"hit": np.ones(12)})["hit"].low == pytest.approx(0.025 ** (1 / 12))
    alone = mean_measures({"hit": np.ones(3), "share": np.full(3, 0.5)}, clusters=np.zeros(3, dtype=int))
    assert (alone["hit"].low, alone["share"].low) == (pytest.approx(0.025), None)


def test_the_density_of_equal_sets_has_no_interval_of_a_share():
    rows = np.repeat(normal(0, 1), 12, axis=0)
    covered = coverage_of(rows, rows)
    assert covered.precision.low == pytest.approx(0.025 ** (1 / 12))
    assert covered.density.value > 1
    far = coverage_of(normal(0, 12), normal(1, 12) + 100)
    assert (far.density.low, far.density.high) == (0, 0)
    assert far.coverage.high == pytest.approx(1 - 0.025 ** (1 / 12))


def test_means_leave_out_what_is_not_known_and_share_draws():
    columns = {"a": normal(0, 30)[:, 0], "b": normal(1, 30)[:, 0], "none": np.full(30, np.nan)}
    columns["part"] = np.where(np.arange(30) < 10, np.nan, columns["a"])
    measures = mean_measures(columns, {"a": "m/s"}, seed=3)
    assert list(measures) == list(columns)
    for name, count in (("a", 30), ("b", 30), ("part", 20)):
        known = columns[name][~np.isnan(columns[name])]
        assert measures[name].value == pytest.approx(known.mean())
        assert (measures[name].low, measures[name].high) == pytest.approx(bootstrap_interval(known, seed=3))
        assert measures[name].count == count
    assert measures["a"].unit == "m/s"
    assert np.isnan(measures["none"].value)
    assert measures["none"].count == 0
