"""What is trained on: the user's own motion files and captions, checked by line, and what a folder is taken for."""

import json

import numpy as np
import pytest

from fake_encoder import numbered_motion, write_numbered
from tmr.errors import DatasetError
from tmr.motion.dataset import ClipInfo
from tmr.motion.formats import write_bvh
from tmr.search.reading import ReadingOptions
from tmr.training.data.find import find_data
from tmr.training.data.listing import ListedCaption, ListedClip, Listing
from tmr.training.data.loading import load
from tmr.training.data.mixture import fit_to_data
from tmr.training.data.own import TAKEN_NAMES
from tmr.training.examples import build_examples
from tmr.training.recipes import PROCEDURAL, RECIPES, TrainConfig


def write_own(folder, text, count=4, name="captions.csv"):
    """Write `takes/0.npz` … of two seconds, and a captions file."""
    for number in range(count):
        write_numbered(folder / "takes" / f"{number}.npz", number, seconds=2.0, drift=0.5)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


GOOD = (
    "file,text,start,end,split,subject,action,style\n"
    "takes/0.npz,a person walks,,,train,anna,walk,sad\n"
    "takes/0.npz,someone strolls,,,train,anna,,\n"
    "takes/1.npz,he waves,0.5,1.5,val,ben,,\n"
    "takes/1.npz,he waves,0.5,1.5,val,ben,,\n"
    "takes/2.npz,,,,test,cleo,run,angry\n"
    "takes\\3.npz,a man sits,1,3,,cleo,,\n"
)


def test_own_files_become_clips_with_their_captions_splits_and_labels(tmp_path):
    folder = write_own(tmp_path / "mine", GOOD)
    found = find_data(folder)
    assert "motion files with a captions file, 4 clips" in found.title
    assert found.sources == ("mine",)
    prepared = found.prepare(tmp_path / "cache", workers=0)
    assert prepared.left_out == []
    walk, wave, run, sit = prepared.clips
    assert [clip.info.id for clip in prepared.clips] == [f"mine/takes/{number}.npz" for number in range(4)]
    assert [clip.info.split for clip in prepared.clips] == ["train", "validation", "test", "train"]
    assert [caption.text for caption in walk.info.captions] == ["a person walks", "someone strolls"]
    # A label is written out only where people say nothing.
    assert (walk.info.action, walk.info.style, walk.info.subject) == ("", "sad", "anna")
    assert (run.info.action, run.info.captions) == ("run", ())
    (caption,) = wave.info.captions
    assert (caption.start_seconds, caption.end_seconds, caption.kind) == (0.5, 1.5, "caption")
    assert sit.info.captions[0].end_seconds == 2.0
    assert walk.joints.shape == (60, 30, 3)
    assert walk.joints.dtype == np.float32
    assert any("said of the same part more than once" in note for note in prepared.notes)
    assert any("1 line has no text: 6" in note for note in prepared.notes)
    cut = "1 caption lasts longer than its motion, whose end is taken: takes/3.npz, line 7"
    assert cut in prepared.notes
    groups = build_examples(prepared.clips, 0, 0)
    assert sum(len(group) for group in groups["mine"]) == 4


def test_sentences_that_many_takes_share_are_drawn_as_often_as_those_of_one(tmp_path):
    rows = "".join(f"takes/{number}.npz,a person walks\n" for number in range(3)) + "takes/3.npz,a person sits\n"
    folder = write_own(tmp_path / "mine", "file,text\n" + rows)
    groups = build_examples(find_data(folder).prepare(tmp_path / "cache", workers=0).clips, 0, 0)
    assert sorted(len(group) for group in groups["mine"]) == [1, 3]


