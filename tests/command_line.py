"""Runs the real command line in a process of its own, and a small model for it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str


def environment() -> dict[str, str]:
    """One thread a process: the tests share the machine."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


def tmr(*arguments: str | Path, cwd: Path | None = None, **options) -> Run:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tmr", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        cwd=cwd,
        env=environment(),
        **options,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def save_small_model(folder: Path, seed: int = 0) -> Path:
    """Write a model of random weights: it finds nothing sensible, but it is a real one and quick."""
    import torch

    from tmr.model.config import ModelConfig
    from tmr.model.tmr import TMR, save_model

    torch.manual_seed(seed)
    config = ModelConfig(motion_layers=1, text_layers=1, patch_frames=4, feed_forward=64)
    save_model(TMR(config), folder)
    return folder
