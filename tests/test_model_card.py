"""Model cards: those of the package answer all questions, and a new one follows from what was trained on."""

import numpy as np
import pytest
import torch

from card_measures import percent
from card_text import SOURCES, TEMPLATE, card, licence_for, sources_of
from tmr.model.checkpoint import find_checkpoint, models_of_package
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR
from tmr.motion.dataset import ClipInfo
from tmr.motion.prepare import PreparedClip

HEADINGS = [line for line in TEMPLATE.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
TABLES = {key: [f"| {key} |"] for key in ("measured", "kimodo", "bias", "privacy", "safety")}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return TMR(ModelConfig(motion_layers=1, text_layers=1, patch_frames=4, feed_forward=64))


@pytest.fixture(scope="module")
def clips():
    joints = np.zeros((108_000, 30, 3), dtype=np.float32)
    return [
        PreparedClip(ClipInfo("cmu/01_01", "train", (), subject="1"), joints),
        PreparedClip(ClipInfo("cmu/02_01", "train", (), subject="2"), joints),
        PreparedClip(ClipInfo("cmu/07_01", "test", (), subject="7"), joints[:30]),
    ]


@pytest.mark.parametrize("name", models_of_package())
def test_the_cards_of_the_package_have_all_sections_and_nothing_left_to_do(name):
    text = (find_checkpoint(name) / "README.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS
    assert "TODO" not in text


def test_the_licence_follows_from_the_sources():
    assert licence_for(sources_of([])) == "cc-by-nc-4.0"
    assert licence_for(sources_of(["bandai"])) == "cc-by-sa-3.0"
    assert licence_for(sources_of(["bandai", "hdm05"])) == "apache-2.0"
    with pytest.raises(SystemExit, match="no source 'amass'; there are cmu, bandai"):
        sources_of(["amass"])


def test_a_card_is_filled_from_the_sources(model, clips):
    text = card("open", model, clips, sources_of(["bandai", "hdm05"]), TABLES, "")
    assert text.startswith("---\nlicense: apache-2.0\n")
    assert "{" not in text
    assert '`load_model("open")`' in text
    assert "| CMU Graphics Lab mocap | 2 | 2.00 |" in text
    assert "2 people of CMU, known by numbers. Sentences" in text
    assert "captured in the USA." in text
    assert not [source.title for source in SOURCES if source.asks and source.title in text]
    assert "Apache-2.0, as every source allows" in text
    whole = card("default", model, clips, SOURCES, {**TABLES, "kimodo": []}, "")
    assert "CC BY-NC 4.0, because of Bandai Namco Research;" in whole
    assert "captured in the USA, Japan and Germany" in whole
    assert "\n\n\n" not in whole


def test_a_share_has_its_interval():
    assert percent([1.0, 1.0, 0.0, 0.0]) == "50.0 (0 to 100)"
    assert percent([1.0] * 10) == "100.0 (69 to 100)"
