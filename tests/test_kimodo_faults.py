"""The Kimodo benchmark: what is missing or damaged leaves its case out by name; doubtful bodies are told."""

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import tmr
from fake_encoder import direction
from kimodo_suites import GROUP, SOMA77, SuiteEncoder, contents, numbered_joints, write_case, write_group, write_motion
from tmr.errors import DatasetError, ModelError
from tmr.evaluation.kimodo.body import body_height, up_axis
from tmr.evaluation.kimodo.report import result_of
from tmr.evaluation.kimodo.run import Evaluation, evaluate_testsuite
from tmr.evaluation.kimodo.testcases import discover_cases
from tmr.evaluation.result import Result
from tmr.motion.motion import Motion

NO_TEXT = "content/constraints_notext/mixture/root_path_fullbody"
Z_UP = [0, 2, 1]


def left_out(evaluation: Evaluation) -> dict[str, str]:
    return {row.name: row.reason for row in evaluation.left_out}


def without(tmp_path: Path, *numbers: int, size: int = 6) -> dict:
    """Return the scores of a group that never had some of its cases."""
    for number in set(range(size)) - set(numbers):
        write_case(tmp_path / "rest", f"{GROUP}/{number:04d}", number, generated=number, truth=number)
    return evaluate_testsuite(tmp_path / "rest", model=SuiteEncoder()).groups[GROUP]


def rewrite_joints(path: Path, change) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **(arrays | {"posed_joints": change(arrays["posed_joints"])}))


def body_notes(evaluation: Evaluation) -> list[str]:
    return [note for note in result_of(evaluation, "fake").notes if "; the first is" in note]


@pytest.mark.parametrize("meta", ['{"text": ""}', '{"text": " "}', '{"text": null}', '{"texts": []}'])
def test_a_case_without_a_prompt_is_left_out_where_others_have_one(tmp_path, meta):
    suite = tmp_path / "suite"
    write_group(suite)
    (suite / GROUP / "0002" / "meta.json").write_text(meta)
    evaluation = evaluate_testsuite(suite, model=SuiteEncoder())
    assert left_out(evaluation) == {f"{GROUP}/0002": "has no prompt in meta.json"}
    assert evaluation.groups[GROUP] == without(tmp_path, 2)
    assert evaluation.groups[GROUP]["tmr"]["TMR/t2m_R/R01"] == 100
    assert json.loads((suite / GROUP / "0002" / "metrics.json").read_text())["num_motions"] == 0


def test_where_the_benchmark_has_no_prompts_none_is_missed(tmp_path):
    for number in range(3):
        write_case(tmp_path, f"{NO_TEXT}/{number:04d}", number, generated=number, truth=number, text="")
    write_case(tmp_path, f"{NO_TEXT}/0003", 3, generated=3, truth=3)
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    assert (evaluation.left_out, evaluation.groups[NO_TEXT]["num_motions"]) == ([], 4)
    assert "tmr" not in evaluation.groups[NO_TEXT]


def test_motions_without_a_meta_json_are_named(tmp_path):
    suite = tmp_path / "suite"
    write_group(suite)
    (suite / GROUP / "0001" / "meta.json").unlink()
    (suite / GROUP / "0004" / "meta.json").rename(suite / GROUP / "0004" / "Meta.json")
    (suite / GROUP / "0004" / "motion.npz").unlink()
    (suite / GROUP / "nothing").mkdir()
    evaluation = evaluate_testsuite(suite, model=SuiteEncoder())
    assert left_out(evaluation) == {
        f"{GROUP}/0001": "has motion.npz and gt_motion.npz but no meta.json",
        f"{GROUP}/0004": "has gt_motion.npz but no meta.json",
    }
    assert evaluation.groups[GROUP] == without(tmp_path, 1, 4)
    for output in (suite, suite / ".." / "suite", tmp_path, tmp_path / "out"):
        assert len(discover_cases(suite, output=output)[1]) == 2
    assert discover_cases(suite, ["*/0002"])[1] == []
    assert [row.name for row in discover_cases(suite, ["*/0001", "*/0002"])[1]] == [f"{GROUP}/0001"]
    # Where nothing is a case, there is no test suite.
    with pytest.raises(DatasetError, match="no test cases that match"):
        discover_cases(suite, ["*/0001"])


