"""The readers of `.npy` and `.npz`: HumanML3D, Kimodo, AMASS and plain arrays, and what is wrong with a file."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion_files import soma_joints
from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.formats import loading, read_motion
from tmr.motion.skeleton import built_in_skeleton


def npz(folder: Path, **arrays: object) -> Path:
    path = folder / "a.npz"
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]
    return path


def npy(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "a.npy", array)
    return folder / "a.npy"


@pytest.mark.parametrize("name", ["somaskel30", "somaskel77", "smplx22"])
def test_kimodo_joints(tmp_path: Path, name: str) -> None:
    joints = soma_joints(name=name)
    motion = read_motion(npz(tmp_path, posed_joints=joints, fps=25.0, text="walks"))
    np.testing.assert_array_equal(motion.joints, joints)
    assert (motion.skeleton.name, motion.fps) == (name, 25)
    assert read_motion(npz(tmp_path, posed_joints=joints[None])).fps == 30


@pytest.mark.parametrize("fps", [1e-4, 0.0, -30.0, np.nan, np.inf])
def test_a_rate_that_would_take_memory_without_bound_is_refused(tmp_path: Path, fps: float) -> None:
    path = npz(tmp_path, posed_joints=soma_joints(), fps=fps)
    with pytest.raises(MotionFileError, match="expected 1 to 100,000 frames per second: give fps"):
        read_motion(path)
    with pytest.raises(MotionFileError, match="was given; expected 1 to 100,000"):
        read_motion(path, fps=fps)
    assert read_motion(path, fps=1).fps == 1


def test_a_broken_pose_without_a_place_is_told_of_the_pose(tmp_path: Path) -> None:
    with pytest.raises(MotionFileError, match="the pose holds a value that is not a finite number"):
        read_motion(npz(tmp_path, poses=np.full((5, 156), np.nan)))


def test_kimodo_rotations_equal_the_slow_way(tmp_path: Path) -> None:
    skeleton = built_in_skeleton("somaskel77")
    assert skeleton.rest is not None
    rng = np.random.default_rng(0)
    rotations = Rotation.from_rotvec(rng.normal(size=(3 * 77, 3)) / 5).as_matrix().reshape(3, 77, 3, 3)
    root = rng.normal(size=(3, 3)) + np.array([0, 1, 0])
    motion = read_motion(npz(tmp_path, local_rot_mats=rotations[None], root_positions=root[None], fps=30))
    for frame in range(3):
        turned, placed = {}, {}
        for joint, parent in enumerate(skeleton.parents):
            if parent == -1:
                turned[joint], placed[joint] = rotations[frame, joint], root[frame]
            else:
                turned[joint] = turned[parent] @ rotations[frame, joint]
                placed[joint] = placed[parent] + turned[parent] @ (skeleton.rest[joint] - skeleton.rest[parent])
        np.testing.assert_allclose(motion.joints[frame], list(placed.values()), atol=1e-6)


def test_several_kimodo_motions_are_refused(tmp_path: Path) -> None:
    path = npz(tmp_path, posed_joints=np.stack([soma_joints()] * 2))
    with pytest.raises(MotionFileError, match=r"2 motions in one file; save each by itself, posed_joints\[0\]"):
        read_motion(path)


def human_features(num_frames: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return joints of a body that walks in a curve, and its HumanML3D features, written down one by one."""
    rest = soma_joints(1, "smplx22")[0].astype(np.float64)
    angles = 0.15 * np.arange(num_frames)
    turns = Rotation.from_euler("y", angles[:, None])
    place = np.cumsum([[0.03 * np.sin(angle), 0, 0.03 * np.cos(angle)] for angle in angles], axis=0)
    place -= place[0]
    body = rest - [rest[0, 0], 0, rest[0, 2]]
    joints = np.stack([turn.apply(body) + where for turn, where in zip(turns, place, strict=True)])
    features = np.zeros((num_frames, 263))
    for frame in range(num_frames):
        back = turns[frame].inv()
        if frame + 1 < num_frames:
            # HumanML3D's quaternion turns the world to the body, so its angle has the other sign.
            features[frame, 0] = (angles[frame] - angles[frame + 1]) / 2
            features[frame, 1:3] = turns[frame + 1].inv().apply(place[frame + 1] - place[frame])[[0, 2]]
        features[frame, 3] = joints[frame, 0, 1]
        features[frame, 4:67] = back.apply(joints[frame, 1:] - place[frame]).ravel()
    return joints, features


