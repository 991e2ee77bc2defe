"""The model in the package: it is small, licensed, fast to load and right on the demo's sentences."""

import json
import re

import numpy as np
import pytest

from command_line import tmr
from tmr.model.checkpoint import DEFAULT, MODELS_FOLDER
from tmr.model.query import load_text_encoder
from tmr.model.tmr import load_model
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.procedural import procedural_library


@pytest.fixture(scope="module")
def model():
    return load_model()


def test_the_files_are_small_and_have_a_card():
    folder = MODELS_FOLDER / DEFAULT
    assert {path.name for path in folder.iterdir()} == {
        "README.md", "caption_memory.safetensors", "config.json", "known_words.json", "model.safetensors",
    }  # fmt: skip
    assert max(path.stat().st_size for path in folder.iterdir()) < 16_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("license: cc-by-nc-4.0", "CMU", "Bandai", "HDM05", "R@1", "## Limits"):
        assert word in card


def test_typed_queries_are_embedded_the_same_without_torch(model):
    texts = ["a person waves with the left hand", "somebody runs, then jumps over a fence"]
    np.testing.assert_allclose(load_text_encoder().encode_text(texts), model.encode_text(texts), atol=1e-5)


def test_motions_of_the_library_are_nearer_to_their_caption_than_to_it_with_sides_swapped(model):
    pairs = [
        (labelled.motion, caption)
        for labelled in procedural_library(seed=7)
        for caption in labelled.captions[:1]
        if side_words(caption)
    ]
    motions = model.encode_motion([motion for motion, _ in pairs])
    right = (motions * model.encode_text([caption for _, caption in pairs])).sum(axis=1)
    wrong = (motions * model.encode_text([swap_sides(caption) for _, caption in pairs])).sum(axis=1)
    assert len(pairs) > 30
    assert (right > wrong).mean() >= 0.95


def test_where_a_motion_starts_and_faces_does_not_matter(model):
    motion = procedural_library()[0].motion
    turn = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], dtype=np.float32)
    moved = type(motion)((motion.joints + np.float32([3, 0, -2])) @ turn.T, motion.fps, motion.skeleton)
    one, other = model.encode_motion([motion, moved])
    assert one @ other > 0.9999


@pytest.mark.slow
def test_the_demo_answers_seven_of_eight_sentences(tmp_path):
    run = tmr("demo", str(tmp_path / "demo"), cwd=tmp_path)
    assert run.status == 0, run.err
    found = re.search(r"(\d) of 8 sentences", run.out)
    assert found
    assert int(found.group(1)) >= 7
    again = tmr("search", str(tmp_path / "demo" / "index"), "someone waves with the left hand", "--json", cwd=tmp_path)
    assert json.loads(again.out)["hits"][0]["item"] == "wave_left.bvh"