def test_what_is_made_is_no_case_without_a_meta_json(tmp_path):
    suite = tmp_path / "suite"
    write_group(suite)
    out = suite / "out"
    # As --seed-motions cuts the ground truth into an output folder.
    write_motion(out / GROUP / "0003" / "gt_motion.npz", 3, drift=0.0)
    before = contents(suite)
    for _ in range(2):
        evaluation = evaluate_testsuite(suite, out, SuiteEncoder())
        assert (evaluation.left_out, list(evaluation.groups)) == ([], [GROUP])
    assert before.items() <= contents(suite).items()
    # What was made for a case is not forgotten where only its meta.json is.
    (suite / GROUP / "0003" / "meta.json").unlink()
    for file in ("motion.npz", "gt_motion.npz"):
        (suite / GROUP / "0003" / file).unlink()
    assert left_out(evaluate_testsuite(suite, out, SuiteEncoder())) == {
        f"{GROUP}/0003": "has gt_motion.npz but no meta.json"
    }


def test_a_meta_json_that_is_no_json_is_named(tmp_path):
    write_group(tmp_path)
    (tmp_path / GROUP / "0001" / "meta.json").write_text("{text: 1}")
    (tmp_path / GROUP / "0002" / "meta.json").write_text("{}")
    reasons = left_out(evaluate_testsuite(tmp_path, model=SuiteEncoder()))
    assert reasons[f"{GROUP}/0001"].startswith("meta.json: is no JSON: Expecting property name")
    assert reasons[f"{GROUP}/0002"].startswith("meta.json: has neither text nor texts")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"\x93N"),
        lambda path: path.write_bytes(b""),
        lambda path: np.save(path, np.float32(1)),
        lambda path: np.save(path, np.zeros((2, 256), np.float32)),
        lambda path: np.save(path, np.arange(256)),
        lambda path: np.save(path, direction(2)[None, :100]),
    ],
)
@pytest.mark.parametrize("file", ["motion_embedding.npy", "text_embedding.npy"])
@pytest.mark.parametrize("model", [None, SuiteEncoder()])
def test_a_damaged_embedding_leaves_its_case_out(tmp_path, damage, file, model):
    suite = tmp_path / "suite"
    write_group(suite, embedded=True)
    damage(suite / GROUP / "0002" / file)
    # Whose the others are is not known, so no model may put its own beside them.
    evaluation = evaluate_testsuite(suite, model=model)
    ((name, reason),) = left_out(evaluation).items()
    assert name == f"{GROUP}/0002"
    assert reason.startswith(file)
    assert str(tmp_path) not in reason
    assert (evaluation.num_made, evaluation.groups[GROUP]) == (0, without(tmp_path, 2))


def test_a_damaged_embedding_of_a_known_model_is_made_again_where_the_model_is_named(tmp_path):
    write_group(tmp_path)
    whole = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    path = tmp_path / GROUP / "0002" / "motion_embedding.npy"
    path.write_bytes(b"\x93N")
    evaluation = evaluate_testsuite(tmp_path)
    assert left_out(evaluation) == {
        f"{GROUP}/0002": "motion_embedding.npy is not a NumPy array; name the model with --model, and it is made again"
    }
    assert evaluation.groups[GROUP]["num_motions"] == 5
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    assert (evaluation.left_out, evaluation.num_made) == ([], 1)
    assert evaluation.groups == whole.groups
    # A motion that changed is not damage, and nothing is guessed.
    write_motion(tmp_path / GROUP / "0002" / "motion.npz", 2, frames=25)
    with pytest.raises(ModelError, match=r"0002: motion_embedding.npy is not of what is there now"):
        evaluate_testsuite(tmp_path)


def test_a_sound_embedding_of_the_suite_stands_in_for_a_damaged_one_of_the_output(tmp_path):
    suite, out = tmp_path / "suite", tmp_path / "out"
    write_group(suite, embedded=True)
    place = out / GROUP / "0001"
    place.mkdir(parents=True)
    (place / "motion_embedding.npy").write_bytes(b"\x93N")
    evaluation = evaluate_testsuite(suite, out)
    assert (evaluation.left_out, evaluation.groups[GROUP]["num_motions"]) == ([], 6)


def test_bodies_in_centimetres_are_told_and_scored_as_they_are(tmp_path):
    write_group(tmp_path)
    for number in (3, 5):
        rewrite_joints(tmp_path / GROUP / f"{number:04d}" / "motion.npz", lambda joints: joints * 100)
    evaluation = evaluate_testsuite(tmp_path, model=AnyNumber())
    (note,) = body_notes(evaluation)
    assert note.startswith(
        f"content overview, generated: 2 of 6 motions have a body of no human size; the first is {GROUP}/0003, 183 m "
    )
    assert evaluation.left_out == []
    # Four drift by 0.3 m/s, two by 30 m/s: the benchmark's rules do not change.
    skate = evaluation.groups[GROUP]["per_motion_mean_gen"]["foot_skate_from_pred_contacts"]
    assert skate == pytest.approx((4 * 0.3 + 2 * 30) / 6, abs=1e-2)


