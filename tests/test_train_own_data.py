"""From a folder of BVH files and a captions file to a model that searches them, by the command line alone."""

import csv

import pytest

from command_line import tmr
from fake_encoder import numbered_motion
from tmr.motion.formats import write_bvh

COLUMNS = ("file", "text", "split", "subject")


def write_rows(folder, rows):
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Twelve BVH files of a figure that drifts, and what is said of them."""
    folder = tmp_path_factory.mktemp("data") / "studio"
    (folder / "takes").mkdir(parents=True)
    rows = []
    for number in range(12):
        name = f"takes/{number:02d}.bvh"
        write_bvh(folder / name, numbered_motion(number, seconds=1.0, drift=number / 4))
        split = "validation" if number % 4 == 3 else "train"
        rows += [(name, f"{who} drifts {number} steps", split, f"s{number % 4}") for who in ("a person", "someone")]
    return folder, rows


def test_a_folder_of_bvh_files_becomes_a_model_that_searches_it(rows, tmp_path, monkeypatch):
    folder, said = rows
    write_rows(folder, said)
    run = tmp_path / "run"
    checked = tmr("train", "--data", folder, "--out", run, "--check")
    assert checked.status == 0, checked.err
    assert "train              9" in checked.out
    assert "validation         3" in checked.out
    assert "held out to choose by: its own `validation` split, 3 clips" in checked.out
    title = "motion files with a captions file, 12 clips"
    assert title in checked.err
    with monkeypatch.context() as second:
        second.setenv("RANK", "1")
        assert title in tmr("train", "--data", folder, "--out", run, "--check").err
        second.setenv("TORCHELASTIC_RUN_ID", "x")  # the second process of torchrun; the first one speaks
        assert title not in tmr("train", "--data", folder, "--out", run, "--check").err
    trained = tmr("train", "--data", folder, "--out", run, "--steps", "2", "--share", "studio=1")
    assert trained.status == 0, trained.err
    assert title in trained.err
    assert "reading motions" not in trained.err  # the dry run has kept them
    assert "R@10" in trained.err
    assert trained.out.strip() == str(run / "model")
    indexed = tmr("index", folder, "-o", tmp_path / "library", "--model", run / "model", "--quiet", "--workers", "1")
    assert indexed.status == 0, indexed.err
    found = tmr("search", tmp_path / "library", said[0][1])
    assert found.status == 0, found.err
    assert ".bvh" in found.out


def test_what_is_left_out_is_named_and_the_status_tells(rows, tmp_path):
    folder, said = rows
    (folder / "takes" / "torn.bvh").write_text("HIERARCHY\nROOT Hips\n{", encoding="utf-8")
    write_rows(folder, [*said, ("takes/gone.bvh", "a person sits", "train", ""), ("takes/torn.bvh", "a", "train", "")])
    checked = tmr("train", "--data", folder, "--out", tmp_path / "run", "--check")
    assert checked.status == 3
    assert "left out: 2" in checked.out
    assert "takes/gone.bvh: line 26: there is no such file" in checked.out
    assert "  takes/torn.bvh: " in checked.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "gone"], "gone does not exist"),
        (["--data", "."], "holds no dataset that is known; expected NAME.npz with NAME.jsonl (packs); captions.jsonl"),
    ],
)
def test_a_newcomer_s_mistakes_are_told(tmp_path, arguments, message):
    run = tmr("train", *arguments, "--out", tmp_path / "run", cwd=tmp_path)
    assert run.status == 1
    assert message in run.err
    assert len(run.err.splitlines()) == 1
