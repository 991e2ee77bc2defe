"""Examples: paraphrases without motion, and rows as they are drawn."""

import dataclasses
import gzip

import numpy as np
import pytest

from tmr.errors import DatasetError
from tmr.model.config import ModelConfig
from tmr.motion.captions import side_words, swap_sides, without_sides
from tmr.motion.dataset import read_sentences
from tmr.motion.procedural import other_wordings, procedural_library
from tmr.motion.procedural.library import FIRST, MORE
from tmr.training import loop
from tmr.training.augment import Sampler, draw_paraphrases
from tmr.training.composed import blend_examples
from tmr.training.corpus import Corpus
from tmr.training.examples import all_examples, paraphrases
from tmr.training.fragments import fragments
from tmr.training.recipes import PROCEDURAL, TrainConfig

CLIPS = [("a man waves with his left hand", "someone greets, left hand up"), ("he sits", "she sits down"), ("alone",)]


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


def test_the_library_is_two_sources(groups):
    assert set(groups) == set(PROCEDURAL)
    first, more = ([group[0].take.removeprefix("procedural/") for group in groups[source]] for source in PROCEDURAL)
    assert first == [entry.name for entry in FIRST]
    assert more == [entry.name for entry in MORE]


def test_a_share_of_the_sentences_leaves_the_side_untold(groups):
    config = TrainConfig(recipe="test", batch_size=80, mixture={"procedural": 1.0}, twin_share=0.0)
    told, untold = (
        Sampler(groups, dataclasses.replace(config, untold_sides=share), 300).rows(1) for share in (0.0, 1.0)
    )
    spoken = {sentence.text for example in all_examples(groups) for sentence in example.sentences}
    assert {row.text for row in told} <= spoken | {swap_sides(text) for text in spoken}
    assert any(side_words(row.text) for row in told)
    assert {row.text for row in untold} <= {without_sides(text) for text in spoken}
    texts = [
        set(Corpus(groups, [], [], [], [], "", dataclasses.replace(config, untold_sides=share)).texts)
        for share in (0.0, 1.0)
    ]
    assert {row.text for row in untold} <= texts[1]
    assert not {without_sides(text) for text in spoken} <= texts[0]


def test_a_share_of_the_sentences_are_fragments(groups):
    config = TrainConfig(recipe="test", batch_size=80, mixture={"procedural": 1.0}, twin_share=0.0, untold_sides=0.5)
    config = dataclasses.replace(config, fragments=1.0)
    rows = Sampler(groups, config, 300).rows(1)
    assert not any(fragments(row.text) for row in rows)
    begins = [row.text.split()[0] for row in rows]
    assert any(word.endswith("ing") for word in begins)
    assert any(word in ("walk", "raise", "turn", "jump", "wave", "kick") for word in begins)
    corpus = Corpus(groups, [], [("a man yodels", "someone is greeting")], [], [], "", config)
    assert {row.text for row in rows} <= set(corpus.texts)
    assert {"yodeling", "greeting"} <= set(corpus.texts)
    assert "yodel" not in corpus.texts


def test_a_share_of_the_library_is_told_in_other_wordings(groups):
    config = TrainConfig(recipe="test", batch_size=80, mixture={"procedural": 1.0}, twin_share=0.0, wordings=1.0)
    examples = {example.take: example for example in all_examples(groups)}
    rows = Sampler(groups, config, 300).rows(1)
    assert len({row.text for row in rows}) > 60
    for row in rows:
        told = swap_sides(row.text) if row.mirrored else row.text
        assert told in {wording.text for wording in examples[row.take].wordings}
    corpus = Corpus(groups, [], [], [], [], "", config)
    assert {row.text for row in rows} <= set(corpus.texts)
    first = all_examples({"procedural": groups["procedural"]})
    captions = {sentence.text for example in first for sentence in example.sentences}
    assert corpus.captions == captions | {wording.text for example in first for wording in example.wordings}
    plain = Corpus(groups, [], [], [], [], "", dataclasses.replace(config, wordings=0.0))
    assert plain.captions == captions


def test_every_motion_of_the_library_has_other_wordings_that_are_true_of_its_side():
    captions = {text for item in procedural_library() for text in item.captions}
    for item in procedural_library():
        texts = other_wordings(item.name)
        assert len(set(texts)) == 6
        assert not captions & set(texts)
        if item.name.endswith(("_left", "_right")):
            assert any(item.labels["side"] in side for text in texts for side in side_words(text)), item.name
    assert other_wordings("wave_left") == tuple(map(swap_sides, other_wordings("wave_right")))


def test_of_a_share_of_paraphrases_the_second_is_a_fragment():
    clips = [("a man waves", "a person is waving"), ("he sits down", "a man sits")]
    first, second = draw_paraphrases(clips, 2, 0, 1, 1.0)
    assert set(first) <= {text for clip in clips for text in clip}
    assert set(second) <= {"waving", "sitting down", "sitting"}
    plain, told = draw_paraphrases(clips, 2, 0, 1)
    assert (plain[0], fragments(told[0])[0]) == (first[0], second[0])


def test_a_misspelt_verb_that_looks_like_a_side_stays_a_sentence_that_is_known():
    clips = [("a man lefts both hands", "he lifts both hands")]
    seen = {text for step in range(40) for texts in draw_paraphrases(clips, 1, 0, step, 0.5) for text in texts}
    told = {text for sentence in clips[0] for text in (sentence, *fragments(sentence)[:1])}
    assert seen <= told | {*map(swap_sides, told)}
    assert "lefting both hands" in seen


def test_rivals_keep_the_side_that_tells_them_apart(groups):
    blended = {"blended": blend_examples(groups, 20, seed=0)}
    config = TrainConfig(recipe="test", batch_size=40, mixture={"blended": 1.0}, twin_share=0.0)
    rows = [Sampler(blended, dataclasses.replace(config, untold_sides=share), 300).rows(2) for share in (0.0, 1.0)]
    assert [row.text for row in rows[0]] == [row.text for row in rows[1]]


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


def test_verbs_of_the_library_are_learnt_if_that_is_asked_for(groups):
    config = TrainConfig(recipe="test", mixture={"procedural": 0.5, "procedural_more": 0.5}, near_words=True)
    plain, all_verbs = (
        loop._with_learnt_words(ModelConfig(), config, None, Corpus(groups, [], [], [], [], "", config)).learnt_words
        for config in (config, dataclasses.replace(config, library_verbs=True))
    )
    assert "beckon" not in plain
    assert {"beckon", "pray"} <= set(all_verbs)
    assert set(plain) < set(all_verbs)
    first = dataclasses.replace(config, library_verbs=True, mixture={"procedural": 1.0})
    assert (
        "pray"
        not in loop._with_learnt_words(
            ModelConfig(), first, None, Corpus(groups, [], [], [], [], "", first)
        ).learnt_words
    )