def test_humanml3d_features_give_the_joints(tmp_path: Path) -> None:
    joints, features = human_features()
    motion = read_motion(npy(tmp_path, features.astype(np.float32)))
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)
    assert (motion.fps, motion.skeleton.name) == (20, "smplx22")


@pytest.mark.parametrize("shape", [(12, 22, 3), (12, 66), (1, 12, 22, 3)])
def test_humanml3d_joints(tmp_path: Path, shape: tuple[int, ...]) -> None:
    joints, _ = human_features()
    motion = read_motion(npy(tmp_path, joints.reshape(shape)))
    np.testing.assert_allclose(motion.joints, joints, atol=1e-6)
    assert motion.fps == 20


def amass(num_frames: int = 5, width: int = 156) -> dict[str, object]:
    """Return the arrays of an AMASS file: a body that stands with z up and turns a little."""
    rng = np.random.default_rng(3)
    poses = rng.normal(size=(num_frames, width)) / 20
    poses[:, :3] = Rotation.from_euler("x", 90, degrees=True).as_rotvec()
    return {
        "poses": poses,
        "trans": rng.normal(size=(num_frames, 3)) + np.array([0, 0, 1]),
        "betas": np.zeros(16),
        "mocap_framerate": np.array(120.0),
        "gender": np.array("neutral"),
    }


@pytest.mark.parametrize("width", [66, 72, 156, 165])
def test_amass_poses_equal_the_slow_way(tmp_path: Path, width: int) -> None:
    arrays = amass(width=width)
    motion = read_motion(npz(tmp_path, **arrays))
    rest = built_in_skeleton("smplx22").rest
    assert rest is not None
    assert motion.fps == 120
    assert any(note.startswith("The z axis") for note in motion.notes)
    for frame, pose in enumerate(np.asarray(arrays["poses"])[:, :66].reshape(-1, 22, 3)):
        turned, placed = {}, {}
        for joint, parent in enumerate(motion.skeleton.parents):
            turn = Rotation.from_rotvec(pose[joint])
            if parent == -1:
                turned[joint], placed[joint] = turn, np.asarray(arrays["trans"])[frame] + rest[0]
            else:
                turned[joint] = turned[parent] * turn
                placed[joint] = placed[parent] + turned[parent].apply(rest[joint] - rest[parent])
        expected = np.array(list(placed.values()))[:, [0, 2, 1]] * [1, 1, -1]
        np.testing.assert_allclose(motion.joints[frame], expected, atol=1e-5)


def test_smplx_parts_equal_poses(tmp_path: Path) -> None:
    arrays = amass()
    whole = read_motion(npz(tmp_path, **arrays))
    poses = np.asarray(arrays["poses"])
    for root, body, place in (("root_orient", "pose_body", "trans"), ("global_orient", "body_pose", "transl")):
        parts = {root: poses[:, :3], body: poses[:, 3:66].reshape(-1, 21, 3), place: arrays["trans"]}
        motion = read_motion(npz(tmp_path, **parts, mocap_frame_rate=120))
        np.testing.assert_array_equal(motion.joints, whole.joints)


@pytest.mark.parametrize("shape", [(-1, 69), (-1, 23, 3), (1, -1, 69)])
def test_the_hands_of_smpl_in_body_pose_are_left_out(tmp_path: Path, shape: tuple[int, ...]) -> None:
    arrays = amass(width=72)
    whole = read_motion(npz(tmp_path, **arrays))
    poses = np.asarray(arrays["poses"])
    parts = {"global_orient": poses[:, :3], "body_pose": poses[:, 3:].reshape(shape), "transl": arrays["trans"]}
    np.testing.assert_array_equal(read_motion(npz(tmp_path, **parts, fps=120)).joints, whole.joints)


