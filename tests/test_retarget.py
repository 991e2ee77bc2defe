"""Retargeting: exact bone lengths, identity on SOMA, the same wherever the source stands, feet on the floor."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodies import SCHOOLS, school_names, standing, swinging, turned_and_moved
from tmr.errors import SkeletonError
from tmr.motion.jumps import note_jumps
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library
from tmr.motion.resample import resample
from tmr.motion.retarget import retarget
from tmr.motion.skeleton import Skeleton, built_in_skeleton

SOMA = built_in_skeleton("somaskel30")
PARENTS = [max(parent, 0) for parent in SOMA.parents]
NAMES = school_names("motionbuilder")
LEG = 0.40012 + 0.41110  # of the made-up body, metres


def bone_lengths(joints: np.ndarray) -> np.ndarray:
    return np.linalg.norm(joints - joints[..., PARENTS, :], axis=-1)


def joint(motion: Motion, name: str) -> np.ndarray:
    return motion.joints[:, SOMA.index(name)]


def soma_motion(name: str = "somaskel30", num_frames: int = 20, fps: float = 30.0) -> Motion:
    """Return SOMA with its own proportions, turning and sinking: a rigid body keeps all its lengths."""
    skeleton = built_in_skeleton(name)
    rest = skeleton.rest.astype(np.float64) + np.array([0, 1.0, 0])
    angles = np.linspace(0, 1, num_frames)
    turn = np.array([[[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]] for a in angles])
    joints = np.einsum("tij,nj->tni", turn, rest) - np.array([0, 0.2, 0]) * angles[:, None, None]
    return Motion(joints.astype(np.float32), fps, skeleton)


def shifted(motion: Motion, roles: list[str], moved: dict[str, np.ndarray]) -> Motion:
    """Return the motion with some roles' joints moved by (frame, 3)."""
    joints = motion.joints.copy()
    for role, by in moved.items():
        joints[:, roles.index(role)] += by.astype(np.float32)
    return replace(motion, joints=joints)


def test_soma_comes_back_as_it_is() -> None:
    motion = soma_motion()
    assert np.array_equal(retarget(motion).joints, motion.joints)


def test_soma_of_77_joints_gives_its_30() -> None:
    motion = soma_motion("somaskel77")
    subset = [motion.skeleton.joints.index(name) for name in SOMA.joints]
    result = retarget(motion)
    assert result.skeleton is SOMA
    assert np.array_equal(result.joints, motion.joints[:, subset])


def test_soma_at_another_rate_is_only_resampled() -> None:
    motion = soma_motion(num_frames=41, fps=60.0)
    result = retarget(motion)
    assert (result.fps, result.num_frames) == (30.0, 21)
    np.testing.assert_allclose(result.joints, motion.joints[::2], atol=1e-6)
    slow = retarget(soma_motion(num_frames=33, fps=24.0))
    np.testing.assert_allclose(bone_lengths(slow.joints), np.broadcast_to(bone_lengths(SOMA.rest), (41, 30)), atol=1e-6)


@pytest.mark.parametrize("fps", [60.0, 120.0])
def test_soma_with_frames_put_between_is_still_soma(fps: float) -> None:
    """A limb that turns fast comes out short between two frames, by centimetres; the body is the same."""
    motion, _ = swinging(NAMES, seconds=6.0)
    own = retarget(replace(motion, joints=motion.joints[::6].copy()))
    between = resample(own, fps)
    assert np.abs(bone_lengths(between.joints) - bone_lengths(own.joints[:1])).max() > 0.002
    result = retarget(between)
    np.testing.assert_allclose(result.joints, own.joints, atol=1e-5)


@pytest.mark.parametrize("school", SCHOOLS)
def test_bone_lengths_are_somas(school: str) -> None:
    motion, _ = swinging(school_names(school))
    result = retarget(motion)
    assert result.skeleton is SOMA
    assert np.isfinite(result.joints).all()
    expected = np.broadcast_to(bone_lengths(SOMA.rest), (result.num_frames, 30))
    np.testing.assert_allclose(bone_lengths(result.joints), expected, atol=1e-6)


