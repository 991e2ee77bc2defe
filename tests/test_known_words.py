"""Known words: which words of a sentence a model does not know, and where that is told."""

import json

import pytest

from tmr.errors import ModelError
from tmr.model.known_words import (
    KNOWN_WORDS,
    LEAST_SENTENCES,
    known_words,
    read_known_words,
    unknown_words,
    write_known_words,
)
from tmr.model.query import load_text_encoder
from tmr.model.tmr import load_model, save_model
from tmr.motion.procedural import procedural_library
from tmr.search.query import Encoders


def test_a_word_of_a_caption_is_known_in_all_its_forms():
    known = known_words(["A person waves, hopping on the left leg."])
    assert unknown_words("someone waved and hops, 3 legs, two arms, an arm", known) == ["two", "arms"]
    assert unknown_words("a burpee, a BURPEE, the jeté of a goblin", known) == ["burpee", "jete", "goblin"]
    assert unknown_words("of it is", known) == []


def test_without_a_motion_a_word_is_known_that_several_sentences_have():
    told = [f"a man vaults {number}" for number in range(LEAST_SENTENCES)]
    assert unknown_words("vaulting", known_words(["he bows"], told)) == []
    assert unknown_words("vaulting", known_words(["he bows"], told[1:])) == ["vaulting"]
    # The same sentence twice is one.
    assert unknown_words("vaulting", known_words(["he bows"], [*told[1:], told[1]])) == ["vaulting"]


def test_nobody_can_say_what_a_model_without_a_list_has_read():
    assert unknown_words("a burpee", frozenset()) == []


def test_the_list_is_kept_beside_the_model(tmp_path):
    known = known_words(["a person waves", "a jeté"])
    write_known_words(tmp_path, known)
    assert read_known_words(tmp_path) == known
    write_known_words(tmp_path, frozenset())
    assert list(tmp_path.iterdir()) == []
    assert read_known_words(tmp_path) == frozenset()


@pytest.mark.parametrize("content", ["{", "{}", "[1]", "\udcff"])
def test_a_damaged_list_is_told(tmp_path, content):
    (tmp_path / KNOWN_WORDS).write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ModelError, match=rf"{KNOWN_WORDS} cannot be read: .* fetch it again, or remove it"):
        read_known_words(tmp_path)


@pytest.mark.parametrize("name", ["default", "open"])
def test_the_models_of_the_package_know_what_they_learnt_and_no_burpee(name):
    encoder = load_text_encoder(name)
    for item in procedural_library():
        for caption in item.captions:
            assert encoder.unknown_words(caption) == [], caption
    assert encoder.unknown_words("a samurai does a burpee") == ["samurai", "burpee"]
    # A verb that is read as another one is known by that.
    assert encoder.unknown_words("a person skulks") == []
    assert Encoders(name).wording("una persona camina").unknown_words == {
        "una persona camina": ["una", "persona", "camina"]
    }
    assert Encoders(name).wording("человек идёт").unknown_words == {}


def test_a_saved_model_keeps_its_list(tmp_path):
    model = load_model("open")
    save_model(model, tmp_path, half=True)
    assert json.loads((tmp_path / KNOWN_WORDS).read_text(encoding="utf-8")) == sorted(model.known_words)
    again = load_model(tmp_path)
    assert again.known_words == model.known_words != frozenset()
    assert again.unknown_words("a burpee") == ["burpee"]
