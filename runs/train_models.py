"""Train the two models of the package: `default` on everything, `open` on what may be used commercially.

    python runs/train_models.py --data PACKS --out FOLDER [--models default,open] [--seed N]

Each in two parts, two `tmr train` commands, which the script prints before it runs them; the model is in
FOLDER/MODEL-order/model. What was stopped goes on where it was. About 20 minutes a thousand steps on one core with AMX.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

PARTS = {"default": ("augmented", "augmented_order"), "open": ("open", "open_order")}


def main() -> None:
    """Run both parts of each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--models", default=",".join(PARTS), help="which, with commas [default: both]")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.models.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no model {unknown[0]!r}; there are {', '.join(PARTS)}")
    shared = ["--data", str(options.data), "--cache", str(options.out / "cache"), "--seed", str(options.seed)]
    for name in names:
        first, second = options.out / name, options.out / f"{name}-order"
        recipes = PARTS[name]
        for recipe, arguments in (
            (recipes[0], ["--out", str(first)]),
            (recipes[1], ["--from", str(first / "model"), "--out", str(second)]),
        ):
            command = ["train", "--recipe", recipe, *shared, *arguments]
            print(f"\n$ tmr {shlex.join(command)}\n", flush=True)
            status = subprocess.run([sys.executable, "-m", "tmr", *command]).returncode
            if status:
                sys.exit(status)


if __name__ == "__main__":
    main()
