"""The 186 features: the reference's numbers, a slow obvious copy, invariances, odd motions."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tmr.model.batch import pad
from tmr.motion.features import FEATURES
from tmr.motion.skeleton import built_in_skeleton

REFERENCE = np.load(Path(__file__).parent / "data" / "portable_reference.npz", allow_pickle=False)
NAMES = ("short", "walk_turn", "slow")
SOMA = FEATURES["soma30_186"]
SKELETON = built_in_skeleton("somaskel30")


def features_of(joints: np.ndarray, *, canonical: bool = True) -> np.ndarray:
    """Return the features of one motion."""
    batch, mask = torch.from_numpy(joints)[None], torch.ones(1, len(joints), dtype=torch.bool)
    compute = SOMA.compute if canonical else SOMA.extract
    return compute(batch, mask, 30.0)[0].numpy()


def made_up(num_frames: int, seed: int) -> np.ndarray:
    """Return a motion that wanders, turns and wobbles, about as large as a person."""
    rng = np.random.default_rng(seed)
    angle = np.cumsum(rng.normal(0, 0.1, num_frames)) + rng.uniform(-3, 3)
    rest = SKELETON.rest + rng.normal(0, 0.05, (num_frames, 30, 3))
    turned = rotated_about_y(rest, angle)
    path = np.cumsum(rng.normal(0, 0.02, (num_frames, 1, 3)), axis=0) * (1, 0.1, 1)
    return (turned + path + rng.normal(0, 3, (1, 1, 3)) * (1, 0, 1)).astype(np.float32)


def rotated_about_y(vectors: np.ndarray, angle: np.ndarray | float) -> np.ndarray:
    """Turn vectors (frame, joint, 3) so that +z goes towards +x by an angle, one for each frame or for all."""
    cosine, sine = np.reshape(np.cos(angle), (-1, 1)), np.reshape(np.sin(angle), (-1, 1))
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.stack((cosine * x + sine * z, y, -sine * x + cosine * z), axis=-1)


@pytest.mark.parametrize("name", NAMES)
def test_features_are_the_references(name: str) -> None:
    joints = REFERENCE[f"joints/{name}"]
    np.testing.assert_allclose(
        features_of(joints, canonical=False), REFERENCE[f"features/{name}"], rtol=1e-5, atol=2e-6
    )
    np.testing.assert_allclose(features_of(joints), REFERENCE[f"canonical/{name}"], rtol=1e-5, atol=2e-6)


def slow_features(joints: np.ndarray) -> np.ndarray:
    """Compute the features before canonicalisation frame by frame and joint by joint, in float64."""
    joints = joints.astype(np.float64)
    rows = []
    for frame in range(len(joints)):
        pose = joints[frame]
        hips = pose[SKELETON.index("LeftLeg")] - pose[SKELETON.index("RightLeg")]
        angle = np.arctan2(-hips[2], hips[0])
        at = max(min(frame, len(joints) - 2), 0)
        velocity = (joints[at + 1] - joints[at]) * 30 if len(joints) > 1 else np.zeros_like(pose)
        floor = pose[0] * (1, 0, 1)
        around = [rotated_about_y((joint - floor)[None, None], -angle)[0, 0] for joint in pose[1:]]
        moving = [rotated_about_y(one[None, None], -angle)[0, 0] for one in velocity]
        feet = [SKELETON.index(foot) for foot in ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")]
        contacts = [float(np.linalg.norm(velocity[foot]) < 0.15 and pose[foot, 1] < 0.1) for foot in feet]
        rows.append(np.concatenate((pose[0], [np.cos(angle), np.sin(angle)], *around, *moving, contacts)))
    return np.array(rows)


@settings(max_examples=20, deadline=None)
@given(num_frames=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
def test_features_are_those_of_the_slow_way(num_frames: int, seed: int) -> None:
    joints = made_up(num_frames, seed)
    np.testing.assert_allclose(features_of(joints, canonical=False), slow_features(joints), atol=2e-4)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), angle=st.floats(-7, 7), x=st.floats(-50, 50), z=st.floats(-50, 50))
def test_where_a_motion_starts_and_faces_does_not_matter(seed: int, angle: float, x: float, z: float) -> None:
    joints = made_up(9, seed)
    moved = (rotated_about_y(joints, angle) + np.array((x, 0, z))).astype(np.float32)
    before, after = features_of(joints), features_of(moved)
    np.testing.assert_allclose(before[:, :182], after[:, :182], atol=2e-3)
    # A foot whose speed or height is at the very threshold may cross it by rounding.
    assert (before[:, 182:] != after[:, 182:]).sum() <= 1


@settings(max_examples=20, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    garbage=st.sampled_from((0.0, 1e9, float("nan"), float("inf"))),
)
def test_a_batch_gives_what_each_gives_alone(lengths: list[int], garbage: float) -> None:
    motions = [made_up(length, seed) for seed, length in enumerate(lengths)]
    joints, mask = (torch.from_numpy(array) for array in pad(motions))
    joints[~mask] = garbage
    joints = torch.cat((joints, joints.new_full((len(joints), 3, 30, 3), garbage)), dim=1)
    mask = torch.cat((mask, mask.new_zeros(len(mask), 3)), dim=1)
    together = SOMA.compute(joints, mask, 30.0).numpy()
    for row, motion in zip(together, motions, strict=True):
        np.testing.assert_array_equal(row[: len(motion)], features_of(motion))
        assert not row[len(motion) :].any()


def test_one_frame_has_no_velocity() -> None:
    features = features_of(made_up(1, 0))
    assert np.isfinite(features).all()
    assert not features[:, 92:182].any()
    np.testing.assert_allclose(features[0, [0, 2, 3, 4]], (0, 0, 1, 0), atol=1e-6)


def test_hips_without_direction_face_forward() -> None:
    joints = made_up(3, 0)
    left, right = SKELETON.index("LeftLeg"), SKELETON.index("RightLeg")
    joints[1, left] = joints[1, right] + np.float32((0, 0.2, 0))
    joints[2] = 0
    features = features_of(joints, canonical=False)
    assert np.isfinite(features).all()
    np.testing.assert_array_equal(features[1:, 3:5], ((1, 0), (1, 0)))


def test_joints_can_have_gradients() -> None:
    joints = torch.from_numpy(made_up(5, 0))[None].requires_grad_()
    SOMA.compute(joints, torch.ones(1, 5, dtype=torch.bool), 30.0).sum().backward()
    assert joints.grad is not None
    assert torch.isfinite(joints.grad).all()


def test_fps_scales_velocities() -> None:
    joints = torch.from_numpy(made_up(5, 0))[None]
    mask = torch.ones(1, 5, dtype=torch.bool)
    slow, fast = SOMA.extract(joints, mask, 20.0), SOMA.extract(joints, mask, 60.0)
    torch.testing.assert_close(3 * slow[..., 92:182], fast[..., 92:182])
