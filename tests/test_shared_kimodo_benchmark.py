"""The reference's benchmark files, key by key, and its metrics; skipped where ../shared/conformance is missing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import SHARED
from kimodo_suites import SOMA77, contents
from tmr.evaluation.kimodo.run import evaluate_testsuite
from tmr.evaluation.kimodo.scores import compute_tmr_retrieval_metrics, reference_ranks, summarise_ranks
from tmr.evaluation.kimodo.seed import read_take

CONFORMANCE = SHARED / "conformance"
pytestmark = pytest.mark.skipif(not CONFORMANCE.is_dir(), reason=f"{CONFORMANCE} is not there")


def differences(found: Any, expected: Any, where: str = "") -> list[str]:
    """Return where two JSON values differ by more than 1e-5; a key of ours that is not expected is allowed."""
    if isinstance(expected, dict):
        missing = [f"{where}/{key} is missing" for key in expected.keys() - found.keys()]
        shared = expected.keys() & found.keys()
        return missing + [row for key in shared for row in differences(found[key], expected[key], f"{where}/{key}")]
    if isinstance(expected, list):
        rows = [differences(*pair, f"{where}[{at}]") for at, pair in enumerate(zip(found, expected, strict=True))]
        return [row for part in rows for row in part]
    same = abs(found - expected) <= 1e-5 if isinstance(expected, float) else found == expected
    return [] if same else [f"{where}: {found!r}, expected {expected!r}"]


def test_every_file_key_by_key_in_one_call(tmp_path: Path) -> None:
    suite = CONFORMANCE / "testsuite"
    before = contents(suite)
    evaluation = evaluate_testsuite(suite, tmp_path)
    assert evaluation.left_out == []
    expected = sorted((CONFORMANCE / "testsuite_expected").rglob("*.json"))
    assert len(expected) == 19
    for path in expected:
        ours = tmp_path / path.relative_to(CONFORMANCE / "testsuite_expected")
        found, reference = (json.loads(each.read_text(encoding="utf-8")) for each in (ours, path))
        assert differences(found, reference) == [], ours
        assert found.keys() - reference.keys() <= {"folder"}
    assert contents(suite) == before


@pytest.mark.parametrize("name", ["small", "duplicates", "large"])
def test_metrics(name: str) -> None:
    expected = json.loads((CONFORMANCE / "metric_expected.json").read_text(encoding="utf-8"))[name]
    with np.load(CONFORMANCE / "metric_inputs.npz") as inputs:
        arrays = [inputs[f"{name}/{what}"] for what in ("motion", "text", "gt")]
    found = compute_tmr_retrieval_metrics(*arrays, rounding=None)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=1e-6 if "FID" in key else 1e-4), key


def test_ties() -> None:
    expected = json.loads((CONFORMANCE / "metric_expected.json").read_text(encoding="utf-8"))["ties"]
    with np.load(CONFORMANCE / "metric_inputs.npz") as inputs:
        ranks = reference_ranks(inputs["ties/text"], inputs["ties/motion"], None)
    assert summarise_ranks(ranks, None) == pytest.approx(expected, abs=1e-4)


def test_a_real_file_of_seeds_skeleton() -> None:
    take = read_take(SHARED / "samples" / "soma77_tpose.bvh")
    assert take.joints.shape == (1, 77, 3)
    np.testing.assert_allclose(take.joints[0] - take.joints[0, 0], SOMA77.rest, atol=1e-5)
    assert take.heading[0] == pytest.approx(0, abs=1e-2)
