"""Measure the Kimodo benchmark: ours beside the obvious way, one case after the other, in one run.

    python runs/bench_kimodo.py [--cases 200] [--frames 120] [--score-only]

A test suite of one group with made-up motions, and a model of random weights of the published size (6 layers, width
256). The obvious way embeds one motion at a time, as the reference does, builds whole score matrices, sorts them, and
takes the matrix root of a product for FID. Seconds are those of the processor, which other work on the machine changes
little; run it with OMP_NUM_THREADS=1.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.linalg import sqrtm

from tmr.evaluation.kimodo.run import evaluate_testsuite
from tmr.evaluation.kimodo.scores import compute_tmr_retrieval_metrics
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

SOMA77, SOMA30 = built_in_skeleton("somaskel77"), built_in_skeleton("somaskel30")
NOISES = {"text": 0.0, "motion": 2.5, "gt_motion": 2.0}  # how far each is from the text, for R@3 that is not 0 or 100
HIPS = np.array([0, 0.95, 0])
GROUP = Path("content") / "text2motion" / "overview"


def write_suite(folder: Path, cases: int, frames: int) -> None:
    """Write a group of cases whose bodies sway at random."""
    random = np.random.default_rng(0)
    for number in range(cases):
        place = folder / GROUP / f"{number:04d}"
        place.mkdir(parents=True)
        words = " ".join(random.choice(["walks", "turns", "jumps", "waves", "left", "right", "fast", "slowly"], 4))
        (place / "meta.json").write_text(json.dumps({"text": f"A person {words}.", "duration": frames / 30}))
        for file in ("motion", "gt_motion"):
            sway = np.cumsum(random.normal(size=(frames, 77, 3)) * 0.002, axis=0)
            contacts = random.random((frames, 4)) < 0.5
            np.savez(
                place / f"{file}.npz",
                posed_joints=(SOMA77.rest + sway + HIPS).astype(np.float32),
                foot_contacts=contacts,
            )


def obvious_embeddings(folder: Path, model: TMR) -> dict[str, np.ndarray]:
    """Embed one motion and one text after the other."""
    order = [SOMA77.index(name) for name in SOMA30.joints]
    found: dict[str, list[np.ndarray]] = {"motion": [], "gt_motion": [], "text": []}
    for place in sorted((folder / GROUP).iterdir()):
        for file in ("motion", "gt_motion"):
            with np.load(place / f"{file}.npz") as arrays:
                motion = Motion(arrays["posed_joints"][:, order], 30.0, SOMA30)
            found[file].append(model.encode_motion([motion], as_is=True)[0])
        found["text"].append(model.encode_text([json.loads((place / "meta.json").read_text())["text"]])[0])
    return {name: np.stack(arrays) for name, arrays in found.items()}


def obvious_scores(embeddings: dict[str, np.ndarray]) -> dict[str, float]:
    """Return R@3 and FIDs from whole matrices, sorted rows and matrix roots."""
    result: dict[str, float] = {}
    text, motion, truth = embeddings["text"], embeddings["motion"], embeddings["gt_motion"]
    same = np.einsum("ai,bi->ab", text, text) / 2 + 0.5 > 0.98
    for name, query, gallery in (("t2m", text, motion), ("m2m", motion, truth), ("t2m_gt", text, truth)):
        distance = -(np.einsum("ai,bi->ab", query, gallery) / 2 + 0.5)
        best = np.where(same, distance, np.inf).min(axis=1, keepdims=True)
        rows, columns = np.nonzero(np.sort(distance, axis=1) == best)
        places = np.bincount(rows, weights=columns) / np.bincount(rows)
        result[f"{name} R@3"] = float(100 * (places < 3).mean())
    for name, one, two in (("gen_gt", motion, truth), ("gen_text", motion, text), ("gt_text", truth, text)):
        c1, c2 = np.cov(one, rowvar=False), np.cov(two, rowvar=False)
        step = one.mean(axis=0) - two.mean(axis=0)
        result[name] = float(step @ step + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real))
    return result


def write_random_embeddings(folder: Path) -> dict[str, np.ndarray]:
    """Write embeddings that stand for a model's, and return them."""
    random = np.random.default_rng(1)
    places = sorted((folder / GROUP).iterdir())
    text = random.normal(size=(len(places), 256))
    found = {name: text + noise * random.normal(size=text.shape) for name, noise in NOISES.items()}
    found = {name: (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32) for name, x in found.items()}
    for name, rows in found.items():
        for place, row in zip(places, rows, strict=True):
            np.save(place / f"{name}_embedding.npy", row[None])
    return found


def seconds(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a function returns, and the processor's seconds that it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--score-only", action="store_true", help="random embeddings in place of a model's")
    given = parser.parse_args()
    print(f"{given.cases} cases of {given.frames} frames")
    with tempfile.TemporaryDirectory() as name:
        suite, out = Path(name) / "suite", Path(name) / "out"
        write_suite(suite, given.cases, given.frames)
        if given.score_only:
            embeddings = write_random_embeddings(suite)
        else:
            torch.manual_seed(0)
            model = TMR(ModelConfig()).eval()
            model.encode_text(["warm up"])
            embeddings, slow = seconds(lambda: obvious_embeddings(suite, model))
            _, ours = seconds(lambda: evaluate_testsuite(suite, out, model))
            print(f"embedding: obvious {slow:.1f} s; ours {ours:.1f} s, scored too: {slow / ours:.1f} times as fast")
        evaluation, whole = seconds(lambda: evaluate_testsuite(suite, out))
    expected, slow = seconds(lambda: obvious_scores(embeddings))
    arrays = [embeddings[name] for name in ("motion", "text", "gt_motion")]
    _, ours = seconds(lambda: compute_tmr_retrieval_metrics(*arrays))
    found = evaluation.groups[GROUP.as_posix()]["tmr"]
    for key, name in (("TMR/t2m_R/R03", "t2m R@3"), ("TMR/m2m_R/R03", "m2m R@3"), ("TMR/FID/gen_gt", "gen_gt")):
        print(f"{key}: ours {found[key]:.6f}, obvious {expected[name]:.6f}")
    print(f"R@k and FID of the group: obvious {slow:.1f} s, ours {ours:.1f} s: {slow / ours:.1f} times as fast")
    print(f"all but the embedding, every file read, checked and written: {whole:.1f} s")


if __name__ == "__main__":
    main()
