"""Rotations equal SciPy's, and forward kinematics equals a slow, obvious one."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from tmr.motion.rotation import (
    axis_angle_to_matrix,
    euler_to_matrix,
    fit_rotation,
    forward_kinematics,
    inner_joints,
    matrix_to_euler,
    parents_first,
    rotation_between,
    yaw_to_matrix,
)

ORDERS = ["".join(order) for order in permutations("XYZ")]
vectors = arrays(np.float64, (3,), elements=st.floats(-10, 10))


@pytest.mark.parametrize("order", [*ORDERS, "Z", "XZ", "ZXZ"])
def test_euler_angles_are_intrinsic_as_in_scipy(order: str) -> None:
    angles = np.random.default_rng(0).uniform(-7, 7, (50, len(order)))
    expected = Rotation.from_euler(order, angles).as_matrix()
    np.testing.assert_allclose(euler_to_matrix(angles, order), expected, atol=1e-12)


def test_euler_angles_without_axes_are_identities() -> None:
    np.testing.assert_array_equal(euler_to_matrix(np.zeros((2, 0)), ""), np.eye(3)[None].repeat(2, 0))


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_come_back(order: str) -> None:
    rng = np.random.default_rng(1)
    angles = rng.uniform(-np.pi, np.pi, (200, 3))
    angles[:40, 1] = rng.choice([-np.pi / 2, np.pi / 2], 40)  # gimbal lock
    matrices = euler_to_matrix(angles, order)
    found = matrix_to_euler(matrices, order)
    np.testing.assert_allclose(euler_to_matrix(found, order), matrices, atol=1e-7)
    assert (np.abs(found[:, 1]) <= np.pi / 2 + 1e-9).all()


@given(vectors)
def test_axis_angles_are_as_in_scipy(vector: np.ndarray) -> None:
    np.testing.assert_allclose(axis_angle_to_matrix(vector), Rotation.from_rotvec(vector).as_matrix(), atol=1e-9)


def test_tiny_axis_angles_turn_a_little() -> None:
    np.testing.assert_allclose(axis_angle_to_matrix(np.array([1e-8, 0, 0]))[2, 1], 1e-8)


def test_yaw_turns_forward_towards_the_left_side() -> None:
    np.testing.assert_allclose(yaw_to_matrix(np.array(np.pi / 2)) @ [0, 0, 1], [1, 0, 0], atol=1e-12)


def test_parents_come_first() -> None:
    assert parents_first([2, 2, -1, 0, -1]) == [2, 4, 0, 1, 3]
    assert inner_joints([2, 2, -1, 0, -1]).tolist() == [0, 2]


def test_forward_kinematics_equals_the_slow_way() -> None:
    rng = np.random.default_rng(2)
    parents = [2, 0, -1, 2, 1, -1, 5]
    rotations = Rotation.random(5 * 7, random_state=3).as_matrix().reshape(5, 7, 3, 3)
    translations = rng.normal(size=(5, 7, 3))

    def world(frame: int, joint: int) -> np.ndarray:
        local = np.eye(4)
        local[:3, :3], local[:3, 3] = rotations[frame, joint], translations[frame, joint]
        return local if parents[joint] == -1 else world(frame, parents[joint]) @ local

    expected = [[world(frame, joint)[:3, 3] for joint in range(7)] for frame in range(5)]
    np.testing.assert_allclose(forward_kinematics(rotations, translations, parents), expected, atol=1e-12)


@given(vectors, vectors)
def test_the_smallest_rotation_aligns(start: np.ndarray, end: np.ndarray) -> None:
    sizes = np.linalg.norm(start), np.linalg.norm(end)
    matrix = rotation_between(start, end)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)
    if min(sizes) > 1e-3:
        np.testing.assert_allclose(matrix @ start / sizes[0], end / sizes[1], atol=1e-6)


@pytest.mark.parametrize("start", [[0, 2, 0], [1, 1, 1], [-3, 0, 0]])
def test_the_smallest_rotation_of_a_half_turn(start: list[float]) -> None:
    first = np.array(start, dtype=float)
    np.testing.assert_allclose(rotation_between(first, -2 * first) @ first, -first, atol=1e-9)


def test_the_best_fit_is_a_rotation_even_for_a_mirrored_body() -> None:
    start = np.random.default_rng(4).normal(size=(4, 3))
    turns = Rotation.random(6, random_state=5).as_matrix()
    np.testing.assert_allclose(fit_rotation(start, np.einsum("fij,pj->fpi", turns, start)), turns, atol=1e-9)
    mirrored = fit_rotation(start, (start * [-1, 1, 1])[None])
    np.testing.assert_allclose(np.linalg.det(mirrored), 1)