@pytest.mark.parametrize("school", SCHOOLS)
def test_every_school_gives_the_same_motion(school: str) -> None:
    full = retarget(swinging(NAMES)[0])
    result = retarget(swinging(school_names(school))[0])
    apart = np.linalg.norm(result.joints - full.joints, axis=-1)
    # Fewer joints tell less of neck, spine and hands; legs, arms and where the body is stay the same.
    limbs = [
        SOMA.index(side + part) for side in ("Left", "Right") for part in ("Leg", "Shin", "Foot", "ForeArm", "Hand")
    ]
    assert apart[:, limbs].max() < 0.08, school
    assert np.median(apart) < 0.03, school


@settings(max_examples=25)
@given(
    angle=st.floats(-np.pi, np.pi), x=st.floats(-20, 20), y=st.floats(-3, 3), z=st.floats(-20, 20),
    school=st.sampled_from(["motionbuilder", "fifteen", "smpl", "daz"]),
)  # fmt: skip
def test_turned_and_moved_source(angle: float, x: float, y: float, z: float, school: str) -> None:
    motion, _ = swinging(school_names(school), seconds=0.5)
    plain = retarget(motion)
    moved = retarget(turned_and_moved(motion, angle, (x, y, z)))
    scale = np.linalg.norm(SOMA.rest[SOMA.index("LeftFoot")] - SOMA.rest[SOMA.index("LeftLeg")]) / (LEG - 0.0003)
    # The floor is found wherever it is, so a raised source stands as before.
    expected = turned_and_moved(plain, angle, (x * scale, 0.0, z * scale))
    np.testing.assert_allclose(
        moved.joints - moved.joints[:1, :1], expected.joints - expected.joints[:1, :1], atol=2e-4
    )
    np.testing.assert_allclose(moved.joints[..., 1], expected.joints[..., 1], atol=2e-4)
    np.testing.assert_allclose(moved.joints[0, 0], expected.joints[0, 0], atol=2e-2)


@settings(max_examples=15)
@given(size=st.floats(0.3, 4.0))
def test_size_of_the_source_does_not_matter(size: float) -> None:
    motion, _ = swinging(NAMES, seconds=0.5)
    scaled = replace(motion, joints=motion.joints * np.float32(size))
    np.testing.assert_allclose(retarget(scaled).joints, retarget(motion).joints, atol=1e-3)


def test_mirror_commutes() -> None:
    motion, _ = swinging(NAMES)
    apart = np.linalg.norm(retarget(mirror(motion)).joints - mirror(retarget(motion)).joints, axis=-1)
    # SOMA's own halves differ by up to 2 mm a bone.
    assert apart.max() < 0.015


def test_left_is_left() -> None:
    result = retarget(swinging(NAMES)[0])
    assert (joint(result, "LeftHand")[:, 1] > joint(result, "LeftArm")[:, 1] + 0.2).all()
    assert (joint(result, "LeftLeg")[:, 0] > joint(result, "RightLeg")[:, 0]).all()
    assert (joint(result, "LeftToeBase")[:, 2] > joint(result, "LeftFoot")[:, 2]).mean() > 0.9


def test_left_handed_axes_are_turned_and_told() -> None:
    motion, _ = swinging(NAMES)
    foreign = replace(motion, joints=motion.joints * np.float32([-1, 1, 1]))
    result = retarget(foreign)
    assert any("left-handed" in note for note in result.notes)
    np.testing.assert_allclose(result.joints, retarget(motion).joints, atol=1e-6)
    assert retarget(motion).notes == ()


def test_frame_rates_show_the_same_times() -> None:
    fast, slow = (retarget(swinging(NAMES, fps=fps)[0]) for fps in (120.0, 30.0))
    assert fast.fps == slow.fps == 30.0
    assert fast.num_frames == slow.num_frames
    np.testing.assert_allclose(fast.joints, slow.joints, atol=5e-3)


