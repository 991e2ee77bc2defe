"""BONES-SEED: crops of BVH files as the benchmark's ground truth, the smooth root, and constraints from them."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from scipy.sparse.linalg import splu
from scipy.spatial.transform import Rotation

from command_line import tmr
from kimodo_suites import SOMA77, SuiteEncoder, write_case
from tmr.errors import DatasetError, SkeletonError
from tmr.evaluation.kimodo.constraints import constraint_errors, read_constraints
from tmr.evaluation.kimodo.pose import local_rotations, rotation_vectors
from tmr.evaluation.kimodo.run import evaluate_testsuite
from tmr.evaluation.kimodo.seed import build_ground_truth, cut_take, read_take
from tmr.evaluation.kimodo.smooth import MARGIN, smooth_root

REST = SOMA77.rest.astype(np.float64)
GROUP = "content/text2motion/overview"


def seed_angles(frames: int, seed: int = 0) -> np.ndarray:
    """Small turns of every joint that change slowly, in degrees, Z Y X."""
    random = np.random.default_rng(seed)
    phase, size = random.uniform(0, 6, (77, 3)), random.uniform(0, 12, (77, 3))
    return size * np.sin(phase + np.arange(frames)[:, None, None] / 40)


def seed_hips(frames: int) -> np.ndarray:
    """A curve on the floor, in centimetres; the hips about 95 high."""
    at = np.arange(frames) / 120
    return np.stack([60 * np.sin(at), 95 + 2 * np.sin(9 * at), 40 * at], axis=-1)


def write_seed_bvh(path: Path, frames: int = 400, *, scale: float = 1.0, yaw: float = 50.0, seed: int = 0) -> None:
    """Write a file as BONES-SEED has them: a Root above Hips, centimetres, 120 fps; Y of the hips turns by `yaw`."""
    lines = ["HIERARCHY", "ROOT Root", "{", "OFFSET 0 0 0"]
    six = "CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation"
    lines.append(six)
    order: list[int] = []

    def joint(index: int) -> None:
        order.append(index)
        parent = SOMA77.parents[index]
        offset = (REST[index] - (REST[parent] if parent >= 0 else 0)) * 100 * scale
        lines.extend([f"JOINT {SOMA77.joints[index]}", "{", "OFFSET " + " ".join(f"{each:.6f}" for each in offset)])
        lines.append(six if parent < 0 else "CHANNELS 3 Zrotation Yrotation Xrotation")
        for child, own in enumerate(SOMA77.parents):
            if own == index:
                joint(child)
        lines.append("}")

    joint(0)
    lines += ["}", "MOTION", f"Frames: {frames}", "Frame Time: 0.008333"]
    angles, hips = seed_angles(frames, seed), seed_hips(frames)
    angles[:, 0, 1] += yaw
    for frame in range(frames):
        numbers = [0.0] * 6 + [*hips[frame]]
        for index in order:
            numbers += [*angles[frame, index]]
        lines.append(" ".join(f"{number:.6f}" for number in numbers))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def slow_joints(frames: int, every: int = 4, yaw: float = 50.0) -> np.ndarray:
    """The joints of such a file in metres at 30 fps, joint by joint, with SciPy's rotations."""
    angles, hips = seed_angles(frames)[::every], seed_hips(frames)[::every]
    angles[:, 0, 1] += yaw
    turned, places = [], []
    for index, parent in enumerate(SOMA77.parents):
        local = Rotation.from_euler("ZYX", angles[:, index], degrees=True)
        turned.append(local if parent < 0 else turned[parent] * local)
        bone = turned[parent].apply(REST[index] - REST[parent])
        places.append(hips / 100 if parent < 0 else places[parent] + bone)
    return np.stack(places, axis=1)


