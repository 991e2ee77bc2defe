"""A stand-in for a trained model in tests of the index alone, and motions that it tells apart with certainty.

A motion's number is where its hips start, in decimetres along x; its embedding, and that of the text "number 7", is a
random direction that belongs to the number.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

SOMA = built_in_skeleton("somaskel30")


def direction(number: int) -> np.ndarray:
    vector = np.random.default_rng(number + 1000).normal(size=256)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def numbered_joints(number: int, seconds: float = 1.0, drift: float = 0.0) -> np.ndarray:
    """Joints of a standing figure that drifts along x, in metres a second."""
    x = number / 10 + drift * np.arange(round(seconds * 30)) / 30
    joints = np.repeat(SOMA.rest[None], len(x), axis=0)
    joints[:, :, 0] += x[:, None]
    return joints.astype(np.float32)


def numbered_motion(number: int, seconds: float = 1.0, drift: float = 0.0, name: str = "") -> Motion:
    return Motion(numbered_joints(number, seconds, drift), 30.0, SOMA, name or f"motion {number}")


def write_numbered(path: Path, number: int, seconds: float = 1.0, drift: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, posed_joints=numbered_joints(number, seconds, drift), fps=30.0)
    return path


def write_library(folder: Path, numbers: Sequence[int]) -> list[Path]:
    return [write_numbered(folder / f"{number:03d}.npz", number) for number in numbers]


class FakeEncoder:
    """Counts what it is asked, to see what is embedded twice."""

    def __init__(self, checkpoint_hash: str = "f" * 64) -> None:
        self.checkpoint_hash = checkpoint_hash
        self.num_motions = 0

    def encode_motion(self, motions: Sequence[Motion]) -> np.ndarray:
        self.num_motions += len(motions)
        offset = SOMA.rest[0, 0]
        return np.array([direction(round(float(motion.joints[0, 0, 0] - offset) * 10)) for motion in motions])

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([direction(int(text.split()[-1])) for text in texts])
