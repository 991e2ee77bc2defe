"""The Kimodo benchmark: the reference's numbers, and what it does with broken, missing and stale things."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import tmr
from fake_encoder import direction
from kimodo_suites import GROUP, SuiteEncoder, contents, write_case, write_group, write_motion
from tmr.errors import DatasetError, ModelError, TMRError
from tmr.evaluation.kimodo import embed, scores
from tmr.evaluation.kimodo.layout import summary_markdown, summary_terminal
from tmr.evaluation.kimodo.report import result_of
from tmr.evaluation.kimodo.run import evaluate_testsuite
from tmr.evaluation.kimodo.scores import (
    compute_tmr_per_sample_retrieval,
    compute_tmr_retrieval_metrics,
    reference_ranks,
    summarise_ranks,
)
from tmr.evaluation.kimodo.summary import summarise_groups
from tmr.evaluation.kimodo.testcases import discover_cases, place_in_summary
from tmr.evaluation.result import Result

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(DATA / "portable_reference.npz") as arrays:
        return {key: arrays[key] for key in arrays if key.startswith("metric/")}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    write_group(tmp_path / "suite")
    return tmp_path / "suite"


def unit(count: int, width: int = 8, seed: int = 0) -> np.ndarray:
    array = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True)


def slow_ranks(queries: np.ndarray, items: np.ndarray, texts: np.ndarray | None) -> list[float]:
    """Sort every row and look for the places of the best right item."""
    ranks = []
    for row, query in enumerate(queries):
        score = np.array([np.einsum("i,i", query, item) / 2 + 0.5 for item in items])
        right = [
            column
            for column in range(len(items))
            if column == row or (texts is not None and np.einsum("i,i", texts[row], texts[column]) / 2 + 0.5 > 0.98)
        ]
        best = max(score[column] for column in right)
        places = [place for place, value in enumerate(sorted(score, reverse=True), start=1) if value == best]
        ranks.append(sum(places) / len(places))
    return ranks


@pytest.mark.parametrize("name", ["plain", "duplicates"])
def test_one_call_returns_the_references_numbers(reference, name):
    expected = json.loads((DATA / "portable_metrics.json").read_text())[name]
    arrays = [reference[f"metric/{name}/{what}"] for what in ("motion", "text", "gt")]
    found = compute_tmr_retrieval_metrics(*arrays, rounding=None)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=1e-6 if "FID" in key else 1e-4), key
    rounded = compute_tmr_retrieval_metrics(*arrays)
    assert rounded["TMR/t2m_R/R03"] == round(expected["TMR/t2m_R/R03"], 2)


def test_the_references_ties(reference):
    expected = json.loads((DATA / "portable_metrics.json").read_text())["ties"]
    found = reference_ranks(reference["metric/ties/text"], reference["metric/ties/motion"], None)
    assert summarise_ranks(found, None) == pytest.approx(expected, abs=1e-4)


@given(st.integers(1, 12), st.integers(1, 4), st.booleans(), st.integers(0, 10**6))
def test_ranks_equal_the_slow_ones(count, distinct, merged, seed):
    random = np.random.default_rng(seed)
    pool = unit(distinct, seed=seed)
    queries, items, texts = (pool[random.integers(0, distinct, count)] for _ in range(3))
    texts = texts if merged else None
    assert reference_ranks(queries, items, texts).tolist() == slow_ranks(queries, items, texts)


def test_ranks_do_not_depend_on_the_block(monkeypatch):
    queries, items, texts = unit(50), unit(50, seed=1), np.tile(unit(10, seed=2), (5, 1))
    whole = reference_ranks(queries, items, texts)
    monkeypatch.setattr(scores, "_BLOCK", 70)
    assert reference_ranks(queries, items, texts).tolist() == whole.tolist()
    found = compute_tmr_per_sample_retrieval(items, queries, [str(at) for at in range(50)], [""] * 50)
    order = [np.argsort(-(queries[row] @ items.T)) for row in range(50)]
    assert [row["rank"] for row in found] == [int(np.flatnonzero(order[row] == row)[0]) + 1 for row in range(50)]
    assert [[hit["id"] for hit in row["top_k"]] for row in found] == [[str(at) for at in row[:5]] for row in order]


@pytest.mark.parametrize(("cosine", "rank"), [(0.965, 1), (0.955, 2)])
def test_texts_count_as_one_above_a_cosine_of_096(cosine, rank):
    texts = np.array([[1, 0], [cosine, math.sqrt(1 - cosine**2)]], dtype=np.float32)
    # Each query finds the other's item first.
    items = np.eye(2, dtype=np.float32)
    assert reference_ranks(items[::-1].copy(), items, texts).tolist() == [rank, rank]


def test_ties_by_the_references_rule_and_by_ours(tmp_path):
    two, three = np.repeat(unit(1), 2, axis=0), np.repeat(unit(1), 3, axis=0)
    assert summarise_ranks(reference_ranks(two, two, None))["R01"] == 100
    assert summarise_ranks(reference_ranks(three, three, None))["R01"] == 0
    assert summarise_ranks(reference_ranks(three, three, None))["R02"] == 100


def test_a_collapsed_text_encoder_is_perfect_by_the_references_rule_and_at_chance_by_ours(tmp_path):
    count = 12
    for number in range(count):
        folder = write_case(tmp_path, f"{GROUP}/{number:04d}", number, generated=number, truth=number, embedded=True)
        np.save(folder / "text_embedding.npy", direction(0)[None])
    evaluation = evaluate_testsuite(tmp_path)
    assert evaluation.groups[GROUP]["tmr"]["TMR/t2m_R/R01"] == 100
    strict = next(table for table in result_of(evaluation, "collapsed", strict=True).tables if table.name == "strict")
    row, chance = strict.rows[f"{GROUP}: text → generated"], strict.rows[f"{GROUP}: by chance"]
    assert row["recall_at_1"].value == pytest.approx(1 / count)
    assert chance["recall_at_10"].value == pytest.approx(10 / count)


def test_bad_arrays_are_told():
    text = unit(4)
    broken = text.copy()
    broken[2, 0] = np.nan
    with pytest.raises(TMRError, match="1 embeddings are not finite, the first is that of item 2"):
        compute_tmr_retrieval_metrics(broken, text)
    with pytest.raises(TMRError, match=r"shapes \(3, 8\), \(4, 8\)"):
        compute_tmr_retrieval_metrics(text[:3], text)
    with pytest.raises(TMRError, match="at least one item"):
        compute_tmr_retrieval_metrics(text[:0], text[:0])
    with pytest.raises(TMRError, match="4 embeddings have 3 ids"):
        compute_tmr_per_sample_retrieval(text, text, ["a", "b", "c"], ["", "", "", ""])


def test_one_call_writes_every_file(suite):
    encoder = SuiteEncoder()
    evaluation = evaluate_testsuite(suite, model=encoder)
    assert (evaluation.left_out, evaluation.num_made, encoder.num_motions) == ([], 18, 12)
    group = json.loads((suite / f"{GROUP}.json").read_text())
    assert group["num_motions"] == 6
    assert group["tmr"]["TMR/t2m_R/R01"] == group["tmr"]["TMR/t2m_gt_R/R01"] == 100
    assert group["tmr"]["TMR/FID/gen_gt"] == pytest.approx(0, abs=1e-9)
    assert group["tmr"]["TMR/t2m_sim"] == pytest.approx(1)
    # Every foot drifts at 0.3 m/s; ground truth stands still.
    assert group["per_motion_mean_gen"]["foot_skate_from_pred_contacts"] == pytest.approx(0.3, abs=1e-4)
    assert group["per_motion_mean_gt"]["foot_skate_from_pred_contacts"] == pytest.approx(0, abs=1e-6)
    case = json.loads((suite / GROUP / "0003" / "metrics.json").read_text())
    assert case["tmr"]["t2m_rank"] == 1
    assert case["tmr"]["top5_retrieved"][0] == {"id": "0003", "text": "number 3"}
    assert np.load(suite / GROUP / "0003" / "motion_embedding.npy").shape == (1, 256)
    rows = json.loads((suite / "summary_rows.json").read_text())
    assert rows["num_testcases"] == 1
    assert rows["tables"]["content"]["text_following"][0]["R@3 (GT)"] == 100
    assert rows["tables"]["repetition"]["constraints"][1]["2D Root Pos (gen, cm)"] is None


def test_an_output_folder_leaves_the_suite_as_it_is(suite, tmp_path):
    before = contents(suite)
    evaluate_testsuite(suite, tmp_path / "out", SuiteEncoder())
    assert contents(suite) == before
    again = SuiteEncoder()
    evaluate_testsuite(suite, tmp_path / "out", again)
    assert again.num_motions == 0
    assert (tmp_path / "out" / f"{GROUP}.json").is_file()


def test_only_what_is_missing_is_embedded(suite):
    evaluate_testsuite(suite, model=SuiteEncoder())
    folder = suite / GROUP / "0002"
    for change, expected in (
        (lambda: None, 0),
        (lambda: (folder / "motion_embedding.npy").unlink(), 1),
        (lambda: (folder / "motion_embedding.npy").write_bytes(b"\x93NUMPY"), 1),
        (lambda: np.save(folder / "gt_motion_embedding.npy", direction(5)[None]), 1),
        (lambda: write_motion(folder / "motion.npz", 2, frames=25), 1),
    ):
        change()
        encoder = SuiteEncoder()
        evaluation = evaluate_testsuite(suite, model=encoder)
        assert encoder.num_motions == expected
        assert evaluation.groups[GROUP]["tmr"]["TMR/t2m_R/R01"] == 100
    for encoder, force in ((SuiteEncoder("e" * 64), False), (SuiteEncoder("e" * 64), True)):
        assert evaluate_testsuite(suite, model=encoder, force=force).checkpoint_hashes == ("e" * 64,)
        assert encoder.num_motions == 12
    # Nobody names a model: what is there is taken, whoever made it.
    assert evaluate_testsuite(suite).checkpoint_hashes == ("e" * 64,)


def test_embeddings_of_unknown_models_are_not_mixed_with_others(tmp_path):
    write_group(tmp_path, embedded=True)
    assert evaluate_testsuite(tmp_path).num_unrecorded == 18
    (tmp_path / GROUP / "0001" / "text_embedding.npy").unlink()
    with pytest.raises(DatasetError, match="17 embeddings do not tell which model made them, and 1 are missing"):
        evaluate_testsuite(tmp_path, model=SuiteEncoder())
    assert evaluate_testsuite(tmp_path, model=SuiteEncoder(), force=True).num_made == 18


def test_a_motion_that_changed_needs_its_model_named(suite):
    evaluate_testsuite(suite, model=SuiteEncoder())
    write_motion(suite / GROUP / "0002" / "motion.npz", 2, frames=25)
    with pytest.raises(ModelError, match=r"0002: motion_embedding.npy is not of what is there now"):
        evaluate_testsuite(suite)


def test_a_broken_case_is_left_out_and_the_others_score_as_without_it(suite, tmp_path):
    whole = evaluate_testsuite(suite, tmp_path / "whole", SuiteEncoder())
    place = suite / GROUP
    write_case(suite, f"{GROUP}/0100", 7, generated=math.nan, truth=7)
    write_case(suite, f"{GROUP}/0101", 8, generated=8)
    write_case(suite, f"{GROUP}/0102", 9, generated=9, truth=9).joinpath("motion.npz").write_bytes(b"PK")
    write_case(suite, f"{GROUP}/0103", 9, generated=9, truth=9).joinpath("meta.json").write_text("{")
    write_case(suite, f"{GROUP}/0104", 9, generated=9, truth=9).joinpath("meta.json").write_text(
        '{"texts": ["a", "b"]}'
    )
    write_case(suite, f"{GROUP}/0105", 9, generated=9, truth=9)
    np.savez(place / "0105" / "gt_motion.npz", posed_joints=np.zeros((5, 22, 3), np.float32))
    evaluation = evaluate_testsuite(suite, tmp_path / "rest", SuiteEncoder())
    reasons = {row.name.rpartition("/")[2]: row.reason for row in evaluation.left_out}
    assert reasons.keys() == {"0100", "0101", "0102", "0103", "0104", "0105"}
    assert "is not a finite number in frame 0" in reasons["0100"]
    assert reasons["0101"] == "has no gt_motion.npz"
    assert "not an .npz archive" in reasons["0102"]
    assert "no JSON" in reasons["0103"]
    assert "2 texts; expected one sentence" in reasons["0104"]
    assert "(5, 22, 3); expected (frames, 77, 3)" in reasons["0105"]
    assert str(tmp_path) not in "".join(reasons.values())
    assert evaluation.groups == whole.groups
    left = json.loads((tmp_path / "rest" / GROUP / "0100" / "metrics.json").read_text())
    assert left["num_motions"] == 0


def test_a_motion_that_the_model_cannot_embed_is_left_out(suite, monkeypatch):
    class Picky(SuiteEncoder):
        def encode_motion(self, motions, *, as_is=False):
            if any(round(float(motion.joints[0, 0, 0]) * 10) == 4 for motion in motions):
                raise ModelError("no finite embedding")
            return super().encode_motion(motions, as_is=as_is)

    monkeypatch.setattr(embed, "_BATCH", 5)
    evaluation = evaluate_testsuite(suite, model=Picky())
    assert [(row.name, row.reason) for row in evaluation.left_out] == [
        (f"{GROUP}/0004", "motion_embedding.npy: no finite embedding")
    ]
    assert evaluation.groups[GROUP]["num_motions"] == 5


def test_ground_truth_alone_scores_a_model(tmp_path):
    for number in range(4):
        write_case(tmp_path, f"{GROUP}/{number:04d}", number, truth=number)
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    tmr_metrics = evaluation.groups[GROUP]["tmr"]
    assert tmr_metrics["TMR/t2m_gt_R/R01"] == 100
    assert not [key for key in tmr_metrics if "t2m_R" in key or "gen" in key]
    assert evaluation.left_out == []
    assert "Method" not in summary_terminal(evaluation.summary)
    assert "| **Content** Ground Truth | 100.00 | 0.000 |" in summary_markdown(evaluation.summary)


def test_a_group_of_one(tmp_path):
    write_case(tmp_path, f"{GROUP}/0000", 3, generated=3, truth=3)
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    assert evaluation.groups[GROUP]["tmr"]["TMR/t2m_R/R01"] == 100
    written = json.loads((tmp_path / f"{GROUP}.json").read_text())
    assert written["tmr"]["TMR/FID/gen_gt"] is None
    assert "TMR/FID/gen_gt" not in evaluation.summary["rows"][0]["tmr"]
    assert math.isnan(evaluation.groups[GROUP]["tmr"]["TMR/FID/gen_gt"])
    assert result_of(evaluation, "fake", strict=True).kind == "kimodo"


def test_cases_without_texts_have_no_retrieval(tmp_path):
    for number in range(3):
        name = f"content/constraints_notext/mixture/root_path_fullbody/{number:04d}"
        write_case(tmp_path, name, number, generated=number, truth=number, text="")
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    assert "tmr" not in evaluation.groups["content/constraints_notext/mixture/root_path_fullbody"]


def test_a_category_is_the_mean_of_its_groups_by_their_motions():
    groups = {
        "content/constraints_withtext/mixture/a": {
            "num_motions": 3,
            "per_motion_mean_gen": {"constraint_root2d_err": 0.1, "foot_skate_ratio": 0.2},
            "per_motion_mean_gt": {},
            "tmr": {"TMR/t2m_R/R03": 50.0, "TMR/FID/gen_gt": math.nan},
        },
        "content/constraints_withtext/fullbody/b": {
            "num_motions": 1,
            "per_motion_mean_gen": {"constraint_fullbody_keyframe": 0.05, "foot_skate_ratio": 0.6},
            "per_motion_mean_gt": {"foot_skate_ratio": 0.1},
            "tmr": {"TMR/t2m_R/R03": 90.0, "TMR/FID/gen_gt": 2.0},
        },
        "content/constraints_notext/mixture/c": {
            "num_motions": 4,
            "per_motion_mean_gen": {"constraint_root2d_err": 0.3},
            "per_motion_mean_gt": {},
        },
        "elsewhere/d": {"num_motions": 100, "per_motion_mean_gen": {"foot_skate_ratio": 9.0}, "per_motion_mean_gt": {}},
    }
    summary = summarise_groups(Path("suite"), groups)
    rows = {row["category"]: row for row in summary["rows"] if row["split"] == "content"}
    withtext, both = rows["constraints_withtext"], rows["constraints"]
    assert summary["num_testcases"] == 3
    assert withtext["per_motion_mean"] == pytest.approx(
        {"constraint_root2d_err": 0.1, "constraint_fullbody_keyframe": 0.05, "foot_skate_ratio": (3 * 0.2 + 0.6) / 4}
    )
    assert withtext["tmr"] == pytest.approx({"TMR/t2m_R/R03": 60.0, "TMR/FID/gen_gt": 2.0})
    assert both["num_motions"] == 8
    assert both["per_motion_mean"]["constraint_root2d_err"] == pytest.approx((3 * 0.1 + 4 * 0.3) / 7)
    assert "per_motion_mean_gt" not in rows["constraints_notext"]
    line = summary["tables"]["content"]["constraints"][0]
    assert line["2D Root Pos (gen, cm)"] == pytest.approx(10)
    assert line["Full-Body Pos (gen, cm)"] == pytest.approx(5)


def test_parts_of_a_suite_keep_their_places(tmp_path):
    root = tmp_path / "suite"
    write_group(root)
    for part, group in (("content", "text2motion/overview"), ("content/text2motion", "overview"), (GROUP, "")):
        groups, _ = discover_cases(root / part)
        assert list(groups) == [group]
        assert place_in_summary(root / part, group) == ("content", "overview")
    assert place_in_summary(tmp_path, "mine/overview") is None
    evaluation = evaluate_testsuite(root / GROUP, tmp_path / "out", SuiteEncoder())
    assert (tmp_path / "out" / "overview.json").is_file()
    assert evaluation.summary["rows"][0]["num_motions"] == 6


def test_only_some_cases(suite):
    write_group(suite, "content/text2motion/timeline_single")
    groups, _ = discover_cases(suite, ["content/*/overview"])
    assert list(groups) == [GROUP]
    assert [case.id for case in discover_cases(suite, ["*/0001", "*/0004"])[0][GROUP]] == ["0001", "0004"]
    with pytest.raises(DatasetError, match="no test cases that match 'nothing'"):
        discover_cases(suite, ["nothing"])


def test_a_suite_without_motions_says_what_to_do(tmp_path):
    write_case(tmp_path, f"{GROUP}/0000", 1)
    with pytest.raises(DatasetError, match=r"has prompts but no motions.*--seed-motions"):
        evaluate_testsuite(tmp_path)
    with pytest.raises(DatasetError, match="there is no folder"):
        evaluate_testsuite(tmp_path / "nowhere")


def test_the_command(tmp_path):
    suite, out = tmp_path / "suite", tmp_path / "out"
    write_group(suite, numbers=[*range(4), 4], embedded=True)
    done = tmr("evaluate", "kimodo", suite, "-o", out, "--method", "Mine|2")
    assert done.status == 0, done.err
    assert "Mine|2" in done.out
    assert "Kimodo-SOMA-RP-v1.1 (published)" in done.out
    assert "not comparable with published numbers: content overview (5, not 917)" in " ".join(done.out.split())
    assert "evaluated 5 of 5 files" in done.err
    result = Result.read(out / "kimodo.json")
    assert result.tables[0].rows["content overview, ground truth"]["recall_at_3"].value == 1
    write_motion(suite / GROUP / "0004" / "motion.npz", math.nan)
    done = tmr("evaluate", "kimodo", suite, "-o", out, "--format", "markdown", "--method", "Mine|2", "-q", "--strict")
    assert done.status == 3
    assert done.err == ""
    assert "| **Content** Mine\\|2 | 100.00 |" in done.out
    assert "1 left out:" in done.out
    assert "Retrieval, fair rules" in done.out
    assert (out / "summary.md").read_text(encoding="utf-8") == done.out
    done = tmr("evaluate", "kimodo", tmp_path / "nowhere")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("tmr: there is no folder")
