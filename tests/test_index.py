"""Index: build, bring up to date, add, remove and search a folder of motions."""

import json
import os
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from fake_encoder import FakeEncoder, direction, numbered_motion, write_library, write_numbered
from tmr.errors import IndexFolderError, TMRError
from tmr.search.index import Index
from tmr.search.library import tasks_of_paths
from tmr.search.query import Encoders, check_same_model
from tmr.search.reading import ReadingOptions


@pytest.fixture
def library(tmp_path):
    write_library(tmp_path / "library", range(6))
    return tmp_path / "library"


def build(library, encoder, **options):
    return Index.build(library, library.parent / "index", encoder, workers=0, **options)


def test_a_folder_is_indexed_and_every_motion_found_by_text_motion_file_and_embedding(library):
    write_numbered(library / "walks" / "slow" / "009.npz", 9)
    index = build(library, FakeEncoder())
    assert len(index) == 7
    assert [item.item for item in index.items][-1] == "walks/slow/009.npz"
    file = library / "walks" / "slow" / "009.npz"
    for query in ("number 9", numbered_motion(9), file, direction(9) * np.float32(3)):
        hit = index.search(query, k=2)[0]
        assert (hit.rank, hit.item, hit.path) == (1, "walks/slow/009.npz", file)
        assert hit.similarity == pytest.approx(1, abs=2e-6)
        assert (hit.start_seconds, hit.end_seconds, hit.seconds, hit.fps) == (0.0, 1.0, 1.0, 30.0)
    answers = index.search_many(["number 1", numbered_motion(2), "number 3"], k=1)
    assert [hits[0].item for hits in answers] == ["001.npz", "002.npz", "003.npz"]


def test_a_hit_turns_into_json(library):
    hit = build(library, FakeEncoder()).search("number 3", k=1)[0]
    table = json.loads(json.dumps(hit.to_json()))
    assert table["item"] == "003.npz"
    assert table["path"] == str(library / "003.npz")
    assert set(table) >= {"rank", "similarity", "start_seconds", "end_seconds", "seconds", "fps", "skeleton", "notes"}


def test_only_new_and_changed_files_are_embedded_and_vanished_ones_removed(library):
    encoder = FakeEncoder()
    build(library, encoder)
    assert encoder.num_motions == 6
    report = build(library, encoder).report
    assert encoder.num_motions == 6
    assert len(report.unchanged) == 6
    assert (report.added, report.replaced, report.removed, report.skipped) == ((), (), (), ())
    write_numbered(library / "001.npz", 50)
    write_numbered(library / "new.npz", 60)
    (library / "002.npz").unlink()
    # The time of a file says nothing: this one is touched, and stays as it is.
    (library / "003.npz").touch()
    index = build(library, encoder)
    assert encoder.num_motions == 8
    assert index.report.replaced == ("001.npz",)
    assert index.report.added == ("new.npz",)
    assert index.report.removed == ("002.npz",)
    assert len(index) == 6
    assert index.search("number 50", k=1)[0].item == "001.npz"
    assert index.search("number 1", k=1)[0].similarity < 0.5
    assert "002.npz" not in {hit.item for hit in index.search("number 2", k=100)}


def test_other_options_read_the_files_again(library):
    encoder = FakeEncoder()
    build(library, encoder)
    index = build(library, encoder, options=ReadingOptions(fps=30.0))
    assert len(index.report.replaced) == 6
    assert len(index) == 6


def test_skipped_files_are_named_remembered_and_taken_when_they_are_repaired(library):
    (library / "bad.bvh").write_text("HIERARCHY nonsense")
    index = build(library, FakeEncoder())
    assert [(row.item, bool(row.reason)) for row in index.report.skipped] == [("bad.bvh", True)]
    assert [row.item for row in index.skipped] == ["bad.bvh"]
    assert [row.item for row in build(library, FakeEncoder()).report.skipped] == ["bad.bvh"]
    (library / "bad.bvh").unlink()
    write_numbered(library / "bad.npz", 8)
    index = build(library, FakeEncoder())
    assert index.report.added == ("bad.npz",)
    assert not index.skipped


