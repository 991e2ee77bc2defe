"""Filters: the grammar, what passes, exact search under them, and the metadata that they ask."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import save_small_model, tmr
from fake_encoder import FakeEncoder, direction, numbered_motion, write_library, write_numbered
from tmr.errors import DatasetError, IndexFolderError, TMRError
from tmr.search.columns import Columns
from tmr.search.filter_text import parse_filter
from tmr.search.filters import And, Compare, Filter, Has, In, Matches, Not, Or
from tmr.search.index import Index
from tmr.search.metadata import read_metadata
from tmr.search.storage.segment import Segment

ROWS = {
    "walks/000.npz": {"style": "tired", "take": 1.0, "tags": ("slow", "indoor")},
    "walks/001.npz": {"style": "old", "take": 2.0, "tags": ("slow",)},
    "walks/far/002.npz": {"style": "happy", "take": 3.0},
    "003.npz": {"style": 'O\'Neill "x"', "take": -4.5},
    "004.npz": {"take": 5.0},
}


@pytest.fixture
def index(tmp_path):
    library = tmp_path / "library"
    write_numbered(library / "walks" / "000.npz", 0, seconds=1.0)
    write_numbered(library / "walks" / "001.npz", 1, seconds=2.0, drift=1.0)
    write_numbered(library / "walks" / "far" / "002.npz", 2, seconds=3.0, drift=2.0)
    write_numbered(library / "003.npz", 3, seconds=4.0)
    write_numbered(library / "004.npz", 4, seconds=5.0)
    index = Index.build(library, tmp_path / "index", FakeEncoder(), workers=0)
    index.add([numbered_motion(5, name="mine")])
    index.set_metadata(ROWS)
    return index


def numbers(index, where) -> str:
    """The numbers of the items that pass, `5` for the one from memory."""
    names = [item.item for item in index.items_where(where)]
    return "".join(sorted("5" if name == "mine" else name.split(".")[0][-1] for name in names))


@pytest.mark.parametrize(
    ("where", "passing"),
    [
        ("seconds > 2", "234"),
        ("seconds>=2 and seconds<=3", "12"),
        ("speed > 0.5", "12"),
        ("speed < 1.5 and seconds > 1.5", "134"),
        ("folder = 'walks'", "012"),
        ("folder = 'walks/far'", "2"),
        ("format = 'memory' or folder='walks/far'", "25"),
        ("style in ('tired', 'old')", "01"),
        ("style not in ('tired', 'old')", "23"),
        ("style != 'tired'", "123"),
        ("not style = 'tired'", "12345"),
        ("has style", "0123"),
        ("not has style", "45"),
        ("style like 'T*D'", "0"),
        ("style not like '*d'", "23"),
        ("style = 'O''Neill \"x\"'", "3"),
        ('style = "O\'Neill ""x"""', "3"),
        ("take = -4.5 or take = +5", "34"),
        ("take in (1, 2.0, 3e0)", "012"),
        ("take not in (1, 2)", "234"),
        ("tags = 'slow'", "01"),
        ("tags != 'indoor'", "1"),
        ("style = 'tired' or style = 'old' and take > 1.5", "01"),
        ("(style = 'tired' or style = 'old') and take > 1.5", "1"),
        ("hand = 'none' AND `take` > 4", "4"),
        ("item like '*/00?.npz'", "012"),
    ],
)
def test_what_passes(index, where, passing):
    assert numbers(index, where) == passing
    assert index.count(where) == len(passing)
    assert numbers(index, parse_filter(where)) == passing
    assert numbers(index, str(parse_filter(where))) == passing


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("", r"place 1 \(the end\).*name of a field"),
        ("seconds >> 2", r"place 10 .*number or a text in quotes"),
        ("style = tired", r"place 9 .*'tired'\?"),
        ("style = 'tired", r"place 9 .*not closed"),
        ("seconds > 2 style", r"place 13 .*`and`, `or` or the end"),
        ("(seconds > 2", r"place 13 \(the end\).*`\)`"),
        ("style in ()", r"place 11"),
        ("style in 'tired'", r"place 10 .*`\(`"),
        ("style not = 'a'", r"place 11 .*`in` or `like`"),
        ("style like 3", r"place 12 .*pattern in quotes"),
        ("seconds = 1e999", r"place 11"),
        ("2 < seconds", r"place 1 "),
        ("seconds > 2; drop", r"place 12 .*cannot be read"),
        ("not " * 60 + "take = 1", "40 levels"),
        ("(" * 3000 + "take = 1", "40 levels"),
        ("take = 1 or " * 1000, "characters"),
        ("stile = 'tired'", "no item of the index has the field 'stile'; there are .*style"),
        ("style = 3", "holds text such as '"),
        ("take = 'three'", "holds numbers"),
        ("take like '3*'", "holds numbers"),
    ],
)
def test_a_filter_that_cannot_be_used_is_told_by_place(index, where, message):
    with pytest.raises(TMRError, match=message) as caught:
        index.search("number 1", where=where)
    assert len(str(caught.value)) < 400


