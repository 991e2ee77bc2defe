"""The script that divides recall on CMU into kinds of motion and what is told apart within one."""

import numpy as np

from cmu_kinds import as_others_told, kinds_of, ranked_above, row


def test_the_first_kind_that_a_caption_names_counts():
    assert kinds_of([["a person walks", "someone dances"], ["He JOGS."], ["sleeps"], ["a man walks", "run"]]) == [
        "dances", "runs", "segment 2", "runs",
    ]  # fmt: skip


def test_who_knows_the_kind_alone_hits_by_chance_within_it():
    kinds = ["walks"] * 20 + ["runs"] * 20
    known = (np.array(kinds)[:, None] == np.array(kinds)).astype(np.float32)
    cells = [float(cell) for cell in row("known", known, np.arange(40), kinds).split("|")[2:-1]]
    # One, three, five and ten of twenty; the kind is always right.
    np.testing.assert_allclose(cells[:4], [5.0, 15.0, 25.0, 50.0])
    np.testing.assert_allclose(cells[-2:], [100.0, 50.0])


def test_the_right_one_is_held_against_its_kind_alone():
    scores = np.array([[0.5, 0.9, 0.1, 0.95, 0.5]])
    right = np.array([[True, False, False, False, False]])
    of_kind = np.array([[True, True, True, False, True]])
    assert ranked_above(scores, right, of_kind) == (1 + 0.5) / 3


def test_a_sentence_is_held_against_what_the_others_wrote():
    random = np.random.default_rng(0)
    texts, owners = random.normal(size=(6, 4)), np.array([0, 0, 0, 1, 1, 2])
    texts = np.concatenate([texts, random.normal(size=(1, 4))])
    owners = np.append(owners, 2)
    found = as_others_told(texts, owners)
    for query, row_found in enumerate(found):
        for segment in range(3):
            others = [place for place in np.flatnonzero(owners == segment) if place != query]
            assert np.isclose(row_found[segment], np.mean([texts[query] @ texts[place] for place in others]))
