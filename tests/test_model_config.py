"""ModelConfig: JSON and back, and what it refuses."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.text import BACKBONES


def test_defaults_are_the_published_architecture() -> None:
    config = ModelConfig()
    assert (config.features, config.fps, config.max_frames, config.patch_frames) == ("soma30_186", 30.0, 300, 1)
    assert (config.latent_dim, config.feed_forward, config.motion_layers, config.text_layers) == (256, 1024, 6, 6)
    assert (config.text_backbone, config.text_width) == ("minilm", 384)


@given(heads=st.sampled_from((1, 2, 4, 8)), layers=st.integers(1, 50), dropout=st.floats(0, 0.99), vae=st.booleans())
def test_json_and_back(heads: int, layers: int, dropout: float, vae: bool) -> None:
    config = ModelConfig(heads=heads, motion_layers=layers, dropout=dropout, vae=vae, learnt_words=("run", "walk"))
    assert ModelConfig.from_json(config.to_json()) == config
    assert set(json.loads(config.to_json())) == {field.name for field in dataclasses.fields(ModelConfig)}


def test_a_model_that_reads_all_words_as_told_says_nothing_of_them() -> None:
    # Its text is hashed: a model from before there were learnt words must stay the same model.
    text = ModelConfig().to_json()
    assert "learnt_words" not in text
    assert ModelConfig.from_json(text).learnt_words == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "expected a JSON object"),
        ('{"layers": 6}', "unknown names layers; expected features"),
        ('{"heads": "4"}', "heads is '4'; expected int"),
        ('{"heads": true}', "heads is True; expected int"),
        ('{"heads": 3}', "latent_dim is 256 with 3 heads"),
        ('{"vae": 1}', "vae is 1; expected bool"),
        ('{"max_frames": 0}', "expected 1 or more"),
        ('{"dropout": 1.5}', "dropout is 1.5"),
        ('{"fps": NaN}', "fps is nan"),
        ('{"activation": "tanh"}', "expected one of gelu, relu"),
        ('{"learnt_words": "walk"}', "learnt_words is 'walk'; expected tuple"),
        ('{"learnt_words": ["walk", 1]}', "learnt_words is"),
        ('{"text_backbone": "gpt"}', "expected one of minilm, llm2vec"),
    ],
)
def test_what_it_refuses(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as error:
        ModelConfig.from_json(text, where="model/config.json")
    assert "model/config.json" in str(error.value)


def test_every_backbone_can_be_configured() -> None:
    for name in BACKBONES:
        assert ModelConfig(text_backbone=name).text_backbone == name


def test_tokens_of_the_longest_window() -> None:
    assert ModelConfig(max_frames=300, patch_frames=4).max_motion_tokens == 75
    assert ModelConfig(max_frames=301, patch_frames=4).max_motion_tokens == 76