NAMES = st.sampled_from(["style", "take", "a b", "and", "Überlänge"])
VALUES = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12))
# Trees of plain values: the type checker draws random numbers when a filter is made, which a strategy may not.
TREES = st.recursive(
    st.one_of(
        st.tuples(st.just(Compare), NAMES, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), VALUES),
        st.tuples(st.just(In), NAMES, st.lists(VALUES, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.tuples(st.just(Matches), NAMES, st.text(max_size=12), st.booleans()),
        st.tuples(st.just(Has), NAMES),
    ),
    lambda inner: st.one_of(
        st.tuples(st.just(Not), inner),
        st.tuples(st.sampled_from([And, Or]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


def made(tree):
    kind, *rest = tree
    if kind is Not:
        return Not(made(rest[0]))
    return kind(tuple(made(part) for part in rest[0])) if kind in (And, Or) else kind(*rest)


@given(TREES)
def test_a_filter_written_as_text_is_read_back_the_same(tree):
    assert parse_filter(str(made(tree))) == made(tree)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_clear_error(text):
    try:
        message = ""
        assert isinstance(parse_filter(text), Filter)
    except TMRError as error:
        message = str(error)
    assert not message or "place" in message


def test_filters_combine_in_python(index):
    short = Compare("seconds", "<", 3)
    assert numbers(index, short & ~Has("style") | Compare("take", "=", 5.0)) == "45"
    with pytest.raises(TMRError, match="no comparison"):
        Compare("take", "~", 1)
    with pytest.raises(TMRError, match="finite"):
        str(Compare("take", "=", float("inf")))


def test_the_best_that_pass_are_found_however_many_better_ones_do_not(tmp_path):
    # The filter lets through what lies at the end of the ranking: a filter on the best few would find nothing.
    index = make_wide(tmp_path, 60)
    query = direction(0)
    everything = index.search(query, k=60)
    last = [hit for hit in everything if int(hit.metadata["place"]) % 7 == 3]
    where = "kind = 'three'"
    assert [hit.item for hit in index.search(query, k=3, where=where)] == [hit.item for hit in last[:3]]
    page = index.search(query, k=3, offset=3, where=where)
    assert [(hit.item, hit.rank) for hit in page] == [(hit.item, rank) for rank, hit in enumerate(last[3:6], start=4)]
    assert index.search(query, k=5, offset=57) == everything[57:]
    assert index.search(query, k=5, offset=60) == []
    assert index.count(where) == len(last)
    assert index.search(query, where="place < 0") == []


def make_wide(tmp_path, count):
    write_library(tmp_path / "wide", range(count))
    index = Index.build(tmp_path / "wide", tmp_path / "wide index", FakeEncoder(), workers=0)
    # Removed items pass no filter.
    index.add([numbered_motion(0, name="gone")])
    index.remove("gone")
    kinds = {3: "three"}
    index.set_metadata({f"{n:03d}.npz": {"place": float(n), "kind": kinds.get(n % 7, "other")} for n in range(count)})
    return index


@pytest.mark.parametrize("arguments", [{"offset": -1}, {"k": 0}, {"moments": 0}, {"moments": 2, "all_windows": True}])
def test_pages_that_make_no_sense_are_told(index, arguments):
    with pytest.raises(TMRError, match=r"expected|choose"):
        index.search("number 1", **arguments)


def test_fields_tell_what_can_be_asked(index):
    fields = {field.name: field for field in index.fields()}
    assert (fields["seconds"].kind, fields["seconds"].lowest, fields["seconds"].highest) == ("number", 1.0, 5.0)
    assert fields["tags"].values == (("slow", 2), ("indoor", 1))
    assert fields["folder"].values == (("walks", 3), ("walks/far", 1))
    assert fields["style"].items == 4
    assert index.describe("walks/001.npz")["style"] == "old"
    assert index.describe("mine")["format"] == "memory"
    assert index.search("number 1", k=1)[0].metadata == ROWS["walks/001.npz"]


def test_metadata_changes_without_embedding_and_survives_reopening_and_merging(index):
    folder, encoder = index.folder, FakeEncoder()
    changed = Index.open(folder, encoder)
    changed.set_metadata({"004.npz": {"style": "new"}})
    assert numbers(changed, "style = 'new'") == "4"
    assert numbers(changed, "has take") == "0123"
    for number in range(20):
        changed.add([numbered_motion(number + 50, name=f"m{number}")])
    embedded = encoder.num_motions
    assert numbers(Index.open(folder), "style = 'new'") == "4"
    changed.set_metadata({"mine": {"style": "only"}}, replace=True)
    changed.verify()
    assert numbers(changed, "has style") == "5"
    changed.set_metadata({}, replace=True)
    assert encoder.num_motions == embedded
    with pytest.raises(TMRError, match="no item of the index has the field 'style'"):
        changed.count("has style")
    assert not list((folder / "segments").glob("*metadata*"))


def test_a_reader_keeps_the_metadata_that_it_opened(index):
    reader = Index.open(index.folder)
    index.set_metadata({}, replace=True)
    assert numbers(reader, "style = 'tired'") == "0"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", "", "is empty"),
        ("m.csv", "name,style\na,b\n", "the first line is 'name, style'"),
        ("m.csv", "file,a,a\nx,1,2\n", "each once"),
        ("m.csv", "file,style\nx,1,2\n", "line 2: it has 3 cells"),
        ("m.csv", 'file,style\nx,"1\n', "line"),
        ("m.csv", "file,style\n,1\n", "line 2: the column 'file' is empty"),
        ("m.csv", "file,style\nx,1\n./x,2\n", "line 3: 'x' is described a second time"),
        ("m.csv", "file,seconds\nx,1\n", "measures 'seconds' itself"),
        ("m.csv", "file,a`b\nx,1\n", "of no use as a field's name"),
        ("m.csv", b"file,style\nx,\xff\n", "not UTF-8 at byte 13"),
        ("m.csv", "file,style\nx," + "a" * 20_000, "10,000"),
        ("m.jsonl", '{"file": "x", "a": {}}\n', "line 1: 'a' is '{}'"),
        ("m.jsonl", '{"file": "x"}\nnonsense', "line 2: not valid JSON"),
        ("m.jsonl", '{"style": "x"}', "line 1: expected an object"),
        ("m.jsonl", '{"file": "x", "a": 1}\n{"file": "y", "a": "b"}', "number for 'x' and text for 'y'"),
        ("m.jsonl", '{"file": "x", "a": 1e999}', "finite"),
        ("m.jsonl", '{"file": "x", "a": ' + "9" * 400 + "}", "finite"),
        ("m.txt", "file\n", "expected metadata as .csv or .jsonl"),
    ],
)
def test_metadata_that_cannot_be_used_is_told(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=message) as caught:
        read_metadata(path)
    assert name in str(caught.value)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_metadata(tmp_path / "none.csv")


def test_metadata_is_read_as_it_is_meant(tmp_path):
    csv_file, json_file = tmp_path / "m.csv", tmp_path / "m.jsonl"
    csv_file.write_text("\ufefftake,file,style,code\n1,.\\a\\b.npz,tired,007\n,c.npz,,12\n\n2.5e1,d.npz,x,\n", "utf-8")
    assert read_metadata(csv_file) == {
        "a/b.npz": {"take": 1.0, "style": "tired", "code": "007"},
        "c.npz": {"code": "12"},
        "d.npz": {"take": 25.0, "style": "x"},
    }
    json_file.write_text('{"file": "a", "n": 3, "ok": true, "tags": ["x", "y"], "none": null}\n\n', "utf-8")
    assert read_metadata(json_file) == {"a": {"n": 3.0, "ok": "true", "tags": ("x", "y")}}


def test_broken_metadata_of_an_index_is_told(index):
    [path] = (index.folder / "segments").glob("*.metadata.jsonl")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"tired", b"tirex"))
    with pytest.raises(IndexFolderError, match="digest differs"):
        Index.open(index.folder)
    path.unlink()
    with pytest.raises(IndexFolderError, match="missing"):
        Index.open(index.folder)
    manifest = json.loads((index.folder / "manifest.json").read_text())
    (index.folder / "manifest.json").write_text(json.dumps({**manifest, "metadata": {"name": "../x", "sha256": ""}}))
    with pytest.raises(IndexFolderError, match="entry for metadata"):
        Index.open(index.folder)


def as_format_1(folder):
    """Turn an index into what the program wrote before there were filters: format 1."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["segments"]:
        path = folder / "segments" / f"{entry['name']}.items.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            for field in ("speed", "hand", "foot"):
                del row[field]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        from tmr.search.storage.disk import file_sha256

        entry["sha256"]["items.jsonl"] = file_sha256(path)
    for field in ("finer_seconds", "mirrors", "metadata"):
        del manifest[field]
    (folder / "manifest.json").write_text(json.dumps({**manifest, "version": 1}))


def test_an_index_of_format_1_opens_is_searched_changed_and_says_what_it_lacks(tmp_path):
    library = tmp_path / "library"
    write_library(library, range(4))
    folder = tmp_path / "index"
    Index.build(library, folder, FakeEncoder(), workers=0, window_seconds=10.0)
    as_format_1(folder)
    encoder = FakeEncoder()
    index = Index.open(folder, encoder)
    assert index.search("number 2", k=1, where="seconds < 2")[0].item == "002.npz"
    with pytest.raises(TMRError, match=r"no item of the index has the field 'speed'.*earlier versions"):
        index.count("speed < 1")
    index.set_metadata({"001.npz": {"style": "tired"}})
    assert index.search("number 2", k=1, where="has style")[0].item == "001.npz"
    assert json.loads((folder / "manifest.json").read_text())["version"] == 2
    again = Index.build(library, folder, encoder, workers=0)
    assert encoder.num_motions == 0
    assert len(again.report.unchanged) == 4
    assert any("4 items are from an earlier version" in note for note in again.report.notes)
    for number in range(1, 4):
        (library / f"{number:03d}.npz").unlink()
    less = Index.build(library, index.folder, encoder, workers=0)
    assert any("1 item is from an earlier version" in note for note in less.report.notes)


def test_a_folder_s_own_metadata_is_found_and_told_by_the_command_line(tmp_path):
    library = tmp_path / "library"
    model = save_small_model(tmp_path / "model")
    write_library(library, range(4))
    (library / "metadata.csv").write_text("file,style\n001.npz,tired\n002.npz,old\nnobody.npz,old\n")
    run = tmr("index", library, "--model", model, "--workers", "0", "-q")
    assert run.status == 0, run.err
    assert "2 of 4 items are described; 1 of its rows names no item of the index: 'nobody.npz'" in run.err
    run = tmr("search", library, "walk", "--where", "style in ('tired', 'old')", "--json")
    assert {hit["item"] for hit in json.loads(run.out)["hits"]} == {"001.npz", "002.npz"}
    run = tmr("search", library, "walk", "--where", "style > > 1")
    assert (run.status, len(run.err.splitlines())) == (1, 1)
    assert "at place 9" in run.err
    (library / "metadata.csv").write_text("seconds\n1\n")
    run = tmr("index", library, "--workers", "0", "-q")
    assert (run.status, len(run.err.splitlines())) == (1, 1)


def test_columns_have_bounded_blocks(index, monkeypatch):
    from tmr.search import columns

    monkeypatch.setattr(columns, "_BLOCK_ITEMS", 2)
    content = index._content
    assert Columns(content.segments, content.metadata).summary() == index.fields()
    assert all(isinstance(segment, Segment) for segment in content.segments)
    assert np.concatenate(content.passing("has take")).sum() == 5


def test_metadata_that_no_file_stands_for_any_more_is_told(tmp_path):
    library = tmp_path / "library"
    write_library(library, range(4))
    table = library / "metadata.csv"
    table.write_text("file,style\n001.npz,tired\n002.npz,old\nnobody.npz,old\n")

    def build(**options):
        return Index.build(library, tmp_path / "index", FakeEncoder(), workers=0, **options)

    assert not any("keep" in note for note in build().report.notes)
    table.unlink()
    index = build()
    assert index.count("style = 'old'") == 1
    [note] = index.report.notes
    assert "2 items keep what was said before" in note
    assert "there is no metadata.csv or metadata.jsonl in" in note
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("file\n")
    assert "--metadata with a .csv file whose only line is 'file'" in note
    assert not any("keep" in told for told in build(metadata=nothing).report.notes)
    assert build().report.notes == ()


@pytest.mark.usefixtures("unchecked")
def test_what_python_says_of_items_is_taken_as_a_file_s_is(index):
    name = index.items[0].item
    numbers = {"n": np.float32(2), "count": np.int64(3), "fast": np.float32(2) > 1}
    said = {**numbers, "tags": ["a", "b"], "done": True, "nothing": None, "empty": ""}
    index.set_metadata({name: said})
    told = Index.open(index.folder).describe(name)
    expected = {"n": 2.0, "count": 3.0, "fast": "true", "tags": ("a", "b"), "done": "true"}
    assert {key: told.get(key) for key in said} == {**expected, "nothing": None, "empty": None}
    with pytest.raises(DatasetError, match=r"'when' is .*expected a number, a text"):
        index.set_metadata({name: {"when": object()}})
    with pytest.raises(DatasetError, match=r"is a PosixPath|is a WindowsPath"):
        index.set_metadata({Path(name): {"n": 1.0}})
