"""Units and up axes are found from the body, whatever it does, and are never guessed in silence."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion_files import soma_joints
from tmr.errors import MotionFileError
from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import Skeleton, built_in_skeleton
from tmr.motion.units import UNITS, UP_AXES, body_span, normalise_axes_and_units

SOMA = built_in_skeleton("somaskel30")


def turned(joints: np.ndarray, up: str) -> np.ndarray:
    """Return y-up joints as a file with another up axis has them."""
    result = np.empty_like(joints)
    for to, (source, sign) in enumerate(UP_AXES[up]):
        result[..., source] = sign * joints[..., to]
    return result


def lying(num_frames: int = 40) -> np.ndarray:
    """Return a body on its back on the floor, its head towards -z."""
    flat = Rotation.from_euler("x", -90, degrees=True).as_matrix()
    joints = np.repeat(soma_joints(1).astype(np.float64) @ flat.T, num_frames, axis=0)
    joints[..., 1] -= joints[..., 1].min() - 0.03
    joints[..., 2] += 3
    return joints


@pytest.mark.parametrize("up", list(UP_AXES))
@pytest.mark.parametrize("unit", ["m", "cm", "mm", "inch", "cmu"])
def test_any_unit_and_axis_is_found(up: str, unit: str) -> None:
    joints = soma_joints(8)
    motion = normalise_axes_and_units(turned(joints, up) / UNITS[unit], 30.0, SOMA, name="a")
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)
    assert any(unit in note for note in motion.notes)
    assert any(note.startswith(f"The {up} axis") for note in motion.notes)


def test_turning_to_y_up_never_mirrors() -> None:
    for axes in UP_AXES.values():
        matrix = np.zeros((3, 3))
        for to, (source, sign) in enumerate(axes):
            matrix[to, source] = sign
        assert np.linalg.det(matrix) == 1


def test_what_is_given_wins() -> None:
    joints = soma_joints(4)
    motion = normalise_axes_and_units(joints, 30.0, SOMA, name="a", unit="cm", up="z")
    np.testing.assert_allclose(motion.joints[..., 1], joints[..., 2] / 100, atol=1e-6)
    assert any("is the unit right?" in note for note in motion.notes)
    assert (
        normalise_axes_and_units(joints, 30.0, SOMA, name="a", unit=1.0)
        .notes[0]
        .startswith("One unit is 1 m, as given")
    )


def test_a_body_that_lies_through_the_clip_keeps_y_up() -> None:
    joints = lying()
    motion = normalise_axes_and_units(joints, 30.0, SOMA, name="a")
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)
    assert any("seldom upright" in note for note in motion.notes)


def test_where_nothing_tells_the_likely_axis_is_assumed_and_said() -> None:
    joints = lying() + np.array([0, 1.5, 0])
    joints[20:] = joints[20:] @ Rotation.from_euler("y", 180, degrees=True).as_matrix().T
    motion = normalise_axes_and_units(joints, 30.0, SOMA, name="a")
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)
    assert any("assumed" in note for note in motion.notes)


def test_joints_without_telling_names_are_understood_by_their_hierarchy() -> None:
    skeleton = Skeleton("a", tuple(f"joint_{i}" for i in range(30)), SOMA.parents)
    joints = soma_joints(8)
    motion = normalise_axes_and_units(turned(joints, "z") * 100, 30.0, skeleton, name="a")
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)
    chain = Skeleton("a", ("a", "b", "c"), (-1, 0, 1))
    motion = normalise_axes_and_units(joints[:, :3], 30.0, chain, name="a")
    assert any("No head and feet" in note for note in motion.notes)


def test_a_child_in_centimetres_is_a_child() -> None:
    joints = soma_joints(4) * 0.6
    motion = normalise_axes_and_units(joints * 100, 30.0, SOMA, name="a")
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)


def test_an_unknown_unit_makes_an_adult() -> None:
    motion = normalise_axes_and_units(soma_joints(4) * 7, 30.0, SOMA, name="a")
    assert 1.4 < np.ptp(motion.joints[0, :, 1]) < 1.8
    assert "fits no known unit" in motion.notes[0]


def test_a_hand_is_no_body() -> None:
    names = (
        "Hand",
        *(f"{finger}{part}" for finger in ("Index", "Middle", "Ring", "Pinky", "Thumb") for part in (1, 2)),
    )
    parents = (-1, *(parent for finger in range(5) for parent in (0, 1 + 2 * finger)))
    joints = np.zeros((3, 11, 3))
    joints[:, 1:, 0] = np.tile([9.0, 16.0], 5)
    joints[:, 1:, 2] = np.repeat(np.linspace(-4, 4, 5), 2)
    motion = normalise_axes_and_units(joints, 30.0, Skeleton("hand", names, parents), name="a")
    np.testing.assert_allclose(np.abs(motion.joints).max(), 0.16, rtol=1e-5)
    assert "a hand's" in motion.notes[0]


@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_a_root_on_the_floor_is_no_bone(speed: float) -> None:
    skeleton = Skeleton("a", ("floor", *SOMA.joints), (-1, *(parent + 1 for parent in SOMA.parents)))
    body = soma_joints(40) + [5, 0, 0] + speed * np.arange(40)[:, None, None]
    joints = np.concatenate([np.zeros((40, 1, 3)), body], axis=1)
    assert body_span(joints, skeleton) == pytest.approx(body_span(soma_joints(1).astype(np.float64), SOMA), rel=1e-5)


@settings(max_examples=40)
@given(st.floats(1e-3, 1e5), st.sampled_from(list(UP_AXES)), st.integers(0, 1000))
def test_it_is_always_metres(scale: float, up: str, seed: int) -> None:
    joints = soma_joints(3) + np.random.default_rng(seed).normal(size=3)
    motion = normalise_axes_and_units(turned(joints, up) * scale, 30.0, SOMA, name="a")
    span = body_span(motion.joints.astype(np.float64), SOMA)
    assert 0.9 < span < 3.2
    assert len(motion.notes) == 2


@pytest.mark.parametrize(
    ("joints", "options", "message"),
    [
        (np.zeros((3, 30, 3)), {}, "0 units tall"),
        (np.full((3, 30, 3), 1e30), {}, "units tall"),
        (soma_joints().astype(np.float64) * 1e200, {}, "units tall"),
        (np.full((3, 30, 3), np.inf), {}, "'Hips' is not a finite number"),
        (np.zeros((3, 29, 3)), {}, r"expected numbers \(frames, 30, 3\)"),
        (np.zeros((0, 30, 3)), {}, "no frames"),
        (np.zeros((3, 90)), {}, "shape"),
        (np.array([["a"]]), {}, "expected"),
        (soma_joints() + np.float32(1e7), {}, "from the origin"),
        (soma_joints(), {"unit": "yard"}, "'yard' is unknown"),
        (soma_joints(), {"unit": 0.0}, "is unknown"),
        (soma_joints(), {"up": "Y"}, "'Y' is unknown"),
    ],
)
def test_what_is_wrong_is_said(joints: np.ndarray, options: dict[str, str], message: str) -> None:
    with pytest.raises(MotionFileError, match=message):
        normalise_axes_and_units(joints, 30.0, SOMA, name="a", **options)  # pyright: ignore[reportArgumentType]


def test_motion_from_joints() -> None:
    joints = turned(soma_joints(5), "z") * 100
    motion = Motion.from_joints(joints, fps=30.0, names=SOMA.joints, parents=SOMA.parents, name="mine")
    np.testing.assert_allclose(motion.joints, soma_joints(5), atol=1e-5)
    assert motion.name == "mine"


@pytest.mark.parametrize("drift", [0.0, 0.002, 0.004])
def test_a_noisy_motion_has_the_size_of_its_body(drift):
    still = soma_joints(1).astype(np.float64)
    noise = np.random.default_rng(0).normal(0, drift, (150, *still.shape[1:]))
    span = body_span(still + np.cumsum(noise, axis=0), SOMA)
    assert span == pytest.approx(body_span(still, SOMA), rel=0.35)


def with_targets(joints: np.ndarray) -> tuple[np.ndarray, Skeleton]:
    """Return a body's joints with a root and targets of inverse kinematics that stay where they are, as Unreal's."""
    names = ("root", *SOMA.joints, "ik_hand_root", "ik_hand_l", "ik_hand_r")
    parents = (-1, *(parent + 1 for parent in SOMA.parents), 0, len(SOMA.joints) + 1, len(SOMA.joints) + 1)
    still = np.float32([[0, 0, 0], [0, 0, 0], [3, 0, 0], [-3, 0, 0]])
    still = np.repeat(still[None], len(joints), axis=0)
    return np.concatenate([still[:, :1], joints, still[:, 1:]], axis=1), Skeleton("unreal", names, parents)


def test_what_is_no_part_of_the_body_does_not_tell_its_size() -> None:
    joints, skeleton = with_targets(soma_joints(8))
    motion = normalise_axes_and_units(100 * joints, 30.0, skeleton, name="a")
    assert motion.notes[0].startswith("One unit is 0.01 m")


def test_a_root_that_stays_does_not_tell_where_the_floor_is() -> None:
    crawl = next(item.motion for item in procedural_library() if item.name == "crawl")
    joints, skeleton = with_targets(crawl.joints + np.float32([0, 0, 2]))
    motion = normalise_axes_and_units(joints, 30.0, skeleton, name="a")
    assert motion.notes[-1].startswith("The y axis")


@pytest.mark.parametrize(
    ("name", "up", "likely"), [("crawl", "y", "y"), ("raise_arm_left", "y", "z"), ("lie_down", "z", "y")]
)
@pytest.mark.parametrize("floor", [-5, 12])
def test_the_floor_need_not_be_at_zero(name: str, up: str, likely: str, floor: float) -> None:
    # At the origin, a body that stands seems to rest on the zero of an axis across it.
    motion = next(item.motion for item in procedural_library() if item.name == name)
    joints = turned(motion.joints + np.float32([0, floor, 0]), up)
    read = normalise_axes_and_units(joints, 30.0, SOMA, name="a", likely_up=likely)
    assert read.notes[-1].startswith(f"The {up} axis")


@pytest.mark.parametrize("top", ["eye", "shoulder"])
def test_points_without_a_head_tell_the_up_axis(top: str) -> None:
    soma = {"eye": "Eye", "shoulder": "Arm", "hip": "Leg", "knee": "Shin", "ankle": "Foot"}
    parts = [part for part in soma if part in (top, "hip", "knee", "ankle")]
    names = tuple(f"{side.lower()}_{part}" for part in parts for side in ("Left", "Right"))
    joints = soma_joints(8)[:, [SOMA.index(side + soma[part]) for part in parts for side in ("Left", "Right")]]
    points = Skeleton("points", names, (-1,) * len(names))
    read = normalise_axes_and_units(turned(joints, "z"), 30.0, points, name="a")
    assert read.notes[-1].startswith("The z axis points up: the head is above the feet")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("joints", [soma_joints(2).tolist(), torch.zeros(2, 30, 3)])
def test_what_is_no_array_is_told(joints) -> None:
    with pytest.raises(MotionFileError, match="expected a NumPy array"):
        Motion(joints, 30.0, SOMA)


@pytest.mark.usefixtures("unchecked")
def test_a_rate_from_an_array_is_a_number() -> None:
    for fps in (np.array(30), np.float32(30), torch.tensor(30.0)):
        assert json.dumps(Motion(soma_joints(2), fps, SOMA).fps) == "30.0"  # pyright: ignore[reportArgumentType]
    with pytest.raises(MotionFileError, match="the frame rate is None; expected a number"):
        Motion(soma_joints(2), None, SOMA)  # pyright: ignore[reportArgumentType]


def test_a_part_may_end_at_infinity() -> None:
    motion = Motion(soma_joints(30), 30.0, SOMA)
    assert motion.cut(0.5, math.inf).num_frames == 15
    assert motion.frames_between(-math.inf, math.inf) == (0, 30)
    assert motion.frames_between(0.2, 0.1) == (6, 7)


@pytest.mark.parametrize("name", ["somaskel30", "somaskel77", "smplx22"])
def test_arrays_of_a_known_skeleton_have_its_t_pose(name) -> None:
    known = built_in_skeleton(name)
    motion = Motion.from_joints(
        soma_joints(3, name=name) * 100, fps=30.0, names=list(known.joints), parents=list(known.parents), unit="cm"
    )
    assert motion.skeleton is known
    other = Motion.from_joints(
        soma_joints(3, name=name), fps=30.0, names=["root", *known.joints[1:]], parents=known.parents
    )
    assert (other.skeleton.name, other.skeleton.rest) == ("joints:root", None)
