"""Scores over batches: equal to all at once in any order, merged, reset, on two processes; broken rows left out."""

import multiprocessing
import socket

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from motion_files import soma_joints
from tmr.errors import TMRError
from tmr.evaluation.distribution import frechet_distance
from tmr.evaluation.kernel import kernel_distance
from tmr.evaluation.matching import cosines
from tmr.evaluation.quality import find_feet, measure_motion
from tmr.evaluation.retrieval import recall_at_k
from tmr.evaluation.spread import diversity
from tmr.evaluation.streaming import (
    FrechetScore,
    GenerationScores,
    MatchScore,
    QualityScore,
    Reservoir,
    RetrievalScore,
    SampleScore,
)
from tmr.motion.skeleton import built_in_skeleton


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sets(count=100, width=12, seed=0):
    """Return embeddings of texts, generated and real motions that have something to do with each other."""
    random = np.random.default_rng(seed)
    text = unit(random.normal(size=(count, width)))
    return text, *(unit(text + random.normal(0, 0.4, (count, width))) for _ in range(2))


def filled(text, generated, reference, step=33):
    scores = GenerationScores()
    for first in range(0, len(text), step):
        rows = slice(first, first + step)
        scores.update(text=text[rows], generated=generated[rows], reference=reference[rows])
    return scores


def test_batches_give_what_all_at_once_gives():
    text, generated, reference = sets()
    values = filled(text, generated, reference).compute()
    assert values["fid"] == pytest.approx(frechet_distance(generated, reference), abs=1e-9)
    assert values["kid"] == pytest.approx(kernel_distance(generated, reference, scale=1).value, abs=1e-9)
    assert values["diversity"] == pytest.approx(diversity(generated).value)
    assert values["text_match"] == pytest.approx(cosines(text, generated).mean())
    assert values["recall_at_3"] == pytest.approx(recall_at_k(text @ generated.T, np.eye(100, dtype=bool), 3))
    assert values["num_items"] == 100
    assert values["left_out"] == 0


@given(cuts=st.lists(st.integers(0, 60), max_size=3))
def test_running_moments_are_exact_however_they_are_cut(cuts):
    _, generated, reference = sets(60)
    score = FrechetScore()
    for part in np.split(generated + 50, sorted(cuts)):
        score.update(generated=part)
    score.update(reference=reference + 50)
    assert score.compute()["fid"] == pytest.approx(frechet_distance(generated, reference), abs=1e-9)


def test_merged_is_as_if_one_had_seen_all():
    arrays = sets()
    arrays[1][[3, 60]] = np.nan
    first, second = filled(*(rows[:40] for rows in arrays)), filled(*(rows[40:] for rows in arrays))
    first.merge(second)
    assert first.compute() == pytest.approx(filled(*arrays).compute(), abs=1e-9)
    assert first.compute()["left_out"] == 2


def test_parts_that_are_merged_count_what_they_left_out():
    text, generated, reference = sets()
    broken = np.full((1, 12), np.nan)
    for score, values in (
        (MatchScore(), {"name": "text", "first": text[:1], "second": broken}),
        (FrechetScore(), {"generated": broken, "reference": reference[:1]}),
        (SampleScore(), {"generated": generated[:1], "reference": broken}),
        (RetrievalScore(), {"text": text[:1], "motion": broken}),
    ):
        other = score.synchronize()
        other.update(**values)
        score.merge(other)
        assert score.compute()["left_out"] == 1
    quality = QualityScore(built_in_skeleton("somaskel30"), 30.0)
    other = quality.synchronize()
    other.update(np.full((1, 5, 30, 3), np.nan))
    quality.merge(other)
    assert quality.compute()["left_out"] == 1


def test_reset_forgets():
    scores = filled(*sets(seed=5))
    scores.reset()
    arrays = sets(40)
    scores.update(text=arrays[0], generated=arrays[1], reference=arrays[2])
    assert scores.compute() == pytest.approx(filled(*arrays, step=40).compute())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_tensors_are_taken_with_gradients_and_in_half_precision(dtype):
    arrays = sets()
    scores = filled(*(torch.tensor(rows, dtype=dtype, requires_grad=True) for rows in arrays))
    tolerance = {"rel": 0.05, "abs": 0.02} if dtype == torch.bfloat16 else {"rel": 1e-4, "abs": 1e-5}
    assert scores.compute() == pytest.approx(filled(*arrays).compute(), **tolerance)


def test_a_broken_row_is_left_out_of_all_sets_and_counted():
    text, generated, reference = sets()
    broken = generated.copy()
    broken[7, 3], broken[50] = np.nan, 0
    whole = np.delete(np.arange(100), [7, 50])
    values = filled(text, broken, reference).compute()
    assert values.pop("left_out") == 2
    expected = filled(text[whole], generated[whole], reference[whole]).compute()
    expected.pop("left_out")
    assert values == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("score", [FrechetScore(), SampleScore()])
def test_sets_may_come_apart_and_broken_rows_are_counted(score):
    _, generated, reference = sets()
    score.update(generated=np.vstack([generated, np.full((1, 12), np.inf)]))
    score.update(reference=reference)
    values = score.compute()
    assert values.pop("left_out") == 1
    assert np.isfinite(list(values.values())).all()


