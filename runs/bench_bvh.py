"""Measure reading BVH: `read_motion` beside other libraries that are installed, on one file made long by repetition.

    python runs/bench_bvh.py FILE.bvh [--frames 5000]

`pip install bvhsdk bvhio` adds the others; each is asked for the same thing, global positions of every joint and frame.
The others give them one frame and joint at a time, which takes them minutes for 5,000 frames.
"""

import argparse
import contextlib
import importlib.util
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tmr.motion.formats import read_motion


def lengthen(path: Path, num_frames: int, folder: Path) -> Path:
    """Write the file with its frames repeated until there are `num_frames`."""
    hierarchy, motion = path.read_text(encoding="utf-8").replace("\r", "").split("MOTION\n")
    lines = motion.strip().split("\n")
    frames = (lines[2:] * (num_frames // len(lines[2:]) + 1))[:num_frames]
    long = folder / "long.bvh"
    long.write_text(
        f"{hierarchy}MOTION\nFrames: {num_frames}\n{lines[1]}\n" + "\n".join(frames) + "\n", encoding="utf-8"
    )
    return long


def with_bvhsdk(path: Path) -> None:
    """Read with bvhsdk."""
    import bvhsdk  # pyright: ignore[reportMissingImports]

    animation = bvhsdk.ReadFile(str(path))
    for joint in animation.getlistofjoints():
        for frame in range(animation.frames):
            joint.getPosition(frame)


def with_bvhio(path: Path) -> None:
    """Read with bvhio."""
    import bvhio  # pyright: ignore[reportMissingImports]

    root = bvhio.readAsHierarchy(str(path))
    for frame in range(root.getKeyframeRange()[1] + 1):
        for joint, _, _ in root.loadPose(frame).layout():
            joint.PositionWorld  # noqa: B018


def seconds(read: Callable[[Path], object], path: Path, repeats: int) -> float:
    """Return the least seconds of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        read(path)
        times.append(time.perf_counter() - start)
    return float(np.min(times))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--frames", type=int, default=5000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = lengthen(arguments.file, arguments.frames, Path(folder))
        motion = read_motion(path)
        size = path.stat().st_size / 2**20
        print(f"{motion.num_frames} frames, {len(motion.skeleton.joints)} joints, {size:.1f} MiB")
        print(f"tmr      {seconds(read_motion, path, 5):8.3f} s")
        for name, read in (("bvhsdk", with_bvhsdk), ("bvhio", with_bvhio)):
            if importlib.util.find_spec(name) is None:
                print(f"{name:8} is not installed")
            else:
                with contextlib.redirect_stdout(None):  # bvhsdk prints two lines a joint
                    taken = seconds(read, path, 1)
                print(f"{name:8} {taken:8.3f} s")


if __name__ == "__main__":
    main()
