"""The motion decoder: torch's own layers, padding, what it refuses."""

import pytest
import torch
from torch import nn

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.decoder import DecoderLayer, MotionDecoder

CONFIG = ModelConfig(latent_dim=16, feed_forward=32, motion_layers=2, heads=4, max_frames=20)
RENAMED = {
    "self_attn.in_proj_": "self_qkv.",
    "self_attn.out_proj": "self_out",
    "multihead_attn.in_proj_": "memory_qkv.",
    "multihead_attn.out_proj": "memory_out",
}


def renamed(state):
    result = {}
    for name, weight in state.items():
        for theirs, ours in RENAMED.items():
            name = name.replace(theirs, ours)
        result[name] = weight
    return result


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("items", [1, 3])
def test_layer_is_torchs_layer(activation, items):
    torch.manual_seed(1)
    theirs = nn.TransformerDecoderLayer(16, 4, 32, dropout=0.0, activation=activation, batch_first=True)
    ours = DecoderLayer(16, 4, 32, 0.0, activation)
    for weight in theirs.parameters():
        nn.init.normal_(weight, std=0.3)
    ours.load_state_dict(renamed(theirs.state_dict()))
    x, memory = torch.randn(3, 7, 16), torch.randn(3, items, 16)
    mask = torch.arange(7) < torch.tensor([7, 4, 1])[:, None]
    expected = theirs(x, memory, tgt_key_padding_mask=~mask)
    torch.testing.assert_close(ours(x, memory, mask[:, None, None])[mask], expected[mask], atol=1e-5, rtol=1e-5)


def test_a_motion_is_decoded_the_same_in_any_batch_and_is_zero_past_its_end():
    torch.manual_seed(2)
    decoder = MotionDecoder(CONFIG, 6).eval()
    points = torch.randn(2, 16)
    mask = torch.arange(12) < torch.tensor([12, 5])[:, None]
    both = decoder(points, mask)
    assert both.shape == (2, 12, 6)
    assert (both[1, 5:] == 0).all()
    alone = decoder(points[1:], torch.ones(1, 5, dtype=torch.bool))
    torch.testing.assert_close(both[1:, :5], alone, atol=1e-5, rtol=1e-5)
    assert (both[0, 0] - both[0, 1]).abs().max() > 1e-3, "frames are told apart by their positions"


def test_more_frames_than_the_window_are_refused():
    with pytest.raises(ModelError, match="21 frames are asked for; this decoder makes up to 20"):
        MotionDecoder(CONFIG, 6)(torch.zeros(1, 16), torch.ones(1, 21, dtype=torch.bool))
