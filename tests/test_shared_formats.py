"""Every real file of the shared folder reads as a body in metres with y up, and equals what others made of it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import SHARED
from tmr.motion.formats import find_motion_files, read_motion
from tmr.motion.skeleton import Skeleton

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there")

SAMPLES = find_motion_files(SHARED / "samples") if SHARED.is_dir() else []
KIMODO = find_motion_files(SHARED / "conformance" / "motions") if SHARED.is_dir() else []


@pytest.mark.parametrize("path", SAMPLES + KIMODO, ids=lambda path: path.name)
def test_real_files_are_bodies_on_a_floor(path: Path) -> None:
    motion = read_motion(path)
    height = np.percentile(np.ptp(motion.joints[..., 1], axis=1), 95)
    assert 1.35 < height < 2.1  # to the highest joint; raised hands count
    assert -0.05 < np.percentile(motion.joints[..., 1].min(1), 5) < 0.2
    assert motion.fps in (20, 30, 100, 119.88, 120)
    assert len(motion.notes) >= 2
    moved = motion.fps * np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1)
    # Metres a second: no setup pose is left. The Acclaim file itself has two jumps, where markers come into sight.
    assert len(moved) == 0 or (moved[0].max() < 15 and np.percentile(moved.max(1), 99) < 15)


def test_humanml3d_features_agree_with_its_joints() -> None:
    folder = SHARED / "samples" / "humanml3d"
    joints = read_motion(folder / "new_joints_012314.npy").joints
    np.testing.assert_allclose(read_motion(folder / "new_joint_vecs_012314.npy").joints, joints, atol=1e-5)


def test_the_acclaim_body_walks_on_its_own_feet() -> None:
    motion = read_motion(SHARED / "samples" / "cmu_asfamc" / "03_02.amc")
    index = motion.skeleton.index
    thigh = np.linalg.norm(motion.joints[:, index("lfemur")] - motion.joints[:, index("lhipjoint")], axis=-1)
    np.testing.assert_allclose(thigh, 7.16147 * 0.0254 / 0.45, rtol=1e-4)
    left = motion.joints[:, index("lhipjoint")] - motion.joints[:, index("rhipjoint")]
    toes = sum(motion.joints[:, index(f"{side}toes")] - motion.joints[:, index(f"{side}foot")] for side in "lr")
    travelled = motion.joints[-1, 0] - motion.joints[0, 0]
    assert (np.cross([0, 1, 0], toes) * left).sum(-1).mean() > 0  # left is left of where the toes point
    assert np.dot(toes.mean(0), travelled) > 0


@pytest.mark.parametrize(
    ("pack", "clip"),
    [
        ("cmu", "cmu/35_24"),
        ("cmu", "cmu/35_26"),
        ("cmu", "cmu/06_09"),
        ("cmu", "cmu/13_32"),
        ("ad_head", "ad_head/cmu1__jumping_jacks"),
        ("ad_head", "ad_head/fair1__dab"),
        ("ad_head", "ad_head/rokoko__jesse_dance"),
    ],
)
def test_bvh_equals_the_packs(pack: str, clip: str) -> None:
    data = SHARED / "data"
    if not (data / f"{pack}.npz").is_file():
        pytest.skip(f"{data / pack}.npz is not there")
    sys.path.insert(0, str(data))
    from mocap_pack import read_pack  # pyright: ignore[reportMissingImports]

    sys.path.remove(str(data))
    expected = next(each for each in read_pack(data / f"{pack}.npz") if each.id == clip)
    motion = read_motion(next(path for path in SAMPLES if path.stem == clip.split("/")[1]))
    skeleton = Skeleton("pack", tuple(expected.names), tuple(expected.parents))
    joints = motion.joints[:, [motion.skeleton.index(name) for name in skeleton.joints]].astype(np.float64)
    # The packs have fewer frames, left out others at the start, and have units of their own.
    step = round(motion.fps / expected.fps)
    errors = []
    for shift in range(-8, 9):
        frames = np.arange(len(expected.joints)) * step + shift
        known = (frames >= 0) & (frames < len(joints))
        errors.append(_misfit(joints[frames[known]], expected.joints[known]))
    assert min(errors) < 1e-4


def _misfit(joints: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest distance, in metres, after the best turn, shift and scale."""
    a = (joints - joints.mean((0, 1))).reshape(-1, 3)
    b = (expected - expected.mean((0, 1))).reshape(-1, 3)
    left, sizes, right = np.linalg.svd(a.T @ b)
    assert np.linalg.det(left @ right) > 0  # not mirrored
    return float(np.linalg.norm(a @ left @ right * sizes.sum() / (a * a).sum() - b, axis=-1).max())