def test_an_item_whose_file_went_bad_is_no_longer_found(library):
    build(library, FakeEncoder())
    (library / "004.npz").write_bytes(b"PK broken")
    index = build(library, FakeEncoder())
    assert index.report.removed == ("004.npz",)
    assert [row.item for row in index.report.skipped] == ["004.npz"]
    assert len(index) == 5


def test_long_takes_are_cut_and_a_hit_tells_where(library):
    # Drifts a metre a second, so the window that starts at 5 s begins as number 150.
    write_numbered(library / "long.npz", 100, seconds=23, drift=1.0)
    index = build(library, FakeEncoder())
    hits = index.search("number 150", k=7)
    assert [hit.item for hit in hits].count("long.npz") == 1
    # The three windows that begin there are equally like it, and vote.
    assert (hits[0].item, hits[0].start_seconds) == ("long.npz", pytest.approx(5.0, abs=0.01))
    assert 10 < hits[0].end_seconds < 15
    windows = [hit for hit in index.search("number 150", k=99, all_windows=True) if hit.item == "long.npz"]
    starts = {
        length: sorted(
            h.start_seconds for h in windows if h.end_seconds - h.start_seconds == pytest.approx(length, abs=0.02)
        )
        for length in (10, 5, 2.5)
    }
    assert starts[10] == [0.0, 5.0, 10.0, 13.0]
    assert starts[5] == [0.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 18.0]
    assert len(starts[2.5]) == 18
    assert len(windows) == 4 + 9 + 18
    assert max(hit.end_seconds for hit in windows) == 23.0
    # A long query is compared window by window, and finds the take by its best.
    [hit] = index.search(numbered_motion(130, seconds=20, drift=1.0), k=1)
    assert hit.item == "long.npz"
    assert hit.similarity == pytest.approx(1)


def test_window_settings_are_kept_and_checked(library):
    index = build(library, FakeEncoder(), window_seconds=0.5, hop_seconds=0.25)
    assert len({hit.start_seconds for hit in index.search("number 1", k=99, all_windows=True)}) == 3
    build(library, FakeEncoder())
    with pytest.raises(IndexFolderError, match=r"windows of 0\.5 seconds, not 4"):
        build(library, FakeEncoder(), window_seconds=4.0)
    for window, hop in ((0.0, 1.0), (11.0, 5.0), (2.0, 3.0), (2.0, 0.0), (float("nan"), 1.0)):
        with pytest.raises(TMRError, match="seconds"):
            Index.build(library, library.parent / "other", FakeEncoder(), window_seconds=window, hop_seconds=hop)


def test_motions_are_added_replaced_and_removed_by_name_and_pattern(library):
    index = build(library, FakeEncoder())
    report = index.add([numbered_motion(40, name="mine/a"), numbered_motion(41, name="mine/b")])
    assert report.added == ("mine/a", "mine/b")
    assert index.add([numbered_motion(40, name="mine/a")]).unchanged == ("mine/a",)
    assert index.add([numbered_motion(44, name="mine/a")]).replaced == ("mine/a",)
    hit = index.search("number 44", k=1)[0]
    assert (hit.item, hit.path) == ("mine/a", None)
    outside = write_numbered(library.parent / "elsewhere" / "x.npz", 70)
    index.add([outside, library / "000.npz"], workers=0)
    assert index.search("number 70", k=1)[0].path == outside
    assert index.report.unchanged == ("000.npz",)
    # Neither of them is of the folder, so bringing it up to date leaves them alone.
    assert build(library, FakeEncoder()).report.removed == ()
    with pytest.raises(IndexFolderError, match="no item 'none\\*'"):
        index.remove(["mine/a", "none*"])
    assert len(index) == 9
    assert index.remove(["mine/*", "005.npz"]).removed == ("005.npz", "mine/a", "mine/b")
    assert len(Index.open(library.parent / "index")) == len(index) == 6


def test_motions_need_a_name_of_their_own(library):
    index = build(library, FakeEncoder())
    with pytest.raises(TMRError, match="same name"):
        index.add([numbered_motion(1, name="a"), numbered_motion(2, name="a")])
    nameless = numbered_motion(1)
    object.__setattr__(nameless, "name", "")
    with pytest.raises(TMRError, match="without a name"):
        index.add([nameless])


