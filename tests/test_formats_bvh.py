"""The BVH reader: channels of all kinds, what exporters do, and what is wrong with a file."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion_files import BODY, ENDS, bvh_frames, bvh_hierarchy, bvh_motion, bvh_text
from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.formats import read_motion
from tmr.motion.motion import Motion


def read(folder: Path, text: str | bytes, **options: object) -> Motion:
    path = folder / "a.bvh"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_motion(path, **options)  # pyright: ignore[reportArgumentType]


def place_slowly(values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the joints of one frame in centimetres, one matrix after the other."""
    world: dict[str | None, np.ndarray] = {None: np.eye(4)}
    place = 0
    for name, parent, offset, channels in BODY:
        local = np.eye(4)
        local[:3, 3] = offset
        for channel in channels.split():
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
                local[axis, 3] = values[place]
            else:
                local[:3, :3] = local[:3, :3] @ Rotation.from_euler(channel[0], values[place], degrees=True).as_matrix()
            place += 1
        world[name] = world[parent] @ local
    ends = {f"{name}_end": (world[name] @ [*offset, 1])[:3] for name, offset in ENDS.items() if any(offset)}
    return {name: matrix[:3, 3] for name, matrix in world.items() if name} | ends


def test_joints_equal_the_slow_way(tmp_path: Path) -> None:
    motion = read(tmp_path, bvh_text())
    frames = bvh_frames()
    assert motion.joints.shape == (len(frames), len(BODY) + 4, 3)
    assert "RightFoot_end" not in motion.skeleton.joints  # of no length
    assert motion.fps == 30.0
    for frame, values in enumerate(frames):
        expected = place_slowly(values)
        found = dict(zip(motion.skeleton.joints, motion.joints[frame], strict=True))
        for name, position in expected.items():
            np.testing.assert_allclose(found[name], position / 100, atol=1e-6, err_msg=name)
    assert any("0.01 m" in note for note in motion.notes)
    assert any(note.startswith("The y axis") for note in motion.notes)


def test_many_frames_are_placed_in_blocks(tmp_path: Path) -> None:
    frames = np.concatenate([bvh_frames()] * 400)
    motion = read(tmp_path, bvh_hierarchy() + bvh_motion(frames))
    np.testing.assert_array_equal(motion.joints[1200:1206], motion.joints[:6])


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r\n", 60),
        lambda text: text.replace("  ", "\t").replace(" ", "   "),
        lambda text: text.replace("JOINT", "joint").replace("End Site", "end site").replace("OFFSET", "Offset"),
        lambda text: text.replace("MOTION", "motion").replace("Frame Time", "FRAME TIME"),
        lambda text: text.replace("\n{", " {").replace("\n  {", "{"),
        lambda text: text.replace("rotation", "Rotation").replace("position", "Position"),
        lambda text: text.replace("Frames: 6", "Frames: 600"),
        lambda text: text.replace("Frames: 6\n", ""),
        lambda text: text.replace("Frames: 6", "Frames 6").replace("Frame Time: 0.03", "Frame Time:\t.03"),
        lambda text: "\ufeff" + text + "\n\n   \n",
        lambda text: text.rstrip() + " \n",
        lambda text: text.replace(".", ",").replace("0,0333", "0.0333").replace("0.0333", "0,0333"),
        lambda text: text.replace("20 0\n", "2e1 0\n").replace("End Site", "End Site extra"),
        lambda text: text[: text.index("0.0333333")] + text[text.index("0.0333333") :].replace(" ", ", "),
        lambda text: text[: text.index("0.0333333")] + text[text.index("0.0333333") :].replace(" ", "\n", 500),
    ],
)
def test_what_exporters_do_changes_nothing(tmp_path: Path, change: object) -> None:
    plain = read(tmp_path, bvh_text())
    changed = change(bvh_text())  # pyright: ignore[reportCallIssue]
    assert changed != bvh_text()
    motion = read(tmp_path, changed)
    np.testing.assert_allclose(motion.joints, plain.joints, atol=1e-6)
    assert motion.skeleton.joints == plain.skeleton.joints
    assert motion.fps == plain.fps


def test_a_wrong_frame_count_is_noted(tmp_path: Path) -> None:
    assert (
        "The file tells 600 frames; it has 6." in read(tmp_path, bvh_text().replace("Frames: 6", "Frames: 600")).notes
    )


@pytest.mark.parametrize("cut", [12, 60, 200])
def test_a_partial_last_frame_is_left_out(tmp_path: Path, cut: int) -> None:
    motion = read(tmp_path, bvh_text()[:-cut])
    assert motion.num_frames == 5
    assert "The last frame is cut off and left out." in motion.notes


