"""Captioned motions from packs, from motion files with a captions file, and from the library."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_encoder import SOMA, numbered_joints, write_numbered
from tmr.errors import DatasetError
from tmr.evaluation.captioned import load_captioned
from tmr.motion.caption_file import read_caption_file
from tmr.motion.captions import captions_from_labels

SECONDS = 4.0


def write_pack(folder, rows):
    """Write a pack of SOMA-30 clips of four seconds with the given rows."""
    clips = [numbered_joints(number, SECONDS, drift=0.5) for number in range(len(rows))]
    skeletons = json.dumps([{"names": SOMA.joints, "parents": SOMA.parents}])
    np.savez(
        folder / "toy.npz",
        ids=np.array([row["id"] for row in rows]),
        frames=np.array([len(clip) for clip in clips]),
        fps=np.full(len(clips), 30.0),
        skeleton=np.zeros(len(clips), dtype=int),
        skeletons=np.array(skeletons),
        root=np.concatenate([clip[:, 0] for clip in clips]),
        local=np.concatenate([np.round((clip - clip[:, :1]) * 20000).astype(np.int16).ravel() for clip in clips]),
    )
    (folder / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def caption(text, start, end, kind):
    return {"text": text, "start": start, "end": end, "kind": kind}


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    spans = [
        caption("he was on stage", 0.0, 4.0, "cmu_subject"),
        caption("walk", 0.0, 3.999, "cmu_trial"),
        caption("a person walks", 0.0, 4.0, "humanml3d"),
        caption("a man walks", 0.0, 4.0, "humanml3d"),
        caption("a person steps", 1.0, 2.5, "humanml3d"),
    ]
    rows = [
        {"id": "toy/1", "split": "train", "captions": spans, "subject": 7},
        {"id": "toy/2", "split": "test", "captions": [caption("weak", 0, 4, "cmu_subject")]},
        {"id": "toy/3", "split": "test", "captions": [caption("dab", 0, 4, "file_name")]},
        {"id": "toy/4", "split": "test", "captions": [], "action": "run", "style": "sad"},
        {"id": "toy/5", "split": "test", "captions": []},
    ]
    return write_pack(folder, rows), tmp_path_factory.mktemp("cache")


def test_a_pack_gives_an_item_for_each_span_with_its_best_caption_first(packs):
    items, left_out = load_captioned(packs[0], cache=packs[1])
    assert left_out == []
    assert [item.name for item in items] == ["toy/1", "toy/1@1.00-2.50", "toy/2", "toy/3", "toy/4", "toy/5"]
    whole, part, weak, label, labelled, silent = items
    assert whole.captions == ("a person walks", "a man walks", "walk")
    assert dict(whole.metadata) == {"source": "toy", "split": "train", "subject": "7"}
    assert (part.captions, part.clip, part.start_seconds) == (("a person steps",), "toy/1", 1.0)
    np.testing.assert_array_equal(part.motion.joints, whole.motion.joints[30:75])
    assert weak.captions == ("weak",)
    assert label.captions[0] == "a person dabs"
    assert labelled.captions == tuple(text for text, tells in captions_from_labels("run", "sad") if tells)
    assert labelled.metadata["style"] == "sad"
    assert silent.captions == ()


def test_splits_and_kinds_are_chosen(packs):
    items, _ = load_captioned(packs[0], split="test", cache=packs[1])
    assert [item.clip for item in items] == ["toy/2", "toy/3", "toy/4", "toy/5"]
    items, _ = load_captioned(packs[0], split="train", cache=packs[1], kinds=("cmu_trial", "humanml3d"))
    assert items[0].captions == ("walk", "a person walks", "a man walks")
    with pytest.raises(DatasetError, match="nothing of split 'val'; its splits: test, train"):
        load_captioned(packs[0], split="val", cache=packs[1])


def write_captions(folder, text, name="captions.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_motion_files_with_captions_in_csv(tmp_path):
    for number in range(3):
        write_numbered(tmp_path / "takes" / f"{number}.npz", number, seconds=3.0)
    (tmp_path / "broken.npz").write_bytes(b"nothing")
    write_captions(
        tmp_path,
        "file,text,start,end,split,age\n"
        'takes/0.npz,"walks, slowly",,,test,30\n'
        "takes/0.npz,walks,,,test,30\n"
        "takes/1.npz,turns,0.5,1.5,test,41\n"
        "takes/1.npz,turns,0.5,1.5,test,41\n"
        "takes/1.npz,late,3,4,test,41\n"
        "takes/2.npz,,,,test,\n"
        "broken.npz,sits,,,test,\n"
        "gone.npz,sits,,,test,\n"
        f"{'x' * 300}.npz,sits,,,test,\n"
        "gone.npz,never read,,,train,\n",
    )
    items, left_out = load_captioned(tmp_path, split="test", workers=0)
    assert [(item.name, item.captions) for item in items] == [
        ("takes/0.npz", ("walks, slowly", "walks")),
        ("takes/1.npz@0.5-1.5", ("turns",)),
        ("takes/2.npz", ()),
    ]
    assert items[1].motion.num_frames == 30
    assert items[1].motion.skeleton.name == "somaskel30"
    assert dict(items[1].metadata) == {"source": tmp_path.name, "split": "test", "age": "41"}
    assert (items[1].clip, items[1].start_seconds) == ("takes/1.npz", 0.5)
    assert [row.name for row in left_out] == ["takes/1.npz@3-4", "broken.npz", "gone.npz", "x" * 300 + ".npz"]
    assert left_out[0].reason == "line 6 begins at 3 s, but the motion lasts 3.00 s"
    assert left_out[2].reason == f"there is no such file below {tmp_path}"


def test_what_names_no_split_is_of_train_as_training_has_it(tmp_path):
    for number in range(3):
        write_numbered(tmp_path / f"{number}.npz", number, seconds=3.0)
    write_captions(tmp_path, "file,text,split\n0.npz,walks,\n1.npz,turns,train\n2.npz,sits,test\n")
    chosen = {split: load_captioned(tmp_path, split=split, workers=0)[0] for split in ("train", "test")}
    assert {split: [item.name for item in items] for split, items in chosen.items()} == {
        "train": ["0.npz", "1.npz"],
        "test": ["2.npz"],
    }
    write_captions(tmp_path, "file,text\n0.npz,walks\n")
    assert len(load_captioned(tmp_path, split="train", workers=0)[0]) == 1
    with pytest.raises(DatasetError, match="nothing of split 'test'; its splits: train"):
        load_captioned(tmp_path, split="test", workers=0)


def test_motion_files_with_captions_in_json_lines_of_any_name(tmp_path):
    write_numbered(tmp_path / "0.npz", 0, seconds=2.0)
    rows = [
        {"file": "0.npz", "texts": ["walks", "a man walks"], "age": 30, "note": None},
        {"file": "0.npz", "text": "stands", "end": 1},
    ]
    text = "\ufeff" + "\n".join(json.dumps(row) for row in rows) + "\n\n"
    path = write_captions(tmp_path, text, "people.jsonl")
    items, left_out = load_captioned(path, workers=2)
    assert left_out == []
    assert [item.captions for item in items] == [("walks", "a man walks"), ("stands",)]
    assert [item.motion.num_frames for item in items] == [60, 30]
    assert items[0].metadata == {"source": tmp_path.name, "age": "30"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("captions.csv", "name,text\na,b\n", "line 1: the columns are name, text; expected `file`"),
        ("captions.csv", "", "line 1: the columns are none"),
        ("captions.csv", "file,text\na.npz,walks, slowly\n", "line 2: not as many fields"),
        ("captions.csv", "file,text\na.npz\n", "line 2: not as many fields"),
        ("captions.csv", 'file,text\na.npz,"walks\n', "line 2: a quote that opens here is not closed"),
        (
            "captions.csv",
            'file,text\na,b\na,"c\nd,e\n',
            "line 3: a quote that opens here is not closed; the lines after",
        ),
        ("captions.csv", 'file,text\na,"b\nc,"d\n', "line 2: a quote that opens here is not closed"),
        ("captions.csv", 'file,text\n\na,he "jogs" slow\na,"jogs" slow\n', "line 4: text follows a closing quote"),
        ("captions.csv", 'file,text\na,"jogs" slow\n,"x\ny"\n', "line 3: `file` is missing"),
        ("captions.csv", 'file,text\na,"x\ny",z\n', "line 2: not as many fields"),
        ("captions.csv", "file,text,Text\na,b,c\n", "line 1: the column `text` is there twice"),
        ("captions.csv", "file,text,age,age\na,b,1,2\n", "line 1: the column `age` is there twice"),
        ("captions.csv", "file,text,start_seconds\na,b,1\n", "column `start_seconds` is not read; is it `start` (in"),
        ("captions.csv", "file,text,Begin (s)\na,b,1\n", "line 1: the column `Begin (s)` is not read; is it `start`"),
        ("captions.csv", "file,text,start,To\na,b,1,2\n", "line 1: the column `To` is not read; is it `end`"),
        (
            "captions.csv",
            "file,Caption\na,b\n",
            "the columns are file, Caption (the column `Caption` is not read; is it",
        ),
        (
            "captions.csv",
            "\n;;\nfile;text;subset\na;b;test\n",
            "line 3: the column `subset` is not read; is it `split`",
        ),
        ("captions.csv", "file;text\na;b;c\n", "put a text that has a semicolon between double quotes"),
        ("captions.csv", "file,text,\na,b,c\n", "line 2: 'c' stands in a column without a name"),
        ("captions.csv", "file;text;start\na;b;1.000,5\n", "line 2: `start` is '1.000.5'"),
        (
            "captions.jsonl",
            '{"file": "a", "sentence": "b"}',
            "line 1: the column `sentence` is not read; is it `text`?",
        ),
        ("captions.jsonl", '{"file": "a", "text": "b", "Text": "c"}', "line 1: the column `text` is there twice"),
        ("captions.jsonl", '{"file": "a", "text": "b", "text": "c"}', "line 1: not JSON (`text` is there twice)"),
        ("captions.csv", "file,text\n,walks\n", "line 2: `file` is missing"),
        ("captions.csv", "file,text,start,end\na,b,2,1\n", "line 2: it runs from 2 to 1 seconds"),
        ("captions.csv", "file,text,start,end\na,b,soon,\n", "line 2: `start` is 'soon'"),
        ("captions.csv", "file,text\n", "has no rows"),
        ("captions.jsonl", '{"file": "a", "text": "b"}\n{', "line 2: not JSON"),
        ("captions.jsonl", "[1]", "line 1: a list"),
        ("captions.jsonl", '{"file": "a"}', "line 1: `text` is missing"),
        ("captions.jsonl", '{"file": "a", "text": 3}', "line 1: a text is a int"),
        ("captions.jsonl", '{"file": "a", "texts": "b"}', "line 1: `texts` is a str"),
        ("captions.jsonl", '{"file": "a", "text": "b", "end": -1}', "line 1: `end` is -1"),
        ("captions.jsonl", '{"file": "a", "text": "b", "end": true}', "line 1: `end` is True"),
        ("captions.jsonl", '{"file": "a", "text": "b", "tags": []}', "line 1: `tags` is a list"),
        ("captions.jsonl", '{"file": "a", "text": "b", "start": NaN}', "line 1: `start` is nan"),
    ],
)
def test_a_bad_captions_file_is_told_by_its_line(tmp_path, name, text, message):
    with pytest.raises(DatasetError, match="captions") as error:
        read_caption_file(write_captions(tmp_path, text, name))
    assert message in str(error.value)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_read_as_spreadsheets_of_any_country_save_it(tmp_path, mark):
    rows = (
        [" File ", "TEXT", "Start", "end", "Split", "Age", "caption", ""],
        ["a", "b", "0.5", "1.5", "test", "3", "c", ""],
    )
    text = mark.join(rows[0]) + "\r\n" + mark.join(rows[1]) + "\r\n"
    if mark != ",":
        text = "\r\n" + mark * 7 + "\r\n" + text.replace("0.5", "0,5").replace("1.5", "1,5")
    (row,) = read_caption_file(write_captions(tmp_path, text))
    assert (row.file, row.texts, row.start_seconds, row.end_seconds) == ("a", ("b",), 0.5, 1.5)
    # What is no column of ours keeps its name, by which results are grouped.
    assert row.metadata == {"split": "test", "Age": "3", "caption": "c"}
    assert row.line == (2 if mark == "," else 4)


def test_a_column_keeps_its_meaning_in_any_letter_case_in_json_lines(tmp_path):
    (row,) = read_caption_file(write_captions(tmp_path, '{"File": "a", "Texts": ["b"], "END": 2, "Age": 3}', "a.jsonl"))
    assert (row.file, row.texts, row.end_seconds, row.metadata) == ("a", ("b",), 2.0, {"Age": "3"})


def test_times_in_frames_and_names_of_one_file_are_understood(tmp_path):
    write_numbered(tmp_path / "takes" / "0.npz", 0, seconds=3.0)
    write_captions(
        tmp_path, "file,text,start,end\ntakes/0.npz,walks,0,90\ntakes/0.npz,runs,,\n.\\takes\\0.npz,jogs,,\n0.npz,a,,\n"
    )
    items, left_out = load_captioned(tmp_path, workers=0)
    assert [(item.name, item.captions) for item in items] == [("takes/0.npz", ("runs", "jogs"))]
    assert left_out[0].reason == "line 2 ends at 90 s, but the motion lasts 3.00 s; times are seconds, not frames"
    assert left_out[1].reason.startswith("there is no such file; takes/0.npz is there: names are written from")


def test_sentences_are_written_from_labels_where_nobody_said_one(tmp_path):
    for number in range(4):
        write_numbered(tmp_path / f"{number}.npz", number)
    text = (
        "file,text,end,action,style\n0.npz,,,kick,angry\n1.npz,,,kick,\n"
        "2.npz,he kicks,0.5,kick,angry\n2.npz,,,kick,angry\n3.npz,,,,angry\n"
    )
    write_captions(tmp_path, text)
    items, _ = load_captioned(tmp_path, workers=0)
    angry, plain, said, silent, unlabelled = (item.captions for item in items)
    assert angry == tuple(text for text, tells in captions_from_labels("kick", "angry") if tells)
    assert plain == tuple(text for text, _ in captions_from_labels("kick", ""))
    assert "a person kicks" in plain
    assert (said, silent, unlabelled) == (("he kicks",), (), ())


@given(st.binary(max_size=60), st.sampled_from(["captions.csv", "captions.jsonl"]))
def test_any_bytes_are_captions_or_are_refused(tmp_path_factory, data, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    try:
        assert read_caption_file(path)
    except DatasetError as error:
        assert name in str(error)  # noqa: PT017 - either is right


def test_what_is_no_source_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist; expected a folder of packs"):
        load_captioned(tmp_path / "gone")
    with pytest.raises(DatasetError, match=r"is no captions file"):
        load_captioned(write_captions(tmp_path, "x", "notes.txt"))
    write_numbered(tmp_path / "1.npz", 1)
    with pytest.raises(
        DatasetError, match=r"has no captions\.jsonl or captions\.csv.*data\.md.*no pack.*training\.md\)$"
    ):
        load_captioned(tmp_path, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    other = write_captions(tmp_path, "file,text\n1.npz,walks\n", "takes.csv")
    with pytest.raises(DatasetError, match=r"; if takes\.csv is the one, give it as --data .*takes\.csv, or call it"):
        load_captioned(tmp_path)
    other.unlink()
    write_captions(tmp_path, "x", "captions.csv")
    write_captions(tmp_path, "x", "captions.jsonl")
    with pytest.raises(DatasetError, match="has both"):
        load_captioned(tmp_path)


def test_the_library_has_captions_and_labels_and_no_splits():
    items, left_out = load_captioned("library")
    assert left_out == []
    assert len({item.name for item in items}) == len(items) > 90
    wave = next(item for item in items if item.name == "wave_left")
    assert "left" in wave.captions[0]
    assert wave.metadata["side"] == "left"
    with pytest.raises(DatasetError, match="the library has no splits"):
        load_captioned("library", split="test")