def test_what_cannot_be_used_is_left_out_with_line_and_reason(tmp_path):
    text = (
        "file,text,start,end\n"
        "takes/0.npz,a person walks,,\n"
        "takes/gone.npz,a person sits,,\n"
        "takes/1,a person stands,,\n"
        "takes/2.npz,,,\n"
        "takes/3.npz,late,2.5,3\n"
        "takes/3.npz,a person runs,,\n"
        "notes.txt,no motion,,\n"
    )
    folder = write_own(tmp_path / "mine", text)
    (folder / "notes.txt").write_text("walk", encoding="utf-8")
    prepared = find_data(folder).prepare(tmp_path / "cache", workers=0)
    assert [clip.info.id for clip in prepared.clips] == ["mine/takes/0.npz", "mine/takes/3.npz"]
    reasons = {row.name: row.reason for row in prepared.left_out}
    assert reasons["takes/gone.npz"].startswith("line 3: there is no such file below")
    assert "1.npz is there: write it so" in reasons["takes/1"]
    assert reasons["takes/2.npz"] == "line 5: neither a text nor an action is said of it"
    assert "line 6: 'late' begins at 2.5 s, but the motion lasts 2.00 s" in reasons["takes/3.npz"]
    assert "suffix '.txt'" in reasons["notes.txt"]


def test_every_faulty_line_is_told_at_once(tmp_path):
    text = (
        "file,text,start,end,split\n"
        "takes/0.npz,a,2,1,train\n"
        ",b,,,train\n"
        "takes/1.npz,c,,,training\n"
        "takes/2.npz,d,soon,,train\n"
        "takes/3.npz,e,,,train\n"
        "takes/3.npz,f,,,test\n"
    )
    with pytest.raises(DatasetError) as error:
        find_data(write_own(tmp_path, text))
    told = str(error.value)
    assert "has 5 faulty lines" in told
    for expected in (
        "line 2: it runs from 2 to 1 seconds",
        "line 3: `file` is missing",
        "line 4: `split` is 'training', expected train, validation, test",
        "line 5: `start` is 'soon'",
        "line 7: takes/3.npz is in test here and in train on line 6",
    ):
        assert expected in told


def test_a_file_of_two_splits_is_found_in_whatever_way_it_is_written(tmp_path):
    folder = tmp_path / "mine"
    names = ("./takes/0.npz", "takes\\0.npz", f"{folder}/takes/0.npz", "takes/../takes/0.npz")
    rows = "".join(f"{name},b,test\n" for name in names)
    with pytest.raises(DatasetError, match="has 4 faulty lines") as error:
        find_data(write_own(folder, f"file,text,split\ntakes/0.npz,a,train\n{rows}"))
    assert str(error.value).count("takes/0.npz is in test here and in train on line 2") == 4


def test_motion_files_that_no_row_names_and_a_column_of_people_by_another_name_are_told(tmp_path):
    folder = write_own(tmp_path / "mine", "file,text,Subject ID\ntakes/1.npz,he waves,3\n", count=6)
    notes = find_data(folder).prepare(tmp_path / "cache", workers=0).notes
    assert notes == [
        "the column `Subject ID` is not read: call it `subject`, and people are held out whole",
        "5 motion files are named by no row, and not trained on: takes/0.npz, takes/2.npz, takes/3.npz, …",
    ]


def test_what_readers_assumed_or_left_out_is_told_on_every_run(tmp_path):
    (tmp_path / "mine").mkdir()
    for number, told in enumerate((30, 33, 40)):
        file = tmp_path / "mine" / f"{number}.bvh"
        write_bvh(file, numbered_motion(number))
        text = file.read_text(encoding="utf-8").replace("Frames: 30", f"Frames: {told}")
        file.write_text(text if number < 2 else text[:-40], encoding="utf-8")
    rows = "".join(f"{number}.bvh,a person does {number}\n" for number in range(3))
    folder = write_own(tmp_path / "mine", "file,text\n" + rows + "takes/0.npz,he sits\n", count=1)
    first, second = (find_data(folder).prepare(tmp_path / "cache", workers=0) for _ in range(2))
    assert len(first.clips) == 4
    assert first.notes == second.notes
    unit, frames, cut = first.notes
    assert unit.startswith("3 motion files: One unit is 0.01 m, found from the body")
    assert unit.endswith("(0.bvh, 1.bvh, 2.bvh)")
    assert frames == "2 motion files: The file tells 33 frames; it has 30 (1.bvh, 2.bvh)"
    assert cut == "1 motion file: The last frame is cut off and left out (2.bvh)"


