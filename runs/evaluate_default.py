"""Evaluate a model with all there is, and make the report: the README's results.

    python runs/evaluate_default.py --data PACKS -o RUN [--model FOLDER] [--baseline RUN2] [--cache FOLDER]
        [--generated FOLDER --reference FOLDER] [--testsuite FOLDER]

Retrieval: the test split of the packs, first captions, every protocol, by source. Probes: the same split and the
procedural library. Generation: of the folders that are given, else other variations of the procedural library stand in
for a generator. The Kimodo benchmark where its folder is given, embedded anew with this model, into RUN. Each step is a
`tmr evaluate` command, which this script prints before it runs it; the report comes last.
"""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tmr.motion.formats.writing import write_npz
from tmr.motion.procedural import procedural_library

DONE, SOME_SKIPPED = 0, 3


def write_library(folder: Path, variation: int) -> Path:
    """Write a variation of the procedural library, the motions with their first captions, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for item in procedural_library(seed=7, variations=3)[variation::3]:
        write_npz(folder / f"{re.sub(r'_[0-9]+$', '', item.name)}.npz", item.motion, item.captions[0])
    return folder


def commands(options: argparse.Namespace) -> list[list[str]]:
    """Return the arguments of each `tmr evaluate` command."""
    run = ["-o", str(options.output)]
    model = ["--model", options.model] if options.model else []
    cache = ["--cache", str(options.cache)] if options.cache else []
    data = ["--data", str(options.data)]
    steps = [
        ["retrieval", *data, "--split", "test", "--by", "source", *model, *cache, *run],
        ["probes", *data, "--data", "library", "--split", "test", "--by", "source", *model, *cache, *run],
    ]
    generated = options.generated or write_library(options.output / "library" / "generated", 1)
    reference = options.reference or write_library(options.output / "library" / "reference", 2)
    steps.append(["generation", str(generated), "--reference", str(reference), *model, *run])
    if options.testsuite:
        # The suite may hold embeddings of another model.
        steps.append(["kimodo", str(options.testsuite), "--strict", "--force", *model, *run])
    baseline = ["--baseline", str(options.baseline)] if options.baseline else []
    return [*steps, ["report", str(options.output), *baseline, "-o", str(options.output / "report")]]


def main() -> None:
    """Run each command; one that fails ends the script, one that left something out does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--output", "-o", type=Path, required=True, help="folder of the run")
    parser.add_argument("--model", help="the model in the package if left out")
    parser.add_argument("--baseline", type=Path, help="run to lay beside this one")
    parser.add_argument("--cache", type=Path, help="keeps retargeted packs")
    parser.add_argument("--generated", type=Path, help="generated motions, with --reference")
    parser.add_argument("--reference", type=Path, help="real motions of the same texts")
    parser.add_argument("--testsuite", type=Path, help="test suite of the Kimodo benchmark, with generated motions")
    options = parser.parse_args()
    if bool(options.generated) != bool(options.reference):
        parser.error("--generated and --reference belong together")
    for command in commands(options):
        print(f"\n$ tmr evaluate {shlex.join(command)}\n", flush=True)
        status = subprocess.run([sys.executable, "-m", "tmr", "evaluate", *command]).returncode
        if status not in (DONE, SOME_SKIPPED):
            sys.exit(status)


if __name__ == "__main__":
    main()
