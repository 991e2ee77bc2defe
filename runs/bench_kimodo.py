"""Measure the Kimodo benchmark: ours beside the obvious way, one case after the other, in one run.

    python runs/bench_kimodo.py [--cases 917] [--frames 120]

A test suite of one group with made-up motions, and a model of random weights of the published size (6 layers, width
256). The obvious way embeds one motion at a time, as the reference does, measures feet case by case, builds whole score
matrices, sorts them, and takes the matrix root of a product for FID; it writes nothing.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from scipy.linalg import sqrtm

from tmr.evaluation.kimodo.run import evaluate_testsuite
from tmr.evaluation.quality import foot_metrics
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

SOMA77, SOMA30 = built_in_skeleton("somaskel77"), built_in_skeleton("somaskel30")
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


def obvious_scores(folder: Path, embeddings: dict[str, np.ndarray]) -> dict[str, float]:
    """Return skate, R@3 and FIDs the obvious way, with our own foot metrics: they are not what is compared here."""
    feet = {file: [] for file in ("motion", "gt_motion")}
    for file, rows in feet.items():
        for place in sorted((folder / GROUP).iterdir()):
            with np.load(place / f"{file}.npz") as arrays:
                joints, contacts = arrays["posed_joints"].astype(float), arrays["foot_contacts"]
            rows.append(foot_metrics(joints, 30.0, SOMA77, contacts))
    text, motion, truth = embeddings["text"], embeddings["motion"], embeddings["gt_motion"]
    same = np.einsum("ai,bi->ab", text, text) / 2 + 0.5 > 0.98
    skate = [row["foot_skate_from_pred_contacts"] for row in feet["motion"]]
    result = {"skate": float(np.mean(skate))}
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


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=917)
    parser.add_argument("--frames", type=int, default=120)
    given = parser.parse_args()
    torch.manual_seed(0)
    model = TMR(ModelConfig(motion_layers=6, text_layers=6, patch_frames=1, feed_forward=1024)).eval()
    with tempfile.TemporaryDirectory() as name:
        suite, out = Path(name) / "suite", Path(name) / "out"
        write_suite(suite, given.cases, given.frames)
        model.encode_text(["warm up"])
        start = time.perf_counter()
        embeddings = obvious_embeddings(suite, model)
        embedded = time.perf_counter()
        expected = obvious_scores(suite, embeddings)
        end = time.perf_counter()
        evaluate_testsuite(suite, out, model)
        ours = time.perf_counter()
        evaluation = evaluate_testsuite(suite, out, model)
        again = time.perf_counter()
    found = evaluation.groups[GROUP.as_posix()]["tmr"]
    for key, name in (("TMR/t2m_R/R03", "t2m R@3"), ("TMR/FID/gen_gt", "gen_gt")):
        print(f"{key}: ours {found[key]:.6f}, obvious {expected[name]:.6f}")
    print(f"{given.cases} cases of {given.frames} frames")
    one, two = end - start, ours - end
    print(f"embed and score: obvious {one:.1f} s, ours {two:.1f} s, {one / two:.1f} times")
    print(f"score alone:     obvious {end - embedded:.1f} s, ours {again - ours:.1f} s, with every file written")


if __name__ == "__main__":
    main()