def test_bodies_that_stand_along_z_are_told(tmp_path):
    write_group(tmp_path)
    write_case(tmp_path, "mine/0000", 1, generated=1, truth=1)
    for name in (*(f"{GROUP}/{number:04d}" for number in range(6)), "mine/0000"):
        rewrite_joints(tmp_path / name / "gt_motion.npz", lambda joints: joints[..., Z_UP] * [1, -1, 1])
    evaluation = evaluate_testsuite(tmp_path, model=AnyNumber())
    one, two = body_notes(evaluation)
    assert one.startswith(
        f"content overview, ground truth: 6 of 6 motions have another axis up than y; the first is {GROUP}/0000, z "
    )
    assert two.startswith("mine, ground truth: 1 of 1 motions have another axis up than y; the first is mine/0000, z ")
    assert evaluation.left_out == []


class AnyNumber(SuiteEncoder):
    """Embeds what is not where its number says, as the encoder of the suites would not."""

    def encode_motion(self, motions, *, as_is: bool = False) -> np.ndarray:
        return np.array([direction(at) for at, _ in enumerate(motions)])


def motion_of(joints: np.ndarray) -> Motion:
    return Motion(joints.astype(np.float32), 30.0, SOMA77)


def turned(angle: float, axis: int) -> np.ndarray:
    """Return a turn about x (0), y (1) or z (2) by an angle in degrees."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix, radians = np.eye(3), np.deg2rad(angle)
    matrix[[a, a, b, b], [a, b, a, b]] = np.cos(radians), -np.sin(radians), np.sin(radians), np.cos(radians)
    return matrix


@pytest.mark.parametrize("unit", [1.0, 100.0, 1000.0, 1 / 0.3048])
@pytest.mark.parametrize(
    ("name", "turn"), [("y", np.eye(3)), ("z", turned(90, 0)), ("-z", turned(-90, 0)), ("x", turned(-90, 2))]
)
def test_the_axis_that_points_up(unit, name, turn):
    joints = numbered_joints(0, frames=60) @ turn.T * unit
    assert up_axis(motion_of(joints)) == name
    assert body_height(motion_of(joints)) == pytest.approx(1.88 * unit, rel=0.01)


def test_bodies_that_do_not_stand_are_no_doubt():
    rest, lie = numbered_joints(0, frames=60, drift=0.0), turned(90, 0).T
    lying = rest @ lie.T
    for place in ([0, 0.1, 0], [0, 0.6, 0], [0, 0.6, 2]):  # on the floor, on a table, far away
        moved = lying - lying[:, :1] + np.array(place)
        assert up_axis(motion_of(moved)) == "y"
    crawling = lying - lying[:, :1] + [0, 0.4, 0] + np.linspace(0, 3, 60)[:, None, None] * [0, 0, 1]
    assert up_axis(motion_of(crawling)) == "y"
    handstand = rest * [1, -1, -1]
    assert up_axis(motion_of(handstand - handstand[..., 1].min() * np.array([0, 1, 0]))) == "y"
    assert up_axis(motion_of(np.zeros((3, 77, 3)))) == "y"
    assert up_axis(motion_of(np.full((3, 77, 3), 3e38))) == "y"
    assert body_height(motion_of(np.zeros((3, 77, 3)))) == 0
    assert body_height(motion_of(rest * 1e36)) > 1e36


def test_the_command_names_all_and_exits_with_3(tmp_path):
    suite, out = tmp_path / "suite", tmp_path / "out"
    write_group(suite, numbers=range(8), embedded=True)
    place = suite / GROUP
    (place / "0000" / "motion_embedding.npy").write_bytes(b"\x93N")
    (place / "0001" / "meta.json").write_text('{"text": ""}')
    (place / "0002" / "meta.json").unlink()
    (place / "0003" / "meta.json").write_text("{")
    rewrite_joints(place / "0005" / "gt_motion.npz", lambda joints: joints * 1000)
    done = tmr("evaluate", "kimodo", suite, "-o", out, "-q")
    assert (done.status, done.err) == (3, "")
    result = Result.read(out / "kimodo.json")
    assert sorted(row.name for row in result.left_out) == [f"{GROUP}/000{number}" for number in range(4)]
    assert "4 left out:" in done.out
    assert f"{GROUP}/0003: meta.json: is no JSON" in done.out
    assert "content overview, ground truth: 1 of 4 motions have a body of no human size" in " ".join(done.out.split())
    assert result.tables[0].rows["content overview, ground truth"]["recall_at_3"].value == 1
    for number in (0, 1, 2, 3):
        for file in place.joinpath(f"000{number}").iterdir():
            file.unlink()
    assert tmr("evaluate", "kimodo", suite, "-o", out, "-q").status == 0
