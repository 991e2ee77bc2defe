"""Motion sets: whatever is found in a folder of motions is used, or counted and named in the notes."""

import json
import unicodedata

import numpy as np
import pytest

from fake_encoder import FakeEncoder, numbered_joints, write_numbered
from tmr.errors import DatasetError, MotionFileError
from tmr.evaluation.generation_run import score_generation
from tmr.evaluation.motion_set import ReadingPlan, read_motion_set

PLAN = ReadingPlan(workers=0)


@pytest.fixture
def real(tmp_path):
    """Three real motions with texts beside them."""
    for number in range(3):
        write_numbered(tmp_path / "real" / f"walk{number}.npz", number, drift=0.5)
        (tmp_path / "real" / f"walk{number}.txt").write_text(f"number {number}", encoding="utf-8")
    return tmp_path / "real"


def made_by(folder, *names):
    for number, name in enumerate(names):
        write_numbered(folder / f"{name}.npz", number, drift=0.5)
    return folder


def read(folder):
    return read_motion_set(folder, FakeEncoder(), PLAN)


def score(made, real, **options):
    return score_generation(made, real, FakeEncoder(), models={"fake": "f"}, plan=PLAN, **options)


@pytest.mark.parametrize(
    ("written", "texts", "note"),
    [
        (b"\xef\xbb\xbfa caf\xc3\xa9\r\n", ("a café",), ""),
        ("a café".encode("utf-16"), ("a café",), "of the texts beside them, 1 motion file: The text is UTF-16 (walk0)"),
        (b"a caf\xe9", ("a café",), "the text is read as Latin-1 (walk0)"),
        (b"a\0b", None, "1 motion has a text that is not used, walk0 first"),
        (b"waves#a/DET#3.0#6.0\nsits#x#0.0#0.0\nends#x#nan#nan", ("sits", "ends"), "1 line of texts beside motions"),
    ],
)
def test_texts_beside_motions_are_read_as_they_are_meant(real, written, texts, note):
    (real / "walk0.txt").write_bytes(written)
    found = read(real)
    assert found.texts.get("walk0") == texts
    assert found.texts["walk1"] == ("number 1",)
    told = [told for told in found.notes if "text" in told]
    assert told == [] if not note else note in told[0] and len(told) == 1


def test_texts_and_names_of_bytes_are_words(tmp_path):
    write_numbered(tmp_path / "set" / "a.npz", 1)
    np.savez(tmp_path / "set" / "b.npz", posed_joints=numbered_joints(2), fps=30.0, text=np.array([b"number 2"]))
    assert read(tmp_path / "set").texts == {"b": ("number 2",)}
    np.savez(tmp_path / "e.npz", motion=np.ones((1, 4)), names=np.array(["café".encode()]), texts=np.array([b"x"]))
    embedded = read_motion_set(tmp_path / "e.npz", None, PLAN)
    assert (embedded.names, embedded.texts) == (("café",), {"café": ("x",)})


def test_bytes_that_are_no_text_are_told(tmp_path):
    write_numbered(tmp_path / "set" / "a.npz", 1)
    np.savez(tmp_path / "set" / "b.npz", posed_joints=numbered_joints(2), fps=30.0, text=np.array([b"caf\xe9"]))
    found = read(tmp_path / "set")
    assert found.names == ("a", "b")
    assert any("array 'text' is not UTF-8" in note for note in found.notes)
    np.savez(tmp_path / "e.npz", motion=np.ones((1, 4)), names=np.array([b"caf\xe9"]))
    with pytest.raises(MotionFileError, match="array 'names' is not UTF-8"):
        read_motion_set(tmp_path / "e.npz", None, PLAN)


