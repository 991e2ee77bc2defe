"""Which motion file a row of a captions file means, in whatever way people and computers write its name."""

import unicodedata

import pytest

from fake_encoder import write_numbered
from tmr.evaluation.named_files import NamedFiles

DECOMPOSED = unicodedata.normalize("NFD", "takes/café.npz")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "studio"
    for name in ("takes/35_24.npz", DECOMPOSED, "a/0.npz", "b/0.npz"):
        write_numbered(folder / name, 0)
    return folder


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("takes/35_24.npz", "takes/35_24.npz"),
        ("./takes//35_24.npz", "takes/35_24.npz"),
        ("takes\\35_24.npz", "takes/35_24.npz"),
        ("../studio/a/../takes/35_24.npz", "takes/35_24.npz"),
        ("{folder}/takes/35_24.npz", "takes/35_24.npz"),
        (unicodedata.normalize("NFC", DECOMPOSED), DECOMPOSED),
        ("../other/1.npz", "../other/1.npz"),
        ("gone.npz", "gone.npz"),
    ],
)
def test_a_file_has_one_name_in_whatever_way_it_is_written(folder, monkeypatch, written, name):
    monkeypatch.chdir(folder.parent)
    for given in (folder, folder.relative_to(folder.parent)):
        assert NamedFiles(given).find(written.format(folder=folder)) == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("takes/35_24.NPZ", "; takes/35_24.npz is there: write it so"),
        ("Takes/35_24", "; takes/35_24.npz is there: write it so"),
        ("C:/mocap/takes/35_24.npz", "; takes/35_24.npz is there: names are written from {folder}"),
        ("35_24.npz", "; takes/35_24.npz is there: names are written from {folder}"),
        ("D:/a/0.npz", "; a/0.npz is there: names are written from {folder}"),
        ("c/0.npz", " below {folder}"),
        ("gone.npz", " below {folder}"),
    ],
)
def test_a_name_that_is_no_file_s_gets_a_hint_where_one_file_may_be_meant(folder, name, hint):
    assert NamedFiles(folder).hint(name) == hint.format(folder=folder)


def test_a_folder_that_cannot_be_listed_is_told(tmp_path):
    files = NamedFiles(tmp_path / "gone")
    assert files.names == []
    assert "gone: cannot be listed" in files.problem
    assert files.find("./1.bvh") == "1.bvh"