def test_names_may_be_anything(tmp_path: Path) -> None:
    text = bvh_text().replace("JOINT Spine", "JOINT mixamorig:Spine 1.0 ").replace("LeftHand", "Hände")
    assert {"mixamorig:Spine 1.0", "Hände", "Hände_end"} <= set(read(tmp_path, text).skeleton.joints)
    motion = read(tmp_path, text.encode("latin-1"))
    assert "Hände" in motion.skeleton.joints
    assert any("Latin-1" in note for note in motion.notes)
    assert "Hände" in read(tmp_path, text.encode("utf-16")).skeleton.joints


def test_names_that_come_twice_are_numbered(tmp_path: Path) -> None:
    motion = read(tmp_path, bvh_text().replace("RightHand", "LeftHand"))
    assert "LeftHand_2" in motion.skeleton.joints
    assert any("LeftHand" in note for note in motion.notes)


def test_endless_names_are_cut(tmp_path: Path) -> None:
    motion = read(tmp_path, bvh_text().replace("Spine", "Spine" * 10_000).replace("Head", "Spine" * 10_000))
    assert max(map(len, motion.skeleton.joints)) < 250
    assert len(set(motion.skeleton.joints)) == len(motion.skeleton.joints)
    assert max(map(len, motion.notes)) < 2000


def test_several_roots(tmp_path: Path) -> None:
    text = bvh_hierarchy() + "ROOT Prop\n{\nOFFSET 5 0 0\nCHANNELS 3 Xposition Yposition Zposition\n}\n"
    frames = np.concatenate([bvh_frames(), np.tile([300.0, 10, 0], (6, 1))], axis=1)
    motion = read(tmp_path, text + bvh_motion(frames))
    assert motion.skeleton.parents.count(-1) == 2
    np.testing.assert_allclose(
        motion.joints[:, motion.skeleton.index("Prop")], np.tile([3.0, 0.1, 0], (6, 1)), atol=1e-6
    )


def test_lines_may_end_as_on_the_first_macintosh(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        read(tmp_path, bvh_text().replace("\n", "\r")).joints, read(tmp_path, bvh_text()).joints
    )


def with_positions(part: float) -> str:
    """Return the body with a position on every joint, below the root `part` of its OFFSET in every frame."""
    hierarchy, columns, place = bvh_hierarchy(), [], 0
    frames = bvh_frames()
    for name, _, offset, channels in BODY:
        turns = [channel for channel in channels.split() if channel.endswith("rotation")]
        count = len(channels.split())
        values = frames[:, place : place + count]
        place += count
        if name != "Hips":
            columns.append(np.tile(np.array(offset) * part, (len(frames), 1)))
            old = f"JOINT {name}\n"
            before, _, after = hierarchy.partition(old)
            new = f"CHANNELS {3 + len(turns)} Xposition Yposition Zposition {' '.join(turns)}"
            hierarchy = before + old + after.replace(f"CHANNELS {count} {channels}", new, 1)
            values = values[:, count - len(turns) :]
        columns.append(values)
    return hierarchy + bvh_motion(np.concatenate(columns, axis=1))


def test_positions_that_are_all_zero_are_added_to_the_offsets(tmp_path: Path) -> None:
    expected, motion = read(tmp_path, with_positions(1.0)), read(tmp_path, with_positions(0.0))
    np.testing.assert_allclose(motion.joints, expected.joints, atol=1e-6)
    assert any("added to their OFFSETs" in note for note in motion.notes)
    assert not any("added" in note for note in expected.notes)


def test_few_joints_that_come_near_their_parents_are_not_displaced(tmp_path: Path) -> None:
    assert not any("added" in note for note in read(tmp_path, bvh_text()).notes)
    root = "HIERARCHY\nROOT Floor\n{\nOFFSET 0 0 0\nCHANNELS 0\n"
    hierarchy = root + bvh_hierarchy().removeprefix("HIERARCHY\n").replace("ROOT", "JOINT") + "}\n"
    crouching = bvh_frames()
    crouching[:, :3] = (0, 40, 0)
    crouching[:, 10:13] = (5, 10, 0)  # of the left arm
    motion = read(
        tmp_path, hierarchy.replace("OFFSET 0 0 0\n  CHANNELS 6", "OFFSET 0 95 0\n  CHANNELS 6") + bvh_motion(crouching)
    )
    np.testing.assert_allclose(motion.joints[:, motion.skeleton.index("Hips"), 1], 0.4, atol=1e-6)


def test_end_sites_that_are_all_alike_are_placeholders(tmp_path: Path) -> None:
    text = bvh_text()
    for offset in ENDS.values():
        text = text.replace(f"OFFSET {offset[0]} {offset[1]} {offset[2]}\n    ", "OFFSET 1 0 0\n    ")
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "End Site" in line:
            lines[number + 2] = "OFFSET 1 0 0"
    motion = read(tmp_path, "\n".join(lines))
    assert not any(name.endswith("_end") for name in motion.skeleton.joints)
    assert any("placeholders" in note for note in motion.notes)


