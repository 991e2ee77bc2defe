"""The protocols: against slow obvious versions, and a collapsed encoder at chance in each."""

import importlib.util
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.errors import TMRError
from tmr.evaluation import protocols
from tmr.evaluation.answers import Answers, alike, count_merged, letter_for_letter, only_itself
from tmr.evaluation.protocols import PROTOCOLS, Gallery
from tmr.evaluation.scored import MEASURES, chance_row, measure_row
from tmr.evaluation.sentences import most_unlike, sentence_vectors
from tmr.evaluation.small_batches import score_small_batches
from tmr.model import minilm

WORDS = [
    f"{who} {how} {where}".strip()
    for who in ("a person", "someone", "he")
    for how in ("walks", "runs and stops", "dances", "jumps", "sits down", "crawls")
    for where in ("", "to the left", "to the right", "for a while")
]


def gallery_of(num_motions, *, captions="first", seed=0):
    """A gallery in which captions repeat, some motions share a clip, and the last motion has no caption."""
    random = np.random.default_rng(seed)
    counts = [1] * (num_motions - 1) if captions == "first" else random.integers(1, 4, size=num_motions - 1)
    owner = np.repeat(np.arange(num_motions - 1), counts)
    words = tuple(str(word) for word in random.choice(WORDS, size=len(owner)))
    return Gallery(words, owner, np.arange(num_motions) // 2, captions)


@pytest.fixture(autouse=True)
def fake_sentences(monkeypatch):
    """Sentence vectors without the encoder: the more words in common, the nearer."""

    def vectors(captions):
        words = sorted({word for caption in captions for word in caption.split()})
        table = np.array([[word in caption.split() for word in words] for caption in captions], dtype=np.float32)
        return table / np.linalg.norm(table, axis=1, keepdims=True)

    monkeypatch.setattr(protocols, "sentence_vectors", vectors)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def embeddings_of(gallery, noise, seed=1):
    random = np.random.default_rng(seed)
    motion = unit(random.normal(size=(len(gallery.clips), 64)))
    return unit(motion[gallery.owner] + noise * random.normal(size=(len(gallery.owner), 64))), motion


def as_sets(rows):
    bounds, members = rows
    listed = [members[first:last].tolist() for first, last in itertools.pairwise(bounds)]
    assert all(len(set(row)) == len(row) for row in listed)
    return [set(row) for row in listed]


@pytest.mark.parametrize("rule", ["itself", "equal", "alike"])
def test_right_answers_are_those_of_the_obvious_loop(rule):
    gallery = gallery_of(20, captions="all")
    vectors = protocols.sentence_vectors(list(dict.fromkeys(gallery.captions)))
    number = {caption: place for place, caption in enumerate(dict.fromkeys(gallery.captions))}
    rules = {
        "itself": (only_itself, lambda one, other: one == other),
        "equal": (letter_for_letter(gallery.captions), lambda one, other: words[one] == words[other]),
        "alike": (
            alike(gallery.captions, vectors, 0.8),
            lambda one, other: (
                words[one] == words[other] or vectors[number[words[one]]] @ vectors[number[words[other]]] > 0.8
            ),
        ),
    }
    words, owner = gallery.captions, gallery.owner
    same, obvious = rules[rule]
    texts = range(len(words))
    to_motion = [{int(owner[other]) for other in texts if obvious(one, other)} for one in texts]
    to_text = [
        {other for other in texts if any(obvious(own, other) for own in texts if owner[own] == motion)}
        for motion in range(19)
    ]
    answers = Answers(owner, same)
    assert as_sets(answers.of_texts(0, len(words))) == to_motion
    assert as_sets(answers.of_texts(4, 9)) == to_motion[4:9]
    assert as_sets(answers.of_motions(0, 19)) == to_text
    assert as_sets(answers.of_motions(3, 7)) == to_text[3:7]


def test_equal_captions_say_the_same_whatever_the_threshold():
    gallery = gallery_of(20, captions="all")
    vectors = protocols.sentence_vectors(list(dict.fromkeys(gallery.captions)))
    texts = np.arange(len(gallery.captions))
    assert as_sets(alike(gallery.captions, vectors, 2.0)(texts)) == as_sets(letter_for_letter(gallery.captions)(texts))


def test_the_motion_that_is_right_most_often_is_found():
    captions = ["walks", "walks", "runs", "walks", "runs"]
    answers = Answers(np.array([0, 1, 1, 2, 3]), letter_for_letter(captions))
    assert answers.most_often_right() == 5  # motion 1 walks and runs
    assert Answers(np.arange(5), letter_for_letter(captions)).most_often_right() == 3


def test_merged_pairs_are_counted_and_those_that_name_other_sides():
    captions = ["a person walks left", "a person walks right", "a person walks left", "he jumps"]
    vectors = protocols.sentence_vectors(list(dict.fromkeys(captions)))
    assert count_merged(captions, vectors, 0.7) == (1, 1)
    assert count_merged(captions, vectors, 0.9) == (0, 0)


@pytest.mark.parametrize("captions", ["first", "all"])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_collapsed_encoder_is_at_chance_and_a_perfect_one_is_not(name, captions):
    gallery = gallery_of(140, captions=captions)
    protocol = PROTOCOLS[name](gallery, 0)
    collapsed = protocol.score(np.ones((len(gallery.owner), 4)), np.ones((len(gallery.clips), 4)))
    perfect = protocol.score(*embeddings_of(gallery, 0.0))
    for direction in ("text_to_motion", "motion_to_text"):
        chance = chance_row(collapsed[direction])
        row = measure_row(collapsed[direction], gallery.independent, 0)
        for measure in MEASURES:
            assert row[measure].value == pytest.approx(chance[measure].value), measure
        assert chance["recall_at_10"].value < 0.5
        assert perfect[direction].chance == pytest.approx(collapsed[direction].chance)
        assert measure_row(perfect[direction], gallery.independent, 0)["recall_at_1"].value == pytest.approx(1)


@pytest.mark.parametrize("side", ["text", "motion"])
def test_a_collapse_of_one_side_alone_is_at_chance_too(side):
    gallery = gallery_of(140)
    text, motion = embeddings_of(gallery, 0.1)
    if side == "text":
        text = np.ones_like(text)
    else:
        motion = np.ones_like(motion)
    for name, make in PROTOCOLS.items():
        for direction, scored in make(gallery, 0).score(text, motion).items():
            row, chance = measure_row(scored, gallery.independent, 0), scored.chance["recall_at_10"]
            # The items stand in one order for every query: captions that repeat make that order better or worse.
            assert abs(row["recall_at_10"].value - chance) < (0.15 if name in ("lenient", "threshold") else 0.02), (
                name,
                direction,
            )


def test_whole_galleries_are_ranked_as_the_obvious_loop_does():
    gallery = gallery_of(40, captions="all")
    text, motion = embeddings_of(gallery, 1.5)
    words, owner = gallery.captions, gallery.owner
    own_words = [{word for word, its in zip(words, owner, strict=True) if its == number} for number in range(40)]
    equal = np.array([[word in own for own in own_words] for word in words])
    for name, right in (("all", np.arange(40)[None] == owner[:, None]), ("lenient", equal)):
        similarity = text @ motion.T
        ranks = [
            1 + min(np.flatnonzero(row[np.argsort(-scores)])) for scores, row in zip(similarity, right, strict=True)
        ]
        scored = PROTOCOLS[name](gallery, 0).score(text, motion)["text_to_motion"]
        np.testing.assert_allclose(scored.values["mean_rank"], ranks)
        row = measure_row(scored, gallery.independent, 0)
        assert row["recall_at_3"].value == pytest.approx(np.mean(np.array(ranks) <= 3))
        assert row["median_rank"].value == pytest.approx(np.median(ranks))
        assert row["recall_at_3"].low < row["recall_at_3"].value < row["recall_at_3"].high


def test_what_shares_a_clip_or_a_caption_is_one_observation():
    captions = ("walks", "runs", "walks", "jumps", "runs", "sits")
    gallery = Gallery(captions, np.array([0, 0, 3, 4, 5, 6]), np.array([0, 1, 1, 2, 3, 4, 5, 3]))
    assert gallery.independent.tolist() == [0, 1, 1, 0, 4, 0, 6, 4]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1), st.lists(st.integers(0, 9), min_size=10))