def test_another_model_is_refused_with_both_names(library):
    build(library, FakeEncoder("a" * 64))
    other = Index.open(library.parent / "index", FakeEncoder("b" * 64))
    for query in ("number 1", numbered_motion(1)):
        with pytest.raises(IndexFolderError, match=r"(?s)aaaaaaaaaaaa.*bbbbbbbbbbbb"):
            other.search(query)
    with pytest.raises(IndexFolderError, match=r"(?s)aaaaaaaaaaaa.*bbbbbbbbbbbb"):
        other.add([numbered_motion(3)])
    with pytest.raises(IndexFolderError, match=r"(?s)aaaaaaaaaaaa.*bbbbbbbbbbbb"):
        build(library, FakeEncoder("b" * 64))


@pytest.mark.parametrize(
    ("model", "named"), [("object", False), ("missing folder", False), ("owner/name", True), ("a folder", True)]
)
def test_the_model_of_an_index_is_advised_by_name_only_if_that_may_find_it(library, model, named):
    index = build(library, FakeEncoder("a" * 64))
    made_by = {"object": index.model_name, "owner/name": model}.get(model, str(library.parent / model))
    if model == "a folder":
        (library.parent / model).mkdir()
    encoders = Encoders(str(library.parent / "new model"))
    with pytest.raises(IndexFolderError) as caught:
        check_same_model(index.folder, library, (made_by, "a" * 64), encoders, "b" * 64)
    advice = f"ask with the index's own (--model {shlex.quote(made_by or '')}), or embed everything again"
    assert (advice in str(caught.value), "--model" in str(caught.value).partition("again with")[0]) == (named, named)
    command = shlex.split(str(caught.value).rpartition("again with: ")[2])
    assert command[-4:] == [str(index.folder), "--model", str(library.parent / "new model"), "--new-model"]


@pytest.mark.parametrize(("name", "is_default"), [(".tmr-index", True), (".mine", False)])
def test_only_an_index_in_its_default_place_is_made_again_without_its_place(library, name, is_default):
    with pytest.raises(IndexFolderError) as caught:
        check_same_model(library / name, library, (None, "a" * 64), Encoders("owner/name"), "b" * 64)
    place = [str(library)] if is_default else [str(library), "-o", str(library / name)]
    command = shlex.split(str(caught.value).rpartition("again with: ")[2])
    assert command == ["tmr", "index", *place, "--model", "owner/name", "--new-model"]


def test_a_new_model_embeds_everything_again_if_that_is_wanted(library):
    build(library, FakeEncoder("a" * 64)).add([numbered_motion(40, name="from memory")])
    encoder = FakeEncoder("b" * 64)
    index = build(library, encoder, new_model=True)
    assert index.report.removed == ("from memory",)
    assert encoder.num_motions == len(index) == 6
    assert index.checkpoint_hash == "b" * 64
    assert index.search("number 3", k=1)[0].item == "003.npz"
    assert len(build(library, encoder, new_model=True).report.unchanged) == 6
    assert encoder.num_motions == 6


def test_an_empty_index_has_no_hits_and_k_may_be_large(library):
    index = build(library, FakeEncoder())
    assert len(index.search("number 1", k=10**9)) == 6
    index.remove("*")
    assert len(index) == 0
    assert index.search("number 1") == []
    assert index.search_many([]) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("walk " * 20_000, "characters"),
        ("walk \udcff", "Unicode"),
        (np.zeros(256, np.float32), "zeros"),
        (np.ones(7, np.float32), "shape"),
        (np.full(256, np.nan, np.float32), "finite"),
    ],
)
def test_queries_that_cannot_be_used_are_told(library, query, message):
    index = build(library, FakeEncoder())
    with pytest.raises(TMRError, match=message):
        index.search_many([query])


def test_a_library_and_its_index_can_be_moved(library):
    inside = library / ".index"
    Index.build(library, inside, FakeEncoder(), workers=0)
    moved = library.parent / "moved"
    shutil.move(library, moved)
    encoder = FakeEncoder()
    index = Index.open(moved / ".index", encoder)
    assert index.search("number 2", k=1)[0].path == moved / "002.npz"
    assert len(Index.build(moved, moved / ".index", encoder, workers=0).report.unchanged) == 6
    assert encoder.num_motions == 0


