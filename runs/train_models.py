"""Train the two models of the package: `default` on everything, `open` on what may be used commercially.

    python runs/train_models.py --data PACKS --out FOLDER [--models default,open] [--seed N]

Each in parts: a part is a `tmr train` command, which the script prints before it runs it, or the average of the weights
of parts before it (Wortsman et al.: Model soups, ICML 2022). The last part's model is the model; what was stopped goes
on where it was. All of `train` is learnt from: the recipes were chosen before, with the validation part held out. About
25 minutes a thousand steps on one core with AMX.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from tmr.model.tmr import load_model, save_model


@dataclass(frozen=True)
class Trained:
    """A run of a recipe, from the model of another part or from random weights."""

    recipe: str
    start: str | None = None


Part = Trained | Mapping[str, float]
"""A run, or the weight of each part in an average."""

PARTS: dict[str, dict[str, Part]] = {
    "default": {
        "default-first": Trained("augmented"),
        "default-more": Trained("augmented_more", "default-first"),
        "default-average": {"default-first": 1, "default-more": 2},
        "default-rivals": Trained("augmented_rivals", "default-average"),
        "default-last": Trained("augmented_last", "default-rivals"),
        "default-blended": Trained("augmented_blended", "default-last"),
        "default-untold": Trained("augmented_untold", "default-blended"),
        "default": {"default-blended": 1, "default-untold": 1},
    },
    "open": {
        "open-first": Trained("open"),
        "open-more": Trained("open_more", "open-first"),
        "open-untold": Trained("open_untold", "open-more"),
        "open": {"open-untold": 1},
    },
}


def average(weights: Mapping[Path, float], out: Path) -> None:
    """Write the model whose weights are the average of those of other models."""
    models = {folder: load_model(folder, device="cpu", text="full") for folder in weights}
    total = sum(weights.values())
    states = {folder: model.state_dict() for folder, model in models.items()}
    mean = {
        name: torch.stack([weights[folder] / total * state[name] for folder, state in states.items()]).sum(dim=0)
        for name in next(iter(states.values()))
    }
    model = next(iter(models.values()))
    model.load_state_dict(mean)
    save_model(model, out, half=True)


def train(part: Trained, options: argparse.Namespace, out: Path) -> None:
    """Run the `tmr train` command of a part; a run that is done ends at once."""
    command = ["train", "--recipe", part.recipe, "--data", str(options.data), "--seed", str(options.seed)]
    command += ["--no-validation", "--cache", str(options.out / "cache"), "--out", str(out)]
    if part.start is not None:
        command += ["--from", str(options.out / part.start / "model")]
    print(f"\n$ tmr {shlex.join(command)}\n", flush=True)
    status = subprocess.run([sys.executable, "-m", "tmr", *command]).returncode
    if status:
        sys.exit(status)


def main() -> None:
    """Make each part of each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--models", default=",".join(PARTS), help="which, with commas [default: both]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.models.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no model {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in names:
        for part_name, part in PARTS[name].items():
            out = options.out / part_name
            if isinstance(part, Trained):
                train(part, options, out)
            else:
                average({options.out / of / "model": share for of, share in part.items()}, out / "model")
        print(f"the model {name} is in {options.out / name / 'model'}", flush=True)


if __name__ == "__main__":
    main()