def test_independent_groups_are_those_of_the_obvious_loop(texts, clips):
    clips = np.array(clips[:10])
    owner = np.array([motion for motion, _ in texts])
    gallery = Gallery(tuple(str(word) for _, word in texts), owner, clips)
    linked = np.eye(10, dtype=bool) | (clips[:, None] == clips)
    for one, word in texts:
        for other, same in texts:
            linked[one, other] |= word == same
    for middle in range(10):
        linked |= linked[:, middle : middle + 1] & linked[middle]
    assert gallery.independent.tolist() == linked.argmax(axis=1).tolist()


def test_forty_takes_with_one_caption_do_not_narrow_the_interval():
    num_words, takes = 12, 40
    random = np.random.default_rng(0)
    words = np.repeat(np.arange(num_words), takes)
    gallery = Gallery(tuple(f"word {word}" for word in words), np.arange(480), np.arange(480))
    motion = unit(random.normal(size=(num_words, 16)))[words]
    text = unit(motion + 0.5 * random.normal(size=(num_words, 16))[words])
    row = measure_row(PROTOCOLS["lenient"](gallery, 0).score(text, motion)["text_to_motion"], gallery.independent, 0)
    recall = row["recall_at_1"]
    assert recall.high - recall.low > 2 / num_words


def test_small_batches_are_those_of_the_obvious_loop():
    gallery = gallery_of(70)
    text, motion = embeddings_of(gallery, 2.0)
    random = np.random.default_rng(3)
    hits, medians = [], []
    for _ in range(20):
        order = random.permutation(69)
        random.random(69)
        for batch in order[:64].reshape(2, 32):
            similarity = text[batch] @ motion[batch].T
            ranks = 1 + (similarity > np.diagonal(similarity)[:, None]).sum(axis=1)
            hits += [(int(query), rank <= 3) for query, rank in zip(batch, ranks, strict=True)]
            medians.append(np.median(ranks))
    scored = score_small_batches(text, motion, gallery.owner, seed=3)["text_to_motion"]
    by_query = [np.mean([hit for query, hit in hits if query == own]) for own in range(69)]
    np.testing.assert_allclose(scored.values["recall_at_3"], by_query)
    assert scored.median_rank == pytest.approx(np.mean(medians))