def test_a_shaped_body_needs_its_model(tmp_path: Path) -> None:
    arrays = amass() | {"betas": np.array([2.0, -1.0])}
    mean = read_motion(npz(tmp_path, **arrays))
    assert any("give body_model" in note for note in mean.notes)
    rest = built_in_skeleton("smplx22").rest
    assert rest is not None
    model = tmp_path / "SMPLX_NEUTRAL.npz"
    directions = np.zeros((22, 3, 2))
    directions[..., 0] = rest / 20  # the first number of the shape makes the body a twentieth taller
    np.savez(model, v_template=rest, shapedirs=directions, J_regressor=np.eye(22))
    shaped = read_motion(npz(tmp_path, **arrays), body_model=model)
    bones = [np.linalg.norm(m.joints[:, 4] - m.joints[:, 1], axis=-1) for m in (mean, shaped)]
    np.testing.assert_allclose(bones[1], 1.1 * bones[0], rtol=1e-5)
    with pytest.raises(MotionFileError, match="is pickled"):
        read_motion(npz(tmp_path, **arrays), body_model=tmp_path / "SMPL.pkl")
    np.savez(model, v_template=rest, shapedirs=directions, J_regressor=np.eye(21))
    with pytest.raises(MotionFileError, match="do not fit together"):
        read_motion(npz(tmp_path, **arrays), body_model=model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"poses": np.zeros((5, 60))}, r"poses has shape \(5, 60\)"),
        ({"poses": np.zeros((5, 132))}, r"poses has shape \(5, 132\)"),  # six numbers a joint
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "poses has shape"),
        ({"trans": np.zeros((4, 3))}, r"trans has shape \(4, 3\)"),
        ({"poses": np.full((5, 156), np.nan)}, "the pose or trans holds a value that is not a finite number"),
        ({"mocap_framerate": 0}, "the frame rate is 0"),
        ({"mocap_framerate": "fast"}, "expected a number"),
        ({"poses": np.array(["a"] * 5)}, "expected numbers"),
    ],
)
def test_what_is_wrong_with_amass_is_said(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(MotionFileError, match=message):
        read_motion(npz(tmp_path, **(amass() | change)))


@pytest.mark.parametrize("body", [(5, 62), (4, 63), (5, 126), (5,)])
def test_a_body_pose_of_another_shape_is_refused(tmp_path: Path, body: tuple[int, ...]) -> None:
    with pytest.raises(MotionFileError, match="root_orient and pose_body have shapes"):
        read_motion(npz(tmp_path, root_orient=np.zeros((5, 3)), pose_body=np.zeros(body), fps=30))


def test_parts_of_amass(tmp_path: Path) -> None:
    arrays = amass()
    del arrays["trans"], arrays["mocap_framerate"]
    with pytest.raises(MotionFileError, match="give fps"):
        read_motion(npz(tmp_path, **arrays))
    motion = read_motion(npz(tmp_path, **arrays), fps=30)
    assert "There is no trans: the body stays in one place." in motion.notes


def test_arrays_with_their_own_skeleton(tmp_path: Path) -> None:
    skeleton = built_in_skeleton("smplx22")
    joints = soma_joints(name="smplx22")
    own = {"names": np.array(skeleton.joints), "parents": np.array(skeleton.parents)}
    motion = read_motion(npz(tmp_path, joints=joints * 100, fps=60, **own))
    np.testing.assert_allclose(motion.joints, joints, atol=1e-5)
    assert motion.skeleton is skeleton
    assert motion.fps == 60
    with pytest.raises(MotionFileError, match="names has shape"):
        read_motion(npz(tmp_path, joints=joints, fps=60, names=own["names"], parents=own["parents"][:-1]))
    with pytest.raises(SkeletonError, match="own ancestor"):
        read_motion(npz(tmp_path, joints=joints, fps=60, names=own["names"], parents=np.roll(np.arange(22), 1)))
    with pytest.raises(MotionFileError, match="expected"):
        read_motion(npz(tmp_path, joints=joints[:, :-1], fps=60, **own))


def test_plain_arrays_need_a_known_number_of_joints(tmp_path: Path) -> None:
    joints = soma_joints(name="smplx22")
    joints = np.concatenate([joints, joints[:, -2:] + [0.1, 0, 0]], axis=1)
    with pytest.raises(MotionFileError, match="give fps"):
        read_motion(npy(tmp_path, joints))
    motion = read_motion(npy(tmp_path, joints), fps=30)
    assert motion.skeleton.joints[-2:] == ("left_hand", "right_hand")
    with pytest.raises(MotionFileError, match=r"has 17 joints; expected 30 \(somaskel30\)"):
        read_motion(npy(tmp_path, joints[:, :17]))
    with pytest.raises(MotionFileError, match=r"has 24 joints; expected 22 \(smplx22\)"):
        read_motion(npy(tmp_path, joints), skeleton="smplx22")
    with pytest.raises(MotionFileError, match="'coco' is unknown"):
        read_motion(npy(tmp_path, joints), skeleton="coco")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((0, 30, 3)), "at least one frame"),
        (np.zeros((5, 30)), r"has shape \(5, 30\)"),
        (np.zeros(()), r"has shape \(\)"),
        (np.zeros((5, 30, 3)), "units tall"),
        (np.full((5, 30, 3), np.nan), "'Hips' is not a finite number in frame 0"),
        (soma_joints() * np.float64(1e30), "units tall"),
        (soma_joints() + np.float32(1e9), "."),
        (np.array([[["a"] * 3] * 30]), "expected joint positions"),
        (np.zeros((5, 30, 3), dtype=complex), "complex128; expected numbers"),
        (np.zeros((0, 263)), "no frames"),
        (np.full((3, 263), np.inf), "not finite"),
    ],
)
def test_what_is_wrong_with_an_array_is_said(tmp_path: Path, array: np.ndarray, message: str) -> None:
    with pytest.raises(MotionFileError, match=message):
        read_motion(npy(tmp_path, array))


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    trap = np.array([Trap()], dtype=object)
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    np.savez(tmp_path / "a.npz", posed_joints=trap)
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npy").read_bytes())
    for name in ("a.npy", "a.npz"):
        with pytest.raises(MotionFileError, match="is pickled"):
            read_motion(tmp_path / name)
    with pytest.raises(MotionFileError, match=r"not an \.npz"):
        read_motion(tmp_path / "b.npz")
    assert not (tmp_path / "sprung").exists()


