"""Measure a model on the development test split: the numbers of its model card.

    python runs/measure_default.py --data PACKS [--kimodo FOLDER_OF_NPZ] [--model FOLDER]

Prints Markdown. Gallery: each distinct captioned segment of the CMU test subjects; query: its first caption; right:
that segment only; ties count as the share of orders that hit. Sides: Bandai test takes whose action names a side.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tmr.evaluation.development import CAPTION_KINDS, captioned_segments, measure_segments, measure_sides
from tmr.evaluation.retrieval import small_batches_recall
from tmr.model.tmr import TMR, load_model
from tmr.motion.formats import read_motion
from tmr.motion.prepare import PreparedClip, prepare, select


def segment_rows(model: TMR, test: list[PreparedClip], kinds: Sequence[str], name: str) -> list[str]:
    """Return the Markdown rows about the segments that have a caption of some kinds."""
    segments = captioned_segments(test, kinds)
    measures = measure_segments(model, segments)
    motions, texts = zip(*segments, strict=True)
    batches, half_width = small_batches_recall(model.encode_text(texts) @ model.encode_motion(motions).T, 3)
    recalls = " / ".join(f"{100 * measures[f'recall_at_{k}']:.1f}" for k in (1, 2, 3, 5, 10))
    interval = f"{100 * measures['recall_at_10_low']:.1f} to {100 * measures['recall_at_10_high']:.1f}"
    backwards = 100 * measures["motion_to_text_recall_at_10"]
    items = f"{measures['num_items']} segments, {name}"
    return [
        f"| CMU `test`, text to motion, R@1 / 2 / 3 / 5 / 10 (%) | {items} | {recalls} |",
        f"| … R@10, 95 % bootstrap interval over queries | | {interval} |",
        f"| … batches of 32, R@3 (%), 20 draws | | {100 * batches:.1f} ± {100 * half_width:.1f} |",
        f"| … motion to text, R@10 (%) | | {backwards:.1f} |",
    ]


def side_row(model: TMR, test: list[PreparedClip]) -> str:
    """Return the Markdown row about the sides of labelled takes."""
    sides = measure_sides(model, test)
    accuracy = 100 * sides["side_accuracy"]
    return (
        f"| Bandai `test`, caption nearer than with sides swapped (%) | {sides['num_items']} takes | {accuracy:.1f} |"
    )


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
    test = select(prepare(options.data, options.cache), "test")
    rows = segment_rows(model, test, CAPTION_KINDS, "every captioned span")
    rows += segment_rows(model, test, CAPTION_KINDS[:-1], "described themselves")
    print("\n".join(["| measure | items | result |", "|---|---|---|", *rows, side_row(model, test)]))
    if options.kimodo:
        print("\n" + "\n".join(kimodo_rows(model, options.kimodo)))


if __name__ == "__main__":
    main()
