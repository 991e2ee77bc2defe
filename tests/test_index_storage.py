"""What is on the disk survives crashes, full disks and two writers, and damage is told."""

import errno
import json
import os
import random
import shlex
import signal
import time

import numpy as np
import pytest

from conftest import as_ordinary_user
from fake_encoder import FakeEncoder, numbered_motion, write_library
from tmr.errors import IndexFolderError
from tmr.search.index import Index
from tmr.search.map.library_map import FILE_NAME
from tmr.search.reading import ReadingOptions
from tmr.search.readings import READINGS
from tmr.search.skipped import SKIPPED
from tmr.search.storage import compact
from tmr.search.storage.lock import WriterLock
from tmr.search.storage.segment import Segment
from tmr.search.typed import as_typed


@pytest.fixture
def index(tmp_path):
    write_library(tmp_path / "library", range(4))
    return Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)


def names(folder) -> set[str]:
    return {item.item for item in Index.open(folder).items}


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def add_and_kill(index, attempt, seconds):
    """Let a process add one item after the other, kill it in the midst, and return what it reported."""
    orders = [f"{attempt}-{number}" for number in range(1000)]
    # Metadata and removals go through the same steps.
    orders[3::8] = [f"say {attempt}-{number}" for number in range(2, 1000, 8)]
    orders[5::8] = [f"remove {attempt}-{number}" for number in range(4, 1000, 8)]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        for number, order in enumerate(orders):
            what, _, name = order.rpartition(" ")
            if what == "say":
                index.set_metadata({name: {"said": name}})
            elif what == "remove":
                index.remove(name)
            else:
                index.add([numbered_motion(number, name=name)])
            os.write(writing, f"{order}\n".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        # At least one is done, and another is on its way.
        reported = [lines.readline().strip()]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return reported + lines.read().splitlines()


def check_after_kill(index, reported, kept):
    """Compare an index with what was in it and what was reported since; return what is in it now."""
    opened = Index.open(index.folder, FakeEncoder())
    opened.verify()
    found = {item.item for item in opened.items}
    removed = {line[7:] for line in reported if line.startswith("remove ")}
    added = {line for line in reported if " " not in line}
    assert (kept | added) - removed <= found | pending_removal(reported)
    # At most the one that was on its way is there without having been reported.
    assert len(found - (kept | added)) <= 1
    assert not removed & found
    said = {line[4:] for line in reported if line.startswith("say ")}
    assert said <= {name for name, fields in opened._content.metadata.items() if fields.get("said") == name}
    return found


def pending_removal(reported):
    """The item whose removal may have been done but not reported: the one that the next order removes."""
    attempt = reported[0].split("-")[0]
    number = len(reported)
    return {f"{attempt}-{number - 1}"} if number % 8 == 5 else set()


def kill_many_times(index, times, most_seconds):
    chance = random.Random(5)
    kept = names(index.folder)
    for attempt in range(times):
        kept = check_after_kill(index, add_and_kill(index, attempt, chance.uniform(0, most_seconds)), kept)
    return kept


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_at_any_moment_loses_nothing_that_was_reported(index):
    assert len(kill_many_times(index, 12, 0.15)) >= 4 + 12
    final = Index.open(index.folder, FakeEncoder())
    final.remove("0-*")
    manifest = final._content.manifest
    entries = [*manifest.segments, *([] if manifest.metadata is None else [manifest.metadata])]
    known = {f"segments/{entry.name}" for entry in entries}
    assert {name.rsplit(".", 2)[0] for name in files(index.folder) if name.startswith("segments/")} == known


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_hundred_kills_lose_nothing_that_was_reported(index):
    assert len(kill_many_times(index, 100, 0.2)) >= 4 + 100


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_told_and_the_index_stays_as_it_was(index, monkeypatch, call):
    before = files(index.folder)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(IndexFolderError, match="disk is full"):
            index.add([numbered_motion(9, name="late")])
    assert names(index.folder) == {f"{number:03d}.npz" for number in range(4)}
    assert Index.open(index.folder, FakeEncoder()).search("number 3", k=1)[0].item == "003.npz"
    index.add([numbered_motion(9, name="late")])
    assert "late" in names(index.folder)
    assert not [name for name in files(index.folder) if name.endswith(".new")]
    assert len(files(index.folder)) == len(before) + 3


def test_two_writers_at_once_are_told_apart(index):
    with WriterLock(index.folder):
        with pytest.raises(IndexFolderError, match=rf"process {os.getpid()} .*wait"):
            index.add([numbered_motion(9, name="late")])
        # Readers do not wait.
        assert Index.open(index.folder, FakeEncoder()).search("number 2", k=1)[0].item == "002.npz"
    index.add([numbered_motion(9, name="late")])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_lock_of_a_dead_process_holds_nobody_up(index):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        lock = WriterLock(index.folder)
        os.write(writing, b"locked")
        time.sleep(60)
        lock.release()
        os._exit(0)
    assert os.read(reading, 6) == b"locked"
    with pytest.raises(IndexFolderError, match=f"process {child}"):
        index.remove("*")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    index.remove("*")


def damage_json(folder):
    (folder / "manifest.json").write_text('{"format": "tmr-index", "version"')


def damage_nesting(folder):
    (folder / "manifest.json").write_text("[" * 200_000)


def other_format(folder):
    (folder / "manifest.json").write_text('{"format": "something else"}')


def newer(folder):
    edit(folder, version=99)


def missing_key(folder):
    table = json.loads((folder / "manifest.json").read_text())
    del table["checkpoint_hash"]
    (folder / "manifest.json").write_text(json.dumps(table))


def wrong_rows(folder):
    edit_segment(folder, rows=5)


def path_outside(folder):
    edit_segment(folder, name="../../x")


def wrong_removed(folder):
    edit_segment(folder, removed=[4])


def wrong_digest(folder):
    edit_segment(folder, sha256={"embeddings.npy": "0" * 64})


def short_embeddings(folder):
    path = folder / "segments" / "000001.embeddings.npy"
    path.write_bytes(path.read_bytes()[:-100])


def flipped_bit(folder):
    path = folder / "segments" / "000001.embeddings.npy"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def other_array(folder):
    path = folder / "segments" / "000001.rows.npy"
    path.write_bytes(b"x" * path.stat().st_size)


def no_items(folder):
    (folder / "segments" / "000001.items.jsonl").unlink()


def empty_items(folder):
    (folder / "segments" / "000001.items.jsonl").write_bytes(b"")


def no_embeddings(folder):
    (folder / "segments" / "000001.embeddings.npy").unlink()


def edit(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def edit_segment(folder, **changes):
    entry = json.loads((folder / "manifest.json").read_text())["segments"][0]
    edit(folder, segments=[{**entry, **changes}])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_json, "not valid JSON"),
        (damage_nesting, "not valid JSON"),
        (other_format, "does not say"),
        (newer, "version 99.*update tmr"),
        (missing_key, "checkpoint_hash"),
        (wrong_rows, "expected"),
        (path_outside, "segment entry"),
        (wrong_removed, "segment entry"),
        (wrong_digest, "digest differs"),
        (short_embeddings, "bytes, expected"),
        (flipped_bit, "digest differs"),
        (other_array, "does not begin as an array"),
        (no_items, "missing"),
        (empty_items, "missing or empty"),
        (no_embeddings, "missing"),
    ],
)
def test_damage_is_told(index, damage, message):
    damage(index.folder)
    with pytest.raises(IndexFolderError, match=message) as caught:
        Index.open(index.folder, FakeEncoder())
    assert str(index.folder) in str(caught.value)


