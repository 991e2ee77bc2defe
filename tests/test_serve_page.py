"""What the service does for its page: spreads, embedded files, several motions as one .zip, and what a model is."""

import asyncio
import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.testclient import TestClient

from fake_encoder import FakeEncoder, direction, numbered_motion, write_library, write_numbered
from systems import ODD_NAME, needs_links
from tmr.model.card import licence_of
from tmr.search import bands
from tmr.search.index import Index
from tmr.search.reading import ReadingOptions
from tmr.search.server import create_app
from tmr.search.service.bundles import BundleQuestion, Bundles, skeletons_of
from tmr.search.service.desk import Desk, Settings
from tmr.search.service.playback import Source
from tmr.search.spread import spread

QUICK = Settings(reading_processes=0)


@pytest.fixture
def place(tmp_path):
    """A library of 4 short motions, a long take and one motion without a file, with a client of its service."""
    write_library(tmp_path / "library", range(3))
    write_numbered(tmp_path / "library" / "sub folder" / ODD_NAME, 20)
    write_numbered(tmp_path / "library" / "take.npz", 7, seconds=16, drift=0.5)
    index = Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)
    index.add([numbered_motion(30, name="from memory")])
    with TestClient(create_app(index, settings=QUICK)) as client:
        ids = {row["item"]: row["id"] for row in client.get("/api/items?k=100").json()["items"]}
        yield SimpleNamespace(folder=tmp_path, library=tmp_path / "library", index=index, client=client, ids=ids)
    index.close()


def test_the_spread_is_that_of_every_items_best_window(place):
    answer = place.client.get("/api/search", params={"q": "number 2", "k": 1, "spread": True, "where": "seconds > 5"})
    given = answer.json()["spread"]
    similarities = sorted(hit.similarity for hit in place.index.search("number 2", 100))
    assert given["items"] == len(similarities) == 6
    assert given["highest"] == pytest.approx(1.0, abs=1e-5)
    assert given["median"] == pytest.approx(float(np.median(similarities)), abs=1e-5)
    assert given["counts"] == np.histogram(np.clip(similarities, -1, 1), bins=40, range=(-1, 1))[0].tolist()
    assert place.client.get("/api/search", params={"q": "number 2"}).json()["spread"] is None


def test_a_spread_of_many_items_looks_at_some_and_at_none_that_was_removed(place):
    segments = place.index._content.segments
    query = direction(7)[None]
    assert 0 < spread(segments, query, most=3).items <= 4
    place.index.remove("take.npz")
    with place.index.reopened() as index:
        assert spread(index._content.segments, query).items == 5
        assert spread(index._content.segments, query).highest < 0.5
    assert spread([], query).items == 0


def test_a_batch_and_a_mix_have_their_spread_too(place):
    queries = [
        {"mix": [{"text": "number 1"}, {"text": "number 2", "weight": -1}], "spread": True},
        {"text": "number 1"},
    ]
    answer = place.client.post("/api/search/batch", json={"queries": queries}).json()
    assert [result["spread"] is None for result in answer["results"]] == [False, True]


def test_an_embedded_file_finds_what_the_file_finds(place):
    content = (place.library / "002.npz").read_bytes()
    embedded = place.client.post("/api/embed/file", files={"file": ("my take.npz", content)}).json()
    assert embedded["name"] == "my take.npz"
    assert embedded["seconds"] == 1.0
    assert embedded["motion"]["num_frames"] == 30
    assert np.linalg.norm(embedded["embedding"]) == pytest.approx(1, abs=1e-5)
    hits = place.client.post("/api/search", json={"embedding": embedded["embedding"]}).json()["hits"]
    assert (hits[0]["item"], round(hits[0]["similarity"], 4)) == ("002.npz", 1.0)


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("notes.txt", b"hello", 422, "must end in one of"),
        ("wave.bvh", b"HIERARCHY\nnonsense", 422, "cannot be read"),
        ("empty.npz", b"", 422, "cannot be read"),
    ],
)
def test_a_file_that_is_no_motion_is_refused_in_words(place, name, content, status, said):
    answer = place.client.post("/api/embed/file", files={"file": (name, content)})
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert str(place.folder) not in answer.text


def zipped(place, **question) -> zipfile.ZipFile:
    answer = place.client.post("/api/zip", json=question)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_originals_are_packed_as_they_are(place):
    with zipped(place, items=[{"item": place.ids[name]} for name in ("001.npz", f"sub folder/{ODD_NAME}")]) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["001.npz", f"sub folder/{ODD_NAME}".replace("?", "_")]
        assert archive.read("001.npz") == (place.library / "001.npz").read_bytes()


