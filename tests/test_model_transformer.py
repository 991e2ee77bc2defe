"""The encoders: torch's own layers, the reference's numbers, patches, padding, the copy in NumPy."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.numpy_transformer import erf, gelu
from tmr.model.positions import sinusoidal_positions
from tmr.model.tmr import TMR
from tmr.model.transformer import EncoderLayer, SequenceEncoder, drop_tokens, join_patches

REFERENCE = np.load(Path(__file__).parent / "data" / "portable_reference.npz", allow_pickle=False)


def small_encoder(**changes: object) -> SequenceEncoder:
    """Return an encoder with random weights."""
    torch.manual_seed(0)
    settings = {"width": 32, "layers": 2, "heads": 4, "feed_forward": 64, "dropout": 0.1, "activation": "gelu"}
    return SequenceEncoder(6, **settings | {"vae": True, "max_tokens": 50} | changes).eval()


def reference_encoder(side: str, input_width: int) -> SequenceEncoder:
    """Return an encoder with the reference's weights, put under our names one by one."""
    encoder = SequenceEncoder(
        input_width, width=32, layers=2, heads=4, feed_forward=64, dropout=0.1, activation="gelu", vae=True,
        max_tokens=300,
    )  # fmt: skip
    state = {}
    for key in REFERENCE.files:
        if key.startswith(f"{side}/"):
            name = key.removeprefix(f"{side}/").replace("seqTransEncoder.", "").replace("self_attn.in_proj_", "qkv.")
            state[name.replace("self_attn.out_proj", "out")] = torch.from_numpy(REFERENCE[key]).float()
    encoder.load_state_dict(state)
    return encoder.eval()


@pytest.mark.parametrize("name", ["short", "walk_turn", "slow"])
def test_motion_encoder_gives_the_references_numbers(name: str) -> None:
    encoder = reference_encoder("motion_encoder", 186)
    features = torch.from_numpy(
        (REFERENCE[f"canonical/{name}"] - REFERENCE["mean"]) / np.sqrt(REFERENCE["std"] ** 2 + 1e-5)
    )
    with torch.inference_mode():
        mean = encoder(features[None], torch.ones(1, len(features), dtype=torch.bool)).mean[0].numpy()
    np.testing.assert_allclose(mean, REFERENCE[f"motion_mu/{name}"], atol=1e-4)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), REFERENCE[f"motion_unit/{name}"], atol=1e-4)


def test_text_encoder_gives_the_references_numbers() -> None:
    encoder = reference_encoder("text_encoder", 48)
    tokens = torch.from_numpy(REFERENCE["text_input"])
    mask = torch.arange(tokens.shape[1]) < torch.from_numpy(REFERENCE["text_lengths"])[:, None]
    with torch.inference_mode():
        mean, log_variance = encoder(tokens, mask)
    assert log_variance is not None
    np.testing.assert_allclose(mean.numpy(), REFERENCE["text_mu"], atol=1e-4)
    np.testing.assert_allclose(log_variance.numpy(), REFERENCE["text_logvar"], atol=1e-4)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("training", [False, True])
