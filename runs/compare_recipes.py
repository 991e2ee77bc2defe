"""Train recipes side by side, some seeds each, and write one table of what they reach on the test split.

    python runs/compare_recipes.py --data PACKS --out FOLDER --recipes tmr_paper,patches --seeds 0,1,2 [--pairs N]

Each run is a folder, FOLDER/RECIPE-SEED: the same command goes on where it was stopped, and what is measured is not
trained again. FOLDER/table.md is written after each run. Gallery: each captioned segment of the CMU test subjects;
queries: all captions of a segment; right: that segment only; ties count as the share of orders that hit. Intervals:
95 % bootstrap over segments of the mean over seeds; ± is the standard deviation between seeds. The second table divides
by the first recipe's, in the same bootstrap draws. With `--pairs` each recipe sees as many rows, in batches of its own.
"""

import argparse
import dataclasses
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.evaluation.bootstrap import resampled_means
from tmr.evaluation.development import CAPTION_KINDS, measure_sides
from tmr.evaluation.retrieval import hit_chances, small_batches_recall
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR, load_model
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip, prepare, select
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.loop import Trainer
from tmr.training.recipes import RECIPES, TrainConfig

KS = (1, 3, 5, 10)


def train(name: str, config: TrainConfig, model_config: ModelConfig, options: argparse.Namespace) -> TMR:
    """Train a recipe, or go on with it, and return the model."""
    out = options.out / name
    trainer = Trainer(options.data, out, model_config, config, cache=options.cache, device=options.device)
    before, started = trainer.state.step, time.monotonic()
    trainer.run(report=lambda line: print(f"{name}: {line}", file=sys.stderr, flush=True))
    print(f"{name}: {trainer.state.step - before} steps in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return load_model(out / "model", device=options.device)


def check_measured(out: Path, config: TrainConfig) -> None:
    """Refuse what was measured of another training under the same name."""
    known = json.loads((out / "run.json").read_text(encoding="utf-8"))["training"]
    if known != json.loads(json.dumps(dataclasses.asdict(config))):
        sys.exit(f"{out} holds measures of another configuration ({out / 'run.json'}); give another --out")


def queries(test: list[PreparedClip]) -> tuple[list[Motion], list[list[str]]]:
    """Return each captioned segment once, and its captions, the most exact kind first."""
    motions, texts = [], []
    for clip in test:
        spans: dict[tuple[float, float], list[str]] = {}
        known = [caption for caption in clip.info.captions if caption.kind in CAPTION_KINDS]
        for caption in sorted(known, key=lambda caption: CAPTION_KINDS.index(caption.kind)):
            spans.setdefault((caption.start_seconds, caption.end_seconds), []).append(caption.text)
        take = Motion(clip.joints, 30.0, built_in_skeleton("somaskel30"), name=clip.info.id)
        motions += [take.cut(start, end) for start, end in spans]
        texts += list(spans.values())
    return motions, texts


def measure(model: TMR, test: list[PreparedClip]) -> dict:
    """Return what a model reaches: for each query whether it hits, and what is one number."""
    motions, captions = queries(test)
    owners = np.repeat(np.arange(len(motions)), [len(texts) for texts in captions])
    embedded = model.encode_motion(motions)
    similarity = model.encode_text([text for texts in captions for text in texts]) @ embedded.T
    right = owners[:, None] == np.arange(len(motions))
    batches, _ = small_batches_recall(model.encode_text([texts[0] for texts in captions]) @ embedded.T, 3)
    result = {
        "owners": owners.tolist(),
        "hits": [hit_chances(similarity, right, k).tolist() for k in KS],
        "small_batches_recall_at_3": batches,
    }
    if any(clip.info.action for clip in test):
        result["side_accuracy"] = measure_sides(model, test)["side_accuracy"]
    return result


def table(found: dict[str, list[dict]]) -> str:
    """Return the Markdown tables of what was measured, a row a recipe: what each reaches, then beside the first."""
    draws = {name: np.stack([hits_of(run) for run in runs]).mean(axis=0) for name, runs in found.items()}
    owners = next(iter(found.values()))[0]["owners"]
    means = {name: resampled_means(hits, clusters=owners) for name, hits in draws.items()}
    recalls = [f"R@{k}" for k in KS]
    rows = _head("recipe", "seeds", *(f"{name} (%)" for name in recalls), "batches of 32, R@3 (%)", "sides (%)")
    for name, runs in found.items():
        seeds = np.stack([hits_of(run).mean(axis=0) for run in runs])
        low, high = np.percentile(means[name], [2.5, 97.5], axis=0)
        cells = [
            f"{100 * mean:.1f} ± {100 * deviation:.1f} ({100 * below:.1f} to {100 * above:.1f})"
            for mean, deviation, below, above in zip(seeds.mean(0), deviations(seeds), low, high, strict=True)
        ]
        for key in ("small_batches_recall_at_3", "side_accuracy"):
            values = np.array([[run[key]] for run in runs if key in run])
            cells.append(f"{100 * values.mean():.1f} ± {100 * deviations(values)[0]:.1f}" if len(values) else "–")
        rows.append(f"| `{name}` | {len(runs)} | {' | '.join(cells)} |")
    first = next(iter(found))
    rows += ["", *_head(f"divided by `{first}`", *recalls)]
    for name in found:
        whole = _divided(draws[name].mean(axis=0), draws[first].mean(axis=0))
        low, high = np.percentile(_divided(means[name], means[first]), [2.5, 97.5], axis=0, method="lower")
        cells = [
            f"{ratio:.2f} ({below:.2f} to {above:.2f})" for ratio, below, above in zip(whole, low, high, strict=True)
        ]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    rows += ["", f"{len(owners)} queries, {len(set(owners))} segments; each run's `run.json` says what was trained."]
    return "\n".join(rows) + "\n"


def _divided(ours: Float[np.ndarray, "*draw k"], first: Float[np.ndarray, "*draw k"]) -> Float[np.ndarray, "*draw k"]:
    """Return the ratios; where both have no right answer they are alike."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(ours / first, nan=1.0, posinf=np.inf)


def _head(*names: str) -> list[str]:
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]


def hits_of(run: dict) -> Float[np.ndarray, "query k"]:
    """Return whether each query hits, at each k."""
    return np.array(run["hits"]).T


def deviations(values: Float[np.ndarray, "run measure"]) -> Float[np.ndarray, " measure"]:
    """Return the standard deviation between runs, 0 for a single one."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1])


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def main() -> None:
    """Train what is not trained yet, measure what is not measured yet, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipes", default="tmr_paper,published,patches,augmented")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--pairs", type=int, help="how many each recipe sees [default: what it says itself]")
    parser.add_argument("--precision", choices=("float32", "bfloat16", "auto"), help="[default: what the recipe says]")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--device")
    options = parser.parse_args()
    found: dict[str, list[dict]] = {}
    test = select(prepare(options.data, options.cache), "test")
    for seed in map(int, options.seeds.split(",")):
        for recipe in options.recipes.split(","):
            name = f"{recipe}-{seed}"
            model_config, config = RECIPES[recipe](seed)
            if options.pairs:
                config = dataclasses.replace(config, steps=-(-options.pairs // config.batch_size))
            if options.precision:
                config = dataclasses.replace(config, precision=options.precision)
            measured = options.out / name / "measures.json"
            if measured.is_file():
                check_measured(options.out / name, config)
            else:
                write_whole(measured, json.dumps(measure(train(name, config, model_config, options), test)))
            found.setdefault(recipe, []).append(json.loads(measured.read_text(encoding="utf-8")))
            write_whole(options.out / "table.md", table(found))
    print((options.out / "table.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
