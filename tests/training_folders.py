"""Small datasets in the exact layouts in which they are published, for the tests of what is trained on."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SUBSET_RATES = {"MPI_HDM05": 120.0, "KIT": 100.0, "HDM05": 120.0, "SSM_synced": 59.94}


def write_amass(path: Path, seconds: float, fps: float = 100.0) -> Path:
    """Write a file of AMASS: a body that stands with arms apart and drifts along x at one metre a second."""
    frames = round(seconds * fps)
    poses = np.zeros((frames, 156))
    poses[:, 2 + 3 * 16] = -1.2  # the left and the right shoulder: arms down a little
    poses[:, 2 + 3 * 17] = 1.2
    trans = np.zeros((frames, 3))
    trans[:, 0] = np.arange(frames) / fps
    trans[:, 2] = 0.95
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, poses=poses, trans=trans, betas=np.zeros(16), gender="male", mocap_framerate=fps)
    return path


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_json(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