def test_a_captions_row_without_a_text_leaves_the_text_beside_the_motion(real, tmp_path):
    rows = [{"file": f"walk{number}.npz", "text": "", "actor": "ab"[number % 2]} for number in range(3)]
    (real / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scored = score(made_by(tmp_path / "made", "walk0", "walk1", "walk2"), real, by="actor")
    assert scored.generation.captions == ("number 0", "number 1", "number 2")
    assert scored.result.tables[-1].rows["a"]["motion_match"].count == 2


def test_columns_are_those_of_the_answers_too(real, tmp_path):
    made = made_by(tmp_path / "made", "walk0_0", "first", "walk2_0")
    rows = [{"file": f"walk{n}_0.npz", "text": "", "actor": "x"} for n in (0, 2)]
    rows.append({"file": "first.npz", "text": "", "actor": "y", "reference": "walk1"})
    (made / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert list(score(made, real, by="actor").result.tables[-1].rows)[:2] == ["x", "y"]


def test_accents_of_one_and_of_two_characters_are_one_name(tmp_path):
    name = "café"
    real = made_by(tmp_path / "real", unicodedata.normalize("NFC", name), "Wave")
    made = made_by(tmp_path / "made", unicodedata.normalize("NFD", f"{name}_0"), "wave_0")
    result = score(made, real).result
    assert result.data["num_real"] == 1
    reasons = {row.name: row.reason for row in result.left_out}
    assert reasons["wave_0"] == f"generated, but {real} has no motion of this name; Wave is there: write it so"


def test_quality_is_measured_at_thirty_frames_a_second_at_most(tmp_path):
    joints = numbered_joints(0, seconds=2.0)
    joints[..., 1] += 0.1 * np.sin(np.arange(len(joints)) / 5)[:, None]
    fine = np.repeat(joints, 4, axis=0)  # jerks at 120 fps that no motion at 30 has
    for folder, frames, fps in (("made", joints, 30.0), ("real", fine, 120.0), ("slow", joints[::2], 15.0)):
        (tmp_path / folder).mkdir()
        np.savez(tmp_path / folder / "a.npz", posed_joints=frames, fps=fps)
    made, real = read(tmp_path / "made"), read(tmp_path / "real")
    assert made.fps == real.fps == (30.0,)
    assert real.quality["jerk"] == pytest.approx(made.quality["jerk"], rel=1e-3)
    notes = score(tmp_path / "made", tmp_path / "real").result.notes
    assert not any("jerk and skating depend" in note for note in notes)
    notes = score(tmp_path / "made", tmp_path / "slow").result.notes
    assert any("at 30 frames a second on the generated motions and at 15 on the real ones" in note for note in notes)


def test_contacts_are_taken_at_the_frames_that_are_measured(tmp_path):
    joints = np.repeat(numbered_joints(0, drift=0.6), 2, axis=0)
    contacts = np.zeros((60, 4))
    contacts[::2] = 1  # at 30 fps every frame is one in contact
    np.savez(tmp_path / "a.npz", posed_joints=joints, fps=60.0, foot_contacts=contacts)
    quality = read(tmp_path).quality
    assert quality["foot_skate_from_pred_contacts"][0] == pytest.approx(0.6, rel=1e-3)
    np.savez(tmp_path / "a.npz", posed_joints=joints, fps=60.0, foot_contacts=contacts[1:])
    found = read(tmp_path)
    assert any("there are 59 frames of foot contacts, but 60 of joints" in note for note in found.notes)
    assert not np.isnan(found.quality["jerk"][0])
    np.savez(tmp_path / "a.npz", posed_joints=joints, fps=60.0, foot_contacts=contacts[None] > 0.5)
    assert read(tmp_path).quality["foot_skate_from_pred_contacts"][0] == pytest.approx(0.6, rel=1e-3)
    np.savez(tmp_path / "a.npz", posed_joints=joints, fps=60.0, foot_contacts=np.array(1.0))
    assert any("foot contacts have shape ()" in note for note in read(tmp_path).notes)


def test_what_is_odd_of_the_files_is_told(real):
    write_numbered(real / "short.npz", 4, seconds=0.05)
    np.savez(real / "large.npz", posed_joints=7 * numbered_joints(5), fps=30.0)
    (real / "scene.fbx").write_bytes(b"Kaydara")
    notes = "\n".join(read(real).notes)
    assert f"{real}: 1 motion has under 4 frames at 30 fps (short)" in notes
    assert "that is no human size: is the unit right? (large)" in notes
    assert "1 .fbx file is not read (scene.fbx): convert it to BVH" in notes


def test_motions_that_float_are_counted(tmp_path):
    for folder, heights in (("real", (1.0, 1.0, 1.0)), ("made", (2.0, 2.0, 1.0))):
        (tmp_path / folder).mkdir()
        for number, height in enumerate(heights):
            joints = numbered_joints(number) + np.array([0, height, 0])
            np.savez(tmp_path / folder / f"{number}.npz", posed_joints=joints, fps=30.0)
    notes = score(tmp_path / "made", tmp_path / "real").result.notes
    told = [note for note in notes if "never have a joint under 5 cm" in note]
    assert len(told) == 1
    assert "of the generated" in told[0]
    assert "are of 1 of 3 motions" in told[0]


def test_an_empty_file_of_embeddings_is_told(tmp_path):
    np.savez(tmp_path / "e.npz", motion=np.ones((0, 4)))
    with pytest.raises(DatasetError, match="`motion` has no rows"):
        read_motion_set(tmp_path / "e.npz", None, PLAN)
