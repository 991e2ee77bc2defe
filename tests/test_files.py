"""Files are there whole or not at all."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from safetensors.numpy import save_file

from fake_encoder import FakeEncoder, write_library
from tmr import files
from tmr.files import local_name, portable_name, put_in_place, replacing
from tmr.search.index import Index
from tmr.search.reading import ReadingOptions


def test_a_file_is_replaced_when_the_block_has_gone_well(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with replacing(path) as new:
        new.write_text("new")
        assert path.read_text() == "old"
        assert (new.parent, new.suffix) == (tmp_path, ".json")
        assert new.name.startswith(".")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stopped_by", [OSError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_the_old_file_and_nothing_else(tmp_path: Path, stopped_by: type[BaseException]):
    path = tmp_path / "a"
    path.write_text("old")

    def write():
        with replacing(path) as new:
            new.write_text("half")
            raise stopped_by

    with pytest.raises(stopped_by):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mask of permissions")
def test_a_file_is_as_readable_as_any_other(tmp_path: Path):
    (tmp_path / "other").write_text("")
    for name, write in (("a", lambda new: new.write_text("")), ("weights", lambda new: save_file({}, new))):
        with replacing(tmp_path / name) as new:
            write(new)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_many_who_write_the_same_leave_one_whole_file(tmp_path: Path):
    path = tmp_path / "a"

    def write(letter: str):
        with replacing(path) as new:
            new.write_text(letter * 100_000)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, "abcdefgh" * 4))
    assert len(set(path.read_text())) == 1
    assert path.stat().st_size == 100_000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stem", ["a" * 251, "走" * 83])
def test_a_name_as_long_as_names_may_be_is_written(tmp_path: Path, stem: str):
    path = tmp_path / f"{stem}.npz"
    with replacing(path) as new:
        new.write_text("whole")
    assert path.read_text() == "whole"


def test_windows_is_asked_again_while_someone_reads_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tries = []

    def replace(new: Path, path: Path):
        tries.append((new, path))
        if len(tries) < 3:
            raise PermissionError

    monkeypatch.setattr(files, "os", SimpleNamespace(name="nt", replace=replace))
    monkeypatch.setattr(files.time, "sleep", lambda seconds: None)
    put_in_place(tmp_path / "new", tmp_path / "old")
    assert tries == [(tmp_path / "new", tmp_path / "old")] * 3
    tries.clear()
    monkeypatch.setattr(files, "os", SimpleNamespace(name="posix", replace=replace))
    with pytest.raises(PermissionError):
        put_in_place(tmp_path / "new", tmp_path / "old")
    assert len(tries) == 1


@pytest.mark.parametrize("name", ["manifest.json", "skipped.jsonl", "readings.jsonl"])
def test_an_index_is_opened_while_windows_puts_a_file_of_it_in_place(tmp_path, monkeypatch, name):
    write_library(tmp_path / "library", range(2))
    (tmp_path / "library" / "bad.bvh").write_text("no motion")
    build = partial(Index.build, tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)
    build(options=ReadingOptions(fps=24)).close()
    tries, read_bytes = [], Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == name:
            tries.append(path)
            if len(tries) == 1:
                raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    monkeypatch.setattr(files, "os", SimpleNamespace(name="nt", replace=os.replace))
    index = build(options=ReadingOptions(fps=24))
    assert (len(index), len(index.report.unchanged), len(index.report.skipped)) == (2, 2, 1)
    assert len(tries) > 1


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("walk.bvh", "walk.bvh"),
        (".hidden é 走.npz", ".hidden é 走.npz"),
        ("take: 1.bvh", "take_ 1.bvh"),
        ('a<b>"c|d?*.npz', "a_b__c_d__.npz"),
        ("a\n\\b/c.bvh", "a__b_c.bvh"),
        ("take 1. .", "take 1_"),
        ("con.bvh", "_con.bvh"),
        ("Com1.old.npz", "_Com1.old.npz"),
        ("nul", "_nul"),
        ("aux .bvh", "_aux .bvh"),
        ("console.bvh", "console.bvh"),
        ("com10.bvh", "com10.bvh"),
    ],
)
def test_a_portable_name_can_be_written_on_windows(monkeypatch: pytest.MonkeyPatch, name: str, portable: str):
    assert portable_name(name) == portable
    monkeypatch.setattr(files, "os", SimpleNamespace(name="posix"))
    assert local_name(name) == name
    monkeypatch.setattr(files, "os", SimpleNamespace(name="nt"))
    assert local_name(name) == portable
