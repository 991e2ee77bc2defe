"""The reference's own numbers: FID to 1e-6, foot metrics to 1e-5; skipped where the shared folder is not there."""

import json

import numpy as np
import pytest

from tmr.evaluation.distribution import frechet_distance
from tmr.evaluation.quality import foot_metrics
from tmr.evaluation.streaming import FrechetScore
from tmr.motion.skeleton import built_in_skeleton

PAIRS = {"gen_text": ("motion", "text"), "gen_gt": ("motion", "gt"), "gt_text": ("gt", "text")}


@pytest.mark.parametrize("name", ["small", "duplicates", "large"])
@pytest.mark.parametrize("pair", PAIRS)
def test_fid_is_the_references(shared, name, pair):
    folder = shared / "conformance"
    expected = json.loads((folder / "metric_expected.json").read_text())[name][f"TMR/FID/{pair}"]
    with np.load(folder / "metric_inputs.npz") as arrays:
        first, second = (arrays[f"{name}/{what}"] for what in PAIRS[pair])
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-6)
    score = FrechetScore()
    for rows in np.array_split(np.arange(len(first)), 5):
        score.update(generated=first[rows], reference=second[rows])
    assert score.compute()["fid"] == pytest.approx(expected, abs=1e-6)


def test_foot_metrics_are_the_references(shared):
    folder = shared / "conformance"
    compared = 0
    for file in sorted((folder / "testsuite_expected").rglob("metrics.json")):
        case = folder / "testsuite" / file.parent.relative_to(folder / "testsuite_expected")
        expected = json.loads(file.read_text())
        for key, motion in (("per_motion_mean_gen", "motion.npz"), ("per_motion_mean_gt", "gt_motion.npz")):
            if not (case / motion).is_file():
                continue
            with np.load(case / motion) as arrays:
                got = foot_metrics(
                    arrays["posed_joints"], 30.0, built_in_skeleton("somaskel77"), arrays["foot_contacts"]
                )
            assert got == pytest.approx({name: expected[key][name] for name in got}, abs=1e-5), file
            compared += len(got)
    assert compared >= 80