def test_labels_of_published_datasets_that_end_late_are_cut(tmp_path):
    file = write_numbered(tmp_path / "0.npz", 0, seconds=1.0)
    said = tuple(ListedCaption("walks", "babel", start, 9.0) for start in (0.5, 1.0))
    listing = Listing("babel", [ListedClip(ClipInfo("babel/1", "train", ()), file, said)])
    prepared = load(listing, tmp_path / "cache", workers=0)
    assert [(cut.start_seconds, cut.end_seconds) for cut in prepared.clips[0].info.captions] == [(0.5, 1.0)]
    assert [row.name for row in prepared.left_out] == ["1"]
    assert prepared.notes == ["1 caption lasts longer than its motion, whose end is taken: 1"]


def test_times_in_frames_are_refused_by_line(tmp_path):
    rows = "takes/0.npz,walks,0,60\ntakes/0.npz,stands,30,60\ntakes/1.npz,sits,0,4\ntakes/1.npz,lies,0,2.05\n"
    folder = write_own(tmp_path / "mine", "file,text,start,end\n" + rows, count=2)
    prepared = find_data(folder).prepare(tmp_path / "cache", workers=0)
    assert [(row.name, row.reason) for row in prepared.left_out] == [
        ("takes/0.npz", "line 2: 'walks' ends at 60 s, but the motion lasts 2.00 s; times are seconds, not frames"),
        ("takes/0.npz", "line 3: 'stands' begins at 30 s, but the motion lasts 2.00 s; times are seconds, not frames"),
    ]
    assert prepared.notes == ["1 caption lasts longer than its motion, whose end is taken: takes/1.npz, line 4"]


@pytest.mark.parametrize("name", sorted(TAKEN_NAMES))
def test_a_folder_that_is_called_like_a_source_of_a_recipe_is_own_data_all_the_same(tmp_path, name):
    found = find_data(write_own(tmp_path / name, "file,text\ntakes/0.npz,walks\n", count=1))
    assert found.sources == (f"own_{name}",)
    for recipe in RECIPES.values():
        config = recipe(0)[1]
        assert fit_to_data(config, found).mixture[f"own_{name}"] > 0.5
        assert {*config.mixture} <= TAKEN_NAMES
    (clip,) = found.prepare(tmp_path / "cache", workers=0).clips
    assert clip.info.id == f"own_{name}/takes/0.npz"


@pytest.mark.parametrize(
    ("other", "text"), [("Captions.csv", "x"), ("My_captions.CSV", ""), ("said.jsonl", '{"File": "a", "Texts": []}')]
)
def test_a_captions_file_by_another_name_is_named(tmp_path, other, text):
    (tmp_path / "prices.csv").write_text("item,text\n", encoding="utf-8")
    (tmp_path / other).write_text(text, encoding="utf-8")
    expected = (
        f"has no captions.jsonl or captions.csv; if {other} is the one, give it as --data {tmp_path / other}, or call"
    )
    for layout in (None, "captions"):
        with pytest.raises(DatasetError) as error:
            find_data(tmp_path, format=layout)
        assert expected in str(error.value)
        assert str(error.value).endswith(f"call it captions{(tmp_path / other).suffix.lower()}")


def test_of_very_many_faults_twenty_are_told_and_the_rest_counted(tmp_path):
    rows = "".join('{"file": "a.npz"}\n' for _ in range(50))
    with pytest.raises(DatasetError) as error:
        find_data(write_own(tmp_path, rows, name="captions.jsonl"))
    assert str(error.value).count("`text` is missing") == 20
    assert "and 30 more faulty lines" in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("file,text\na.npz,walks\n".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        (b"file,text\na.npz,walks\nb.npz,caf\xe9\n", "line 3 has the byte 0xe9; save it as UTF-8"),
        (b"path,text\na.npz,walks\n", "the columns are path, text (the column `path` is not read; is it `file`?"),
    ],
)
def test_a_captions_file_as_spreadsheets_save_it_is_told_what_is_wrong(tmp_path, data, message):
    (tmp_path / "captions.csv").write_bytes(data)
    with pytest.raises(DatasetError, match="captions") as error:
        find_data(tmp_path)
    assert message in str(error.value)


