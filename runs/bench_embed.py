"""Embedding: clips of 120 frames a second, each step and all: frame by frame one at a time, and ours in batches.

`python runs/bench_embed.py [--clips 256] [--processes N]`: ours is the package's model; the other one has random
weights, which does not change its time.
"""

import argparse
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tmr.motion.formats import read_motion, write_bvh
from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library
from tmr.motion.retarget import retarget

NUM_FRAMES = 120
LARGER = 1.05  # than SOMA, so that there is something to retarget


def write_clips(folder: Path, count: int) -> list[Path]:
    """Write that many BVH files of 120 frames at 30 fps."""
    long_enough = [entry.motion for entry in procedural_library() if entry.motion.num_frames >= NUM_FRAMES]
    paths = []
    for number in range(min(count, len(long_enough))):
        motion = long_enough[number]
        path = folder / f"{number:04d}.bvh"
        write_bvh(path, replace(motion, joints=LARGER * motion.joints[:NUM_FRAMES]))
        paths.append(path)
    return [paths[number % len(paths)] for number in range(count)]


def read_and_retarget(path: Path) -> Motion:
    """Return what the encoder takes; this part runs in worker processes."""
    return retarget(read_motion(path))


def clips_per_second(work: Callable[[], Sequence[object]], at_least_seconds: float = 2.0) -> float:
    """Return how many clips a second a piece of work does, after one run to warm up."""
    work()
    clips, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < at_least_seconds:
        clips += len(work())
    return clips / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=256)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_clips(Path(folder), arguments.clips)
        # The pool is made before torch is imported: its processes only read and retarget.
        with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
            measure(paths, pool, arguments.processes)


def measure(paths: list[Path], pool: "multiprocessing.pool.Pool", processes: int) -> None:
    """Print the table."""
    import torch

    from tmr.model.config import ModelConfig
    from tmr.model.precision import has_fast_bfloat16
    from tmr.model.tmr import TMR, load_model

    few = paths[:32]
    raw = [read_motion(path) for path in paths]
    motions = [retarget(motion) for motion in raw]
    joints = torch.from_numpy(np.stack([motion.joints for motion in motions]))
    mask = torch.ones(joints.shape[:2], dtype=torch.bool)
    plain = TMR(ModelConfig()).eval()
    ours = load_model(device="cpu")

    def features(batch_size: int) -> list[torch.Tensor]:
        step = range(0, len(joints), batch_size)
        return [
            row
            for at in step
            for row in plain.features.compute(joints[at : at + batch_size], mask[at : at + batch_size], 30.0)
        ]

    canonical = torch.stack(features(64))

    def encoder(model: TMR, count: int, batch_size: int, *, bfloat16: bool = False) -> range:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            for at in range(0, count, batch_size):
                model.motion_posterior(canonical[at : at + batch_size], mask[at : at + batch_size])
        return range(count)

    def spread(function: Callable, items: Sequence) -> list:
        return list(pool.imap(function, items, chunksize=8))

    native = has_fast_bfloat16(torch.device("cpu"))
    rows = [
        ("read BVH", lambda: [read_motion(path) for path in few], lambda: spread(read_motion, paths)),
        ("retarget", lambda: [retarget(motion) for motion in raw[:32]], lambda: spread(retarget, raw)),
        ("features", lambda: features(1), lambda: features(64)),
        ("encoder", lambda: encoder(plain, 16, 1), lambda: encoder(ours, len(paths), 64, bfloat16=native)),
        ("features and encoder", lambda: plain.encode_motion(motions[:16], batch_size=1),
         lambda: ours.encode_motion(motions, precision="auto")),
        ("all", lambda: [plain.encode_motion([read_and_retarget(path)]) for path in paths[:16]],
         lambda: ours.encode_motion(spread(read_and_retarget, paths), precision="auto")),
    ]  # fmt: skip
    print(
        f"{processes} processes, {torch.get_num_threads()} threads, {platform.machine()}, "
        f"bfloat16 {'native' if native else 'not native, so float32'}; clips of {NUM_FRAMES} frames a second\n"
    )
    shape = f"patches of {ours.config.patch_frames}, {ours.config.motion_layers} layers"
    print(f"| step | one by one, frame by frame, 6 layers, float32 | batches of 64, {shape} | ratio |")
    print("|---|---:|---:|---:|")
    for name, before, after in rows:
        slow, fast = clips_per_second(before), clips_per_second(after)
        print(f"| {name} | {slow:,.0f} | {fast:,.0f} | {fast / slow:.1f} |", flush=True)


if __name__ == "__main__":
    main()