def squatting(num_frames: int = 60) -> tuple[Motion, list[str]]:
    """Return a squat: ankles stay, hips go down, knees forward, all lengths kept."""
    motion, roles = standing(NAMES, num_frames)
    down = 0.25 * (1 - np.cos(np.linspace(0, 2 * np.pi, num_frames)))[:, None] * [0, -1, 0]
    still = {f"{side}_{part}" for side in ("left", "right") for part in ("ankle", "toe", "knee")}
    motion = shifted(motion, roles, {role: down for role in roles if role not in still})
    joints = motion.joints.copy()
    for side in ("left", "right"):
        hip, ankle = (joints[:, roles.index(f"{side}_{part}")] for part in ("hip", "ankle"))
        line = ankle - hip
        far = np.linalg.norm(line, axis=-1, keepdims=True)
        along = (0.40012**2 - 0.41110**2 + far**2) / (2 * far)
        front = np.cross(line / far, [1.0, 0, 0])
        front /= np.linalg.norm(front, axis=-1, keepdims=True)
        joints[:, roles.index(f"{side}_knee")] = hip + along * line / far + np.sqrt(0.40012**2 - along**2) * front
    return replace(motion, joints=joints.astype(np.float32)), roles


def test_planted_feet_stay_planted_and_on_the_floor() -> None:
    result = retarget(squatting()[0])
    for side in ("Left", "Right"):
        assert np.ptp(joint(result, f"{side}Foot"), axis=0).max() < 1e-3
        np.testing.assert_allclose(joint(result, f"{side}Foot")[:, 1], 0.081, atol=2e-3)
        np.testing.assert_allclose(joint(result, f"{side}ToeBase")[:, 1], 0.030, atol=5e-3)
        assert (joint(result, f"{side}Shin")[30] - joint(result, f"{side}Foot")[30])[2] > 0.15
    assert np.ptp(joint(result, "Hips")[:, 1]) > 0.4


@pytest.mark.parametrize("floor", [-2.0, 0.0, 0.7])
def test_a_jump_stays_a_jump(floor: float) -> None:
    motion, _ = standing(NAMES, 90)
    times = np.clip(np.arange(90) / 30 - 1, 0, 0.6)
    height = (4.905 * times * (0.6 - times))[:, None] * [0, 1, 0]
    result = retarget(replace(motion, joints=(motion.joints + height[:, None] + [0, floor, 0]).astype(np.float32)))
    feet = joint(result, "LeftFoot")[:, 1]
    scale = 0.855 / LEG
    assert feet[:25].max() < 0.085
    np.testing.assert_allclose(feet.max() - feet[0], height.max() * scale, rtol=0.02)


def test_a_flight_without_a_landing_stays_in_the_air() -> None:
    motion, _ = standing(NAMES, 10)
    flight = 0.5 + 0.1 * np.arange(10)[:, None, None] * np.array([0, 1, 0])
    result = retarget(replace(motion, joints=(motion.joints + flight).astype(np.float32)))
    assert result.joints[..., 1].min() > 0.4


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("school", ["motionbuilder", "fifteen", "bandai"])
def test_a_lying_body_does_not_sink(school: str, axis: int) -> None:
    motion, _ = standing(school_names(school), 30)
    joints = motion.joints.copy()
    # On its back, or on its side.
    lying = (
        joints[..., [0, 2, 1]] * np.float32([-1, 1, 1])
        if axis == 2
        else joints[..., [1, 0, 2]] * np.float32([1, -1, 1])
    )
    lying[..., 1] += 0.12 - (lying[..., 1].min() if axis == 0 else 0)
    result = retarget(replace(motion, joints=lying))
    assert result.joints[..., 1].min() > -0.02
    trunk = [SOMA.index(name) for name in ("Hips", "Chest", "Neck1")]
    if axis == 2:
        assert result.joints[:, trunk, 1].max() < 0.35


def test_missing_joints_are_placed() -> None:
    result = retarget(swinging(school_names("fifteen"))[0])
    for side in ("Left", "Right"):
        foot, toe, shin = (joint(result, side + part) for part in ("Foot", "ToeBase", "Shin"))
        assert ((toe - foot)[:, 2] > 0.05).all()
        angle = np.einsum("ti,ti->t", toe - foot, shin - foot)
        assert (np.abs(angle) < 0.9 * np.linalg.norm(toe - foot, axis=-1) * np.linalg.norm(shin - foot, axis=-1)).all()
    assert (joint(result, "Head")[:, 1] > joint(result, "Neck1")[:, 1] + 0.1).all()
    assert (joint(result, "LeftEye")[:, 2] > joint(result, "Head")[:, 2]).all()


