"""The model in the package on real motion that it was not trained on; needs the captioned packs beside the checkout."""

import pytest

from tmr.evaluation.development import captioned_segments, measure_segments, measure_sides
from tmr.model.tmr import TMR, load_model
from tmr.motion.dataset import read_infos, read_pack
from tmr.motion.prepare import PreparedClip
from tmr.motion.retarget import retarget


@pytest.fixture(scope="module")
def model() -> TMR:
    return load_model()


def clips_of_the_test_split(shared, pack, *, most=None):
    infos = {info.id: info for info in read_infos(shared / "data" / f"{pack}.jsonl") if info.split == "test"}
    chosen = [motion for motion in read_pack(shared / "data" / f"{pack}.npz") if motion.name in infos][:most]
    return [PreparedClip(infos[motion.name], retarget(motion).joints) for motion in chosen]


def test_segments_of_the_test_subjects_are_found(shared, model):
    segments = captioned_segments(clips_of_the_test_split(shared, "cmu"))
    measures = measure_segments(model, segments)
    assert measures["num_items"] == 58
    assert measures["recall_at_10"] >= 0.69
    assert measures["small_batches_recall_at_3"] >= 0.47


def test_sides_of_the_test_takes_are_right(shared, model):
    assert measure_sides(model, clips_of_the_test_split(shared, "bandai", most=100))["side_accuracy"] == 1
