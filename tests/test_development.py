"""The development measures: which caption a segment is asked by, sides of labelled clips, encoders at chance."""

import numpy as np
import pytest

from tmr.errors import DatasetError
from tmr.evaluation.development import captioned_segments, measure_segments, measure_sides, segments_with_captions
from tmr.motion.captions import side_words
from tmr.motion.dataset import Caption, ClipInfo
from tmr.motion.prepare import PreparedClip
from tmr.motion.skeleton import built_in_skeleton


def clip(name, *, seconds=4.0, captions=(), action=""):
    joints = np.tile(built_in_skeleton("somaskel30").rest, (int(seconds * 30), 1, 1))
    return PreparedClip(ClipInfo(name, "test", tuple(captions), action=action), joints)


class Oracle:
    """An encoder that reads the answer from the clip's name and from the words; `blind` makes it see nothing."""

    def __init__(self, blind=False):
        self.blind = blind

    def encode_motion(self, motions):
        return np.stack([self.vector(motion.name) for motion in motions])

    def encode_text(self, texts):
        return np.stack([self.vector(text) for text in texts])

    def vector(self, words):
        vector = np.zeros(256, dtype=np.float32)
        sides = side_words(words.replace("_", " "))
        place = 0 if self.blind else 1 + sum(words.split()[0].encode()) + (100 if sides == ("right",) else 0)
        vector[place % 256] = 1
        return vector


def test_a_segment_is_asked_by_its_most_exact_caption():
    captions = [
        Caption("weak", 0, 2, "cmu_subject"),
        Caption("first", 0, 2, "humanml3d"),
        Caption("second", 0, 2, "humanml3d"),
        Caption("the same frames", 0, 2.01, "kitml"),
        Caption("other part", 2, 4, "kitml"),
        Caption("label", 0, 1, "class_name"),
    ]
    segments = captioned_segments([clip("toy/1", captions=captions)])
    assert {text: motion.num_frames for motion, text in segments} == {"first": 60, "other part": 60}
    texts = [texts for _, texts in segments_with_captions([clip("toy/1", captions=captions)])]
    assert texts == [["first", "second", "the same frames", "weak"], ["other part"]]


def test_an_encoder_that_knows_finds_all_and_a_blind_one_scores_at_chance():
    names = [chr(97 + number) for number in range(20)]
    segments = [
        (motion, text)
        for name in names
        for motion, text in captioned_segments([clip(name, captions=[Caption(name, 0, 2, "humanml3d")])])
    ]
    assert measure_segments(Oracle(), segments)["recall_at_1"] == 1
    assert measure_segments(Oracle(blind=True), segments)["recall_at_5"] == pytest.approx(5 / 20)


def test_sides_are_right_wrong_or_half():
    clips = [
        clip("a wave left", action="wave-left-hand"),
        clip("a wave right", action="wave-right-hand"),
        clip("a", action="run"),
    ]
    assert measure_sides(Oracle(), clips) == {"num_items": 2, "side_accuracy": 1.0}
    assert measure_sides(Oracle(blind=True), clips)["side_accuracy"] == 0.5
    swapped = [clip("a wave right", action="wave-left-hand")]
    assert measure_sides(Oracle(), swapped)["side_accuracy"] == 0.0


def test_nothing_to_measure_on_is_told():
    with pytest.raises(DatasetError, match="no captioned segments"):
        measure_segments(Oracle(), [])
    with pytest.raises(DatasetError, match="names a side"):
        measure_sides(Oracle(), [clip("toy/1", action="bow")])