def test_first_frame_elsewhere_is_replaced() -> None:
    motion, _ = swinging(NAMES)
    joints = motion.joints.copy()
    joints[0] += np.float32([3, 0.5, 0])
    result = retarget(replace(motion, joints=joints))
    assert any("first frame" in note for note in result.notes)
    np.testing.assert_allclose(result.joints[1:], retarget(motion).joints[1:], atol=5e-3)


@pytest.mark.parametrize("others", [(), (20,), (20, 30)])
def test_a_first_frame_that_is_replaced_is_told_once_and_as_no_spike(others: tuple[int, ...]) -> None:
    motion, _ = swinging(NAMES)
    joints = motion.joints.copy()
    joints[[0, *others]] += np.float32([3, 0.5, 0])
    # What moves most after the stray frame has to be slow for it to be one; spikes come later.
    told = note_jumps(replace(motion, joints=joints, notes=("The y axis points up.",)))
    assert told.notes[1].startswith("Frame 1 jumps 3.0 m in ")
    notes = retarget(told).notes
    assert (notes[0], "the first frame is far" in notes[-1]) == ("The y axis points up.", True)
    jumps = [note for note in notes if "spike" in note]
    assert len(jumps) == (1 if others else 0)
    if others:
        several = f", the first of {len(others)} such jumps" if len(others) > 1 else ""
        assert jumps == [f"Frame 20 jumps 3.0 m in 1/{motion.fps:g} s{several}; is it a spike?"]
    # Where nobody looked for jumps, none are told.
    assert len(retarget(replace(told, notes=())).notes) == 1


def test_a_jump_of_the_first_frame_that_stays_is_told() -> None:
    motion, _ = swinging(NAMES)
    joints = motion.joints.copy()
    joints[[0, 2]] += np.float32([3, 0.5, 0])
    assert [note for note in retarget(note_jumps(replace(motion, joints=joints))).notes if "Frame 1 jumps" in note]


@pytest.mark.parametrize("left_handed", [False, True])
def test_the_smpl_body_in_its_rest_pose_stands_level(left_handed: bool) -> None:
    skeleton = built_in_skeleton("smplx22")
    joints = np.repeat(skeleton.rest[None] + np.float32([0, 1.3, 0]), 30, axis=0)
    result = retarget(Motion(joints * np.float32([-1 if left_handed else 1, 1, 1]), 30.0, skeleton))
    for left, right in (("LeftLeg", "RightLeg"), ("LeftShoulder", "RightShoulder")):
        across = joint(result, left) - joint(result, right)
        level = SOMA.rest[SOMA.index(left)] - SOMA.rest[SOMA.index(right)]
        np.testing.assert_allclose(across, np.broadcast_to(level, across.shape), atol=1e-4)


def test_the_smpl_body_at_rest_is_soma_at_rest() -> None:
    skeleton = built_in_skeleton("smplx22")
    joints = np.repeat(skeleton.rest[None] + np.float32([0, 1.3, 0]), 30, axis=0)
    result = retarget(Motion(joints, 30.0, skeleton)).joints
    hips = [SOMA.index("LeftLeg"), SOMA.index("RightLeg")]
    apart = (result - result[:, hips].mean(axis=1, keepdims=True)) - (SOMA.rest - SOMA.rest[hips].mean(axis=0))
    places = {name: np.linalg.norm(apart[:, SOMA.index(name)], axis=-1).max() for name in SOMA.joints}
    # Its arms hang a little and its knees are not straight; nothing else is a bend of the body.
    arms = [name for name in SOMA.joints if "ForeArm" in name or "Hand" in name]
    assert max(place for name, place in places.items() if name not in arms and "Shin" not in name) < 0.02
    assert max(places.values()) < 0.1