def slow_smooth(path: np.ndarray) -> np.ndarray:
    """The described steps with a sparse solver and explicit slices."""
    result = np.tile(path.mean(axis=0), (len(path), 1))
    stride = 2 ** max(int(np.floor(np.log2(len(path)))) - 4, 1)
    while True:
        target, now = path[::stride], result[::stride].copy()
        rows = sparse.lil_matrix((len(target), len(target)))
        for at in range(1, len(target) - 1):
            rows[at, at - 1], rows[at, at], rows[at, at + 1] = -1, 2, -1
        matrix = (rows.T @ rows).tocsc()
        step = 0.25 * np.sqrt(matrix.diagonal().max())
        solver, dual = splu((matrix + step * sparse.eye(len(target))).tocsc()), np.zeros_like(now)
        for _ in range(500):
            near = now + dual - target
            size = np.linalg.norm(near, axis=1, keepdims=True)
            near = target + np.where(size > 0.06, near * 0.06 / np.where(size > 0, size, 1), near)
            dual += 1.8 * (now - near)
            now = solver.solve(step * (near - dual))
        result[::stride] = now
        half = result[stride // 2 :: stride]
        if len(half) == len(now):
            half[-1] = result[::stride][-1] + (result[::stride][-1] - result[::stride][-2]) / 2
        half[: len(now) - 1] = (result[::stride][:-1] + result[::stride][1:]) / 2
        if stride == 1:
            return result
        stride //= 2


def write_seed_case(suite: Path, name: str, crop: tuple[int, int], bvh: str = "BVH/240101/walk.bvh", **extra) -> Path:
    folder = write_case(suite, name, 1)
    start, end = crop
    seed = {"bvh_path": bvh, "crop_start_frame_index": start, "crop_end_frame_index": end, **extra}
    (folder / "seed_motion.json").write_text(json.dumps(seed), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed") / "soma_uniform"
    write_seed_bvh(folder / "bvh" / "240101" / "walk.bvh")
    write_seed_bvh(folder / "bvh" / "240101" / "tall.bvh", 8, scale=1.1)
    return folder


def test_a_take_has_the_joints_of_slow_kinematics(seed):
    take = read_take(seed / "bvh" / "240101" / "walk.bvh")
    joints = slow_joints(400)
    assert take.joints.shape == (100, 77, 3)
    np.testing.assert_allclose(take.joints, joints, atol=2e-5)
    np.testing.assert_allclose(take.smooth[:, [0, 2]], slow_smooth(joints[:, 0, [0, 2]]), atol=2e-5)
    np.testing.assert_allclose(take.smooth[:, 1], joints[:, 0, 1], atol=2e-5)


def test_a_crop_starts_at_the_origin_and_faces_forward(seed):
    take = read_take(seed / "bvh" / "240101" / "walk.bvh")
    truth = cut_take(take, 30, 75)
    assert {name: array.shape for name, array in truth.items()} == {
        "posed_joints": (45, 77, 3),
        "root_positions": (45, 3),
        "smooth_root_pos": (45, 3),
        "foot_contacts": (45, 4),
        "global_root_heading": (45, 2),
    }
    assert truth["smooth_root_pos"][0, [0, 2]] == pytest.approx([0, 0], abs=1e-6)
    left, right = (truth["posed_joints"][0, SOMA77.index(name)] for name in ("LeftLeg", "RightLeg"))
    assert left[2] == pytest.approx(right[2], abs=1e-6)
    assert left[0] > right[0]  # +x is to the figure's left
    # It is moved and turned about y, nothing else: heights and distances stay.
    np.testing.assert_allclose(truth["posed_joints"][..., 1], take.joints[30:75, :, 1], atol=1e-6)
    for array, source in (
        (truth["posed_joints"][:, 0], take.joints[30:75, 0]),
        (truth["smooth_root_pos"], take.smooth[30:75]),
    ):
        steps = np.linalg.norm(np.diff(array, axis=0), axis=-1)
        np.testing.assert_allclose(steps, np.linalg.norm(np.diff(source, axis=0), axis=-1), atol=1e-6)
    turned = np.arctan2(*truth["global_root_heading"].T[::-1])
    np.testing.assert_allclose(turned, np.unwrap(take.heading)[30:75] - take.heading[30], atol=1e-6)


@pytest.mark.parametrize("count", [5, 33, 193])
def test_the_smooth_root_is_that_of_a_sparse_solver(count):
    random = np.random.default_rng(count)
    path = np.cumsum(random.normal(size=(count, 2)) * 0.01, axis=0)
    np.testing.assert_allclose(smooth_root(path), slow_smooth(path), atol=1e-10)


def test_the_smooth_root_has_little_acceleration_and_stays_near():
    at = np.arange(40) / 30
    path = np.stack([at, 0.05 * np.sin(12 * at)], axis=-1)
    smooth = smooth_root(path)
    # The reference's half frame is undone before a general optimiser is asked for the least acceleration.
    middle = (path[:-1] + path[1:]) / 2
    assert np.linalg.norm(smooth[:-1] - middle, axis=-1).max() < MARGIN + 0.003

    def acceleration(flat: np.ndarray) -> float:
        return float((np.diff(flat.reshape(-1, 2), 2, axis=0) ** 2).sum())

    bound = {"type": "ineq", "fun": lambda flat: MARGIN**2 - ((flat.reshape(-1, 2) - middle) ** 2).sum(axis=1)}
    best = minimize(acceleration, middle.ravel(), constraints=[bound], options={"maxiter": 60}).fun
    assert acceleration(smooth[:-1].ravel()) < best + 1e-4 < acceleration(path.ravel())
    assert smooth_root(path[:3]).tolist() == path[:3].tolist()


def test_rotations_bring_the_rest_pose_back_to_the_joints(seed, tmp_path):
    joints = slow_joints(400)[[3, 50, 99]]
    entry = {
        "type": "fullbody",
        "frame_indices": [0, 1, 2],
        "local_joints_rot": local_rotations(joints, SOMA77).tolist(),
        "root_positions": joints[:, 0].tolist(),
    }
    (tmp_path / "constraints.json").write_text(json.dumps([entry]))
    errors = constraint_errors(joints, SOMA77, read_constraints(tmp_path / "constraints.json"))
    assert errors["constraint_fullbody_keyframe"].max() < 1e-5


def test_rotation_vectors_are_those_of_scipy():
    turns = Rotation.random(200, random_state=0)
    almost_half = Rotation.from_rotvec([[0, np.pi, 0], [np.pi - 1e-9, 0, 0], [0, 0, 0], [1e-9, 0, 0]])
    for some in (turns, almost_half):
        found = rotation_vectors(some.as_matrix())
        np.testing.assert_allclose(Rotation.from_rotvec(found).as_matrix(), some.as_matrix(), atol=1e-7)
        assert np.linalg.norm(found, axis=-1).max() <= np.pi + 1e-9


def test_a_suite_is_built_and_evaluated(seed, tmp_path):
    suite, out = tmp_path / "suite", tmp_path / "out"
    write_seed_case(suite, f"{GROUP}/0000", (0, 60))
    path = write_seed_case(suite, "content/constraints_withtext/mixture/root_path_fullbody/0000", (10, 70))
    seeds = [
        {"type": "root2d", "frame_indices": list(range(60)), "use_global_orient": True},
        {"type": "fullbody", "frame_indices": [0, 59]},
        {"type": "left-foot", "frame_indices": [30]},
    ]
    (path / "seed_constraints.json").write_text(json.dumps(seeds))
    seen = []
    assert build_ground_truth(suite, seed, out, show_progress=seen.append) == (2, [])
    assert [progress.done for progress in seen] == [1, 2]
    assert not list(suite.rglob("gt_motion.npz"))
    evaluation = evaluate_testsuite(suite, out, SuiteEncoder())
    assert evaluation.left_out == []
    truth = evaluation.groups["content/constraints_withtext/mixture/root_path_fullbody"]["per_motion_mean_gt"]
    assert truth["constraint_fullbody_keyframe"] < 1e-5
    assert truth["constraint_end_effector"] < 1e-5
    # The hips are beside the smooth root, as in the published ground truth.
    assert 0.005 < truth["constraint_root2d_err"] < MARGIN + 0.01
    assert truth["foot_contact_consistency"] == 1
    filled = json.loads(next(out.rglob("constraints.json")).read_text())
    assert [sorted(entry.keys() - {"type", "frame_indices"}) for entry in filled] == [
        ["global_root_heading", "smooth_root_2d", "use_global_orient"],
        ["local_joints_rot", "root_positions", "smooth_root_2d"],
        ["local_joints_rot", "root_positions", "smooth_root_2d"],
    ]
    assert build_ground_truth(suite, seed, out) == (0, [])
    assert build_ground_truth(suite, seed, out, force=True, only=["*/overview/*"]) == (1, [])


def test_what_cannot_be_cut_is_named(seed, tmp_path):
    names = {
        "0000": ((0, 60), {}),
        "0001": ((90, 130), {}),
        "0002": ((5, 5), {}),
        "0003": ((0, 10), {"bvh": "BVH/240101/gone.bvh"}),
        "0004": ((0, 2), {"bvh": "BVH/240101/tall.bvh"}),
        "0005": ((0, 10), {"bvh": "../../etc/passwd"}),
    }
    for name, (crop, how) in names.items():
        write_seed_case(tmp_path, f"{GROUP}/{name}", crop, **how)
    (tmp_path / GROUP / "0000" / "seed_constraints.json").write_text('[{"type": "root2d", "frame_indices": [60]}]')
    write_seed_case(tmp_path, f"{GROUP}/0006", (0, 100))
    count, left_out = build_ground_truth(tmp_path, seed)
    reasons = {row.name[-4:]: row.reason for row in left_out}
    assert count == 1
    assert "constraint 0 has no frame_indices from 0 to 59" in reasons["0000"]
    assert reasons["0001"] == "frames 90 to 130 are to be cut from a motion of 100 frames at 30 fps"
    assert "frames 5 to 5" in reasons["0002"]
    assert "there is no 240101/gone.bvh" in reasons["0003"]
    assert "cm off SOMA's; the benchmark is cut from bodies of one shape" in reasons["0004"]
    assert "expected frames of a file below" in reasons["0005"]
    assert str(tmp_path) not in "".join(reasons.values())
    with pytest.raises(DatasetError, match="expected BONES-SEED's BVH files"):
        build_ground_truth(tmp_path, tmp_path / "nowhere")
    with pytest.raises(DatasetError, match=r"no cases with seed_motion.json"):
        build_ground_truth(seed, seed)


def test_another_skeleton_is_told(tmp_path):
    (tmp_path / "other.bvh").write_text(
        "HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n"
        "JOINT Spine1\n{\nOFFSET 0 10 0\nCHANNELS 3 Zrotation Yrotation Xrotation\n}\n}\n"
        "MOTION\nFrames: 2\nFrame Time: 0.008333\n0 90 0 0 0 0\n0 90 0 0 0 0\n"
    )
    with pytest.raises(SkeletonError, match="has no joint 'Spine2'; expected the 77 joints of SOMA"):
        read_take(tmp_path / "other.bvh")


def test_the_command_builds_and_names_what_it_could_not(seed, tmp_path):
    for name, crop in (("0000", (0, 60)), ("0001", (20, 80)), ("0002", (200, 260))):
        folder = write_seed_case(tmp_path, f"{GROUP}/{name}", crop)
        for file in ("text_embedding.npy", "gt_motion_embedding.npy"):
            np.save(folder / file, np.eye(256, dtype=np.float32)[[int(name)]])
    done = tmr("evaluate", "kimodo", tmp_path, "--seed-motions", seed)
    assert done.status == 3, done.err
    assert "cut 3 of 3 files, 1 skipped" in done.err
    assert "0002: frames 200 to 260 are to be cut from a motion of 100 frames" in done.out
    assert json.loads((tmp_path / f"{GROUP}.json").read_text())["tmr"]["TMR/t2m_gt_R/R01"] == 100
