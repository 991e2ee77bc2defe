"""Constraints of the Kimodo benchmark: formats, errors against slow ones, and what is told of bad files."""

import json
from pathlib import Path

import numpy as np
import pytest

from kimodo_suites import SOMA77, SuiteEncoder, numbered_joints, write_case
from tmr.errors import DatasetError
from tmr.evaluation.kimodo.constraints import (
    END_EFFECTOR,
    FULL_BODY,
    ROOT,
    constraint_errors,
    constraint_metrics,
    end_effector_joints,
    read_constraints,
)
from tmr.evaluation.kimodo.report import result_of
from tmr.evaluation.kimodo.run import evaluate_testsuite
from tmr.motion.skeleton import Skeleton, built_in_skeleton

SOMA30 = built_in_skeleton("somaskel30")
JOINTS = numbered_joints(0)


def write(folder: Path, entries: object) -> Path:
    path = folder / "constraints.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def random_pose(skeleton: Skeleton, frames: int, seed: int = 0) -> dict[str, list]:
    random = np.random.default_rng(seed)
    return {
        "local_joints_rot": random.normal(size=(frames, len(skeleton.joints), 3)).tolist(),
        "root_positions": random.normal(size=(frames, 3)).tolist(),
    }


def slow_pose(entry: dict[str, list], skeleton: Skeleton) -> np.ndarray:
    """Forward kinematics joint by joint, with SciPy's rotations."""
    from scipy.spatial.transform import Rotation

    result = np.zeros((len(entry["root_positions"]), len(skeleton.joints), 3))
    for frame, root in enumerate(entry["root_positions"]):
        turned = {}
        for joint, parent in enumerate(skeleton.parents):
            local = Rotation.from_rotvec(entry["local_joints_rot"][frame][joint])
            if parent == -1:
                turned[joint], result[frame, joint] = local, root
            else:
                turned[joint] = turned[parent] * local
                bone = skeleton.rest[joint].astype(float) - skeleton.rest[parent]
                result[frame, joint] = result[frame, parent] + turned[parent].apply(bone)
    return result


def test_a_root_path_is_measured_on_the_floor(tmp_path):
    hips = JOINTS[[0, 5, 9], 0].astype(float)
    aside = [[0.0, 0.0], [0.06, 0.08], [0.0, -0.3]]  # 0, 10 and 30 cm
    entry = {"type": "root2d", "frame_indices": [0, 5, 9], "smooth_root_2d": (hips[:, [0, 2]] + aside).tolist()}
    errors = constraint_errors(JOINTS, SOMA77, read_constraints(write(tmp_path, [entry])))
    assert errors[ROOT] == pytest.approx([0, 0.1, 0.3], abs=1e-6)
    # The second is at the limit, to within float32: 9 cm instead makes the test certain.
    errors[ROOT][1] = 0.09
    assert constraint_metrics(errors) == pytest.approx(
        {"constraint_root2d_err": 0.13, "constraint_root2d_acc": 2 / 3}, abs=1e-6
    )


@pytest.mark.parametrize("skeleton", [SOMA77, SOMA30], ids=lambda skeleton: skeleton.name)
def test_poses_are_where_slow_kinematics_put_them(tmp_path, skeleton):
    frames = [3, 11]
    full = {"type": "fullbody", "frame_indices": frames, **random_pose(skeleton, 2)}
    hand = {"type": "left-hand", "frame_indices": [4], **random_pose(skeleton, 1, seed=1)}
    several = {
        "type": "end-effector",
        "joint_names": ["right_foot", "Hips"],
        "frame_indices": [6],
        **random_pose(skeleton, 1, seed=2),
    }
    found = constraint_errors(JOINTS, SOMA77, read_constraints(write(tmp_path, [full, hand, several])))

    def slow(entry: dict, names: list[str]) -> list[float]:
        target = slow_pose(entry, skeleton)
        return [
            float(np.linalg.norm(JOINTS[frame, SOMA77.index(name)] - target[at, skeleton.index(name)]))
            for at, frame in enumerate(entry["frame_indices"])
            for name in names
        ]

    fingers = {
        77: [name for name in SOMA77.joints if name.startswith("LeftHand")],
        30: ["LeftHand", "LeftHandMiddleEnd"],
    }[len(skeleton.joints)]
    foot = [name for name in ("RightFoot", "RightToeBase", "RightToeEnd") if name in skeleton.joints]
    assert found[FULL_BODY] == pytest.approx(slow(full, list(skeleton.joints)), abs=1e-5)
    assert found[END_EFFECTOR] == pytest.approx([*slow(hand, fingers), *slow(several, [*foot, "Hips"])], abs=1e-5)