def test_nothing_seen_is_not_a_number_or_not_there():
    assert np.isnan(FrechetScore().compute()["fid"])
    assert RetrievalScore().compute() == {"num_items": 0, "left_out": 0}
    scores = GenerationScores()
    scores.update(generated=sets()[1][:1])
    assert np.isnan(scores.compute()["fid"])


def test_a_collapsed_encoder_scores_at_chance():
    one = np.repeat(sets()[0][:1], 64, axis=0)
    score = RetrievalScore()
    score.update(one, one)
    values = score.compute()
    assert values["recall_at_1"] == pytest.approx(1 / 64)
    assert values["r_precision_at_3"] == pytest.approx(3 / 32)
    assert values["median_rank"] == pytest.approx(32.5)


def test_shapes_that_do_not_fit_are_told():
    text, generated, _ = sets()
    with pytest.raises(TMRError, match=r"\(100, 12\) and \(99, 12\)"):
        MatchScore().update("text", text, generated[:99])
    score = FrechetScore()
    score.update(generated=text)
    with pytest.raises(TMRError, match="have 5 numbers, those before had 12"):
        score.update(generated=text[:, :5])


def test_a_reservoir_keeps_a_fair_sample():
    kept = np.zeros(60)
    for seed in range(400):
        one, two = Reservoir(6, seed), Reservoir(6, seed + 10_000)
        for first in range(0, 40, 8):
            one.add(np.arange(first, first + 8)[:, None])
        two.add(np.arange(40, 60)[:, None])
        one.merge(two)
        rows = one.rows()[:, 0]
        assert len(set(rows.tolist())) == 6
        kept[rows] += 1
    assert one.seen == 60
    # 400 draws of 6 out of 60: 40 each, and each part of the stream as often.
    assert abs(kept[:40].mean() - 40) < 3
    assert kept.min() > 15
    assert kept.max() < 70


def test_what_exceeds_the_limit_is_sampled():
    text, generated, reference = sets(300)
    scores = GenerationScores(limit=50)
    for rows in np.array_split(np.arange(300), 7):
        scores.update(text=text[rows], generated=generated[rows], reference=reference[rows])
    values = scores.compute()
    assert values["num_items"] == 50
    assert values["fid"] == pytest.approx(frechet_distance(generated, reference), abs=1e-9)
    assert values["diversity"] == pytest.approx(diversity(generated).value, rel=0.1)


def test_quality_is_the_mean_over_motions():
    skeleton = built_in_skeleton("somaskel30")
    random = np.random.default_rng(0)
    batch = soma_joints(12)[None] + random.normal(0, 0.01, (4, 12, 30, 3))
    batch[2, 3, 4] = np.nan
    contacts = random.random((4, 12, 4)) < 0.5
    lengths = [12, 7, 12, 9]
    score = QualityScore(skeleton, 30.0)
    score.update(torch.tensor(batch[:3]), lengths=lengths[:3], contacts=torch.tensor(contacts[:3]).float())
    score.update(batch[3:], lengths=lengths[3:], contacts=contacts[3:])
    values = score.compute()
    expected = [
        list(measure_motion(batch[at, : lengths[at]], 30.0, find_feet(skeleton), contacts[at, : lengths[at]]).values())
        for at in (0, 1, 3)
    ]
    assert (values.pop("num_items"), values.pop("left_out")) == (3, 1)
    np.testing.assert_allclose(list(values.values()), np.nanmean(expected, axis=0), rtol=1e-9)
    with pytest.raises(TMRError, match=r"expected \(batch, frame, 30, 3\)"):
        score.update(batch[0])


def test_alone_synchronize_is_a_copy():
    scores = filled(*sets())
    copy = scores.synchronize()
    scores.reset()
    assert copy.compute()["num_items"] == 100


def on_one_process(rank, port, results):
    torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    # Parts of different size, as the last batches of an epoch are.
    part = slice(0, 30) if rank == 0 else slice(30, 100)
    scores = filled(*(rows[part] for rows in sets()))
    results.put((rank, scores.synchronize().compute(), scores.compute()["num_items"]))
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_agree_on_what_one_would_have_seen():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    processes = [context.Process(target=on_one_process, args=(rank, port, results)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    found = {rank: (values, own) for rank, values, own in (results.get() for _ in range(2))}
    expected = filled(*sets()).compute()
    assert found[0][0] == pytest.approx(expected, abs=1e-9)
    assert found[0][0] == found[1][0]
    assert (found[0][1], found[1][1]) == (30, 70)


def test_joints_of_another_skeleton_and_lengths_of_other_motions_are_told():
    score, joints = QualityScore(built_in_skeleton("somaskel30"), 30.0), np.zeros((2, 5, 30, 3), np.float32)
    with pytest.raises(TMRError, match=r"expected .batch, frame, 30, 3. for skeleton 'somaskel30'"):
        score.update(np.zeros((2, 5, 77, 3), np.float32))
    for lengths in ([5], [5, 6]):
        with pytest.raises(TMRError, match="for 2 motions of at most 5 frames"):
            score.update(joints, lengths=lengths)
