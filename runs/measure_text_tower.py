"""Measure what the compact text tower of a model loses against the full text side, and what it gains.

    python runs/measure_text_tower.py --data PACKS --model FOLDER [--cache FOLDER] [--index INDEX] [--queries 200]

Prints Markdown: recall on the captioned segments of CMU (first captions, and every caption), sides, the cosine of the
two embeddings and how much of the best ten they share on sentences that neither was taught, milliseconds a query (both
in turn, in one process, one thread), bytes, and with an index the seconds of a cold `tmr search`. The compact tower is
good enough to be the default if R@10 falls less than a point.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

# A query in the service is computed on one thread; NumPy asks this when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from tmr.evaluation.bootstrap import bootstrap_interval
from tmr.evaluation.development import captioned_segments, measure_segments, measure_sides
from tmr.evaluation.retrieval import hit_chances
from tmr.model.checkpoint import WEIGHTS, find_checkpoint
from tmr.model.minilm import find_folder
from tmr.model.query import TextEncoder, load_text_encoder
from tmr.model.text import COMPACT
from tmr.model.tmr import TMR, load_model
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip, prepare, select
from tmr.motion.procedural import procedural_library
from tmr.training.distil_sentences import read_lessons
from tmr.training.recipes import TrainConfig

SIDES = ("full", "compact")
VALIDATION_SUBJECTS = TrainConfig("").validation_subjects
UNSEEN = (
    "a person is promenading", "gesticulating wildly", "someone curtseys", "a drunkard reels along", "he tiptoes",
    "arabesque", "a cha-cha", "goose-stepping", "genuflection", "a person gyrates", "sleepwalking", "hopscotch",
    "lassoing a bull", "a matador", "swatting a fly", "paddling a canoe", "a person shadowboxes", "somnambulating",
    "treading grapes", "twerking",
)  # fmt: skip


class Side:
    """A model whose sentences go through one text side; motions are embedded once for both."""

    def __init__(self, model: TMR, text: TextEncoder, known: dict[tuple, np.ndarray]) -> None:
        self._model, self._text, self._known = model, text, known

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Return the embeddings of sentences."""
        return self._text.encode_text(list(texts))

    def encode_motion(self, motions: Sequence[Motion]) -> np.ndarray:
        """Return the embeddings of motions."""
        key = tuple((motion.name, len(motion.joints), float(motion.joints[0, 0, 0])) for motion in motions)
        if key not in self._known:
            self._known[key] = self._model.encode_motion(motions)
        return self._known[key]


def recall_rows(sides: dict[str, Side], clips: Sequence[PreparedClip], name: str) -> list[str]:
    """Return the rows of recall over the captioned segments of some clips."""
    segments = captioned_segments(clips)
    rows = []
    for side, model in sides.items():
        found = measure_segments(model, segments)
        recalls = " / ".join(f"{100 * found[f'recall_at_{k}']:.1f}" for k in (1, 5, 10))
        interval = f"{100 * found['recall_at_10_low']:.1f} to {100 * found['recall_at_10_high']:.1f}"
        rows.append(f"| {name}, first captions, {len(segments)} segments | {side} | {recalls} | {interval} |")
    motions = [motion for motion, _ in segments]
    queries = [
        (place, caption.text)
        for place, motion in enumerate(motions)
        for clip in clips
        if clip.info.id == motion.name
        for caption in clip.info.captions
        if abs((caption.end_seconds - caption.start_seconds) * 30 - len(motion.joints)) < 2
    ]
    own = np.zeros((len(queries), len(motions)), dtype=bool)
    own[np.arange(len(queries)), [place for place, _ in queries]] = True
    for side, model in sides.items():
        similarity = model.encode_text([text for _, text in queries]) @ model.encode_motion(motions).T
        chances = {k: hit_chances(similarity, own, k) for k in (1, 5, 10)}
        recalls = " / ".join(f"{100 * chances[k].mean():.1f}" for k in chances)
        low, high = bootstrap_interval(chances[10], seed=0)
        rows.append(f"| {name}, {len(queries)} captions | {side} | {recalls} | {100 * low:.1f} to {100 * high:.1f} |")
    return rows


def library_sides(model: Side) -> tuple[int, float]:
    """Return how many captions of the procedural library name a side, and how often the right one is the nearer."""
    pairs = [(item.motion, text) for item in procedural_library(seed=11) for text in item.captions if side_words(text)]
    motions = model.encode_motion([motion for motion, _ in pairs])
    right = (motions * model.encode_text([text for _, text in pairs])).sum(axis=1)
    wrong = (motions * model.encode_text([swap_sides(text) for _, text in pairs])).sum(axis=1)
    return len(pairs), float(((right > wrong) + 0.5 * (right == wrong)).mean())