def test_layer_is_torchs_layer(activation: str, training: bool) -> None:
    torch.manual_seed(1)
    theirs = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, activation=activation, batch_first=True).train(training)
    ours = EncoderLayer(16, 4, 32, 0.0, activation).train(training)
    renamed = {"self_attn.in_proj_weight": "qkv.weight", "self_attn.in_proj_bias": "qkv.bias"}
    ours.load_state_dict(
        {renamed.get(name, name.replace("self_attn.out_proj", "out")): w for name, w in theirs.state_dict().items()}
    )
    x = torch.randn(3, 7, 16)
    mask = torch.arange(7) < torch.tensor([7, 4, 1])[:, None]
    expected = theirs(x, src_key_padding_mask=~mask)
    torch.testing.assert_close(ours(x, mask[:, None, None])[mask], expected[mask], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("patch", [1, 4])
def test_padding_does_not_matter(patch: int) -> None:
    encoder = small_encoder(patch=patch)
    lengths = [13, 1, 4, 8, 7]
    x = torch.randn(5, 20, 6)
    mask = torch.arange(20) < torch.tensor(lengths)[:, None]
    x[~mask] = 1e6
    with torch.inference_mode():
        together = encoder(x, mask)
        for row, length in enumerate(lengths):
            alone = encoder(x[row : row + 1, :length], mask[row : row + 1, :length])
            torch.testing.assert_close(together.mean[row], alone.mean[0], atol=1e-5, rtol=0)


def test_last_patch_is_filled_with_the_last_frame() -> None:
    x = torch.arange(1, 7, dtype=torch.float32).reshape(1, 6, 1).repeat(2, 1, 1)
    mask = torch.arange(6) < torch.tensor([6, 3])[:, None]
    tokens, token_mask = join_patches(x, mask, 4)
    assert tokens.tolist() == [[[1, 2, 3, 4], [5, 6, 6, 6]], [[1, 2, 3, 3], [3, 3, 3, 3]]]
    assert token_mask.tolist() == [[True, True], [True, False]]


def test_patch_of_one_is_frame_by_frame() -> None:
    x, mask = torch.randn(2, 5, 3), torch.ones(2, 5, dtype=torch.bool)
    tokens, token_mask = join_patches(x, mask, 1)
    assert torch.equal(tokens, x)
    assert torch.equal(token_mask, mask)


def test_order_matters() -> None:
    encoder, x = small_encoder(), torch.randn(1, 6, 6)
    mask = torch.ones(1, 6, dtype=torch.bool)
    with torch.inference_mode():
        assert (encoder(x, mask).mean - encoder(x.flip(1), mask).mean).abs().max() > 1e-3


def test_without_vae_there_is_one_token_and_no_log_variance() -> None:
    encoder = small_encoder(vae=False)
    posterior = encoder(torch.randn(2, 5, 6), torch.ones(2, 5, dtype=torch.bool))
    assert encoder.tokens.shape == (1, 32)
    assert posterior.log_variance is None


def test_too_long_a_sequence_is_refused() -> None:
    with pytest.raises(ModelError, match="51 tokens; this encoder takes up to 50"):
        small_encoder()(torch.zeros(1, 51, 6), torch.ones(1, 51, dtype=torch.bool))


def test_dropout_only_in_training() -> None:
    encoder, x = small_encoder(dropout=0.5), torch.randn(1, 6, 6)
    mask = torch.ones(1, 6, dtype=torch.bool)
    assert torch.equal(encoder(x, mask).mean, encoder(x, mask).mean)
    encoder.train()
    assert not torch.equal(encoder(x, mask).mean, encoder(x, mask).mean)


def test_dropped_tokens_leave_the_others_in_order() -> None:
    torch.manual_seed(0)
    x = torch.arange(40.0).reshape(4, 10, 1) + 1
    mask = torch.arange(10) < torch.tensor([10, 7, 2, 1])[:, None]
    kept, kept_mask = drop_tokens(x, mask, 0.4)
    assert kept.shape[1] == int(kept_mask.sum(dim=1).max()) < 10
    for row, row_mask, whole, whole_mask in zip(kept, kept_mask, x, mask, strict=True):
        values = row[row_mask, 0]
        assert set(values.tolist()) <= set(whole[whole_mask, 0].tolist())
        assert (values.diff() > 0).all()
    shares = [drop_tokens(x, mask, 0.4)[1].sum() / mask.sum() for _ in range(200)]
    assert float(torch.stack(shares).mean()) == pytest.approx(0.6, abs=0.02)


def test_tokens_are_dropped_only_in_training() -> None:
    encoder = SequenceEncoder(
        5, width=8, layers=1, heads=2, feed_forward=16, dropout=0.0, activation="gelu", vae=False, max_tokens=12
    )
    x, mask = torch.randn(2, 12, 5), torch.ones(2, 12, dtype=torch.bool)
    whole = encoder.eval()(x, mask).mean
    torch.testing.assert_close(encoder.train()(x, mask).mean, whole)
    encoder.token_dropout = 0.5
    torch.testing.assert_close(encoder.eval()(x, mask).mean, whole)
    assert not torch.allclose(encoder.train()(x, mask).mean, whole)


def test_sizes_are_the_published_ones() -> None:
    model = TMR(ModelConfig(text_backbone="llm2vec", text_width=4096))
    count = {
        side: sum(p.numel() for p in getattr(model, side).parameters()) for side in ("motion_encoder", "text_encoder")
    }
    # A layer of width 256 has 789,760 weights; then projection and two tokens. In millions: 4.8 and 5.8.
    assert count == {
        "motion_encoder": 6 * 789_760 + 187 * 256 + 2 * 256,
        "text_encoder": 6 * 789_760 + 4097 * 256 + 2 * 256,
    }
    assert [round(number / 1e6, 1) for number in count.values()] == [4.8, 5.8]


def test_positions_are_sines_and_cosines() -> None:
    positions = sinusoidal_positions(300, 8)
    for place in (0, 1, 299):
        expected = [f(place / 10_000 ** (2 * pair / 8)) for pair in range(4) for f in (math.sin, math.cos)]
        np.testing.assert_allclose(positions[place], expected, atol=3e-5)


def test_erf_and_gelu_to_float32() -> None:
    x = np.linspace(-8, 8, 20_001, dtype=np.float32)
    np.testing.assert_allclose(erf(x), [math.erf(value) for value in x], rtol=0, atol=6e-7)
    # Against the formula: torch's own float32 is off by up to 1.1e-6, by which processor it runs on.
    exact = [value * (1 + math.erf(value / math.sqrt(2))) / 2 for value in x.tolist()]
    np.testing.assert_allclose(gelu(x), exact, rtol=0, atol=6e-7)
    assert erf(x).dtype == np.float32
