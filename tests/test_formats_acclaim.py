"""The Acclaim reader: joints against a slow, obvious way, finding the skeleton, and what is wrong with a file."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion_files import AMC_BONES, ASF, amc_frames, amc_text
from tmr.errors import MotionFileError
from tmr.motion.formats import find_motion_files, read_motion
from tmr.motion.motion import Motion

CMU_UNIT = 0.0254 / 0.45
PARENTS = {"back": "root", "head": "back", "lfemur": "root", "lfoot": "lfemur", "rfemur": "root", "rfoot": "rfemur"}
DIRECTIONS = {"back": [0, 1, 0], "head": [0, 1, 0]} | {
    f"{side}{bone}": [sign * 0.34202, -0.939693, 0]
    for side, sign in (("l", 1), ("r", -1))
    for bone in ("femur", "foot")
}
LENGTHS = {"back": 9, "head": 4, "lfemur": 8, "lfoot": 8, "rfemur": 8, "rfoot": 8}
BONE_AXES = {"lfemur": [0, 0, 20], "lfoot": [10, -30, 20], "rfemur": [0, 0, -20], "rfoot": [0, 0, -20]}
TURNS = {"back": "xyz", "lfemur": "xz", "lfoot": "x", "rfemur": "xyz", "rfoot": "x"}


def write(folder: Path, amc: str, asf: str | None = ASF) -> Path:
    if asf is not None:
        (folder / "03.asf").write_text(asf)
    path = folder / "03_02.amc"
    path.write_text(amc)
    return path


def place_slowly(row: np.ndarray) -> dict[str, np.ndarray]:
    """Return the far ends of the bones in one frame, in the file's unit; lower case is fixed axes in SciPy."""
    values, place = {}, 0
    for bone, width in AMC_BONES.items():
        values[bone] = row[place : place + width]
        place += width
    turned = {"root": Rotation.from_euler("xyz", values["root"][3:], degrees=True)}
    ends = {"root": values["root"][:3]}
    for bone, parent in PARENTS.items():
        axis = Rotation.from_euler("xyz", BONE_AXES.get(bone, [0, 0, 0]), degrees=True)
        angles = [values[bone][TURNS[bone].index(each)] if each in TURNS.get(bone, "") else 0.0 for each in "xyz"]
        turned[bone] = turned[parent] * axis * Rotation.from_euler("xyz", angles, degrees=True) * axis.inv()
        direction = np.array(DIRECTIONS[bone]) / np.linalg.norm(DIRECTIONS[bone])
        ends[bone] = ends[parent] + turned[bone].apply(direction * LENGTHS[bone])
    return ends


def assert_right(motion: Motion, frames: np.ndarray) -> None:
    assert motion.num_frames == len(frames)
    for frame, row in enumerate(frames):
        found = dict(zip(motion.skeleton.joints, motion.joints[frame], strict=True))
        for bone, end in place_slowly(row).items():
            np.testing.assert_allclose(found[bone], end * CMU_UNIT, atol=2e-6, err_msg=bone)


def test_joints_equal_the_slow_way(tmp_path: Path) -> None:
    motion = read_motion(write(tmp_path, amc_text()))
    assert_right(motion, amc_frames())
    assert motion.fps == 120
    assert any("120 frames per second are assumed" in note for note in motion.notes)
    assert read_motion(tmp_path / "03_02.amc", fps=60).fps == 60


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" ", "\t  "),
        lambda text: "# more\n" + text,
        lambda text: text.replace(":FULLY-SPECIFIED\n", ""),
    ],
)
def test_white_space_and_comments_change_nothing(tmp_path: Path, change: object) -> None:
    assert_right(read_motion(write(tmp_path, change(amc_text()))), amc_frames())  # pyright: ignore[reportCallIssue]


def test_radians(tmp_path: Path) -> None:
    frames = amc_frames()
    frames[:, 3:] = np.deg2rad(frames[:, 3:])
    motion = read_motion(write(tmp_path, amc_text(frames).replace(":DEGREES", ":RADIANS")))
    degrees = read_motion(write(tmp_path, amc_text()))
    np.testing.assert_allclose(motion.joints, degrees.joints, atol=1e-5)


def test_a_meaningless_unit_is_not_believed(tmp_path: Path) -> None:
    motion = read_motion(write(tmp_path, amc_text(), ASF.replace("length 0.45", "length 1.0")))
    assert_right(motion, amc_frames())
    assert any("found from the body" in note for note in motion.notes)


