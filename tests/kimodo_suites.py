"""Small test suites of the Kimodo benchmark, and an encoder that tells their motions apart with certainty."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fake_encoder import FakeEncoder, direction
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

SOMA77 = built_in_skeleton("somaskel77")
GROUP = "content/text2motion/overview"


class SuiteEncoder(FakeEncoder):
    """A motion's embedding is that of its number (where the hips start), a text's that of the number it ends with."""

    def encode_motion(self, motions: Sequence[Motion], *, as_is: bool = False) -> np.ndarray:
        assert as_is, "the benchmark takes motions with the proportions that they have"
        assert all(motion.skeleton.name == "somaskel30" for motion in motions)
        return super().encode_motion(motions)


def numbered_joints(number: float, frames: int = 20, drift: float = 0.3, lift: float = 0.0) -> np.ndarray:
    """SOMA-77 standing with its ankles near the floor and drifting along x, in metres a second."""
    rest = SOMA77.rest.astype(np.float64)
    joints = np.repeat(rest[None], frames, axis=0)
    joints[..., 1] -= rest[:, 1].min() - lift
    joints[..., 0] += number / 10 + drift * np.arange(frames)[:, None] / 30
    return joints.astype(np.float32)


def write_motion(path: Path, number: float, contacts: int = 4, **how) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    joints = numbered_joints(number, **how)
    arrays = {"foot_contacts": np.ones((len(joints), contacts), dtype=np.float32)} if contacts else {}
    np.savez(path, posed_joints=joints, **arrays)


def write_case(
    suite: Path,
    name: str,
    number: int,
    *,
    generated: float | None = None,
    truth: float | None = None,
    text: str | None = None,
    embedded: bool = False,
) -> Path:
    """Write a case whose prompt names a number; its motions have the numbers given, None for no file."""
    folder = suite / name
    folder.mkdir(parents=True, exist_ok=True)
    meta = {"text": f"number {number}" if text is None else text, "duration": 0.7}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    for file, of in (("motion", generated), ("gt_motion", truth)):
        if of is not None:
            write_motion(folder / f"{file}.npz", of, drift=0.3 if file == "motion" else 0.0)
            if embedded:
                np.save(folder / f"{file}_embedding.npy", direction(round(of))[None])
    if embedded:
        np.save(folder / "text_embedding.npy", direction(number)[None])
    return folder


def write_group(suite: Path, group: str = GROUP, numbers: Sequence[int] = range(6), **how) -> list[Path]:
    """Write cases whose motions are those that their prompts name."""
    return [
        write_case(suite, f"{group}/{place:04d}", number, generated=number, truth=number, **how)
        for place, number in enumerate(numbers)
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
