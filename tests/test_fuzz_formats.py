"""Whatever happens to a file, a reader returns a valid motion or says what is wrong, in bounded time."""

import io
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_files import ASF, amc_text, bvh_text, soma_joints
from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.formats import read_motion

SECONDS = 5.0
PIECES = [
    b"",
    b"\n",
    b"{",
    b"}",
    b"0 ",
    b"-",
    b"1e30 ",
    b"nan ",
    b"1e999 ",
    b"\xff",
    b"\0",
    b"JOINT a\n",
    b",",
    b"9" * 20,
]


def saved(**arrays: object) -> bytes:
    """Return the bytes of an `.npz` file; of an `.npy` file if the only array is called `array`."""
    file = io.BytesIO()
    if list(arrays) == ["array"]:
        np.save(file, np.asarray(arrays["array"]))
    else:
        np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
    return file.getvalue()


def seeds() -> dict[str, bytes]:
    """Return a small whole file of each format."""
    names = [f"joint_{joint}" for joint in range(22)]
    rotations = np.tile(np.eye(3, dtype=np.float32), (2, 30, 1, 1))
    return {
        "a.bvh": bvh_text().encode(),
        "a.amc": amc_text().encode(),
        "a.asf": ASF.encode(),
        "features.npy": saved(array=np.ones((3, 263), dtype=np.float32)),
        "joints.npy": saved(array=soma_joints(2, "smplx22")),
        "kimodo.npz": saved(posed_joints=soma_joints(2), fps=30.0, text="a"),
        "rotations.npz": saved(local_rot_mats=rotations, root_positions=np.ones((2, 3)), fps=30.0),
        "amass.npz": saved(poses=np.zeros((2, 72)), trans=np.zeros((2, 3)), mocap_framerate=120, betas=np.ones(10)),
        "plain.npz": saved(joints=soma_joints(2, "smplx22"), names=names, parents=np.arange(-1, 21), fps=30),
    }


SEEDS = seeds()


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw a file that some bytes were changed in, cut from, put into, or whose lines were moved."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(["flip", "cut", "remove", "insert", "swap", "repeat"]))
        if kind == "flip" and data:
            data = data[:place] + bytes([data[place] ^ draw(st.integers(1, 255))]) + data[place + 1 :]
        elif kind == "cut":
            data = data[:place]
        elif kind == "remove":
            data = data[:place] + data[place + draw(st.integers(1, 200)) :]
        elif kind == "insert":
            data = data[:place] + draw(st.sampled_from(PIECES) | st.binary(max_size=20)) + data[place:]
        elif kind == "repeat":
            data = data[:place] + data[place : place + 200] * draw(st.integers(2, 50)) + data[place + 200 :]
        else:
            lines = data.split(b"\n")
            one, two = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            lines[one], lines[two] = lines[two], lines[one]
            data = b"\n".join(lines)
    return data


def read_or_refuse(name: str, data: bytes) -> None:
    """Read the file and check the motion, or that the error is a good one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        if path.suffix in (".amc", ".asf"):
            (Path(folder) / "a.asf").write_bytes(SEEDS["a.asf"])
            (Path(folder) / "a.amc").write_bytes(SEEDS["a.amc"])
        path.write_bytes(data)
        start = time.monotonic()
        try:
            motion = read_motion(path.with_suffix(".amc") if path.suffix == ".asf" else path)
        except (MotionFileError, SkeletonError) as error:
            message = str(error)
        else:
            message = "read"
            assert motion.joints.dtype == np.float32
            assert np.isfinite(motion.joints).all()
            assert motion.joints.shape == (motion.num_frames, len(motion.skeleton.joints), 3)
            assert np.abs(motion.joints).max() <= 1e5
            assert motion.fps > 0
            assert motion.notes
        assert time.monotonic() - start < SECONDS
        assert 0 < len(message.splitlines()[0]) == len(message) < 3000  # one line


@pytest.mark.parametrize("name", list(SEEDS))
def test_whole_files_are_read(name: str) -> None:
    read_or_refuse(name, SEEDS[name])


@pytest.mark.parametrize("name", list(SEEDS))
@settings(max_examples=40)
@given(st.data())
def test_damaged_files_are_read_or_refused(name: str, data: st.DataObject) -> None:
    read_or_refuse(name, data.draw(damaged(SEEDS[name])))


@settings(max_examples=40)
@given(st.sampled_from(list(SEEDS)), st.binary(max_size=300))
def test_noise_is_refused(name: str, data: bytes) -> None:
    read_or_refuse(name, data)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["ROOT a\n", "JOINT b c\n", "End Site\n", "{\n", "}\n", "OFFSET 0 1 0\n", "HIERARCHY\n",
                              "CHANNELS 3 Xrotation Yrotation Zrotation\n", "MOTION\n", "Frames: 2\n",
                              "Frame Time: 0.1\n", "1 2 3\n", "0 0 0\n"]), max_size=30)
)  # fmt: skip
def test_any_order_of_lines_is_read_or_refused(lines: list[str]) -> None:
    read_or_refuse("a.bvh", "".join(lines).encode())
