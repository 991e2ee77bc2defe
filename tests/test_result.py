"""Result: what was written is read again, and what is none is refused with its reason."""

import json
import math

import pytest

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut, Measure, Result, Table

RESULT = Result(
    "retrieval",
    {"small": "0" * 64},
    {"source": "library", "items": 96},
    (
        Table(
            "all",
            "Whole gallery",
            {"gallery": 96},
            {"t2m": {"recall_at_1": Measure(0.5, 0.4, 0.6, count=96), "spread": Measure(math.nan, unit="distance")}},
        ),
    ),
    (LeftOut("broken_é.bvh", "frame 3 is NaN"),),
    ("few items",),
)


def test_a_result_comes_back_as_it_was(tmp_path):
    path = tmp_path / "new" / "retrieval.json"
    RESULT.write(path)
    again = Result.read(path)
    assert math.isnan(again.tables[0].rows["t2m"]["spread"].value)
    assert again.tables[0].rows["t2m"]["recall_at_1"] == RESULT.tables[0].rows["t2m"]["recall_at_1"]
    assert (again.kind, again.models, again.data) == (RESULT.kind, RESULT.models, RESULT.data)
    assert (again.left_out, again.notes) == (RESULT.left_out, RESULT.notes)
    assert "broken_é.bvh" in path.read_text(encoding="utf-8")


def test_what_is_no_number_is_null_in_the_file(tmp_path):
    path = tmp_path / "retrieval.json"
    rows = {"a": {"x": Measure(math.inf), "y": Measure(1.0, -math.inf, math.nan)}}
    Result("probes", {}, {}, (Table("t", "T", {}, rows),)).write(path)
    raw = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert raw["tables"][0]["rows"]["a"]["x"]["value"] is None
    assert Result.read(path).tables[0].rows["a"]["y"] == Measure(1.0, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"kind": "retrieval"}',
        '{"kind": "x", "models": {}, "data": {}, "tables": [{"name": "a"}], "left_out": [], "notes": []}',
        '{"kind": "x", "models": {}, "data": {}, "tables": 3, "left_out": [], "notes": []}',
        '{"kind": "x", "models": {}, "data": {}, "tables": [], "left_out": [{"who": "a"}], "notes": []}',
    ],
)
def test_another_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=r"other\.json is no result of `tmr evaluate`.*run the evaluation again"):
        Result.read(path)


def test_a_number_that_is_text_is_refused(tmp_path):
    path = tmp_path / "retrieval.json"
    RESULT.write(path)
    path.write_text(path.read_text(encoding="utf-8").replace("0.5,", '"half",'), encoding="utf-8")
    with pytest.raises(DatasetError, match="half"):
        Result.read(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        Result.read(tmp_path / "gone.json")