def test_an_index_in_the_library_is_not_taken_for_motions(library):
    visible = library / "my index"
    Index.build(library, visible, FakeEncoder(), workers=0)
    index = Index.build(library, visible, FakeEncoder(), workers=0)
    assert len(index) == 6
    assert not index.report.skipped
    other = Index.build(library, library.parent / "other", FakeEncoder(), workers=0)
    assert len(other) == 6
    assert not other.report.skipped


def test_an_index_is_of_one_folder(library):
    build(library, FakeEncoder())
    write_library(library.parent / "second", [1])
    with pytest.raises(IndexFolderError, match=r"is of the folder .*library.*not of .*second"):
        Index.build(library.parent / "second", library.parent / "index", FakeEncoder())


def test_a_folder_without_motions_leaves_the_index_as_it_is(library):
    build(library, FakeEncoder())
    for file in library.iterdir():
        file.unlink()
    for name in ("", "cmu.asf"):
        (library / (name or "notes.txt")).touch()
        with pytest.raises(IndexFolderError, match=r"no motion file.*nothing was removed: .*still has 6 items") as told:
            build(library, FakeEncoder())
        assert ("cmu.asf" in str(told.value)) is bool(name)
        assert "end in .bvh, .amc, .npy, .npz" in str(told.value)
    assert len(Index.open(library.parent / "index")) == 6
    shutil.rmtree(library)
    with pytest.raises(IndexFolderError, match="does not exist"):
        build(library, FakeEncoder())


def test_a_folder_that_vanishes_while_it_is_read_is_an_error_that_keeps_what_was_read(library):
    class Vanishing(FakeEncoder):
        def encode_motion(self, motions):
            shutil.rmtree(library, ignore_errors=True)
            return super().encode_motion(motions)

    with pytest.raises(IndexFolderError, match="vanished"):
        build(library, Vanishing())
    assert len(Index.open(library.parent / "index")) == 6


def test_a_drive_that_drops_out_takes_no_items_out_of_the_index(library, monkeypatch):
    from tmr.search import intake

    build(library, FakeEncoder())
    write_numbered(library / "000 new.npz", 20)

    class Vanishing(FakeEncoder):
        def encode_motion(self, motions):
            library.rename(library.parent / "unplugged")
            return super().encode_motion(motions)

    # The new file is the second; the others are asked for when the drive is gone.
    monkeypatch.setattr(intake, "_BATCH_WINDOWS", 1)
    with pytest.raises(IndexFolderError, match="vanished"):
        build(library, Vanishing())
    assert len(Index.open(library.parent / "index")) == 7
    (library.parent / "unplugged").rename(library)
    encoder = FakeEncoder()
    index = build(library, encoder)
    assert (len(index.report.unchanged), encoder.num_motions) == (7, 0)
    assert not index.skipped


def test_options_that_fit_no_file_take_no_items_out_of_the_index(library):
    build(library, FakeEncoder())
    index = build(library, FakeEncoder(), options=ReadingOptions(joint_names=(("left_hip", "Mistyped"),)))
    assert len(index.report.skipped) == 6
    assert "Mistyped" in index.report.skipped[0].reason
    assert (index.report.removed, len(index)) == ((), 6)
    index = build(library, FakeEncoder())
    assert (len(index.report.unchanged), index.skipped) == (6, [])


def test_a_file_has_one_name_in_whatever_letter_case_windows_takes_its_path(tmp_path, monkeypatch):
    # There a path is resolved to how it is written on the disk.
    monkeypatch.setattr(os.path, "normcase", lambda path: str(path).lower())
    monkeypatch.setattr(os.path, "realpath", lambda path, **_: str(path.with_name(path.name.lower())))
    tasks = tasks_of_paths([tmp_path / "Walk.NPZ", tmp_path / "walk.npz"], tmp_path)
    assert [(task.item, task.path) for task in tasks] == [("walk.npz", tmp_path / "walk.npz")]


