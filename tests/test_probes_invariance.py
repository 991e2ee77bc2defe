"""Invariances: who knows each clip passes, who is blind is at chance, who looks at the place on the floor is caught."""

import numpy as np
import pytest

from probe_encoders import Blind, FromTheOrigin, Named
from tmr.evaluation.captioned import load_captioned
from tmr.evaluation.probes.bodies import BODIES, on_body
from tmr.evaluation.probes.changes import CHANGES
from tmr.evaluation.probes.invariance import ANOTHER, AS_IT_IS, change_clips, measure_changes
from tmr.evaluation.probes.measure import make_probes, measure_probes
from tmr.motion.retarget import retarget

LIBRARY = load_captioned("library")[0]
CLIPS = change_clips(LIBRARY, most=12, seed=0)
FEW = [item for item in LIBRARY if item.name in ("walk", "kick_left", "sit_down", "raise_both_arms")]


def means(model, clips=CLIPS):
    rows, left_out = measure_changes(model, clips)
    return {
        row: {name: float(np.nanmean(column)) for name, column in columns.items()} for row, columns in rows.items()
    }, left_out


def test_who_knows_each_clip_by_name_does_not_mind():
    rows, left_out = means(Named(LIBRARY))
    assert not left_out
    assert list(rows) == [AS_IT_IS, *CHANGES, ANOTHER]
    for change in CHANGES:
        expected = {"similarity": 1, "finds_itself": 1, "rank_1_changed": 0, "recall_at_1": 1, "recall_at_10": 1}
        assert rows[change] == pytest.approx(expected)


def test_who_is_blind_is_found_out_although_nothing_changes():
    rows, _ = means(Blind())
    for change in CHANGES:
        assert rows[change]["similarity"] == pytest.approx(1)
        assert rows[change]["rank_1_changed"] == 0
        assert rows[change]["finds_itself"] == pytest.approx(1 / 12) == rows[ANOTHER]["finds_itself"]
        assert rows[change]["recall_at_1"] == pytest.approx(rows[ANOTHER]["recall_at_1"]) == pytest.approx(1 / 12)
        assert rows[change]["recall_at_10"] == pytest.approx(10 / 12) == rows[ANOTHER]["recall_at_10"]


def test_who_looks_at_the_place_on_the_floor_is_caught():
    rows, _ = means(FromTheOrigin(LIBRARY))
    assert rows["start"]["similarity"] < 0.3
    assert rows["60 fps"]["similarity"] == pytest.approx(1)


def test_a_broken_clip_is_named_and_left_out_of_its_rows_only():
    bad = CLIPS.items[3].name
    for fault in ({"refuses": bad}, {"breaks": bad}):
        rows, left_out = measure_changes(Named(LIBRARY, **fault), CLIPS)
        assert left_out[0].name == bad
        for columns in rows.values():
            for column in columns.values():
                assert np.flatnonzero(np.isnan(column)).tolist() == [3]


def test_the_table_has_chance_and_groups():
    made = make_probes(LIBRARY, names=["invariance"], most=16)
    tables, _ = measure_probes({"model": Named(LIBRARY)}, made, by=["side"])
    assert [table.name for table in tables] == ["invariance", "invariance_by_side"]
    assert tables[0].rules["gallery"] == 16
    assert tables[0].rows["heading"]["similarity"].unit == "similarity"
    assert tables[0].rows["heading"]["finds_itself"].count == 16
    assert {"left", "right"} <= set(tables[1].rows)


@pytest.mark.parametrize("item", FEW, ids=lambda item: item.name)
@pytest.mark.parametrize("name", CHANGES)
def test_changes_change_what_they_say_and_no_more(item, name):
    own = item.motion
    changed = retarget(CHANGES[name](own, np.random.default_rng(2)))
    assert changed.name == own.name
    if name.startswith("cut"):
        share = 3 / 4 if "3/4" in name else 1 / 2
        assert changed.seconds == pytest.approx(share * own.seconds, abs=0.1)
        return
    assert abs(changed.num_frames - own.num_frames) <= 2
    count = min(changed.num_frames, own.num_frames)
    pose = own.joints[:count] - own.joints[:count, :1]
    other = changed.joints[:count] - changed.joints[:count, :1]
    if name == "heading":
        assert np.abs(pose - other).max() > 0.1
        pose, other = np.linalg.norm(pose, axis=-1), np.linalg.norm(other, axis=-1)
    assert np.abs(pose - other).mean() < (0.03 if name in BODIES else 0.003)
    assert np.abs(changed.joints[:count, :, 1] - own.joints[:count, :, 1]).mean() < (0.06 if name in BODIES else 0.003)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_keep_their_bones_and_stand_on_the_floor(name):
    body = BODIES[name]
    for item in FEW:
        motion = on_body(item.motion, body)
        above = np.maximum(body.skeleton.parents, 0)
        bones = np.linalg.norm(motion.joints - motion.joints[:, above], axis=-1)
        assert np.abs(bones - np.linalg.norm(body.offsets, axis=-1)).max() < 1e-4
        assert motion.joints[..., 1].min() == pytest.approx(0, abs=1e-6)
    legs = [np.linalg.norm(body.offsets[body.shown.index(joint)]) for joint in ("LeftShin", "LeftFoot")]
    assert {"SMPL-X": 0.86, "long l": 0.98, "child,": 0.45}[name[:6]] == pytest.approx(sum(legs), abs=0.06)