def test_windows_line_ends_and_a_byte_order_mark_are_no_matter(tmp_path):
    write_own(tmp_path / "mine", "")
    (tmp_path / "mine" / "captions.csv").write_bytes("\ufefffile,text\r\ntakes/0.npz,a person walks\r\n".encode())
    prepared = find_data(tmp_path / "mine").prepare(tmp_path / "cache", workers=0)
    assert prepared.clips[0].info.captions[0].text == "a person walks"


def test_captions_and_motions_may_be_elsewhere(tmp_path):
    folder = write_own(tmp_path / "mine", "")
    (folder / "captions.csv").unlink()
    rows = tmp_path / "said.jsonl"
    rows.write_text(json.dumps({"file": "takes/1.npz", "texts": ["walks"]}) + "\n", encoding="utf-8")
    for found in (find_data(folder, captions=rows), find_data(rows, motions=folder)):
        (clip,) = found.prepare(tmp_path / "cache", workers=0).clips
        assert clip.info.id == "mine/takes/1.npz"


def test_what_the_user_says_of_the_files_is_heeded(tmp_path):
    folder = write_own(tmp_path / "mine", "file,text\ntakes/0.npz,walks\n")
    slow = find_data(folder, options=ReadingOptions(fps=10.0)).prepare(tmp_path / "cache", workers=0)
    assert len(slow.clips[0].joints) == 178
    giant = find_data(folder, options=ReadingOptions(unit=3.0)).prepare(tmp_path / "cache", workers=0)
    assert "that is no human size: is the unit right? (takes/0.npz)" in giant.notes[-1]
    assert len(find_data(folder).prepare(tmp_path / "cache", workers=0).clips[0].joints) == 60


def test_a_folder_that_is_no_dataset_is_told_what_is_expected(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        find_data(tmp_path / "gone")
    write_numbered(tmp_path / "0.npz", 0)
    with pytest.raises(DatasetError, match=r"holds no dataset that is known; expected .*captions.csv beside motion"):
        find_data(tmp_path)
    with pytest.raises(DatasetError, match="no format 'packz'; there are packs, captions, humanml3d"):
        find_data(tmp_path, format="packz")
    (tmp_path / "captions.csv").write_text("file,text\n1.npz,walks\n", encoding="utf-8")
    with pytest.raises(
        DatasetError, match=r"has no clip that can be used; 1 left out, first 1.npz: line 2: there is no"
    ):
        find_data(tmp_path).prepare(tmp_path / "cache", workers=0)
    (tmp_path / "train.json").write_text('{"1": {"feat_p": "KIT/KIT/3/a_poses.npz"}}', encoding="utf-8")
    with pytest.raises(DatasetError, match="could be captions or babel; say which with --format"):
        find_data(tmp_path)


def test_a_recipe_draws_from_the_data_unless_it_knows_it(tmp_path):
    found = find_data(write_own(tmp_path / "mine", GOOD))
    packs = {"cmu": 0.5, "procedural": 0.2, "joined": 0.1, "paced": 0.1, "counted": 0.1}
    recipe = TrainConfig(recipe="test", mixture=packs, joined=400, paced=20, paraphrases=64)
    fitted = fit_to_data(recipe, found)
    made = dict.fromkeys(PROCEDURAL, 0.075)
    assert fitted.mixture == pytest.approx({"mine": 0.65, **made, "joined": 0.1, "paced": 0.1})
    assert (fitted.joined_from, fitted.paraphrases) == (("mine", *PROCEDURAL), 0)
    own = TrainConfig(recipe="test", mixture={"mine": 1.0})
    assert fit_to_data(own, found) is own