def test_a_setup_pose_is_left_out(tmp_path: Path) -> None:
    frames = np.concatenate([np.zeros((1, bvh_frames().shape[1])), np.repeat(bvh_frames()[-1:], 8, axis=0)])
    frames[0, :3], frames[0, 13:16] = [0, 95, 0], [18, 30, 0]  # the hips' and the left arm's positions
    frames[1:, 17] = -80  # the left arm hangs down
    motion = read(tmp_path, bvh_hierarchy() + bvh_motion(frames))
    assert motion.num_frames == 8
    assert any("setup pose" in note for note in motion.notes)
    held = read(tmp_path, bvh_hierarchy() + bvh_motion(np.concatenate([frames[[0] * 20], frames])))
    np.testing.assert_array_equal(held.joints, motion.joints)
    still = read(tmp_path, bvh_hierarchy() + bvh_motion(frames[[0] * 20]))
    assert still.num_frames == 20
    slow = np.concatenate([frames[:1] + (frames[1] - frames[0]) * part for part in np.linspace(0, 1, 40)[:, None]])
    assert read(tmp_path, bvh_hierarchy() + bvh_motion(slow)).num_frames == 40


def test_what_the_caller_gives_wins(tmp_path: Path) -> None:
    motion = read(tmp_path, bvh_text().replace("Frame Time: 0.0333333\n", ""), fps=60, unit=0.02, up="z")
    plain = read(tmp_path, bvh_text(), unit="m")
    assert motion.fps == 60
    np.testing.assert_allclose(motion.joints[..., 1], plain.joints[..., 2] * 0.02, atol=1e-5)
    np.testing.assert_allclose(motion.joints[..., 2], -plain.joints[..., 1] * 0.02, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "is empty"),
        (lambda text: "hello", "no HIERARCHY and no MOTION"),
        (lambda text: text[:500], "no MOTION"),
        (lambda text: "\0\1" + text, "is binary"),
        (lambda text: text.replace("Frame Time: 0.0333333\n", ""), "give fps"),
        (lambda text: text.replace("0.0333333", "0"), "Frame Time is '0'"),
        (lambda text: text.replace("0.0333333", "-1"), "Frame Time is '-1'"),
        (lambda text: text.replace("0.0333333", "30"), "Frame Time is '30'"),
        (lambda text: text.replace("0.0333333", "nan"), "Frame Time is 'nan'"),
        (lambda text: bvh_hierarchy() + bvh_motion(bvh_frames()[:0]), "no whole frame"),
        (lambda text: text.replace("95.", "nan ", 1), "line"),
        (lambda text: bvh_hierarchy() + bvh_motion(bvh_frames() * np.nan), "not a finite number"),
        (lambda text: bvh_hierarchy() + bvh_motion(bvh_frames()[:, :-1]), "the hierarchy has 37 channels"),
        (lambda text: bvh_hierarchy() + bvh_motion(np.tile(bvh_frames(), 2)), "line 80 has 74"),
        (lambda text: text.replace("0.0333333\n", "0.0333333\n1 2 oops\n"), "'oops'"),
        (lambda text: text.replace("OFFSET 0 20 0", "OFFSET 0 20"), "three numbers"),
        (lambda text: text.replace("OFFSET 0 20 0", "OFFSET 0 1e999 0"), "three numbers"),
        (lambda text: text.replace("CHANNELS 1 Y", "CHANNELS 2 Y"), "tells 2 channels but names 1"),
        (lambda text: text.replace("CHANNELS 1 Yrotation", "CHANNELS 1 Wrotation"), "names 0"),
        (lambda text: text.replace("}", "", 1), "braces"),
        (lambda text: text.replace("MOTION", "}\nMOTION"), "never opened"),
        (lambda text: text.replace("ROOT", "{ ROOT"), "without a joint"),
        (lambda text: text.replace("OFFSET", "OFSET"), "is unknown"),
        (lambda text: "HIERARCHY\nMOTION\nFrames: 0\n", "has no joints"),
        (lambda text: "ROOT a\n{\nOFFSET 0 0 0\n}\nMOTION\nFrames: 1\nFrame Time: 0.1\n1 2 3\n", "has channels"),
        (lambda text: bvh_hierarchy() + bvh_motion(bvh_frames() + 1e30 * (np.arange(37) == 0)), "from the origin"),
        (lambda text: text.replace("OFFSET 0 -85 0", "OFFSET 0 -1e30 0"), "units tall"),
        (lambda text: "ROOT a {" + "JOINT b {" * 5000, "no HIERARCHY"),
        (lambda text: "HIERARCHY\n" + "JOINT b {\n" * 5000 + "MOTION\n", "more than 2000 joints"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: object, message: str) -> None:
    with pytest.raises(MotionFileError, match=message) as raised:
        read(tmp_path, change(bvh_text()))  # pyright: ignore[reportCallIssue]
    assert "a.bvh" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("start", "repeated"), [("OFFSET", " 1"), ("CHANNELS 3", " Xrotation"), ("OFFSET ", "-"), ("CHANNELS ", "9")]
)
def test_endless_lines_take_little_memory_and_short_messages(tmp_path: Path, start: str, repeated: str) -> None:
    (tmp_path / "a.bvh").write_text(f"HIERARCHY\nROOT a\n{{\n{start}{repeated * 200_000}\n}}\nMOTION\n")
    tracemalloc.start()
    try:
        with pytest.raises(MotionFileError, match="line 4") as error:
            read_motion(tmp_path / "a.bvh")
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert len(str(error.value)) < 600


