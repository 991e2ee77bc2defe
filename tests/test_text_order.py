"""Sentences that tell things in another order than they are done are turned round, and no others."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.evaluation.probes.sentences import ORDER_TEMPLATES, in_order
from tmr.model.config import ModelConfig
from tmr.model.text import AsRead, load_backbone
from tmr.model.text_order import in_order_done


@pytest.mark.parametrize(
    ("told", "done"),
    [
        ("a person kicks after the person bows", "the person bows, then a person kicks"),
        ("A man waves after he sits down.", "he sits down, then A man waves"),
        ("after sitting down, a man waves", "sitting down, then a man waves"),
        ("after a man sits down he waves", "a man sits down, then he waves"),
        ("After she has jumped, she bows!", "she has jumped, then she bows"),
        ("before waving, a man sits down", "a man sits down, then waving"),
        ("before he waves he sits down", "he sits down, then he waves"),
        ("someone kicks, but only after slowly turning left", "slowly turning left, then someone kicks"),
        ("a person kicks right after the old man bowed", "the old man bowed, then a person kicks"),
        ("a man waves, but first he sits", "he sits, then a man waves"),
        ("as soon as he stood up, the person ran", "he stood up, then the person ran"),
        ("once a person jumps, he claps", "a person jumps, then he claps"),
    ],
)
def test_what_is_told_in_another_order_is_turned(told, done):
    assert in_order_done(told) == done
    assert in_order_done(done) == done


@pytest.mark.parametrize(
    "text",
    [
        "a person walks after the dog",
        "a man runs after someone walking",
        "a man jumps once",
        "a woman walks, then sits down",
        "first a person bows, and then the person kicks",
        "a person bows before the person kicks",
        "a man wakes up after something",
        "he rests after the morning",
        "a man walks, then sits down after turning",
        "he bows. he waves after he sits",
        "after",
        "after sitting",
        "before he waves",
        "but first",
        "a person looks after",
        "",
    ],
)
def test_any_other_sentence_stays_as_it_is(text):
    assert in_order_done(text) == text


@pytest.mark.parametrize("template", ORDER_TEMPLATES)
def test_the_sentences_of_the_order_probe_name_first_what_is_done_first(template):
    text = in_order_done(in_order(template, "waves with the left hand", "is sitting down"))
    assert text.index("waves") < text.index("sitting")


@given(st.text(alphabet=st.sampled_from("after before then, he sits waving. but first\n"), max_size=80))
def test_turning_twice_is_turning_once_and_loses_no_letter(text):
    once = in_order_done(text)
    assert in_order_done(once) == once
    if once != text:
        for word in ("sits", "waving"):
            assert once.count(word) == text.count(word)


@given(st.text(max_size=60))
def test_any_text_is_taken(text):
    assert isinstance(in_order_done(text), str)


@pytest.mark.parametrize("filling", ["after sitting ", "right ", "a ", " ", ", ", "sitting "])
def test_a_text_that_is_no_sentence_stays_as_it_is(filling):
    text = f"he waves {filling * 20000} after he sits"
    start = time.perf_counter()
    assert in_order_done(text) == text
    for length in range(400, 501, 10):
        in_order_done(f"he waves {filling * 500}"[: length - 20] + " after he sits")
    assert time.perf_counter() - start < 5


def test_a_backbone_is_told_things_in_order_if_the_model_was_trained_so():
    class Remembers:
        width = 384

        def tokens(self, texts):
            self.asked = list(texts)
            return []

    backbone = Remembers()
    AsRead(backbone, ModelConfig(text_order="done")).tokens(["a man waves after he sits", "he sits"])
    assert backbone.asked == ["he sits, then a man waves", "he sits"]
    AsRead(backbone, ModelConfig()).tokens(["a man waves after he sits"])
    assert backbone.asked == ["a man waves after he sits"]
    assert isinstance(load_backbone(ModelConfig()), AsRead)