def test_small_batches_of_too_few_motions_are_refused():
    with pytest.raises(TMRError, match="small_batches needs 32 captioned motions; there are 31"):
        PROTOCOLS["small_batches"](gallery_of(32), 0)


def test_the_most_unlike_captions_are_better_than_any_other_set():
    random = np.random.default_rng(0)
    vectors = unit(random.normal(size=(14, 5)))
    chosen = most_unlike(vectors, 4)
    similarity = vectors @ vectors.T

    def total(rows):
        return similarity[np.ix_(rows, rows)].sum() - len(rows)

    best = min(total([a, b, c, d]) for a in range(14) for b in range(a) for c in range(b) for d in range(c))
    assert total(chosen) <= best + 0.15 * abs(best)
    assert (chosen == most_unlike(vectors, 4)).all()
    assert most_unlike(vectors, 20).tolist() == list(range(14))


def test_no_swap_makes_the_chosen_captions_less_alike():
    vectors = unit(np.random.default_rng(2).normal(size=(60, 8)))
    chosen = most_unlike(vectors, 12)
    similarity = vectors @ vectors.T
    total = similarity[np.ix_(chosen, chosen)].sum()
    for place in range(12):
        for other in set(range(60)) - set(chosen.tolist()):
            swapped = chosen.copy()
            swapped[place] = other
            assert similarity[np.ix_(swapped, swapped)].sum() > total - 1e-4


def test_dissimilar_is_of_a_hundred_motions_and_says_so_where_there_are_fewer():
    gallery = gallery_of(140)
    protocol = PROTOCOLS["dissimilar"](gallery, 0)
    assert protocol.rules["gallery"] == "100 motions, 100 captions"
    scored = protocol.score(*embeddings_of(gallery, 1.0))["motion_to_text"]
    assert len(np.unique(scored.motion)) == 100
    assert scored.motion.max() > 100
    few = PROTOCOLS["dissimilar"](gallery_of(9), 0)
    assert "there are no 100" in few.rules["selection"]


def test_a_gallery_whose_parts_do_not_fit_is_refused():
    with pytest.raises(TMRError, match="do not fit"):
        Gallery(("walks",), np.array([1]), np.array([0]))
    with pytest.raises(TMRError, match="do not fit"):
        Gallery((), np.zeros(0, dtype=np.int64), np.array([0]))


@pytest.mark.skipif(
    importlib.util.find_spec(minilm.PACKAGE) is None,
    reason=f"the package {minilm.PACKAGE}, which carries the weights, is not installed",
)
def test_sentence_vectors_know_what_says_the_same():
    vectors = sentence_vectors(["a person dances", "someone is dancing", "a man sits down on a chair"])
    similarity = vectors @ vectors.T
    np.testing.assert_allclose(np.diagonal(similarity), 1, atol=1e-5)
    assert similarity[0, 1] > 0.7 > similarity[0, 2] + 0.2