def test_given_values_must_make_sense(tmp_path: Path) -> None:
    for options in ({"fps": 0}, {"fps": float("nan")}, {"unit": "furlong"}, {"unit": -1.0}, {"up": "w"}):
        with pytest.raises((MotionFileError, SkeletonError), match=r"expected|one of"):
            read(tmp_path, bvh_text(), **options)


def test_a_rate_that_the_given_one_overrules_is_noted(tmp_path: Path) -> None:
    fast = bvh_text().replace("0.0333333", "0.0083333")
    assert "The file tells 120 frames per second, but the 30 given win (--fps)." in read(tmp_path, fast, fps=30).notes
    silent = bvh_text().replace("Frame Time: 0.0333333\n", "")
    for text in (bvh_text(), silent, bvh_text().replace("0.0333333", "0")):
        assert not any("given win" in note for note in read(tmp_path, text, fps=30).notes)


def test_advice_to_give_the_rate_says_for_whom_it_holds(tmp_path: Path) -> None:
    for time in ("", "Frame Time: 30\n"):
        with pytest.raises(MotionFileError, match=r"--fps holds for all files"):
            read(tmp_path, bvh_text().replace("Frame Time: 0.0333333\n", time))


def jumping(*frames: int, centimetres: float = 300) -> str:
    channels = np.repeat(bvh_frames(1), 90, axis=0)
    channels[list(frames), 0] += centimetres
    return bvh_hierarchy() + bvh_motion(channels)


def jumps(motion: Motion) -> list[str]:
    return [note for note in motion.notes if "spike" in note]


def test_frames_that_jump_are_named(tmp_path: Path) -> None:
    assert jumps(read(tmp_path, jumping(57))) == ["Frame 57 jumps 3.0 m in 1/30 s; is it a spike?"]
    several = read(tmp_path, jumping(20, 40, 41, 60))
    assert jumps(several) == ["Frame 20 jumps 3.0 m in 1/30 s, the first of 4 such jumps; is it a spike?"]
    # At the end nothing comes back, and a cut does not.
    assert jumps(read(tmp_path, jumping(89))) == ["Frame 89 jumps 3.0 m in 1/30 s; is it a spike?"]
    assert jumps(read(tmp_path, jumping(*range(50, 90)))) == ["Frame 50 jumps 3.0 m in 1/30 s; is it a spike?"]
    # A sprinter's step, and the noise of a camera with a thousand frames a second.
    assert not jumps(read(tmp_path, jumping(57, centimetres=40)))
    assert not jumps(read(tmp_path, jumping(57, centimetres=4), fps=1000))
    assert not jumps(read(tmp_path, bvh_hierarchy() + bvh_motion(bvh_frames(1))))


def test_a_jump_of_the_hips_below_a_root_on_the_floor_is_named(tmp_path: Path) -> None:
    text = jumping(57)
    start = text.index("ROOT Hips")
    end = text.index("MOTION")
    hips = text[start:end].replace("ROOT Hips", "JOINT Hips")
    wrapped = f"HIERARCHY\nROOT Reference\n{{\nOFFSET 0 0 0\nCHANNELS 0\n{hips}}}\n{text[end:]}"
    assert jumps(read(tmp_path, wrapped)) == ["Frame 57 jumps 3.0 m in 1/30 s; is it a spike?"]


def test_a_jump_of_the_hips_behind_a_prop_is_named(tmp_path: Path) -> None:
    text = jumping(57)
    prop = "ROOT Camera\n{\nOFFSET 0 150 300\nCHANNELS 0\n}\n"
    assert jumps(read(tmp_path, text.replace("ROOT Hips", prop + "ROOT Hips"))) == jumps(read(tmp_path, text))