def test_a_file_has_one_name_however_its_path_is_written(library, monkeypatch):
    index = build(library, FakeEncoder())
    (library / "sub").mkdir()
    if os.name != "nt":  # where links need a privilege
        (library.parent / "link").symlink_to(library, target_is_directory=True)
        index.add([library.parent / "link" / "001.npz"], workers=0)
        assert index.report.unchanged == ("001.npz",)
    monkeypatch.chdir(library.parent)
    index.add([Path("library", "sub", "..", "001.npz"), Path("library", "002.npz")], workers=0)
    assert index.report.unchanged == ("001.npz", "002.npz")


def test_slow_files_do_not_wait_for_a_full_batch(library, monkeypatch):
    from tmr.search import intake

    class Counting(FakeEncoder):
        calls = 0

        def encode_motion(self, motions):
            self.calls += 1
            return super().encode_motion(motions)

    encoder = Counting()
    build(library, encoder)
    assert encoder.calls == 1
    monkeypatch.setattr(intake, "_MOST_SECONDS", -1.0)
    encoder = Counting()
    Index.build(library, library.parent / "slow", encoder, workers=0)
    assert encoder.calls == 6


def test_the_embedding_of_an_item_is_found_by_its_name(library):
    write_numbered(library / "long.npz", 100, seconds=23, drift=1.0)
    index = build(library, FakeEncoder())
    index.add([numbered_motion(40, name="mine")])
    index.remove("003.npz")
    for name, number in (("000.npz", 0), ("005.npz", 5), ("mine", 40)):
        assert index.embedding(name) == pytest.approx(direction(number), abs=1e-6)
    for seconds, number in ((0.0, 100), (4.0, 150), (23.0, 230)):
        assert index.embedding("long.npz", seconds) == pytest.approx(direction(number), abs=1e-6)
    # With an end a shorter window is meant.
    assert index.embedding("long.npz", 7.4, 12.5) == pytest.approx(direction(175), abs=1e-6)
    with pytest.raises(IndexFolderError, match="no item '003"):
        index.embedding("003.npz")
    for start, end in ((99.0, None), (-1.0, None), (5.0, 5.0)):
        with pytest.raises(TMRError, match=r"lasts 23\.000 s, so no part|expected an end after the start"):
            index.embedding("long.npz", start, end)


def test_items_are_parsed_once_however_many_are_asked_for_by_name(library, monkeypatch):
    from tmr.search.storage.segment import Segment

    index = build(library, FakeEncoder())
    parsed = []
    parse = Segment._parse
    monkeypatch.setattr(Segment, "_parse", lambda self, line: parsed.append(line) or parse(self, line))
    for number in (5, 1, 5):
        index.embedding(f"00{number}.npz")
    # And the one that is asked for, which tells how long it lasts.
    assert len(parsed) == 6 + 3


def test_many_queries_are_embedded_a_bounded_number_at_a_time(library):
    class Counting(FakeEncoder):
        most = 0

        def encode_motion(self, motions):
            self.most = max(self.most, len(motions))
            return super().encode_motion(motions)

        def encode_text(self, texts):
            self.most = max(self.most, len(texts))
            return super().encode_text(texts)

    build(library, FakeEncoder())
    encoder = Counting()
    index = Index.open(library.parent / "index", encoder)
    results = index.search_many([f"number {number % 6}" for number in range(600)], k=1)
    assert [hits[0].item for hits in results] == [f"{number % 6:03d}.npz" for number in range(600)]
    long = numbered_motion(3, seconds=1500.0)
    assert index.search(long, k=1)[0].item == "003.npz"
    assert encoder.most == 256


def test_a_motion_that_the_model_refuses_is_skipped_and_the_others_stay(library):
    from tmr.errors import ModelError

    class Picky(FakeEncoder):
        def encode_motion(self, motions):
            vectors = super().encode_motion(motions)
            for motion, vector in zip(motions, vectors, strict=True):
                if np.allclose(vector, direction(2)):
                    raise ModelError(f"no embedding for {motion.name!r}")
            return vectors

    index = build(library, Picky())
    assert [row.item for row in index.report.skipped] == ["002.npz"]
    assert "model cannot embed" in index.report.skipped[0].reason
    assert len(index) == 5