def test_a_broken_list_of_skipped_files_is_told(index):
    (index.folder / "skipped.jsonl").write_text("{")
    with pytest.raises(IndexFolderError, match=r"skipped\.jsonl"):
        index.add([numbered_motion(1, name="a")])


def test_what_is_no_index_is_told(tmp_path):
    with pytest.raises(IndexFolderError, match="there is no index"):
        Index.open(tmp_path / "nothing")
    with pytest.raises(IndexFolderError, match="is not an index"):
        Index.open(tmp_path)
    (tmp_path / "file").write_text("text")
    with pytest.raises(IndexFolderError, match="is not an index"):
        Index.open(tmp_path / "file")


def test_an_index_is_not_made_where_other_things_are(tmp_path):
    write_library(tmp_path / "library", [1])
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    with pytest.raises(IndexFolderError, match="not empty"):
        Index.build(tmp_path / "library", tmp_path / "home", FakeEncoder(), workers=0)
    with pytest.raises(IndexFolderError, match="is a file"):
        Index.build(tmp_path / "library", tmp_path / "home" / "thesis.txt", FakeEncoder(), workers=0)


@pytest.mark.parametrize("name", [".tmr-index", "apart"])
@pytest.mark.parametrize("beside", [(), (SKIPPED,), (READINGS, FILE_NAME), (f"{SKIPPED}.new", "manifest.json.new")])
@pytest.mark.parametrize("half", [False, True])
def test_what_is_told_to_be_run_again_goes_on(tmp_path, name, beside, half):
    write_library(tmp_path / "library", [1])
    folder = tmp_path / "library" / name
    (folder / "segments").mkdir(parents=True)
    (folder / "lock").write_text("process 1 on moon")
    for file in beside:
        (folder / file).write_bytes(b"")
    if half:
        (folder / "segments" / "000001.embeddings.npy").write_bytes(b"half")
    with pytest.raises(IndexFolderError, match=r"not an index yet.*run it again"):
        Index.open(folder)
    index = Index.build(tmp_path / "library", folder, FakeEncoder(), workers=0)
    assert len(index) == 1


