"""`tmr evaluate probes` through the real entry point."""

import json

import pytest

from command_line import save_small_model, tmr
from tmr.evaluation.result import Result


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_small_model(tmp_path_factory.mktemp("model"))


def test_probes_are_printed_and_written(model, tmp_path):
    run = tmr(
        *("evaluate", "probes", "--model", model, "--clips", "2", "--probe", "side", "--probe", "invariance"),
        *("--by", "side", "-o", tmp_path / "run"),
    )
    assert (run.status, run.err.count("\n")) == (0, 1), run.err
    for part in ("Side: left against right", "chance", "finds itself", "SMPL-X", "seed: 0", "by side"):
        assert part in run.out
    result = Result.read(tmp_path / "run" / "probes.json")
    assert result.kind == "probes"
    assert list(result.models) == [str(model)]
    assert result.data == {"source": "library", "motions": 209}
    assert [table.name for table in result.tables] == ["side", "invariance", "side_by_side", "invariance_by_side"]
    assert result.tables[0].rows["library"]["all_right"].count == 2
    assert any("tell little" in note for note in result.notes)


def test_broken_files_are_named_and_the_rest_is_measured(model, tmp_path):
    from fake_encoder import write_numbered

    data = tmp_path / "data"
    rows = []
    for number in range(3):
        write_numbered(data / f"{number}.npz", number, seconds=1.5)
        rows.append({"file": f"{number}.npz", "text": "a person raises the left hand"})
    (data / "broken.npz").write_bytes(b"nothing")
    rows.append({"file": "broken.npz", "text": "a person raises the right hand"})
    (data / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run = tmr("evaluate", "probes", "--data", data, "--model", model, "--probe", "side", "-o", tmp_path / "run")
    assert run.status == 3
    assert "left out broken.npz" in run.err
    assert Result.read(tmp_path / "run" / "probes.json").tables[0].rows["data"]["all_right"].count == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--by", "gender"), "no column|column 'gender'"),
        (("--model", "nowhere"), "nowhere"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(options, message, model, tmp_path):
    import re

    given = () if "--model" in options else ("--model", model)
    run = tmr("evaluate", "probes", *given, *options, "-o", tmp_path / "run")
    assert run.status == 1
    assert len(run.err.splitlines()) == 1
    assert re.search(message, run.err)
