"""Train the two models of the package: `default` on everything, `open` on what may be used commercially.

    python runs/train_models.py --data PACKS --out FOLDER [--models default,open] [--seed N]

Each in two parts: a `tmr train` command for each, which the script prints before it runs it. What was stopped goes on
where it was. All of `train` is learnt from: what recipes are made of was chosen before, with the validation part held
out. About 16 minutes a thousand steps on one core.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

PARTS = {"default": ("augmented", "augmented_whole"), "open": ("open", "open_whole")}
"""Model → the recipes of its parts, each of which goes on from the one before."""


def train(recipe: str, out: Path, options: argparse.Namespace, start: Path | None) -> Path:
    """Run the `tmr train` command of a part and return its model; a run that is done ends at once."""
    command = ["train", "--recipe", recipe, "--data", str(options.data), "--seed", str(options.seed)]
    command += ["--no-validation", "--cache", str(options.out / "cache"), "--out", str(out)]
    if start is not None:
        command += ["--from", str(start)]
    print(f"\n$ tmr {shlex.join(command)}\n", flush=True)
    status = subprocess.run([sys.executable, "-m", "tmr", *command]).returncode
    if status:
        sys.exit(status)
    return out / "model"


def main() -> None:
    """Make each part of each model, the last of which is the model."""
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
        part = None
        for recipe in PARTS[name]:
            part = train(recipe, options.out / name / recipe, options, part)
        print(f"the model {name} is in {part}", flush=True)


if __name__ == "__main__":
    main()
