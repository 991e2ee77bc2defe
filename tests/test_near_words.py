"""Verbs that a model has not learnt are told by the nearest one that it has, where they stand as verbs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.model import near_words
from tmr.model.config import ModelConfig
from tmr.model.near_words import in_learnt_words, learnt_words
from tmr.model.query import load_text_encoder
from tmr.model.text_reading import as_read
from tmr.model.tmr import load_model

STORED = json.loads(near_words._FILE.read_text(encoding="utf-8"))
LEARNT = frozenset((
    "walk", "run", "sprint", "jump", "drink", "throw", "sit", "stand", "lie", "fall", "wave", "turn", "dance", "wipe",
    "look", "bow", "punch", "stagger", "climb", "sneak",
))  # fmt: skip


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("a person saunters", "a person walks"),
        ("A person is sauntering forward.", "A person is walking forward."),
        ("Saunter ahead", "Walk ahead"),
        ("she sauntered away, then leapt", "she walked away, then jumped"),
        ("a burglar gallops off", "a burglar runs off"),
        ("the old man quickly gulps water", "the old man quickly drinks water"),
        ("someone starts to stroll", "someone starts to walk"),
        ("he glances around", "he looks around"),
        ("he glances to the left", "he looks around to the left"),
        ("a man waves and strolls", "a man waves and walks"),
        ("someone passes out", "someone falls to the floor"),
        ("a person hunkers down", "a person hunkers down"),
        ("a person TOSSES a ball", "a person throws a ball"),
        ("he tore across the room", "he sprinted across the room"),
        ("a man creeps ahead", "a man sneaks on tiptoes ahead"),
    ],
)
def test_a_verb_that_is_not_learnt_is_told_by_the_nearest_one_in_the_same_form(told, read):
    assert in_learnt_words(told, LEARNT) == read
    assert in_learnt_words(read, LEARNT) == read


@pytest.mark.parametrize(
    "text",
    [
        "a person walks",
        "a jab with the left hand",
        "with a scoop",
        "two hops",
        "a person holds rocks",
        "his stroll",
        "as well",
        "single punch",
        "the person is putting something on the shelf",
        "a person swivels his hips",
        "a person hobbles",
        "he is hoping",
        "ein Mensch schlendert",
        "",
        "… 12 !?",
        "saunters " * 100,
    ],
)
def test_nouns_other_languages_parts_of_the_body_and_what_has_no_learnt_neighbour_stay(text):
    assert in_learnt_words(text, LEARNT) is text


def test_a_learnt_word_stays_and_a_thing_that_is_not_learnt_is_not_told():
    assert in_learnt_words("a person saunters", LEARNT | {"saunter"}) == "a person saunters"
    assert in_learnt_words("a person saunters", {"run"}) == "a person saunters"
    assert in_learnt_words("a person saunters", ["walk"]) == "a person walks"


@given(st.text(alphabet="abdeghinrst ,.-'", max_size=60) | st.text(max_size=40))
def test_any_text_can_be_read_and_reading_it_again_changes_nothing(text):
    read = in_learnt_words(text, LEARNT)
    assert in_learnt_words(read, LEARNT) == read


def test_every_word_is_told_in_every_form_and_that_is_the_end_of_it():
    heads = frozenset().union(*near_words._things().needed)
    seen = 0
    for thing in STORED["things"]:
        base, third, ing, _ = thing["forms"]
        for word in thing["words"]:
            if word in heads or word.split()[0] in heads:
                continue
            forms = {place: form for form, place in near_words._forms(word, [])}
            for place, told, frame in ((1, third, "a person {}"), (2, ing, "someone is {}"), (0, base, "{}")):
                found = near_words._things().forms[forms[place]]
                if found.verb != word:
                    continue  # `lay` and `felled`: one form of two verbs
                text = frame.format(forms[place])
                assert in_learnt_words(text, heads) == frame.format(told), text
                assert in_learnt_words(frame.format(told), heads) == frame.format(told)
                seen += 1
    assert seen > 1500


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("hop", {"hop", "hops", "hopping", "hopped"}),
        ("gallop", {"gallop", "gallops", "galloping", "galloped", "gallopping", "gallopped"}),
        ("scurry", {"scurry", "scurries", "scurrying", "scurried"}),
        ("pass out", {"pass out", "passes out", "passing out", "passed out"}),
        ("flee", {"flee", "flees", "fleeing", "fleed", "fled"}),
        ("hurtle", {"hurtle", "hurtles", "hurtling", "hurtled"}),
    ],
)
def test_the_forms_of_a_verb(verb, forms):
    found = near_words._forms(verb, ["fled"] if verb == "flee" else [])
    assert {form for form, _ in found} == forms


def test_learnt_is_what_several_sentences_have_or_what_others_are_told_by():
    sentences = ["he saunters", "a man saunters", "a man saunters", "she is sauntering", "he gallops", "he gallops off"]
    assert learnt_words(sentences) == ("saunter",)
    assert learnt_words(sentences, least=2) == ("gallop", "saunter")
    assert learnt_words(["a person staggers"]) == ("stagger",), "others are told by it"
    assert learnt_words(["he stands up", "a man stood up", "she stands up quickly"]) == ("stand up",)


def test_a_model_reads_the_order_first_and_then_the_words():
    config = ModelConfig(text_order="done", learnt_words=tuple(sorted(LEARNT)))
    assert as_read("a man strolls after he gulps water", config) == "he drinks water, then a man walks"
    assert as_read("a man strolls after he gulps water", ModelConfig()) == "a man strolls after he gulps water"


@pytest.mark.parametrize("name", ["default", "open"])
def test_the_models_of_the_package_read_what_they_have_not_learnt_as_what_they_have(name):
    encoder, model = load_text_encoder(name), load_model(name, device="cpu")
    told, read = "a person saunters", "a person walks"
    assert encoder.as_read(told) == model.as_read(told) == read
    for side in (encoder, model):
        embedded = side.encode_text([told, read])
        np.testing.assert_allclose(embedded[0], embedded[1], atol=1e-6)
