"""The report's arithmetic: ranks, layouts, pairs with a baseline, packed motions, escaped markup."""

import base64
import dataclasses

import numpy as np
import pytest

from report_runs import SCRIPT
from tmr.evaluation.report.comparison import paired
from tmr.evaluation.report.layout import chain_order, kept_neighbours, principal_components
from tmr.evaluation.report.markup import Markup, data, tag
from tmr.evaluation.report.players import MOST_BYTES, packed_motions
from tmr.evaluation.report.space import Space, pair_similarities, rank_bins, rank_shares, recall_curve, worst_and_best
from tmr.motion.skeleton import built_in_skeleton
from tmr.search.map.layout import lay_out


def space_of(rank: list[float], *, owner: list[int] | None = None, items: int | None = None) -> Space:
    random = np.random.default_rng(1)
    count = items or len(rank)
    rows = random.normal(size=(len(rank) + count, 16))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    owner_array = np.array(owner if owner is not None else range(len(rank)))
    captions = [f"caption {number}" for number in range(len(rank))]
    names = [f"motion {number}" for number in range(count)]
    return Space(
        "m", rows[: len(rank)], rows[len(rank) :], owner_array, captions, names, names, np.array(rank, dtype=float)
    )


def test_paired_differences_are_those_of_the_ranks():
    rank, before = [1, 1, 2, 20, 5, 1], [1, 3, 2, 2, 11, 4]
    new, old = space_of(rank, items=30), space_of(before, items=30)
    pairs = paired(new, old)
    assert not isinstance(pairs, str)
    assert (pairs.better, pairs.worse) == (3, 1)
    assert pairs.differences["recall_at_1"].value == pytest.approx(3 / 6 - 1 / 6)
    assert pairs.differences["recall_at_10"].value == pytest.approx(0)
    assert pairs.differences["mean_rank"].value == pytest.approx(np.mean(rank) - np.mean(before))
    low, high = pairs.differences["recall_at_1"].low, pairs.differences["recall_at_1"].high
    assert (low or 0) <= 2 / 6 <= (high or 0)
    again = paired(new, new)
    assert not isinstance(again, str)
    assert (again.differences["recall_at_1"].low, again.differences["recall_at_1"].high) == (0, 0)


def test_takes_of_one_caption_are_one_observation():
    """Thirty takes that all gain tell no more than one does."""
    rank, before = [1.0] * 30 + [5.0] * 3, [2.0] * 30 + [5.0] * 3
    new, old = (
        dataclasses.replace(space_of(ranks), captions=["a bow"] * 30 + ["b", "c", "d"]) for ranks in (rank, before)
    )
    pairs = paired(new, old)
    assert not isinstance(pairs, str)
    assert pairs.differences["recall_at_1"].value == pytest.approx(30 / 33)
    assert pairs.differences["recall_at_1"].low == 0


def test_ranks_among_other_galleries_are_not_paired():
    assert "galleries differ" in paired(space_of([1, 2], items=4), space_of([1, 2], items=5))
    other = space_of([1, 2], owner=[1, 0])
    assert "no query in common" in paired(space_of([1, 2]), other)


def test_every_rank_is_in_one_bin():
    for gallery in (1, 2, 3, 7, 10, 96, 310, 5000):
        bins = rank_bins(gallery)
        assert [rank for first, last in bins for rank in range(first, last + 1)] == list(range(1, gallery + 1))
        ranks = np.arange(1, gallery + 1, dtype=float)
        assert rank_shares(ranks, bins) == pytest.approx([(last - first + 1) / gallery for first, last in bins])
    assert rank_shares(np.array([1.5, 1.0]), rank_bins(10)).tolist() == [0.5, 0.5, 0, 0]


def test_the_recall_curve_is_recall():
    ks, recall = recall_curve(np.array([1.0, 2.0, 10.0, 90.0]), 96)
    assert dict(zip(ks.tolist(), recall.tolist(), strict=True))[1] == 0.25
    assert (ks[0], ks[-1], recall[-1]) == (1, 96, 1.0)
    assert (np.diff(recall) >= 0).all()


