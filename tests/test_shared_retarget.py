"""Retargeting on the real files and clips of the shared folder, where it is there."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tmr.motion.formats import read_motion
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget
from tmr.motion.skeleton import Skeleton, built_in_skeleton

SOMA = built_in_skeleton("somaskel30")
PARENTS = [max(parent, 0) for parent in SOMA.parents]
LENGTHS = np.linalg.norm(SOMA.rest - SOMA.rest[PARENTS], axis=-1)


def check(result: Motion) -> None:
    """Check what holds for every result: SOMA's bones, 30 fps, all finite, nothing deep in the floor."""
    assert (result.skeleton, result.fps) == (SOMA, 30.0)
    lengths = np.linalg.norm(result.joints - result.joints[:, PARENTS], axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to(LENGTHS, lengths.shape), atol=2e-6)
    assert np.quantile(result.joints[..., 1], 0.001) > -0.1


def test_every_sample(shared: Path) -> None:
    files = [path for path in (shared / "samples").rglob("*") if path.suffix in (".bvh", ".amc", ".npy")]
    assert len(files) > 10
    for path in files:
        motion = read_motion(path)
        result = retarget(motion)
        check(result)
        assert abs(result.seconds - motion.seconds) < 0.08, path


def test_kimodo_motions_come_back_as_they_are(shared: Path) -> None:
    for path in (shared / "conformance" / "motions").glob("*.npz"):
        joints = np.load(path)["posed_joints"]
        motion = Motion(joints, 30.0, SOMA)
        assert np.array_equal(retarget(motion).joints, joints)
        assert np.array_equal(mirror(mirror(motion)).joints, joints)


def test_soma_motions_survive_the_full_way(shared: Path) -> None:
    """Renamed and scaled, SOMA's own motions go through roles, frames and legs, and come back to within 2 cm."""
    for path in (shared / "conformance" / "motions").glob("*.npz"):
        joints = np.load(path)["posed_joints"]
        renamed = Skeleton("renamed", tuple(f"J_{name}" for name in SOMA.joints), SOMA.parents)
        result = retarget(Motion(1.2 * joints + np.float32([0, 0.4, 0]), 30.0, renamed))
        apart = np.linalg.norm(result.joints - joints, axis=-1)
        assert np.median(apart) < 0.02, path
        # A hand that Kimodo left in the floor is raised out of it.
        assert apart.max() < 0.1, path


def test_clips_of_every_pack(shared: Path) -> None:
    spec = importlib.util.spec_from_file_location("mocap_pack", shared / "data" / "mocap_pack.py")
    assert spec is not None
    assert spec.loader is not None
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    for pack, every in (("ad_head", 1), ("cmu", 12), ("hdm05", 24)):
        for number, clip in enumerate(reader.read_pack(shared / "data" / f"{pack}.npz")):
            if number % every == 0:
                skeleton = Skeleton(pack, tuple(clip.names), tuple(clip.parents))
                result = retarget(Motion(clip.joints, clip.fps, skeleton, clip.id))
                check(result)
                assert not any("left-handed" in note for note in result.notes), clip.id


@pytest.mark.parametrize(("side", "other"), [("left", "right"), ("right", "left")])
def test_the_hand_that_waves_is_the_named_one(shared: Path, side: str, other: str) -> None:
    path = shared / "samples" / "bandai" / f"dataset-2_wave-{side}-hand_normal_001.bvh"
    result = retarget(read_motion(path))
    highest = {name: result.joints[:, SOMA.index(f"{name.capitalize()}Hand"), 1].max() for name in (side, other)}
    assert highest[side] > highest[other] + 0.4