def test_ctrl_c_keeps_what_was_embedded_and_the_next_run_goes_on(library, monkeypatch):
    from tmr.search import intake

    class Interrupted(FakeEncoder):
        def encode_motion(self, motions):
            if self.num_motions >= 4:
                raise KeyboardInterrupt
            return super().encode_motion(motions)

    monkeypatch.setattr(intake, "_BATCH_WINDOWS", 2)
    with pytest.raises(KeyboardInterrupt):
        build(library, Interrupted())
    assert len(Index.open(library.parent / "index")) == 4
    encoder = FakeEncoder()
    index = build(library, encoder)
    assert encoder.num_motions == 2
    assert len(index) == 6


def test_a_subfolder_that_cannot_be_listed_keeps_its_items_and_the_rest_is_indexed(library, monkeypatch):
    write_numbered(library / "lost+found" / "007.npz", 7)
    (library / "lost+found" / "bad.bvh").write_text("HIERARCHY nonsense")
    build(library, FakeEncoder())
    write_numbered(library / "008.npz", 8)
    (library / "005.npz").unlink()
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "lost+found":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        for _ in range(2):
            index = build(library, FakeEncoder())
            assert [row.item for row in index.report.skipped] == ["lost+found/"]
            assert "cannot be listed (Permission denied)" in index.report.skipped[0].reason
            assert [row.item for row in index.skipped] == ["lost+found/", "lost+found/bad.bvh"]
            assert index.search("number 7", k=1)[0].item == "lost+found/007.npz"
            assert index.search("number 8", k=1)[0].item == "008.npz"
            assert "005.npz" not in {item.item for item in index.items}
    (library / "lost+found" / "007.npz").unlink()
    index = build(library, FakeEncoder())
    assert (index.report.removed, [row.item for row in index.skipped]) == (
        ("lost+found/007.npz",),
        ["lost+found/bad.bvh"],
    )


def test_what_readers_found_is_told_of_new_files_once(library):
    joints = np.repeat(numbered_motion(3).joints[:1], 30, axis=0)
    joints[9, :, 0] += 3
    np.savez(library / "spike.npz", posed_joints=joints, fps=30.0)
    index = build(library, FakeEncoder())
    assert index.report.readings == ("1 motion file: Frame 9 jumps 3.0 m in 1/30 s; is it a spike? (spike.npz)",)
    assert build(library, FakeEncoder()).report.readings == ()
    told = build(library, FakeEncoder(), options=ReadingOptions(fps=60.0)).report.readings
    overruled = "The file tells 30 frames per second, but the 60 given win (--fps)"
    assert told[0] == f"7 motion files: {overruled} (000.npz, 001.npz, 002.npz, …)"


@pytest.mark.usefixtures("unchecked")
def test_one_thing_in_the_place_of_a_list_is_refused(library):
    index = build(library, FakeEncoder())
    for single in ("001.npz", library / "001.npz", numbered_motion(3)):
        with pytest.raises(TMRError, match="expected a list of files and motions, got a single"):
            index.add(single)
    with pytest.raises(TMRError, match=r"got the single text 'number 1'; write \[text\]"):
        index.search_many("number 1")
    with pytest.raises(TMRError, match=r"got the single text 'number 1'; write \[text\]"):
        index.embed_texts("number 1")
    assert len(index) == 6


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"k": 2.0}, "k is 2.0; expected a whole number"),
        ({"offset": "3"}, "offset is '3'; expected a whole number"),
        ({"moments": 1.5}, "moments is 1.5; expected a whole number"),
        ({"where": {"hand": "left"}}, "the filter is a dict; expected a Filter"),
    ],
)
def test_terms_of_another_kind_are_told(library, terms, message):
    with pytest.raises(TMRError, match=message):
        build(library, FakeEncoder()).search("number 1", **terms)


def test_a_number_of_processes_that_cannot_be_is_refused(library):
    with pytest.raises(TMRError, match="-1 reading processes are asked for"):
        Index.build(library, library.parent / "index", FakeEncoder(), workers=-1)
