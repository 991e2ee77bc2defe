"""Measure a model on the development test split: the numbers of its model card.

    python runs/measure_default.py --data PACKS [--kimodo FOLDER_OF_NPZ] [--model FOLDER]

Prints Markdown. Gallery: each distinct captioned segment of the CMU test subjects; query: its first caption; right:
that segment only; ties count as the share of orders that hit. Sides: Bandai test takes whose action names a side.
"""

import argparse
from pathlib import Path

import numpy as np

from tmr.evaluation.development import captioned_segments, measure_segments, measure_sides
from tmr.evaluation.retrieval import small_batches_recall
from tmr.model.tmr import TMR, load_model
from tmr.motion.formats import read_motion
from tmr.motion.prepare import prepare, select


def segment_rows(model: TMR, data: Path, cache: Path) -> list[str]:
    """Return the Markdown lines about the test split."""
    test = select(prepare(data, cache), "test")
    segments = captioned_segments([clip for clip in test if clip.info.captions])
    measures = measure_segments(model, segments)
    motions, texts = zip(*segments, strict=True)
    batches, half_width = small_batches_recall(model.encode_text(texts) @ model.encode_motion(motions).T, 3)
    sides = measure_sides(model, test)
    count = measures["num_items"]
    backwards = 100 * measures["motion_to_text_recall_at_10"]
    recalls = " / ".join(f"{100 * measures[f'recall_at_{k}']:.1f}" for k in (1, 2, 3, 5, 10))
    interval = f"{100 * measures['recall_at_10_low']:.1f} to {100 * measures['recall_at_10_high']:.1f}"
    return [
        "| measure | items | result |",
        "|---|---|---|",
        f"| CMU `test`, text to motion, R@1 / 2 / 3 / 5 / 10 (%) | {count} segments | {recalls} |",
        f"| … R@10, 95 % bootstrap interval over queries | {count} | {interval} |",
        f"| CMU `test`, batches of 32, R@3 (%), 20 draws | {count} | {100 * batches:.1f} ± {100 * half_width:.1f} |",
        f"| CMU `test`, motion to text, R@10 (%) | {count} | {backwards:.1f} |",
        f"| Bandai `test`, caption nearer than with sides swapped (%) | {sides['num_items']} takes "
        f"| {100 * sides['side_accuracy']:.1f} |",
    ]


def kimodo_rows(model: TMR, folder: Path) -> list[str]:
    """Return the rank of each generated motion of a folder for its own text, all indexed together."""
    paths = sorted(folder.glob("*.npz"))
    texts = [str(np.load(path, allow_pickle=False)["text"]) for path in paths]
    similarity = model.encode_text(texts) @ model.encode_motion([read_motion(path) for path in paths]).T
    ranks = 1 + (similarity > np.diag(similarity)[:, None]).sum(axis=1)
    return [
        "| motion | its text | rank of the motion | similarity |",
        "|---|---|---|---|",
        *(
            f"| {path.stem} | {text} | {rank} of {len(paths)} | {similarity[row, row]:.2f} |"
            for row, (path, text, rank) in enumerate(zip(paths, texts, ranks, strict=True))
        ),
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kimodo", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    options = parser.parse_args()
    model = load_model(options.model)
    print("\n".join(segment_rows(model, options.data, options.cache)))
    if options.kimodo:
        print("\n" + "\n".join(kimodo_rows(model, options.kimodo)))


if __name__ == "__main__":
    main()
