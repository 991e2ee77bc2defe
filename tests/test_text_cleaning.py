"""Texts as captions are written, with the reference's pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.text import BACKBONES, TextBackbone, check_texts, clean_text, load_backbone

PAIRS = [
    (" A person is    walking.", "A person is walking."),
    ("someone go forward", "Someone go forward."),
    ("jump", "Jump."),
    ("jumping!", "Jumping!"),
    ("jumping)", "Jumping)."),
    ("-go", "Go."),
    ("blocasdji  -----", "Blocasdji."),
    ("", ""),
    ("he runs.then he stops ,", "He runs. Then he stops."),
    ("A PERSON Waves (twice)", "A person waves (twice)."),
    ("walks? yes! no", "Walks? Yes! No."),
    ("  \n\t turn left", "Turn left."),
    ("1 2 3", "1 2 3."),
    ("é lève le bras", "É lève le bras."),
]


@pytest.mark.parametrize(("text", "cleaned"), PAIRS)
def test_the_references_pairs(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text(max_size=60))
def test_any_text_comes_out_with_single_spaces_and_an_end(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned == " ".join(cleaned.split())
    assert not cleaned or cleaned[-1] in ".!?"
    assert bool(cleaned) == any(letter.isalnum() for letter in text)


@pytest.mark.parametrize("text", ["...", "?!", "-- ,"])
def test_a_text_without_words_is_empty(text: str) -> None:
    assert clean_text(text) == ""


def test_bytes_that_are_no_text_are_replaced() -> None:
    text = b"walks \xff fast".decode("utf-8", "surrogateescape")  # as the shell hands it over
    assert clean_text(text) == "Walks? Fast."


def test_texts_must_be_a_list() -> None:
    with pytest.raises(ModelError, match=r"single text 'walks'; write \[text\]"):
        check_texts("walks")


def test_backbone_of_another_width_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow:
        width = 7

        def tokens(self, texts: list[str]) -> list:
            return []

    monkeypatch.setitem(BACKBONES, "minilm", lambda *_: Narrow())
    assert isinstance(Narrow(), TextBackbone)
    with pytest.raises(ModelError, match="vectors of 7 numbers; this model takes 384"):
        load_backbone(ModelConfig())