def test_headers_are_not_believed(tmp_path: Path) -> None:
    path = npy(tmp_path, soma_joints())
    data = path.read_bytes()
    path.write_bytes(data.replace(b"(4, 30, 3), }", b"(9999999999, 30, 3), }"))
    with pytest.raises(MotionFileError):
        read_motion(path)
    path.write_bytes(data[:-1])
    with pytest.raises(MotionFileError, match="truncated"):
        read_motion(path)
    path.write_bytes(data[:40])
    with pytest.raises(MotionFileError, match="not a NumPy array"):
        read_motion(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    header = io.BytesIO()
    num_frames = 2 * loading.LARGEST // 360
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (num_frames, 30, 3)})
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("posed_joints.npy", header.getvalue() + bytes(8 << 20))
    data = path.read_bytes()
    for size in (len(header.getvalue()) + (8 << 20), 0):  # as it is, and told to be huge
        told = size or 0xFFFFFFF0
        at = data.rindex(b"PK\1\2") + 24
        path.write_bytes(data[:at] + told.to_bytes(4, "little") + data[at + 4 :])
        with pytest.raises(MotionFileError, match=r"MiB unpacked|truncated or damaged"):
            read_motion(path)


def test_large_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    for suffix in (".npy", ".npz", ".bvh"):
        path = tmp_path / f"a{suffix}"
        with open(path, "wb") as file:
            file.truncate(loading.LARGEST + 1)  # no disk space is used
        with pytest.raises(MotionFileError, match="cut the motion"):
            read_motion(path)


def test_archives_without_motion(tmp_path: Path) -> None:
    with pytest.raises(MotionFileError, match="mean, std; expected Kimodo's"):
        read_motion(npz(tmp_path, mean=np.zeros(3), std=np.ones(3)))
    with pytest.raises(MotionFileError, match="has the arrays none"):
        read_motion(npz(tmp_path))
    (tmp_path / "a.npz").write_text("not a zip")
    with pytest.raises(MotionFileError, match=r"not an \.npz archive"):
        read_motion(tmp_path / "a.npz")


def test_a_unit_an_axis_and_a_rate_of_the_format_that_are_overruled_are_noted(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", posed_joints=soma_joints(), fps=30.0)
    notes = read_motion(tmp_path / "a.npz", fps=60, unit=0.5, up="z").notes
    assert "The file tells 30 frames per second, but the 60 given win (--fps)." in notes
    assert "One unit of the file is 1 m, but the 0.5 m given win (--unit)." in notes
    assert "The format's y axis points up, but the z axis given wins (--up)." in notes
    assert not any("given win" in note for note in read_motion(tmp_path / "a.npz", fps=30, unit="m", up="y").notes)


def test_frames_that_jump_are_named_in_arrays_too(tmp_path: Path) -> None:
    joints = soma_joints(30)
    joints[12, :, 0] -= 2
    np.savez(tmp_path / "a.npz", posed_joints=joints, fps=30.0)
    assert "Frame 12 jumps 2.0 m in 1/30 s; is it a spike?" in read_motion(tmp_path / "a.npz").notes
