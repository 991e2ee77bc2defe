"""A toy dataset and a small model that trains on it in seconds; as a script, one run in a folder, for `torchrun`."""

import dataclasses
import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tmr.model.config import ModelConfig
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.loop import Trainer
from tmr.training.recipes import TrainConfig
from tmr.training.warm_start import Start

SMALL = ModelConfig(
    patch_frames=4, latent_dim=32, feed_forward=64, motion_layers=1, text_layers=1, heads=2, vae=False, max_frames=60
)
CONFIG = TrainConfig(
    recipe="test", steps=8, batch_size=8, mixture={"toy": 1.0}, validation_subjects=(), warmup_steps=2,
    procedural_variations=0, validate_every=4, learning_rate=1e-3,
)  # fmt: skip
PAPER = {
    "duplicates": "texts", "learnt_temperature": False, "contrastive_weight": 0.1, "reconstruction_weight": 1.0,
    "divergence_weight": 1e-2, "latent_weight": 1e-2, "sampled": True,
}  # fmt: skip
TEXTS = ["a person waves with the left hand", "a person turns to the right", "a man squats", "someone jumps twice"]


def write_packs(folder: Path, *, validation: Collection[int] = ()) -> Path:
    """Write a pack of four SOMA-30 clips that sway each in its own way; those of these numbers are of `validation`."""
    folder.mkdir(exist_ok=True)
    skeleton = built_in_skeleton("somaskel30")
    random = np.random.default_rng(0)
    time = np.arange(75)[:, None, None] / 30
    roots, locals_, rows = [], [], []
    assert skeleton.rest is not None
    for number, text in enumerate(TEXTS):
        # The bodies move as a whole: bone lengths stay, so that retargeting leaves the clips as they are.
        path = np.sin((number + 1) * time) * random.uniform(0.1, 0.4, size=(1, 1, 3))
        joints = skeleton.rest[None] + [0, 1.0, 0] + path
        roots.append(joints[:, 0])
        locals_.append(np.round((joints - joints[:, :1]) * 20000).astype(np.int16).ravel())
        caption = {"text": text, "start": 0.0, "end": 2.5, "kind": "humanml3d"}
        split = "validation" if number in validation else "train"
        rows.append({"id": f"toy/{number}", "split": split, "subject": number, "captions": [caption]})
    names, parents = list(skeleton.joints), list(skeleton.parents)
    np.savez(
        folder / "toy.npz",
        ids=np.array([row["id"] for row in rows]),
        frames=np.full(4, 75),
        fps=np.full(4, 30.0),
        skeleton=np.zeros(4, dtype=int),
        skeletons=np.array(json.dumps([{"names": names, "parents": parents}])),
        root=np.concatenate(roots).astype(np.float32),
        local=np.concatenate(locals_),
    )
    (folder / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def trainer(
    data: Path, out: Path, cache: Path, *, model: ModelConfig = SMALL, start: Start | None = None, **changes: Any
) -> Trainer:
    """Return a run of the small model, with changes of its training."""
    config = dataclasses.replace(CONFIG, **changes)
    return Trainer(data, out, model, config, cache=cache, device="cpu", start=start)


def weights(run: Path) -> dict[str, Any]:
    """Return the state of a run."""
    return torch.load(run / "state.pt", weights_only=True)


def main() -> None:
    """Train: data, run, cache, changes of the training as JSON, and whether the model is a VAE."""
    data, out, cache, changes, vae = sys.argv[1:]
    model = dataclasses.replace(SMALL, vae=vae == "vae")
    trainer(Path(data), Path(out), Path(cache), model=model, **json.loads(changes)).run()


if __name__ == "__main__":
    main()