def test_arms_spread_in_the_first_frame_only_are_replaced() -> None:
    motion, roles = swinging(NAMES)
    spread = {"left_wrist": np.zeros((motion.num_frames, 3)), "right_wrist": np.zeros((motion.num_frames, 3))}
    spread["left_wrist"][0], spread["right_wrist"][0] = [0.4, 0.4, 0], [-0.4, 0.4, 0]
    result = retarget(shifted(motion, roles, spread))
    assert any("first frame" in note for note in result.notes)
    np.testing.assert_allclose(result.joints[1:], retarget(motion).joints[1:], atol=5e-3)


def test_a_motion_that_begins_fast_keeps_its_first_frame() -> None:
    motion, roles = swinging(NAMES)
    # A kick in full swing at 12 m/s, slowing down.
    way = np.cumsum(np.linspace(12, 2, motion.num_frames))[:, None] / motion.fps * [0, 0, 1]
    assert not retarget(shifted(motion, roles, {"right_ankle": way})).notes


@pytest.mark.parametrize("num_frames", [1, 2, 3])
def test_few_frames(num_frames: int) -> None:
    motion, _ = standing(NAMES, num_frames)
    assert retarget(motion).num_frames == num_frames


@pytest.mark.parametrize("size", [0.0, 1e-12, 1e6])
def test_degenerate_bodies_give_numbers(size: float) -> None:
    motion, _ = standing(NAMES, 4)
    result = retarget(replace(motion, joints=motion.joints * np.float32(size)))
    assert np.isfinite(result.joints).all()
    np.testing.assert_allclose(
        bone_lengths(result.joints), np.broadcast_to(bone_lengths(SOMA.rest), (4, 30)), atol=1e-5
    )


def test_coincident_joints_in_some_frames() -> None:
    motion, roles = swinging(NAMES)
    joints = motion.joints.copy()
    joints[10, roles.index("left_wrist")] = joints[10, roles.index("left_elbow")]
    joints[11] = 0
    joints[12, roles.index("left_hip")] = joints[12, roles.index("right_hip")]
    assert np.isfinite(retarget(replace(motion, joints=joints)).joints).all()


def test_joint_names_override_what_is_found() -> None:
    motion, _ = swinging(NAMES | {"left_hip": "Bone7"})
    with pytest.raises(SkeletonError, match="left_hip"):
        retarget(replace(motion, skeleton=Skeleton("odd", motion.skeleton.joints, (-1,) * len(motion.skeleton.joints))))
    result = retarget(motion, joint_names={"left_hip": "Bone7"})
    np.testing.assert_allclose(result.joints, retarget(swinging(NAMES)[0]).joints, atol=1e-6)


def test_an_animal_on_four_legs_is_told() -> None:
    places = {
        "Hips": (0, 0.5, 0), "Spine": (0, 0.5, 0.25), "Neck": (0, 0.6, 0.5), "Head": (0, 0.75, 0.65),
        "Arm": (0.08, 0.45, 0.45), "ForeArm": (0.08, 0.3, 0.4), "Hand": (0.08, 0.05, 0.4),
        "UpLeg": (0.08, 0.47, 0), "Leg": (0.08, 0.3, 0.05), "Foot": (0.08, 0.1, -0.05), "Toe": (0.08, 0.02, 0),
    }  # fmt: skip
    above = {"Spine": "Hips", "Neck": "Spine", "Head": "Neck", "Arm": "Spine", "ForeArm": "Arm", "Hand": "ForeArm"}
    above |= {"UpLeg": "Hips", "Leg": "UpLeg", "Foot": "Leg", "Toe": "Foot"}
    names, joints, parents = [], [], []
    for sign, side in ((1, "Left"), (-1, "Right")):
        for part, place in places.items():
            if place[0] or sign > 0:
                names.append(f"{side}{part}" if place[0] else part)
                joints.append((sign * place[0], *place[1:]))
                parent = above.get(part, "")
                parents.append(next((at for at, name in enumerate(names) if name in (parent, side + parent)), -1))
    dog = Motion.from_joints(np.array([joints] * 20), fps=30, names=names, parents=parents)
    assert any("four legs" in note for note in retarget(dog).notes)
    crawl = next(item.motion for item in procedural_library() if item.name == "crawl")
    crawling = replace(crawl, joints=1.01 * crawl.joints)  # no longer SOMA's proportions
    assert not any("four legs" in note for note in retarget(crawling).notes)