def test_worst_and_best_share_nothing():
    space = space_of([1, 9, 9, 3, 1], owner=[0, 1, 1, 2, 3], items=10)
    worst, best = worst_and_best(space, count=2, k=3)
    numbers = [[query.number for query in queries] for queries in (worst, best)]
    assert numbers[0][0] in (1, 2)
    assert numbers[0][1] == 3
    assert set(numbers[1]) == {0, 4}
    similarity = space.motion @ space.text[worst[0].number]
    assert [item for item, _ in worst[0].hits] == np.argsort(-similarity)[:3].tolist()


def test_pairs_of_a_caption_with_others_leave_its_own_out():
    space = space_of([1.0] * 30)
    twin = Space(
        "m",
        space.motion,
        space.motion,
        *(getattr(space, name) for name in ("owner", "captions", "names", "clips", "rank")),
    )
    own, other = pair_similarities(twin)
    assert own == pytest.approx(1.0, abs=1e-5)
    assert other.max() < 0.999
    own, other = pair_similarities(space_of([1.0]))
    assert (len(own), len(other)) == (1, 0)


def clusters(count: int = 30) -> np.ndarray:
    """Two groups of points far apart, one after the other."""
    random = np.random.default_rng(0)
    points = random.normal(size=(count, 8)) * 0.1
    points[: count // 2, 0] += 1
    points[count // 2 :, 1] += 1
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def test_the_map_keeps_groups_together():
    points = clusters()
    near = lay_out(points)
    middles = near[:15].mean(axis=0), near[15:].mean(axis=0)
    sides = np.linalg.norm(near[:, None] - np.array(middles), axis=2).argmin(axis=1)
    assert sides.tolist() == [0] * 15 + [1] * 15
    assert kept_neighbours(points, near, 5) > kept_neighbours(points, np.random.default_rng(0).normal(size=(30, 2)), 5)
    assert kept_neighbours(points, points[:, :2].copy(), 29) == 1.0


def test_principal_components_are_those_of_the_covariance():
    points = clusters()
    flat, variance = principal_components(points)
    values = np.linalg.eigvalsh(np.cov(points.T.astype(float)))[::-1]
    assert 0.5 < variance <= 1
    assert np.var(flat, axis=0, ddof=1) == pytest.approx(values[:2])
    assert variance == pytest.approx(values[:2].sum() / values.sum())


@pytest.mark.parametrize("count", [1, 2, 3, 5, 20])
def test_a_collapsed_space_has_a_map_too(count):
    points = np.tile(np.array([[1.0, 0, 0]], dtype=np.float32), (count, 1))
    flat, variance = principal_components(points)
    assert np.isfinite(lay_out(points)).all()
    assert variance == 0
    assert 0 <= kept_neighbours(points, flat) <= 1
    assert sorted(chain_order(points).tolist()) == list(range(count))


def test_the_order_puts_like_beside_like():
    shuffled = np.random.default_rng(3).permutation(30)
    groups = (shuffled[chain_order(clusters()[shuffled])] >= 15).astype(int)
    assert np.abs(np.diff(groups)).sum() == 1


def test_packed_motions_come_back_to_the_millimetre():
    joints = np.random.default_rng(0).normal(size=(40, 30, 3)).astype(np.float16)
    packed = packed_motions({"a": joints}, 15.0)
    numbers = np.frombuffer(base64.b64decode(packed["motions"]["a"]["joints"]), "<i2").reshape(40, -1, 3)
    head = packed["names"].index("Head")
    between = numbers[:, head] - numbers[:, 0]
    wanted = joints[:, built_in_skeleton("somaskel30").joints.index("Head")].astype(float) - joints[:, 0]
    assert between / 1000 == pytest.approx(wanted, abs=0.0011)
    assert packed["fps"] == 15


def test_many_motions_take_bounded_room():
    joints = np.zeros((400, 30, 3), dtype=np.float16)
    packed = packed_motions({f"{number}": joints for number in range(200)}, 30.0)
    assert sum(len(motion["joints"]) for motion in packed["motions"].values()) < 1.05 * MOST_BYTES
    assert packed["fps"] < 30
    assert packed["motions"]["0"]["num_frames"] == len(range(0, 301, round(30 / packed["fps"])))


def test_markup_escapes_what_it_did_not_make():
    assert tag("p", "<b>", tag("i", "&"), title='"x"') == '<p title="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert tag("input", checked=True, disabled=False, aria_label=None) == "<input checked>"
    assert isinstance(tag("p"), Markup)
    assert "</script>" not in data("x", {"a": SCRIPT})[: -len("</script>")]
