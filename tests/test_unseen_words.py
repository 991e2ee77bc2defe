"""The script that asks for words no caption has: families of words, what is judged, and its table."""

import json
from pathlib import Path

import pytest

from evaluate_unseen_words import HITS, QUERIES, Answer, Asked, add_judgements, families, page, read_judgements
from fake_encoder import FakeEncoder, numbered_motion
from tmr.evaluation.captioned import CaptionedMotion
from tmr.model.known_words import family_of
from tmr.motion.procedural import DEMO_QUERIES
from tmr.search import query
from tmr.search.mix import Mix
from tmr.search.query import NO_ENGLISH, Encoders, Wording, not_english, sentences
from tmr.search.service.answers import Hits


@pytest.mark.parametrize(
    "family",
    [
        ("stroll", "strolls", "strolled", "strolling", "stroller"),
        ("scurry", "scurries", "scurried", "scurrying"),
        ("amble", "ambles", "ambled", "ambling"),
        ("plod", "plods", "plodding", "plodder"),
        ("lob", "lobs", "lobbed", "lobbing"),
        ("flee", "flees", "fleeing"),
        ("boogie", "boogies", "boogied"),
        ("curtsy", "curtsies", "curtsying", "curtsied"),
        ("angry", "angrily"),
    ],
)
def test_the_words_of_a_family_are_one(family):
    assert len({family_of(word) for word in family}) == 1


def test_words_written_apart_or_with_a_hyphen_are_found_as_one():
    for text in ("He is shadow boxing.", "he shadow-boxed", "shadowboxes"):
        assert family_of("shadowbox") in families(text)
    # But not from splinters: "in to t pose" says nothing of tots.
    assert family_of("tots") not in families("moves in to t pose")


def test_there_are_fifty_queries_each_once():
    assert len(set(QUERIES)) == len(QUERIES) == 50


def test_no_sentence_in_latin_letters_is_taken_for_one_without_english():
    dances = ("moonwalk", "macarena", "paso doble", "pas de deux", "hokey pokey", "grand jeté", "bhangra", "ÖL")
    for text in (*QUERIES, *(text for text, _ in DEMO_QUERIES), *dances, "a 360", "walk 👋"):
        assert not_english([text]) == []
    foreign = ["👋", "360", "...", "человек идёт", "人が歩く"]
    mix = Mix([(1.0, text) for text in ("walk", *foreign)])
    assert not_english(sentences(mix)) == foreign
    assert Encoders(FakeEncoder()).wording(mix) == Wording({}, foreign, {})


def test_a_sentence_without_english_is_told_in_the_same_words_everywhere():
    page = Path(query.__file__).with_name("page") / "page.js"
    assert NO_ENGLISH in page.read_text(encoding="utf-8")
    assert NO_ENGLISH in (Hits.model_fields["not_english"].description or "")


def test_judgements_are_added_and_what_is_open_stays_out(tmp_path):
    kept, filled = tmp_path / "kept.json", tmp_path / "filled.json"
    filled.write_text(json.dumps({"a person ambles": {"walk": True, "bow": "?", "run": False}}))
    add_judgements(kept, filled)
    filled.write_text(json.dumps({"a person ambles": {"bow": False}, "a burpee": {"squat": True}}))
    add_judgements(kept, filled)
    assert read_judgements(kept) == {
        "a burpee": {"squat": True},
        "a person ambles": {"bow": False, "run": False, "walk": True},
    }


def test_the_table_tells_what_was_found_what_is_sensible_and_what_nobody_judged():
    items = [
        CaptionedMotion("walk", numbered_motion(0), ("a person walks | ahead.",), {"source": "cmu"}),
        CaptionedMotion("b", numbered_motion(1), ("x",), {"source": "bandai", "action": "walk-back", "style": "old"}),
        CaptionedMotion("c", numbered_motion(2), ("a person bows",), {"source": "library", "action": "bow"}),
    ]
    hits = [Answer(item, 0.5 - place / 10) for place, item in enumerate(items)]
    asked = [Asked("a person ambles along", ("ambles",), 2, True)]
    judged = {"a person ambles along": {"walk": True, "b": False}}
    read = {"a person ambles along": "a person walks along"}
    unread = {"a person ambles along": ["ambles", "along"]}
    text = page(asked, [hits], judged, read, unread, {"model": "m", "gallery": "few"})
    assert "| a person **ambles** along † | 2 | 1 | a person walks / ahead (cmu) | 0.50 | yes |" in text
    assert "| read: a person walks along |  | 2 | walk back, old (bandai) | 0.40 | no |" in text
    assert "| not known: ambles, along |  | 3 | a person bows (library) | 0.30 | ? |" in text
    assert "| best hits sensible where the model says that it does not know a word | 1 of 1 |" in text
    assert "1 of 3 hits are not judged yet" in text
    assert "| queries whose best hit is sensible | 1 of 1 |" in text
    assert HITS == 5