def test_a_motion_of_thirty_joints_is_measured_on_the_joints_it_has(tmp_path):
    order = [SOMA77.index(name) for name in SOMA30.joints]
    entry = {"type": "fullbody", "frame_indices": [2], **random_pose(SOMA77, 1)}
    hand = {"type": "right-hand", "frame_indices": [2], **random_pose(SOMA77, 1)}
    constraints = read_constraints(write(tmp_path, [entry, hand]))
    whole = constraint_errors(JOINTS, SOMA77, constraints)
    part = constraint_errors(JOINTS[:, order], SOMA30, constraints)
    assert part[FULL_BODY] == pytest.approx(whole[FULL_BODY][sorted(order)], abs=1e-6)
    wrist_and_middle = [0, end_effector_joints(["RightHand"], SOMA77).index("RightHandMiddleEnd")]
    assert part[END_EFFECTOR] == pytest.approx(whole[END_EFFECTOR][wrist_and_middle], abs=1e-6)


def test_constraints_without_frames_hold_nothing(tmp_path):
    entries = [{"type": "root2d", "frame_indices": [], "smooth_root_2d": []}, {"type": "fullbody", "frame_indices": []}]
    assert read_constraints(write(tmp_path, entries)) == []
    assert constraint_errors(JOINTS, SOMA77, []) == {}
    assert constraint_metrics({}) == {}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, "holds a dict; expected a list"),
        ([3], "constraint 0 has the type None; expected one of root2d"),
        ([{"type": "knee"}], "has the type 'knee'"),
        ([{"type": "root2d"}], r"has no frame_indices; expected numbers of shape \(any\)"),
        ([{"type": "root2d", "frame_indices": [0.5]}], "not whole numbers"),
        ([{"type": "root2d", "frame_indices": [1, 2], "smooth_root_2d": [[0, 0]]}], r"shape \(1, 2\); expected"),
        ([{"type": "root2d", "frame_indices": [1], "smooth_root_2d": [["a", 0]]}], "is no array of numbers"),
        ([{"type": "root2d", "frame_indices": [1], "smooth_root_2d": [[0, float("nan")]]}], "not finite"),
        ([{"type": "root2d", "frame_indices": [1], "smooth_root_2d": [[0, 0, 0, 0]]}], "x and z"),
        (
            [{"type": "fullbody", "frame_indices": [1], "local_joints_rot": [[[0, 0, 0]]]}],
            "has 1 joints; expected SOMA",
        ),
        ([{"type": "end-effector", "frame_indices": [1], **random_pose(SOMA30, 1)}], "has no joint_names"),
        (
            [{"type": "end-effector", "frame_indices": [1], "joint_names": ["Nose"], **random_pose(SOMA30, 1)}],
            "no end effector 'Nose'; expected LeftHand",
        ),
    ],
)
def test_bad_files_are_told_by_their_entry(tmp_path, entries, message):
    with pytest.raises(DatasetError, match=message) as told:
        read_constraints(write(tmp_path, entries))
    assert str(tmp_path / "constraints.json") in str(told.value)


@pytest.mark.parametrize("frame", [-1, 20])
def test_frames_outside_the_motion_are_told(tmp_path, frame):
    path = write(tmp_path, [{"type": "root2d", "frame_indices": [3, frame], "smooth_root_2d": [[0, 0], [0, 0]]}])
    with pytest.raises(DatasetError, match="the motion has frames 0 to 19"):
        constraint_errors(JOINTS, SOMA77, read_constraints(path))


def test_a_suite_with_constraints(tmp_path):
    group = "repetition/constraints_withtext/mixture/root_ee_hands_posrot"
    offsets = [0.02, 0.05, 0.30]
    for number, offset in enumerate(offsets):
        folder = write_case(tmp_path, f"{group}/{number:04d}", number, generated=number, truth=number)
        x = float(numbered_joints(number)[0, 0, 0]) + offset
        z = float(numbered_joints(number)[0, 0, 2])
        write(folder, [{"type": "root2d", "frame_indices": [0], "smooth_root_2d": [[x, z]]}])
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    means = evaluation.groups[group]["per_motion_mean_gen"]
    assert means["constraint_root2d_err"] == pytest.approx(np.mean(offsets), abs=1e-5)
    assert means["constraint_root2d_err_p95"] == pytest.approx(np.quantile(offsets, 0.95), abs=1e-5)
    assert means["constraint_root2d_acc"] == pytest.approx(2 / 3)
    case = json.loads((tmp_path / group / "0002" / "metrics.json").read_text())
    assert case["per_motion_mean_gt"]["constraint_root2d_err"] == pytest.approx(0.30, abs=1e-5)
    line = evaluation.summary["tables"]["repetition"]["constraints"][0]
    assert line["2D Root Pos (gen, cm)"] == pytest.approx(100 * np.mean(offsets), abs=1e-3)
    tables = {table.name: table for table in result_of(evaluation, "fake", strict=True).tables}
    assert tables["strict_motion"].rows[f"{group}: generated"]["root_error_p95"].count == 3
    assert "published_constraints" in tables
    # A constraint after the motion's end leaves its case out, not the group.
    write(folder, [{"type": "root2d", "frame_indices": [99], "smooth_root_2d": [[0, 0]]}])
    evaluation = evaluate_testsuite(tmp_path, model=SuiteEncoder())
    assert [row.name for row in evaluation.left_out] == [f"{group}/0002"]
