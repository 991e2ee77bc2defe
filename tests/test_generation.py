"""Scores of a generator from embeddings: oracle, chance, repeats; reading folders and embeddings; pairing by name."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fake_encoder import FakeEncoder, direction, numbered_joints, write_numbered
from motion_files import soma_joints
from tmr.errors import DatasetError, ModelError, MotionFileError
from tmr.evaluation.distribution import frechet_distance
from tmr.evaluation.generation import GENERATED, TRUTH, Generation, mean_by_text, measure_generation
from tmr.evaluation.generation_run import score_generation
from tmr.evaluation.kernel import kernel_distance
from tmr.evaluation.motion_set import MotionSet, ReadingPlan, read_motion_set
from tmr.evaluation.motion_texts import read_texts
from tmr.evaluation.pairing import pair_sets
from tmr.evaluation.result import LeftOut
from tmr.evaluation.tables import terminal

PLAN = ReadingPlan(workers=0)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def normal(seed, count, width=12):
    return np.random.default_rng(seed).normal(size=(count, width))


def generation_of(count=64, noise=0.3, repeats=1, **changes):
    """Return motions that are real ones with noise, `repeats` of each, and texts near the real ones."""
    reference = unit(normal(0, count))
    owner = np.repeat(np.arange(count), repeats)
    made = Generation(
        unit(reference[owner] + noise * normal(1, len(owner))),
        reference,
        owner=owner,
        repeat=np.tile(np.arange(repeats), count),
        text=unit(reference + 0.1 * normal(2, count)),
        captions=tuple(f"text {number}" for number in range(count)),
    )
    return replace(made, **changes)


def tables_of(generation):
    tables, notes = measure_generation(generation)
    return {table.name: table for table in tables}, notes


def values(table, row):
    return {name: measure.value for name, measure in table.rows[row].items()}


def test_a_generator_that_gives_back_the_real_motions_scores_as_they_do():
    reference = generation_of().reference
    tables, _ = tables_of(generation_of(generated=reference))
    for name in ("r_precision", "alignment", "match"):
        assert values(tables[name], GENERATED) == pytest.approx(values(tables[name], TRUTH))
    assert values(tables["motion_match"], GENERATED)["recall_at_1"] == 1
    assert values(tables["motion_match"], GENERATED)["motion_distance"] == pytest.approx(0, abs=1e-6)
    far = values(tables["distribution"], GENERATED)
    assert far["fid"] == pytest.approx(0, abs=1e-6)
    assert far["kid"] == pytest.approx(0, abs=0.05)
    assert values(tables["spread"], GENERATED)["recall"] == 1
    halves = tables["distribution_halves"]
    assert values(halves, GENERATED) == pytest.approx(values(halves, TRUTH))


def test_worse_motions_score_worse():
    close, far = (tables_of(generation_of(noise=noise))[0] for noise in (0.1, 1.0))
    for name, measure, sign in (
        ("r_precision", "recall_at_1", 1),
        ("alignment", "recall_at_3", 1),
        ("match", "text_match", 1),
        ("match", "text_distance", -1),
        ("motion_match", "motion_match", 1),
        ("distribution", "kid", -1),
        ("spread", "density", 1),
    ):
        better, worse = (values(tables[name], GENERATED)[measure] for tables in (close, far))
        assert sign * better > sign * worse, (name, measure)


def test_a_collapsed_encoder_scores_at_chance():
    one = np.repeat(unit(normal(0, 1)), 64, axis=0)
    tables, _ = tables_of(generation_of(generated=one, reference=one, text=one))
    for row in (GENERATED, TRUTH):
        assert values(tables["r_precision"], row) == pytest.approx({f"recall_at_{k}": k / 32 for k in (1, 2, 3)})
        assert values(tables["alignment"], row) == pytest.approx({f"recall_at_{k}": k / 64 for k in (1, 2, 3, 5, 10)})
    assert values(tables["motion_match"], GENERATED)["recall_at_1"] == pytest.approx(1 / 64)


def test_every_number_has_its_interval_and_its_rules():
    tables, _ = tables_of(generation_of(repeats=2))
    for table in tables.values():
        assert table.rules["interval"]
        assert table.rules["seed"] == 0
        for row in table.rows.values():
            for name, measure in row.items():
                assert measure.count, (table.name, name)
                if not np.isnan(measure.value):
                    assert measure.low <= measure.value <= measure.high, (table.name, name)


def test_repeats_count_each_text_once_and_give_multimodality():
    twice = generation_of(repeats=2)
    tables, _ = tables_of(twice)
    parts = [twice.generated[::2], twice.generated[1::2]]
    single = [tables_of(generation_of(generated=part))[0] for part in parts]
    for name, measure in (("alignment", "recall_at_1"), ("match", "text_match"), ("distribution", "fid")):
        mean = np.mean([values(tables[name], GENERATED)[measure] for tables in single])
        assert values(tables[name], GENERATED)[measure] == pytest.approx(mean)
    assert tables["match"].rows[GENERATED]["text_match"].count == 64
    assert tables["alignment"].rules["motions"] == "2 repeats of 64"
    far = np.linalg.norm(parts[0].astype(float) - parts[1], axis=1).mean()
    assert values(tables["spread"], GENERATED)["multimodality"] == pytest.approx(far)
    assert "multimodality" not in single[0]["spread"].rows[GENERATED]


def test_a_repeat_that_lacks_some_texts_takes_nothing_from_the_others():
    twice = generation_of(repeats=2)
    kept = np.delete(np.arange(128), [1, 3])
    part = replace(twice, generated=twice.generated[kept], owner=twice.owner[kept], repeat=twice.repeat[kept])
    tables, _ = tables_of(part)
    assert tables["alignment"].rules["motions"] == "126 of 64 texts, at most 2 of one"
    assert tables["alignment"].rows[GENERATED]["recall_at_1"].count == 64
    # The set of a repeat has another motion of the texts that lack it.
    first, second = twice.generated[::2], twice.generated[1::2]
    filled = np.concatenate([first[:2], second[2:]])
    mean = np.mean([frechet_distance(made, twice.reference) for made in (first, filled)])
    assert values(tables["distribution"], GENERATED)["fid"] == pytest.approx(mean)
    np.testing.assert_allclose(mean_by_text(part, part.repeat.astype(float))[:3], [0, 0, 0.5])


def test_more_motions_of_some_texts_are_asked_in_the_whole_gallery():
    # Two texts have nine motions each, eight of them those of other texts.
    single = generation_of(noise=0.0)
    wrong = np.concatenate([single.reference[2:10], single.reference[10:18]])
    many = replace(
        single,
        generated=np.concatenate([single.generated, wrong]),
        owner=np.concatenate([single.owner, np.repeat([0, 1], 8)]),
        repeat=np.concatenate([single.repeat, np.tile(np.arange(1, 9), 2)]),
    )
    tables, notes = tables_of(many)
    assert any("fewer motions than others" in note for note in notes)
    before = tables_of(single)[0]["alignment"].rows[GENERATED]["recall_at_10"].value
    assert tables["alignment"].rows[GENERATED]["recall_at_10"].value < before - 0.01
    assert not np.isnan(values(tables["spread"], GENERATED)["coverage"])
    assert tables["distribution"].rows[GENERATED]["fid"].low is not None


def test_equal_texts_are_counted_as_one_in_a_table_of_its_own():
    captions = tuple(f"text {number // 2}" for number in range(64))
    swapped = generation_of().reference[np.arange(64) ^ 1]
    tables, _ = tables_of(generation_of(generated=swapped, captions=captions))
    assert values(tables["alignment"], GENERATED)["recall_at_1"] < 0.1
    assert values(tables["alignment_same_text"], GENERATED)["recall_at_1"] > 0.9
    assert "alignment_same_text" not in tables_of(generation_of())[0]


def test_sets_that_do_not_belong_together_are_compared_as_sets():
    generation = Generation(unit(normal(3, 40)), unit(normal(4, 50)))
    tables, _ = tables_of(generation)
    assert list(tables) == ["distribution", "spread", "distribution_halves"]
    far = values(tables["distribution"], GENERATED)
    assert far["fid"] == pytest.approx(frechet_distance(generation.generated, generation.reference))
    assert far["kid"] == pytest.approx(kernel_distance(generation.generated, generation.reference, scale=1).value)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 31])
def test_few_motions_give_what_they_can_and_say_so(count):
    tables, notes = tables_of(generation_of(count))
    assert "r_precision" not in tables
    assert f"R-precision needs 32 texts; there are {count}." in notes
    assert "recall_at_1" in tables["alignment"].rows[GENERATED]
    assert any("FID" in note for note in notes)


def folder_of(folder, numbers, suffix=""):
    for number in numbers:
        write_numbered(folder / f"{number:02d}{suffix}.npz", number)
    return folder


@pytest.fixture
def folders(tmp_path):
    """Real motions 0 … 4 with texts beside them, and generated ones of the same numbers."""
    real = folder_of(tmp_path / "real", range(5))
    for number in range(5):
        (real / f"{number:02d}.txt").write_text(f"number {number}#number/NOUN#0.0#0.0\nanother {number}#x#0.0#0.0\n")
    return folder_of(tmp_path / "made", range(5)), real


def score(made, real, **options):
    return score_generation(made, real, FakeEncoder(), models={"fake": "f"}, plan=PLAN, **options)


def test_folders_are_read_paired_and_scored(folders):
    scored = score(*folders)
    assert scored.result.left_out == ()
    assert scored.generation.captions == tuple(f"number {number}" for number in range(5))
    tables = {table.name: table for table in scored.result.tables}
    assert values(tables["alignment"], GENERATED)["recall_at_1"] == 1
    assert tables["quality"].rows[TRUTH]["grounded"].count == 5
    assert "motion quality" in terminal(scored.result).lower()


def test_what_is_broken_is_named_and_left_out_on_both_sides(folders):
    made, real = folders
    joints = numbered_joints(1)
    joints[3, 4] = np.nan
    np.savez(made / "01.npz", posed_joints=joints)
    np.savez(made / "02.npz", posed_joints=np.zeros((0, 30, 3)))
    np.savez(made / "03.npz", posed_joints=np.zeros((5, 31, 3)))
    (real / "04.npz").write_bytes(b"no archive")
    write_numbered(made / "99.npz", 9)
    write_numbered(real / "98.npz", 8)
    result = score(made, real).result
    reasons = {row.name.split(": ")[-1]: row.reason for row in result.left_out}
    assert result.data["num_generated"] == result.data["num_real"] == 1
    by_name = [row.name for row in result.left_out]
    for name in ("01", "02", "03"):
        assert f"{made}: {name}" in by_name
        assert name in by_name
    assert f"{real}: 04" in by_name
    assert "no motion of this name" in reasons["99"]
    assert "no usable motion of this name" in reasons["98"]


def test_a_motion_that_the_model_refuses_is_left_out(folders):
    class Refusing(FakeEncoder):
        def encode_motion(self, motions):
            rows = super().encode_motion(motions)
            if any((row == direction(3)).all() for row in rows):
                raise ModelError("gives no finite embedding")
            return rows

    result = score_generation(*folders, Refusing(), models={}, plan=PLAN).result
    assert result.data["num_real"] == 4
    assert sum("no finite embedding" in row.reason for row in result.left_out) == 2


def test_numbered_names_are_repeats(folders, tmp_path):
    _, real = folders
    made = folder_of(tmp_path / "many", range(5), "_0")
    folder_of(made, range(4), "_1")
    folder_of(made, [0], "-07")
    scored = score(made, real)
    assert scored.generation.repeat.tolist() == [0, 1, 2, 0, 1, 0, 1, 0, 1, 0]
    assert scored.generated_names[:3] == ("00_0", "00_1", "00-07")
    assert scored.result.left_out == ()


def test_a_captions_file_says_which_is_which_and_what_the_texts_are(folders, tmp_path):
    _, real = folders
    made = folder_of(tmp_path / "free", [2, 1])
    (made / "02.npz").rename(made / "second.npz")
    (made / "01.npz").rename(made / "first.npz")
    rows = [
        {"file": "first.npz", "text": "number 1", "reference": "01", "style": "calm"},
        {"file": "second.npz", "text": "number 2", "reference": "02", "repeat": 4, "style": "wild"},
    ]
    (made / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scored = score(made, real)
    assert scored.generated_names == ("first", "second")
    assert scored.reference_names == ("01", "02")
    (made / "captions.jsonl").write_text(json.dumps({**rows[0], "reference": "77"}) + "\n")
    with pytest.raises(DatasetError, match="first says that it belongs to '77'"):
        score(made, real)
    (made / "captions.jsonl").write_text(json.dumps({**rows[0], "repeat": "two"}) + "\n")
    with pytest.raises(DatasetError, match="the repeat of first is 'two'; expected a whole number"):
        score(made, real)


def test_given_texts_win_and_their_columns_make_groups(folders, tmp_path):
    rows = [{"file": f"{n:02d}.npz", "text": f"it is number {n}", "actor": "ab"[n % 2]} for n in range(5)]
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scored = score(*folders, texts=texts, by="actor")
    assert scored.generation.captions[0] == "it is number 0"
    table = scored.result.tables[-1]
    assert table.name == "by_actor"
    assert list(table.rows)[:2] == ["a", "b"]
    assert table.rows["a"]["recall_at_1"].count == 3
    assert {"text_match", "motion_match", "jerk"} <= set(table.rows["b"])


@pytest.mark.parametrize("written", ["./{}", "..\\{folder}\\{}", "{whole}/{}"])
def test_names_count_in_whatever_way_they_are_written(folders, tmp_path, written):
    _, real = folders
    made = folder_of(tmp_path / "free", [1])
    (made / "01.npz").rename(made / "one.npz")
    ways = {folder: {"folder": folder.name, "whole": folder.resolve()} for folder in (made, real)}
    rows = [
        {"file": written.format("one.npz", **ways[made]), "text": "number 1", "reference": ".\\01.npz"},
        {"file": "one.npz", "text": "number 2"},
    ]
    (made / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scored = score(made, real)
    assert scored.reference_names == ("01",)
    assert scored.generation.captions == ("number 1",)
    assert not any("tells of" in note for note in scored.result.notes)
    (tmp_path / "texts.jsonl").write_text(json.dumps({"file": written.format("01.npz", **ways[real]), "text": "the 1"}))
    assert score(made, real, texts=tmp_path / "texts.jsonl").generation.captions == ("the 1",)


def test_rows_that_name_no_motion_are_told(folders, tmp_path):
    made, real = folders
    rows = [{"file": f"{name}.npz", "text": "number 1"} for name in ("00", "0I", "O2")]
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    notes = score(made, real, texts=tmp_path / "texts.jsonl").result.notes
    assert f"{tmp_path / 'texts.jsonl'} tells of 2 motions that neither {made} nor {real} has: 0I, O2." in notes
    free = folder_of(tmp_path / "free", [1])
    (free / "captions.jsonl").write_text(json.dumps({"file": "1.npz", "text": "number 1"}))
    told = f"{free / 'captions.jsonl'} tells of 1 motion that its folder does not have: 1."
    assert told in score(free, real).result.notes


def test_a_text_is_found_in_the_file_itself(folders, tmp_path):
    made, _ = folders
    real = tmp_path / "with_text"
    real.mkdir()
    for number in range(3):
        np.savez(real / f"{number:02d}.npz", posed_joints=numbered_joints(number), text=f"number {number}")
    assert score(made, real).generation.captions == ("number 0", "number 1", "number 2")


def test_without_any_text_the_rest_is_measured_and_without_one_it_is_named(folders):
    made, real = folders
    (real / "02.txt").unlink()
    scored = score(made, real)
    assert LeftOut("02", "it has no text, others have") in scored.result.left_out
    assert len(scored.generation.text) == len(scored.generation.generated) == 4
    for file in real.glob("*.txt"):
        file.unlink()
    scored = score(made, real)
    assert scored.generation.text is None
    assert "There are no texts, so how motions match them is not measured." in scored.result.notes
    assert len(scored.generation.generated) == 5


def test_contacts_of_the_file_are_used_for_quality(tmp_path):
    joints = soma_joints(20)
    np.savez(tmp_path / "a.npz", posed_joints=joints, foot_contacts=np.ones((20, 4)))
    np.savez(tmp_path / "b.npz", posed_joints=joints)
    found = read_motion_set(tmp_path, FakeEncoder(), PLAN)
    assert found.quality["foot_skate_from_pred_contacts"][0] == pytest.approx(0.9, rel=1e-4)
    assert np.isnan(found.quality["foot_skate_from_pred_contacts"][1])
    np.savez(tmp_path / "b.npz", posed_joints=joints, foot_contacts=np.ones((20, 5)))
    found = read_motion_set(tmp_path, FakeEncoder(), PLAN)
    assert found.names == ("a", "b")
    assert any("b first: foot contacts have shape (20, 5)" in note for note in found.notes)
    assert found.quality["jerk"][1] == found.quality["jerk"][0]
    np.savez(tmp_path / "b.npz", posed_joints=joints, foot_contacts=np.full((20, 4), np.nan))
    found = read_motion_set(tmp_path, FakeEncoder(), PLAN)
    assert np.isnan(found.quality["foot_contact_consistency"][1])
    assert any("foot_contacts holds float64 that are not all finite" in note for note in found.notes)


def test_embeddings_of_any_model_are_scored(tmp_path):
    reference, text = normal(0, 40) * 3, normal(2, 40) * 3
    generated = reference + 0.2 * normal(1, 40)
    generated[6, 0] = np.nan
    np.savez(tmp_path / "real.npz", motion=reference, text=text)
    np.savez(tmp_path / "made.npz", motion=generated)
    scored = score_generation(tmp_path / "made.npz", tmp_path / "real.npz", None, models={})
    assert [row.name.split(": ")[-1] for row in scored.result.left_out] == ["row 6", "row 6"]
    whole = np.delete(np.arange(40), 6)
    tables = {table.name: table for table in scored.result.tables}
    expected = frechet_distance(generated[whole], reference[whole])
    assert values(tables["distribution"], GENERATED)["fid"] == pytest.approx(expected)
    assert values(tables["match"], TRUTH)["text_distance"] == pytest.approx(
        np.linalg.norm(text[whole] - reference[whole], axis=1).mean()
    )
    scored.write_embeddings(tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as written:
        assert written["generated_names"][6] == "row 7"
        assert set(written) >= {"generated", "reference", "owner", "repeat", "text"}


def test_unpaired_embeddings_are_sets(tmp_path):
    np.savez(tmp_path / "real.npz", motion=normal(0, 40))
    np.savez(tmp_path / "made.npz", motion=normal(1, 30))
    scored = score_generation(tmp_path / "made.npz", tmp_path / "real.npz", None, models={})
    assert scored.generation.owner is None
    assert "only the sets as a whole" in scored.result.notes[0]
    with pytest.raises(DatasetError, match="no pairs to group by 'actor'"):
        score_generation(tmp_path / "made.npz", tmp_path / "real.npz", None, models={}, by="actor")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"motion": np.zeros(4)}, r"`motion` has shape \(4,\)"),
        ({"motion": np.ones((4, 3)), "text": np.ones((4, 2))}, r"`text` has shape \(4, 2\)"),
        ({"motion": np.ones((4, 3)), "names": np.array(["a", "b", "c", "a"])}, "two motions called 'a'"),
        ({"motion": np.ones((4, 3)), "texts": np.arange(4.0)}, "`texts` has shape"),
        ({"motion": np.full((4, 3), np.nan)}, "no motion of .* can be used; row 0: the motion's embedding"),
        ({"text": np.ones((4, 3))}, "'motion' is missing; there are text"),
    ],
)
def test_embeddings_that_are_not_as_documented(tmp_path, arrays, message):
    np.savez(tmp_path / "made.npz", **arrays)
    np.savez(tmp_path / "real.npz", motion=normal(0, 4, 3))
    with pytest.raises((DatasetError, MotionFileError), match=message):
        score_generation(tmp_path / "made.npz", tmp_path / "real.npz", None, models={})


def test_widths_that_differ_are_told(tmp_path):
    np.savez(tmp_path / "made.npz", motion=normal(0, 4, 3))
    np.savez(tmp_path / "real.npz", motion=normal(0, 4, 5))
    with pytest.raises(DatasetError, match=r"have 3 numbers, those of .* 5; embed both by one model"):
        score_generation(tmp_path / "made.npz", tmp_path / "real.npz", None, models={})


def test_sources_that_are_neither(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("x")
    for source, message in (
        (tmp_path / "missing", "does not exist"),
        (tmp_path / "empty", "has no motion files"),
        (tmp_path / "file.txt", "is a single file"),
    ):
        with pytest.raises(DatasetError, match=message):
            read_motion_set(source, FakeEncoder(), PLAN)
    with pytest.raises(DatasetError, match="need a model"):
        read_motion_set(tmp_path / "empty", None, PLAN)


def test_two_files_of_one_name_are_told(tmp_path):
    write_numbered(tmp_path / "a.npz", 1)
    np.save(tmp_path / "a.npy", numbered_joints(1))
    with pytest.raises(DatasetError, match="two motions called 'a'"):
        read_motion_set(tmp_path, FakeEncoder(), PLAN)


def test_texts_of_parts_of_files_are_refused(tmp_path):
    (tmp_path / "texts.jsonl").write_text('{"file": "a.npz", "text": "x", "start": 1, "end": 2}\n')
    with pytest.raises(DatasetError, match=r"line 1: is of a part of a\.npz"):
        read_texts(tmp_path / "texts.jsonl")


def test_a_real_motion_of_a_numbered_name_wins():
    rows = normal(0, 3)
    made = MotionSet("made", ("walk_1", "walk_2", "run"), rows)
    real = MotionSet("real", ("walk", "walk_1"), rows[:2])
    pairs = pair_sets(made, real)
    assert [made.names[at] for at in pairs.generated] == ["walk_2", "walk_1"]
    assert [real.names[at] for at in pairs.reference[pairs.owner]] == ["walk", "walk_1"]
    assert pairs.left_out == (LeftOut("run", "generated, but real has no motion of this name"),)