@pytest.mark.parametrize("cut", [3, 15, 40, 75])
def test_a_partial_last_frame_is_left_out(tmp_path: Path, cut: int) -> None:
    motion = read_motion(write(tmp_path, amc_text().rstrip()[:-cut]))
    if cut > 3:  # a shorter number is still a number
        assert_right(motion, amc_frames()[:-1])
        assert "The last frame is cut off and left out." in motion.notes


def test_the_skeleton_is_found_beside(tmp_path: Path) -> None:
    path = write(tmp_path, amc_text(), asf=None)
    with pytest.raises(MotionFileError, match=r"needs the \.asf"):
        read_motion(path)
    (tmp_path / "other.asf").write_text(ASF)
    assert "other.asf" in read_motion(path).notes[0]
    (tmp_path / "0.asf").write_text(ASF)
    with pytest.raises(MotionFileError, match=r"none of 0\.asf, other\.asf"):
        read_motion(path)
    (tmp_path / "03.ASF").write_text(ASF)
    assert "03.ASF" in read_motion(path).notes[0]
    assert "other.asf" in read_motion(path, asf=tmp_path / "other.asf").notes[0]


def test_a_skeleton_is_no_motion(tmp_path: Path) -> None:
    path = write(tmp_path, amc_text())
    assert find_motion_files(tmp_path) == [path]
    with pytest.raises(MotionFileError, match="skeleton without motion"):
        read_motion(tmp_path / "03.asf")
    path.unlink()
    assert find_motion_files(tmp_path) == [tmp_path / "03.asf"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "nothing", "has no frames"),
        (lambda text: ":FULLY-SPECIFIED\n:DEGREES\n", "has no frames"),
        (lambda text: text.replace("back", "belly"), "'belly' is not in"),
        (lambda text: text.replace("lfoot", "rfoot", 1), "twice"),
        (lambda text: text.replace("lfoot", "rfoot").replace("rfoot", "lfoot", 1), "twice|same bones"),
        (lambda text: text.replace("\n3\n", "\n7\n"), "after frame 2"),
        (lambda text: text.replace("lfoot ", "lfoot 1 "), "do not have the 16 values|after frame"),
        (lambda text: text.replace("back ", "back x", 2), "neither|same bones"),
        (lambda text: text.replace("back ", "back nan ", 1).replace("lfemur ", "lfemur\n", 1), "."),
    ],
)
def test_what_is_wrong_with_a_motion_is_said(tmp_path: Path, change: object, message: str) -> None:
    path = write(tmp_path, change(amc_text()))  # pyright: ignore[reportCallIssue]
    with pytest.raises(MotionFileError, match=message) as raised:
        read_motion(path)
    assert "03_02.amc" in str(raised.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "nothing", "no :root section"),
        (lambda text: text.replace("length 9", "length nine"), "'nine'"),
        (lambda text: text.replace("direction 0 1 0", "direction 0 1"), "3 numbers"),
        (lambda text: text.replace("axis 0 0 20 XYZ", "axis 0 0 20 XYX", 1), "expected axis"),
        (lambda text: text.replace("dof rx rz", "dof rx tz"), "'tz'"),
        (lambda text: text.replace("name head", "name back"), "two have the same"),
        (lambda text: text.replace("name head", ""), "no name"),
        (lambda text: text.replace("back head\n", "back skull\n"), "'skull' is not in"),
        (lambda text: text.replace("back head\n", ""), "'head' does not hang"),
        (lambda text: text.replace("lfemur lfoot", "lfemur lfoot lfemur"), "two parents"),
        (
            lambda text: text.replace("root back", "root").replace("back head", "back head\nhead back"),
            "hang on the root",
        ),
        (lambda text: text.replace("length 9", "length 1e30"), "units tall"),
    ],
)
def test_what_is_wrong_with_a_skeleton_is_said(tmp_path: Path, change: object, message: str) -> None:
    path = write(tmp_path, amc_text(), change(ASF))  # pyright: ignore[reportCallIssue]
    with pytest.raises(MotionFileError, match=message):
        read_motion(path)


def test_the_unit_of_the_skeleton_is_told_where_another_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, amc_text())
    assert (
        "One unit of the file is 0.0564444 m, but the 0.01 m given win (--unit)." in read_motion(path, unit="cm").notes
    )
    assert not any("given win" in note for note in read_motion(path, unit="cmu").notes)
