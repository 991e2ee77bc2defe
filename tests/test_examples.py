"""Examples made of others: paraphrases without motion, and motions joined in time in both orders."""

import dataclasses
import gzip
import itertools

import numpy as np
import pytest

from tmr.errors import DatasetError
from tmr.motion.captions import swap_sides
from tmr.motion.dataset import read_sentences
from tmr.motion.procedural import procedural_library
from tmr.training.augment import Cut, Row, Sampler, draw_paraphrases, other_orders, rivals, same_content
from tmr.training.examples import JOINED_SENTENCES, LONGEST_PART_FRAMES, build_examples, join_examples, paraphrases
from tmr.training.recipes import TrainConfig

CLIPS = [("a man waves with his left hand", "someone greets, left hand up"), ("he sits", "she sits down"), ("alone",)]


@pytest.fixture(scope="module")
def groups():
    return build_examples([], procedural_variations=1, seed=0)


def write(folder, text):
    with gzip.open(folder / "more_captions.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(text)


def test_sentences_without_motion_are_read(tmp_path):
    write(tmp_path, '{"id": "1", "captions": ["walks", "walks", "goes"]}\n{"id": "2", "captions": []}\n')
    assert read_sentences(tmp_path) == [("walks", "goes"), ()]
    assert read_sentences(tmp_path / "nothing there") == []


@pytest.mark.parametrize("text", ["{", "[]", '{"captions": "walks"}', '{"captions": [1]}', '{"texts": ["walks"]}'])
def test_a_line_that_is_none_is_told(tmp_path, text):
    write(tmp_path, '{"captions": ["walks"]}\n' + text + "\n")
    with pytest.raises(DatasetError, match=r"more_captions.jsonl.gz.*line 2"):
        read_sentences(tmp_path)


def test_a_file_that_is_no_gzip_is_told(tmp_path):
    (tmp_path / "more_captions.jsonl.gz").write_text("walks", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"more_captions.jsonl.gz"):
        read_sentences(tmp_path)


def test_what_is_said_of_held_out_motions_is_not_learnt():
    assert paraphrases(CLIPS, []) == CLIPS[:2]
    assert paraphrases(CLIPS, ["He sits "]) == CLIPS[:1]


def test_paraphrases_are_two_sentences_of_one_clip_with_the_same_sides():
    of = {text: number for number, texts in enumerate(CLIPS) for text in texts}
    swapped = {swap_sides(text): number for text, number in of.items()}
    seen = set()
    for step in range(40):
        first, second = draw_paraphrases(CLIPS[:2], 2, 0, step)
        assert (first, second) == draw_paraphrases(CLIPS[:2], 2, 0, step)
        for one, other in zip(first, second, strict=True):
            assert one != other
            table = of if one in of and other in of else swapped
            assert table[one] == table[other]
            seen.add(one)
    assert seen >= {"a man waves with his left hand", "a man waves with his right hand"}


def test_joined_motions_are_told_in_their_order(groups):
    joined = join_examples(groups, ["procedural"], 12, seed=3)
    assert len(joined) == 12
    spoken = {
        example.take: {sentence.text for sentence in example.sentences}
        for group in groups["procedural"]
        for example in group
    }
    frames = {example.take: example.last for group in groups["procedural"] for example in group}
    for (example,) in joined:
        other = example.other_order
        assert other is not None
        first, second = example.take.split(" + ")
        assert other.take == f"{second} + {first}"
        assert frames[first] + frames[second] < len(example.joints) <= 2 * LONGEST_PART_FRAMES + 36
        for joint_example, order in ((example, (first, second)), (other, (second, first))):
            for sentence in joint_example.sentences:
                told = [
                    (template, parts)
                    for template in JOINED_SENTENCES
                    for parts in itertools.product(*(spoken[take] for take in order))
                    if template.format(*(text.rstrip(" .") for text in parts)) == sentence.text
                ]
                assert told, sentence.text
        # At one place stands the same sentence of both, with the parts exchanged.
        for sentence, turned in zip(example.sentences, other.sentences, strict=True):
            assert sentence != turned
            assert sorted(sentence.text) == sorted(turned.text)
    again = join_examples(groups, ["procedural"], 12, seed=3)
    assert [group[0].sentences for group in again] == [group[0].sentences for group in joined]
    np.testing.assert_array_equal(again[5][0].joints, joined[5][0].joints)


def test_as_many_joined_sentences_name_first_what_comes_second():
    first = [template.index("{0}") < template.index("{1}") for template in JOINED_SENTENCES]
    assert 2 * sum(first) == len(first)
    assert len(set(JOINED_SENTENCES)) == len(JOINED_SENTENCES)


def test_what_cannot_be_joined_is_not():
    assert join_examples({"procedural": []}, ["procedural"], 3, seed=0) == []


def test_the_two_orders_are_drawn_together_and_are_negatives_of_each_other(groups):
    some = {**groups, "joined": join_examples(groups, ["procedural"], 6, seed=1)}
    config = TrainConfig(recipe="test", batch_size=16, mixture={"joined": 0.5, "procedural": 0.5}, twin_share=0.25)
    rows = Sampler(some, config, 300).rows(2)
    assert len(rows) == 16
    opposite = other_orders(rows)
    assert opposite.any()
    assert not (opposite & same_content(rows)).any()
    np.testing.assert_array_equal(opposite, opposite.T)
    for i, j in zip(*np.nonzero(opposite), strict=True):
        assert rows[i].take.split(" + ") == rows[j].take.split(" + ")[::-1]
    # Twins stand at the end; two orders that were drawn together are told by one sentence.
    drawn = [row for row in rows[:12] if " + " in row.take]
    pairs = [
        (one, two) for one, two in itertools.pairwise(drawn) if one.take.split(" + ") == two.take.split(" + ")[::-1]
    ]
    assert pairs
    assert all(sorted(one.text) == sorted(two.text) for one, two in pairs)


def test_a_share_of_the_motions_comes_from_another_body(groups):
    config = TrainConfig(
        recipe="test", batch_size=40, mixture={"procedural": 1.0}, twin_share=0.0, joint_noise_metres=0
    )
    plain, varied = (Sampler(groups, dataclasses.replace(config, body_share=share), 300).rows(1) for share in (0, 0.5))
    assert all(row.cut.body is None for row in plain)
    assert 8 <= sum(row.cut.body is not None for row in varied) <= 32
    cut = next(row.cut for row in varied if row.cut.body is not None)
    untouched = dataclasses.replace(cut, body=None).make()
    assert cut.make().shape == untouched.shape
    assert 0.005 < np.abs(cut.make() - untouched).max() < 0.5
    np.testing.assert_array_equal(cut.make(), cut.make())


def test_rivals_are_mirror_images_that_words_tell_and_the_other_order():
    cut = Cut(np.zeros((1, 30, 3), np.float32), 0, 1, 1.0, 60, np.zeros((1, 30, 3), np.float32))
    row = Row(cut, "waves with the left hand", None, "", "a", 0, 1, False)
    rows = [
        row,
        dataclasses.replace(row, text="waves with the right hand", mirrored=True),
        dataclasses.replace(row, first=5, last=6),
        dataclasses.replace(row, take="b", text="walks"),
        dataclasses.replace(row, take="b", text="walks", mirrored=True),
        dataclasses.replace(row, take="a + b", text="waves with the left hand, then walks"),
        dataclasses.replace(row, take="b + a", text="walks, then waves with the left hand"),
        dataclasses.replace(row, take="a + b", text="waves with the right hand, then walks", mirrored=True),
    ]
    # The image of the joined row is told from the row; the row from the other order, which is harder.
    assert rivals(rows).tolist() == [1, 0, 2, 3, 4, 6, 5, 5]


def test_one_motion_after_itself_has_no_other_order():
    cut = Cut(np.zeros((1, 30, 3), np.float32), 0, 1, 1.0, 60, np.zeros((1, 30, 3), np.float32))
    row = Row(cut, "walks", None, "", "a", 0, 1, False)
    rows = [dataclasses.replace(row, take=take) for take in ("a", "b", "a + b", "b + a")]
    assert np.argwhere(other_orders(rows)).tolist() == [[2, 3], [3, 2]]


def test_the_library_has_parts_that_can_be_joined():
    assert any(len(item.motion.joints) <= LONGEST_PART_FRAMES for item in procedural_library(seed=0, variations=1))
