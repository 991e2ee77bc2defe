"""Packs of captioned motion: what is written comes back, what is broken is told by line."""

import json

import numpy as np
import pytest

from tmr.errors import DatasetError
from tmr.motion.dataset import find_packs, read_infos, read_pack

ROW = {"id": "toy/1", "split": "train", "captions": [{"text": "walks", "start": 0, "end": 1.5, "kind": "humanml3d"}]}


def write_rows(path, *rows):
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def write_pack(path, frames=(4, 2)):
    random = np.random.default_rng(0)
    skeletons = [{"names": ["hips", "head"], "parents": [-1, 0]}, {"names": ["a", "b", "c"], "parents": [-1, 0, 1]}]
    joints = [random.uniform(-0.7, 0.7, size=(count, 2 + which, 3)) for which, count in enumerate(frames)]
    arrays = {
        "ids": np.array(["toy/1", "toy/2"]), "frames": np.array(frames), "fps": np.array([30.0, 120.0]),
        "skeleton": np.array([0, 1]), "skeletons": np.array(json.dumps(skeletons)),
        "root": np.concatenate([clip[:, 0] for clip in joints]).astype(np.float32),
        "local": np.concatenate([np.round((clip - clip[:, :1]) * 20000).astype(np.int16).ravel() for clip in joints]),
    }  # fmt: skip
    np.savez(path, **arrays)
    return joints


def test_a_pack_gives_its_motions_back(tmp_path):
    joints = write_pack(tmp_path / "toy.npz")
    motions = list(read_pack(tmp_path / "toy.npz"))
    assert [motion.name for motion in motions] == ["toy/1", "toy/2"]
    assert [motion.fps for motion in motions] == [30.0, 120.0]
    assert motions[1].skeleton.joints == ("a", "b", "c")
    for motion, expected in zip(motions, joints, strict=True):
        np.testing.assert_allclose(motion.joints, expected, atol=6e-5)


def test_a_truncated_pack_names_the_clip(tmp_path):
    write_pack(tmp_path / "toy.npz", frames=(4, 2))
    with np.load(tmp_path / "toy.npz") as pack:
        arrays = dict(pack)
    np.savez(tmp_path / "cut.npz", **(arrays | {"local": arrays["local"][:-3]}))
    with pytest.raises(DatasetError, match="end inside clip toy/2"):
        list(read_pack(tmp_path / "cut.npz"))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_what_is_no_pack_is_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DatasetError, match="is not a motion pack"):
        list(read_pack(tmp_path / "x.npz"))


@pytest.mark.parametrize(
    "row",
    [
        "{",
        "[1]",
        ROW | {"split": "dev"},
        ROW | {"captions": [{"text": "x", "start": 2, "end": 1, "kind": "k"}]},
        {"id": "x", "split": "train"},
    ],
)
def test_a_bad_row_is_told_by_its_line(tmp_path, row):
    path = write_rows(tmp_path / "toy.jsonl", ROW, row)
    with pytest.raises(DatasetError, match="line 2"):
        read_infos(path)


def test_an_id_twice_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="toy/1"):
        read_infos(write_rows(tmp_path / "toy.jsonl", ROW, ROW))


def test_a_folder_without_packs_says_what_was_expected(tmp_path):
    with pytest.raises(DatasetError, match=r"NAME\.npz"):
        find_packs(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"skeletons": np.array("[{]")}, "skeletons must be JSON"),
        ({"skeletons": np.array('[{"names": ["a"], "parents": ["x"]}]')}, "skeletons must be JSON"),
        ({"skeletons": np.array('[{"names": ["a"], "parents": [0]}]')}, "its own ancestor"),
        ({"skeleton": np.array([0, 7])}, "under 2"),
        ({"fps": np.array([30.0])}, "expected one id"),
        ({"frames": np.array([4, -2])}, "expected one id"),
        ({"local": np.zeros((2, 2), dtype=np.int16)}, "local flat"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, changes, words):
    write_pack(tmp_path / "toy.npz")
    with np.load(tmp_path / "toy.npz") as pack:
        arrays = dict(pack)
    np.savez(tmp_path / "toy.npz", **(arrays | changes))
    with pytest.raises(DatasetError, match=words):
        list(read_pack(tmp_path / "toy.npz"))


def test_rows_that_are_not_utf_8_are_told_and_other_line_separators_belong_to_a_caption(tmp_path):
    path = tmp_path / "toy.jsonl"
    path.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(DatasetError, match="UTF-8"):
        read_infos(path)
    caption = {"text": "walks\u2028slowly", "start": 0, "end": 1, "kind": "humanml3d"}
    path.write_text(json.dumps(ROW | {"captions": [caption]}, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_infos(path)[0].captions[0].text == "walks\u2028slowly"
    endless = ROW | {"captions": [caption | {"end": float("inf")}]}
    path.write_text(json.dumps(endless) + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 1"):
        read_infos(path)
