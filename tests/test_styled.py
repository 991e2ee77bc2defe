"""Styled examples: two takes of one action, each told by its own style."""

import numpy as np

from tmr.motion.captions import captions_from_labels
from tmr.motion.label_wordings import SAME_STYLES, wordings_from_labels
from tmr.training.augment import Sampler, drawn_rivals, rivals, same_content
from tmr.training.examples import Example, Sentence
from tmr.training.recipes import TrainConfig
from tmr.training.styled import SENTENCES, style_examples

PAIRS = [("walk", "old"), ("walk", "elderly"), ("walk", "proud"), ("bow", "sad"), ("bow", "happy"), ("kick", "normal")]


def labelled(action: str, style: str) -> Example:
    joints = np.zeros((40, 30, 3), dtype=np.float32)
    told = tuple(Sentence(text, style if tells else None) for text, tells in captions_from_labels(action, style))
    other = tuple(Sentence(text, style) for text in wordings_from_labels(action, style))
    return Example(joints, 0, 40, told, f"takes/{action} {style}", action, wordings=other)


GROUPS = {"takes": [[labelled(*pair)] for pair in PAIRS]}


def test_rivals_do_the_same_in_another_style_and_are_told_by_it():
    pairs = style_examples(GROUPS, 60, seed=3)
    assert len(pairs) == 60
    met, drawn = set(), set()
    for (example,) in pairs:
        assert example.rival is not None
        styles = []
        for part in (example, example.rival):
            action, style = part.take.removeprefix("takes/").removesuffix(" styled").split()
            assert part.action == action == example.action
            assert len(part.sentences) == SENTENCES
            captions = {text for text, tells in captions_from_labels(action, style) if tells}
            wordings = set(wordings_from_labels(action, style))
            assert {sentence.text for sentence in part.sentences} <= captions | wordings
            assert {sentence.style for sentence in part.sentences} == {style}
            drawn |= {sentence.text in wordings for sentence in part.sentences}
            styles.append(SAME_STYLES.get(style, style))
        assert styles[0] != styles[1]
        met.add((example.action, *sorted(styles)))
    assert met == {("walk", "elderly", "proud"), ("bow", "happy", "sad")}
    assert drawn == {True, False}


def test_the_seed_decides_and_one_style_has_no_rival():
    takes = [[example.take for (example,) in style_examples(GROUPS, 20, seed)] for seed in (1, 1, 2)]
    assert takes[0] == takes[1] != takes[2]
    assert style_examples({"takes": GROUPS["takes"][-1:]}, 20, seed=1) == []
    assert style_examples({}, 20, seed=1) == []


def test_in_a_batch_they_are_each_others_hardest_negatives():
    mixture = {"styled": 0.5, "takes": 0.5}
    config = TrainConfig(recipe="test", batch_size=60, mixture=mixture, twin_share=0.0, body_share=0.0)
    rows = Sampler({**GROUPS, "styled": style_examples(GROUPS, 40, seed=3)}, config, 300).rows(1)
    same, opposed, found = same_content(rows), rivals(rows), 0
    for place, row in enumerate(rows):
        if row.rival:
            assert rows[int(opposed[place])].take == row.rival
            assert rows[int(opposed[place])].rival
            assert rows[int(opposed[place])].style not in (None, row.style)
            assert not (same & ~drawn_rivals(rows))[place, int(opposed[place])]
            found += 1
    assert 20 < found < len(rows)


def test_who_it_is_told_of_tells_the_style_and_is_lost_with_the_subject():
    told = tuple(Sentence(text, "old") for text in ("an old person bows", "a person bows like a grandfather"))
    example = Example(np.zeros((40, 30, 3), np.float32), 0, 40, told, "takes/bow", "bow")
    config = TrainConfig(recipe="test", batch_size=40, mixture={"takes": 1.0}, twin_share=0.0, fragments=1.0)
    rows = Sampler({"takes": [[example]]}, config, 300).rows(1)
    styles = {row.text: row.style for row in rows}
    assert styles == {
        "bowing": None, "bow": None, "bowing like a grandfather": "old", "bow like a grandfather": "old",
    }  # fmt: skip
