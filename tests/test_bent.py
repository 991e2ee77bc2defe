"""Bent examples: ways that turn as their sentences tell, each the rival of another."""

import dataclasses

import numpy as np

from library_examples import only
from tmr.motion.bend import way_length
from tmr.motion.captions import swap_sides
from tmr.training.bent import PATHS, SMALLEST_RADIUS_METRES, bend_examples
from tmr.training.composed import LONGEST_FRAMES
from tmr.training.examples import Sentence, all_examples
from ways import turn_of


def test_ways_are_bent_as_their_sentences_tell(groups):
    bent = bend_examples(groups, 80, seed=5)
    assert len(bent) == 80
    spoken = {sentence.text for example in all_examples(groups) for sentence in example.sentences}

    def fits(sentence, template, side):
        end = swap_sides(template) if side == "right" else template
        return (
            sentence.text.endswith(end.removeprefix("{}"))
            and sentence.text.removesuffix(end.removeprefix("{}")) in spoken
        )

    other_side, told = 0, set()
    for (example,) in bent:
        ways = []
        for part in (example, example.rival):
            (name, side), *rest = [
                (name, side)
                for name, (_, templates) in PATHS.items()
                for side in ("left", "right")
                if all(fits(text, template, side) for text, template in zip(part.sentences, templates, strict=True))
            ]
            assert not rest or name == "straight"
            (least, most), _ = PATHS[name]
            turn = turn_of(part.joints) if side == "left" or name == "straight" else -turn_of(part.joints)
            assert least - 20 <= turn <= most + 20, part.sentences[0].text
            # Nobody turns on the spot.
            radius = way_length(part.joints) / max(np.radians(abs(turn)), 1e-6)
            assert radius > 0.8 * SMALLEST_RADIUS_METRES
            ways.append((name, side))
        # To the other side, or along a way that turns nearly as far.
        apart = abs(list(PATHS).index(ways[0][0]) - list(PATHS).index(ways[1][0]))
        assert apart == 1 or (apart == 0 and ways[0][1] != ways[1][1])
        assert len(example.joints) == len(example.rival.joints) <= LONGEST_FRAMES
        other_side += ways[0][0] == ways[1][0]
        told |= {name for name, _ in ways}
    assert told == set(PATHS)
    assert 15 <= other_side <= 40
    again = bend_examples(groups, 80, seed=5)
    np.testing.assert_array_equal(again[7][0].joints, bent[7][0].joints)
    assert [group[0].sentences for group in again] == [group[0].sentences for group in bent]


def test_only_who_goes_straight_ahead_is_bent(groups):
    for takes in (("walk_turning_left", "side_steps_left"), ("wave_left", "squat"), ("walk_backwards", "stairs")):
        assert bend_examples(only(groups, *takes), 3, seed=0) == []
    assert len(bend_examples(only(groups, "walk", "walk_backwards"), 3, seed=0)) == 3
    (walk,) = only(groups, "walk")["procedural"]
    for text in ("a person walks in a circle", "a person walks on the spot", "a person walks to the left", "walking"):
        (example,) = walk
        named = dataclasses.replace(example, sentences=(Sentence(text, None),))
        assert bend_examples({"procedural": [[named]]}, 1, seed=0) == []
    # What is told to go ahead and turns all the same.
    (turning,) = only(groups, "walk_turning_left")["procedural"]
    told = dataclasses.replace(turning[0], sentences=(Sentence("a person walks forward", None),))
    assert bend_examples({"procedural": [[told]]}, 1, seed=0) == []
