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
            action, style = part.take.removeprefix("takes/").split()
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
    config = TrainConfig(recipe="test", batch_size=16, mixture={"styled": 1.0}, twin_share=0.0, body_share=0.0)
    groups = {"styled": style_examples(GROUPS, 40, seed=3)}
    rows = Sampler(groups, config, 300).rows(1)
    same, opposed = same_content(rows), rivals(rows)
    for place in range(0, len(rows), 2):
        assert rows[place].take == rows[place + 1].rival
        assert not (same & ~drawn_rivals(rows))[place, place + 1]
        assert rows[int(opposed[place])].take == rows[place].rival
