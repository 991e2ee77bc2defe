"""The reference's numbers over everything in ../shared/conformance; skipped where that folder is missing."""

import json

import numpy as np
import pytest
import torch

from conftest import SHARED
from tmr.model.text import clean_text
from tmr.model.tmr import TMR, load_model
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

CONFORMANCE = SHARED / "conformance"
pytestmark = pytest.mark.skipif(not CONFORMANCE.is_dir(), reason=f"{CONFORMANCE} is not there")
NAMES = sorted(path.stem for path in CONFORMANCE.glob("motions/*.npz"))


@pytest.fixture(scope="module")
def model() -> TMR:
    """The reference's checkpoint."""
    return load_model(CONFORMANCE / "checkpoint", device="cpu")


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    """The reference's numbers."""
    with np.load(CONFORMANCE / "expected.npz", allow_pickle=False) as numbers:
        return dict(numbers)


def motion(name: str) -> Motion:
    """Return one of the reference's motions."""
    with np.load(CONFORMANCE / "motions" / f"{name}.npz", allow_pickle=False) as file:
        return Motion(file["posed_joints"], 30.0, built_in_skeleton("somaskel30"), name=name)


@pytest.mark.parametrize("name", NAMES)
def test_features(name: str, model: TMR, expected: dict[str, np.ndarray]) -> None:
    joints = torch.from_numpy(motion(name).joints)[None]
    mask = torch.ones(joints.shape[:2], dtype=torch.bool)
    canonical = model.features.compute(joints, mask, 30.0)
    for kind, features in (
        ("features", model.features.extract(joints, mask, 30.0)),
        ("canonical", canonical),
        ("normalized", model.normalise(canonical)),
    ):
        np.testing.assert_allclose(features[0].numpy(), expected[f"{kind}/{name}"], rtol=1e-5, atol=5e-6)


def test_motion_embeddings_in_one_batch_and_one_by_one(model: TMR, expected: dict[str, np.ndarray]) -> None:
    motions = [motion(name) for name in NAMES]
    units = np.stack([expected[f"motion_unit/{name}"] for name in NAMES])
    together = model.encode_motion(motions)
    np.testing.assert_allclose(together, units, atol=1e-4)
    alone = np.concatenate([model.encode_motion([one]) for one in motions])
    np.testing.assert_allclose(alone, units, atol=1e-4)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_motion_posterior_means(model: TMR, expected: dict[str, np.ndarray]) -> None:
    for name in NAMES:
        joints = torch.from_numpy(motion(name).joints)[None]
        mask = torch.ones(joints.shape[:2], dtype=torch.bool)
        with torch.inference_mode():
            mean = model.motion_posterior(model.features.compute(joints, mask, 30.0), mask).mean
        np.testing.assert_allclose(mean[0].numpy(), expected[f"motion_mu/{name}"], atol=1e-4)


def test_text_posteriors(model: TMR, expected: dict[str, np.ndarray]) -> None:
    tokens = torch.from_numpy(expected["text_input"])
    mask = torch.arange(tokens.shape[1]) < torch.from_numpy(expected["text_lengths"])[:, None]
    with torch.inference_mode():
        mean, log_variance = model.text_posterior(tokens, mask)
    assert log_variance is not None
    np.testing.assert_allclose(mean.numpy(), expected["text_mu"], atol=1e-4)
    np.testing.assert_allclose(log_variance.numpy(), expected["text_logvar"], atol=1e-4)
    units = torch.nn.functional.normalize(mean, dim=1)
    np.testing.assert_allclose(units.numpy(), expected["text_unit"], atol=1e-4)


def test_cleaned_texts() -> None:
    for text, cleaned in json.loads((CONFORMANCE / "sanitize.json").read_text(encoding="utf-8")):
        assert clean_text(text) == cleaned
