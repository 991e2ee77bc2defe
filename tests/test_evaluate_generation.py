"""`tmr evaluate generation` through the real entry point: what it prints and writes, and how it exits."""

import json

import numpy as np
import pytest

from command_line import save_small_model, tmr
from fake_encoder import write_library
from tmr.evaluation.result import Result


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Four pairs, one of them broken, scored by a small model."""
    place = tmp_path_factory.mktemp("generation")
    save_small_model(place / "model")
    write_library(place / "real", range(4))
    write_library(place / "made", range(4))
    (place / "made" / "002.npz").write_text("no archive")
    done = tmr(
        "evaluate", "generation", "made", "--reference", "real", "--model", "model", "-o", "run", "--workers", "0",
        cwd=place,
    )  # fmt: skip
    return place, done


def test_it_prints_and_writes_the_tables_and_exits_3_for_what_was_left_out(run):
    place, done = run
    assert done.status == 3, done.err
    assert "Generated and real motion of one text" in done.out
    assert "left out made: 002" in done.err.replace("\\", "/")
    assert "left out 002: real, but made has no usable motion of this name" in done.err
    assert "read 4 of 4 files, 1 skipped" in done.err
    result = Result.read(place / "run" / "generation.json")
    assert result.kind == "generation"
    assert result.data["num_real"] == 3
    assert len(result.models["model"]) == 64
    assert {table.name for table in result.tables} >= {"motion_match", "distribution", "spread", "quality"}
    with np.load(place / "run" / "generation.npz") as arrays:
        assert arrays["generated_names"].tolist() == ["000", "001", "003"]
        assert arrays["generated"].shape == (3, 256)


def test_embeddings_need_no_model_and_all_is_well(tmp_path):
    random = np.random.default_rng(0)
    for name in ("made", "real"):
        np.savez(tmp_path / f"{name}.npz", motion=random.normal(size=(40, 8)), text=random.normal(size=(40, 8)))
    done = tmr("evaluate", "generation", "made.npz", "--reference", "real.npz", "-o", "run", cwd=tmp_path)
    assert (done.status, done.err) == (0, "")
    raw = json.loads((tmp_path / "run" / "generation.json").read_text(encoding="utf-8"))
    assert raw["models"] == {"embeddings": "as given"}
    assert "R-precision" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "--reference", "real.npz"], "nothing does not exist"),
        (["real.npz", "--reference", "real.npz", "--texts", "no.jsonl"], "no.jsonl cannot be read"),
        (["real.npz", "--reference", "real.npz", "-o", "real.npz"], "the results cannot be written to 'real.npz'"),
        (["real.npz", "--reference", "real.npz", "--by", "actor"], "nothing here has a column 'actor'"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, arguments, message):
    np.savez(tmp_path / "real.npz", motion=np.random.default_rng(0).normal(size=(40, 8)))
    done = tmr("evaluate", "generation", *arguments, *([] if "-o" in arguments else ["-o", "run"]), cwd=tmp_path)
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert message in done.err


def test_a_run_within_the_motions_is_refused(tmp_path):
    write_library(tmp_path / "made", range(1))
    done = tmr(
        "evaluate", "generation", "made", "--reference", "made", "--model", "model", "-o", "made/run", cwd=tmp_path
    )
    assert done.status == 2
    assert "lies in made, whose files would then count as motions" in done.err
    assert not (tmp_path / "made" / "run").exists()