@pytest.mark.parametrize("name", [".tmr-index", "apart"])
def test_a_segment_that_was_whole_is_not_overwritten_for_want_of_a_manifest(tmp_path, name):
    write_library(tmp_path / "library", range(4))
    folder = tmp_path / name
    Index.build(tmp_path / "library", folder, FakeEncoder(), workers=0).close()
    for path in folder.iterdir():
        if path.name not in ("lock", "segments"):
            path.unlink()
    before = files(folder)
    for attempt in (Index.open, lambda folder: Index.build(tmp_path / "library", folder, FakeEncoder(), workers=0)):
        with pytest.raises(IndexFolderError, match=r"has lost its manifest\.json.*delete that folder"):
            attempt(folder)
    assert files(folder) == before


def test_a_read_only_folder_can_be_searched_but_not_changed(open_folder):
    folder = open_folder / "index"
    write_library(open_folder / "library", range(4))
    Index.build(open_folder / "library", folder, FakeEncoder(), workers=0)
    for place in (folder / "segments", folder):
        place.chmod(0o555)
    try:
        with as_ordinary_user():
            copy = Index.open(folder, FakeEncoder())
            assert copy.search("number 1", k=1)[0].item == "001.npz"
            with pytest.raises(IndexFolderError, match="permissions"):
                copy.add([numbered_motion(9, name="late")])
    finally:
        for place in (folder, folder / "segments"):
            place.chmod(0o755)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_may_not_be_written_is_told(index, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(IndexFolderError, match="permissions"):
            index.add([numbered_motion(9, name="late")])
    assert len(Index.open(index.folder)) == 4


def test_many_small_segments_become_few_and_removed_items_make_room(index, monkeypatch):
    for number in range(40):
        index.add([numbered_motion(number, name=f"m{number}")])
    assert len(list((index.folder / "segments").glob("*.npy"))) < 2 * compact._FAN
    assert len(index) == 44
    for number in (0, 17, 39):
        assert index.search(f"number {number}", k=99)[0].similarity == pytest.approx(1)
    index.remove("m?*")
    assert names(index.folder) == {f"{number:03d}.npz" for number in range(4)}
    rows = sum(np.load(path).shape[0] for path in (index.folder / "segments").glob("*.embeddings.npy"))
    assert rows <= 5


def test_a_reader_keeps_what_it_opened_while_a_writer_merges(index):
    reader = Index.open(index.folder, FakeEncoder())
    writer = Index.open(index.folder, FakeEncoder())
    for number in range(30):
        writer.add([numbered_motion(number + 100, name=f"m{number}")])
    assert reader.search("number 2", k=1)[0].item == "002.npz"
    assert len(reader) == 4
    assert len(Index.open(index.folder)) == 34


def test_opening_tries_again_when_a_writer_has_just_deleted_what_it_merged(index, monkeypatch):
    verify, merged = Segment.verify, []

    def merge_before(segment):
        if not merged:
            merged.append(True)
            for number in range(compact._FAN):
                index.add([numbered_motion(number, name=f"m{number}")])
        verify(segment)

    monkeypatch.setattr(Segment, "verify", merge_before)
    assert len(Index.open(index.folder)) == 4 + compact._FAN


def test_an_index_whose_first_run_was_killed_says_how_to_begin_again(tmp_path):
    for name, command in (
        (".tmr-index", f"tmr index {tmp_path}"),
        ("mine", f"tmr index FOLDER -o {tmp_path / 'mine'}"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "lock").write_text("process 1 on moon")
        with pytest.raises(IndexFolderError, match="not an index yet") as caught:
            Index.open(folder)
        assert str(caught.value).endswith(f"run it again: {command}")


def test_a_stranger_s_file_in_the_place_of_an_index_is_told_alike_by_both(tmp_path):
    library = tmp_path / "library"
    write_library(library, [1])
    folder = library / ".tmr-index"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    for attempt in (Index.open, lambda folder: Index.build(library, folder, FakeEncoder(), workers=0)):
        with pytest.raises(IndexFolderError, match=r"is not an index and not empty \(it has thesis\.txt\)"):
            attempt(folder)


def test_commands_in_messages_can_be_typed_as_they_stand(tmp_path):
    place = tmp_path / "my clips"
    for folder, words in (
        (place / "none", ["tmr", "index", "FOLDER", "-o", str(place / "none")]),
        (place / ".tmr-index", ["tmr", "index", str(place)]),
        (place, ["tmr", "index", str(place)]),
    ):
        if folder.name != "none":
            folder.mkdir(parents=True, exist_ok=True)
        with pytest.raises(IndexFolderError) as caught:
            Index.open(folder)
        assert shlex.split(str(caught.value).rpartition(": ")[2]) == words


def test_commands_are_quoted_as_the_shell_of_the_machine_wants_them(monkeypatch):
    assert as_typed("tmr", "index", "/a b/it's") == """tmr index '/a b/it'"'"'s'"""
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        assert as_typed("tmr", "index", "C:\\a b\\it's") == 'tmr index "C:\\a b\\it\'s"'


def test_an_index_that_lost_its_manifest_says_what_to_do(tmp_path):
    library = tmp_path / "library"
    folder = library / ".tmr-index"
    write_library(library, range(4))
    (library / "bad.npz").write_bytes(b"PK broken")
    index = Index.build(library, folder, FakeEncoder(), options=ReadingOptions(fps=30.0), workers=0)
    (folder / FILE_NAME).write_bytes(b"a map of the service's")
    (folder / "manifest.json").unlink()
    for attempt in (Index.open, lambda folder: Index.build(library, folder, FakeEncoder(), workers=0)):
        with pytest.raises(IndexFolderError, match=r"has lost its manifest\.json.*delete that folder") as caught:
            attempt(index.folder)
        assert str(caught.value).endswith(f"index again: tmr index {library}")
