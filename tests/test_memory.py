"""The caption memory: what it adds to a sentence's embedding, what it is made of, and whose it is."""

import numpy as np
import pytest
import torch

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.memory import (
    MEMORY,
    SHARPNESS,
    WEIGHT,
    CaptionMemory,
    composition_of,
    mean_words,
    read_memory,
    write_memory,
)
from tmr.model.query import load_text_encoder
from tmr.model.tmr import TMR, load_model, save_model
from tmr.training.corpus import Corpus
from tmr.training.recipes import TrainConfig
from tmr.training.remember import remember

CONFIG = ModelConfig(motion_layers=1, text_layers=1, feed_forward=32, latent_dim=32)


def made(captions=7, motions=3, width=384, seed=0):
    rng = np.random.default_rng(seed)
    words = rng.normal(size=(captions, width)).astype(np.float32)
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    return CaptionMemory(words, rng.normal(size=(motions, 32)).astype(np.float32), np.arange(captions) % motions)


@pytest.fixture
def model():
    torch.manual_seed(3)
    return TMR(CONFIG).eval()


def test_it_adds_what_slow_obvious_code_adds():
    memory, rng = made(), np.random.default_rng(1)
    words = [rng.normal(size=(count, 384)).astype(np.float32) for count in (3, 1, 5)]
    embeddings = rng.normal(size=(3, 32)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    texts = ["waves", "an embrace", "she claps"]
    found = memory.recall(texts, words, embeddings)
    for vectors, embedding, each in zip(words, embeddings, found, strict=True):
        mean = vectors.mean(axis=0)
        near = [float(mean @ caption) / np.linalg.norm(mean) for caption in memory.captions]
        shares = np.exp(np.array(near) / SHARPNESS) / np.exp(np.array(near) / SHARPNESS).sum()
        added = embedding + WEIGHT * sum(
            share * memory.motions[place] for share, place in zip(shares, memory.of, strict=True)
        )
        np.testing.assert_allclose(each, added / np.linalg.norm(added), atol=1e-5)
    assert memory.recall([], [], np.zeros((0, 32), np.float32)).shape == (0, 32)


def test_a_caption_that_is_known_leads_to_its_motion():
    memory = made(captions=3)
    nowhere = np.full((1, 32), 1e-6, np.float32)
    for place in range(3):
        (found,) = memory.recall(["x"], [memory.captions[place][None]], nowhere)
        assert int(np.argmax(found @ memory.motions.T / np.linalg.norm(memory.motions, axis=1))) == memory.of[place]


@pytest.mark.parametrize(
    ("text", "composition"),
    [
        ("a person waves", 0),
        ("a person jumps up once", 1),
        ("he drops both at once", 0),
        ("A person jumps Twice in a row", 2),
        ("claps two times", 2),
        ("thrice", 3),
        ("kicks 12 times", 12),
        ("jumps one time", 1),
        ("hops a thousand, that is 1000 times", 127),
        ("twelve times he nods", 12),
        ("walks " + "9" * 5000 + " times", 0),
        ("it is bath time", 0),
        ("first squats, then claps", 128),
        ("claps after a squat", 128),
        ("walks while waving twice", 258),
        ("sometimes he stands", 0),
    ],
)
def test_it_is_known_what_a_sentence_is_composed_of(text, composition):
    assert composition_of(text) == composition


def test_captions_that_tell_another_number_or_order_say_nothing():
    memory = made(captions=4, motions=4)
    memory.composition = np.array([0, 2, 3, 128])
    words = np.ones((1, 384), np.float32)
    own = np.eye(1, 32, dtype=np.float32)
    shares = np.exp(mean_words([words]) @ memory.captions.T / SHARPNESS)[0]
    shares /= shares.sum()
    for place, text in enumerate(("waves", "waves twice", "waves three times", "waves, then bows")):
        added = own[0] + WEIGHT * shares[place] * memory.motions[place]
        (found,) = memory.recall([text], [words], own)
        np.testing.assert_allclose(found, added / np.linalg.norm(added), atol=1e-5)
    np.testing.assert_allclose(memory.recall(["waves while he sits"], [words], own), own, atol=1e-6)


@pytest.mark.parametrize(("count", "of"), [(2, [0, 1]), (2, [0, -1]), (0, [])])
def test_places_that_are_of_no_memory_are_told(count, of):
    with pytest.raises(ModelError, match="a caption memory"):
        CaptionMemory(np.zeros((count, 4), np.float32), np.zeros((1, 3), np.float32), np.array(of, dtype=int))


def test_a_composition_for_each_caption_is_needed():
    arrays = np.zeros((2, 4), np.float32), np.zeros((1, 3), np.float32), np.zeros(2, dtype=int)
    with pytest.raises(ModelError, match=r"\(2,\) places and \(3,\) compositions"):
        CaptionMemory(*arrays, np.zeros(3, dtype=int))


@pytest.mark.parametrize("composition", [None, np.array([0, 128] * 3 + [2])])
def test_it_lies_beside_its_model_and_both_text_sides_ask_it(model, tmp_path, composition):
    texts = ["a person waves", "an embrace, then a long walk"]
    plain = model.encode_text(texts)
    model.memory = made()
    model.memory.composition = composition
    save_model(model, tmp_path)
    loaded, light = load_model(tmp_path, device="cpu"), load_text_encoder(tmp_path)
    assert loaded.checkpoint_hash == model.checkpoint_hash == light.checkpoint_hash
    np.testing.assert_allclose(loaded.encode_text(texts), light.encode_text(texts), atol=1e-5)
    np.testing.assert_allclose(loaded.encode_text(texts), model.encode_text(texts), atol=2e-3)
    assert np.abs(loaded.encode_text(texts) - plain).max() > 0.05


def test_training_drops_it_and_saving_without_removes_the_file(model, tmp_path):
    model.memory = made()
    save_model(model, tmp_path)
    loaded = load_model(tmp_path, device="cpu")
    loaded.train()
    assert loaded.memory is None
    save_model(loaded.eval(), tmp_path)
    assert not (tmp_path / MEMORY).exists()
    assert load_model(tmp_path, device="cpu").memory is None


def test_one_of_another_model_or_a_damaged_one_is_told(model, tmp_path):
    model.memory = made()
    save_model(model, tmp_path)
    write_memory(tmp_path, made(), "0" * 64)
    for load in (load_model, load_text_encoder):
        with pytest.raises(ModelError, match=r"caption_memory.safetensors is of another model \(000000000000\)"):
            load(tmp_path)
    (tmp_path / MEMORY).write_bytes(b"no tensors")
    with pytest.raises(ModelError, match=r"caption_memory.safetensors cannot be read"):
        load_model(tmp_path)
    assert read_memory(tmp_path / "elsewhere", "") is None


def test_it_is_made_of_what_is_drawn_and_not_composed(groups, model):
    config = TrainConfig(recipe="test", mixture={"procedural": 0.9, "joined": 0.1, "procedural_more": 0.0})
    some = {"procedural": groups["procedural"][:4], "procedural_more": groups["procedural_more"][:2]}
    corpus = Corpus({**some, "joined": groups["procedural"][4:5]}, [], [], [], [], "", config)
    memory = remember(model, corpus)
    told = [[s.text for s in (*g[0].sentences, *g[0].wordings)] for g in some["procedural"]]
    assert memory.motions.shape == (4, 32)
    assert memory.of.tolist() == [place for place, texts in enumerate(told) for _ in dict.fromkeys(texts)]
    assert memory.composition.tolist() == [composition_of(text) for texts in told for text in dict.fromkeys(texts)]
    words = mean_words(model.text_backbone.tokens([told[2][0]]))
    np.testing.assert_allclose(memory.captions[memory.of.tolist().index(2)], words[0], atol=1e-5)