def test_parts_are_cut_and_have_names_of_their_own(place):
    parts = [
        {"item": place.ids["take.npz"], "start_seconds": start, "end_seconds": start + 2} for start in (0.0, 5.0, 5.0)
    ]
    with zipped(place, items=parts, format="npz") as archive:
        assert archive.namelist() == [
            "take_from_0.00s_to_2.00s.npz",
            "take_from_5.00s_to_7.00s.npz",
            "take_from_5.00s_to_7.00s (2).npz",
        ]
        with np.load(io.BytesIO(archive.read("take_from_5.00s_to_7.00s.npz"))) as table:
            assert len(table["posed_joints"]) == 60
    with zipped(place, items=[{"item": place.ids["000.npz"]}], format="bvh") as archive:
        assert archive.read("000.bvh").startswith(b"HIERARCHY")


def test_what_cannot_be_packed_is_named_inside(place):
    (place.library / "000.npz").write_bytes(b"changed")
    (place.library / "001.npz").unlink()
    asked = [*(place.ids[name] for name in ("000.npz", "001.npz", "002.npz", "from memory")), "0123"]
    with zipped(place, items=[{"item": name} for name in asked]) as archive:
        assert archive.namelist() == ["002.npz", "not included.txt"]
        lines = archive.read("not included.txt").decode().splitlines()
    assert [line.split(":")[0] for line in lines] == ["000.npz", "001.npz", "from memory", "0123"]
    assert "has changed" in lines[0]
    assert "no such item" in lines[3]
    assert not any(str(place.folder) in line for line in lines)


def test_a_zip_ends_where_it_would_become_too_large(place):
    desk = Desk({"default": place.index}, QUICK)

    async def packed():
        snapshot = await desk.snapshot(None)
        question = BundleQuestion.model_validate({"items": [{"item": place.ids[n]} for n in ("000.npz", "001.npz")]})
        pieces = [piece async for piece in Bundles(desk, most_bytes=1)._packed(snapshot, question)]
        await desk.close()
        return b"".join(pieces)

    with zipfile.ZipFile(io.BytesIO(asyncio.run(packed()))) as archive:
        assert archive.namelist() == ["000.npz", "not included.txt"]


@pytest.mark.parametrize("wrong", [{"items": []}, {"items": [{"item": "a"}] * 101}, {"format": "exe"}])
def test_a_wrong_wish_for_a_zip_is_refused(place, wrong):
    question = {"items": [{"item": place.ids["000.npz"]}], **wrong}
    assert place.client.post("/api/zip", json=question).status_code == 422


@needs_links
def test_an_amc_file_comes_with_its_skeleton_but_not_with_a_link_to_elsewhere(tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    for path in (folder / "walk.amc", folder / "skeleton.asf", tmp_path / "secret.asf"):
        path.write_text("")
    (folder / "link.asf").symlink_to(tmp_path / "secret.asf")
    source = Source(folder, "walk.amc", "", True, ReadingOptions())
    assert skeletons_of(folder / "walk.amc", source) == [folder / "skeleton.asf"]
    assert skeletons_of(folder / "walk.bvh", source) == []


def test_an_index_tells_its_model(place, monkeypatch):
    [told] = place.client.get("/api/indexes").json()["indexes"]
    assert (told["model"], told["bands"], told["licence"]) == ("FakeEncoder", None, None)
    monkeypatch.setattr(bands, "_measured", lambda: {"f" * 64: bands.Bands(0.5, 0.3, 12)})
    [told] = place.client.get("/api/indexes").json()["indexes"]
    assert told["bands"] == {"strong": 0.5, "fair": 0.3, "queries": 12}


def test_measured_bands_are_sound():
    for limits in bands._measured().values():
        assert -1 < limits.fair <= limits.strong < 1


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: cc-by-nc-4.0\ntags: [motion]\n---\n# Card", "cc-by-nc-4.0"),
        ("---\ntags: [motion]\n---\nlicense: mit", None),
        ("license: mit", None),
        ("", None),
    ],
)
def test_a_licence_is_read_from_the_top_of_a_card(tmp_path, card, licence):
    (tmp_path / "README.md").write_text(card)
    assert licence_of(tmp_path) == licence
    assert licence_of(tmp_path / "nowhere") is None
