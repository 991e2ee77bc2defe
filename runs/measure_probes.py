"""Measure what a model's space knows: the tables of docs/evaluation/probes.md.

    python runs/measure_probes.py --data PACKS [--split test] [--model NAME] [--clips 200] [--by style]

Prints Markdown: every probe on the packs' split and on the procedural library, seed 0. With --film FILE.png it also
draws some of the joined motions as strips of poses, to look at what the order probe asks about.
"""

import argparse
from pathlib import Path

import numpy as np

from tmr.evaluation.captioned import LIBRARY, load_captioned
from tmr.evaluation.probes.contrast import Contrast
from tmr.evaluation.probes.measure import make_probes, measure_probes
from tmr.evaluation.result import Result
from tmr.evaluation.tables import markdown
from tmr.model.tmr import load_model
from tmr.motion.skeleton import built_in_skeleton

POSES, STRIPS = 20, 6


def draw_film(contrasts: list[Contrast], path: Path) -> None:
    """Draw the first motions of some contrasts as strips of poses, each where the hips are, turned a little."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    parents = built_in_skeleton("somaskel30").parents
    figure, axes = plt.subplots(len(contrasts), 1, figsize=(20, 2.4 * len(contrasts)), squeeze=False)
    for contrast, axis in zip(contrasts, axes[:, 0], strict=True):
        motion = contrast.motions[0]
        for place, frame in enumerate(np.linspace(0, motion.num_frames - 1, POSES).astype(int)):
            pose = motion.joints[frame] - motion.joints[frame, 0] * [1, 0, 1]
            across = 0.8 * pose[:, 2] + 0.6 * pose[:, 0] + 1.1 * place
            for joint, parent in enumerate(parents):
                if parent >= 0:
                    axis.plot(across[[joint, parent]], pose[[joint, parent], 1], "k", linewidth=1.2)
        axis.set_title(contrast.texts[0])
        axis.set_aspect("equal")
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=60)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--model", help="name or folder [default: default]")
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--by", action="append", default=[])
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--film", type=Path)
    options = parser.parse_args()
    items, left_out = load_captioned(options.data, split=options.split, cache=options.cache)
    items += load_captioned(LIBRARY)[0]
    probes = make_probes(items, most=options.clips)
    if options.film:
        joined = [contrast for contrast in probes.contrasts["order"] if contrast.rows[1].endswith(": then")]
        draw_film(joined[:: max(len(joined) // STRIPS, 1)][:STRIPS], options.film)
    model = load_model(options.model)
    tables, broken = measure_probes({"default": model}, probes, by=options.by)
    data = {"source": f"{options.data.name} and the library", "split": options.split, "motions": len(items)}
    hashes = {"default": model.checkpoint_hash}
    print(markdown(Result("probes", hashes, data, tuple(tables), (*left_out, *broken), probes.notes)))


if __name__ == "__main__":
    main()