def agreement_rows(sides: dict[str, Side], gallery: np.ndarray, texts: dict[str, Sequence[str]]) -> list[str]:
    """Return the rows of how alike the two answer sentences that neither was taught."""
    rows = []
    for name, some in texts.items():
        full, compact = (sides[side].encode_text(some) for side in SIDES)
        cosine = (full * compact).sum(axis=1)
        best = [np.argsort(-(embedded @ gallery.T), axis=1)[:, :10] for embedded in (full, compact)]
        shared = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(*best, strict=True)])
        first = np.mean(best[0][:, 0] == best[1][:, 0])
        rows.append(
            f"| {name}, {len(some)} | {cosine.mean():.3f}, 5 % under {np.quantile(cosine, 0.05):.3f} "
            f"| {100 * shared:.0f} % | {100 * first:.0f} % |"
        )
    return rows


def milliseconds(sides: dict[str, Side], texts: Sequence[str], batch: int) -> dict[str, tuple[float, float]]:
    """Return the median and the 95th percentile of the milliseconds a sentence, both sides in turn."""
    spent: dict[str, list[float]] = {side: [] for side in sides}
    for first in range(0, len(texts) - batch + 1, batch):
        for side, model in sides.items():
            start = time.perf_counter()
            model.encode_text(texts[first : first + batch])
            spent[side].append(1000 * (time.perf_counter() - start) / batch)
    return {side: (float(np.median(times)), float(np.quantile(times, 0.95))) for side, times in spent.items()}


def cold_start(index: Path, model: Path, side: str) -> float:
    """Return the seconds of the quickest of five cold searches."""
    command = [sys.executable, "-m", "tmr", "search", str(index), "a person limps", "--model", str(model)]
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([*command, "--text-side", side], check=True, capture_output=True)
        spent.append(time.perf_counter() - start)
    return min(spent)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--model", type=Path, help="folder with a compact tower; the package's if left out")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="keeps retargeted packs")
    parser.add_argument("--index", type=Path, help="an index of this model, for cold searches")
    parser.add_argument("--queries", type=int, default=200, help="held-out sentences to compare on")
    options = parser.parse_args()
    folder = find_checkpoint(options.model)
    model = load_model(folder, device="cpu")
    known: dict[tuple, np.ndarray] = {}
    sides = {side: Side(model, load_text_encoder(folder, text=side), known) for side in SIDES}
    clips = prepare(options.data, options.cache)
    test = select(clips, "test")
    validation = [clip for clip in select(clips, "train") if clip.info.subject in VALIDATION_SUBJECTS]
    print("| gallery, queries | text side | R@1 / 5 / 10 (%) | R@10, 95 % bootstrap |\n|---|---|---|---|")
    print("\n".join([*recall_rows(sides, test, "CMU test"), *recall_rows(sides, validation, "CMU validation")]))
    print("\n| sides, right one nearer (%) | items | full | compact |\n|---|---|---|---|")
    bandai = {side: measure_sides(sides[side], test) for side in SIDES}
    accuracies = " | ".join(f"{100 * bandai[side]['side_accuracy']:.1f}" for side in SIDES)
    print(f"| Bandai test | {bandai['full']['num_items']} | {accuracies} |")
    library = {side: library_sides(sides[side]) for side in SIDES}
    print(f"| library | {library['full'][0]} | {' | '.join(f'{100 * library[side][1]:.1f}' for side in SIDES)} |")
    vocabulary = (find_folder() / "vocab.txt").read_text(encoding="utf-8").split()
    held_out = read_lessons(options.data, vocabulary, VALIDATION_SUBJECTS).held_out[: options.queries]
    gallery = np.concatenate([embedded for embedded in known.values()])
    gallery = np.unique(gallery.round(5), axis=0)
    print(f"\n| sentences not taught | cosine | best 10 of {len(gallery):,} shared | same best |\n|---|---|---|---|")
    print("\n".join(agreement_rows(sides, gallery, {"held-out captions": held_out, "words not in captions": UNSEEN})))
    print("\n| | full | compact |\n|---|---|---|")
    for batch in (1, 8):
        times = milliseconds(sides, held_out, batch)
        cells = " | ".join(f"{times[side][0]:.2f} ({times[side][1]:.2f})" for side in SIDES)
        print(f"| ms a query, batches of {batch}, median (95th percentile) | {cells} |")
    needed = (folder / WEIGHTS).stat().st_size + (find_folder() / "model.safetensors").stat().st_size
    print(f"| megabytes that a query needs | {needed / 1e6:.1f} | {(folder / COMPACT).stat().st_size / 1e6:.1f} |")
    if options.index:
        print(f"| s, cold search | {' | '.join(f'{cold_start(options.index, folder, side):.2f}' for side in SIDES)} |")


if __name__ == "__main__":
    main()
