"""The client against the real service over a real socket: every method, and what it says when something is wrong."""

import dataclasses
import http.client
import http.server
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fake_encoder import FakeEncoder, direction, numbered_joints, write_library, write_numbered
from served import served
from tmr import files
from tmr.client import Client, RemoteHit, ServiceError
from tmr.client.client import _place_below
from tmr.errors import TMRError
from tmr.motion.formats import read_motion
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service.desk import Settings

TOKEN = "a-token-for-the-tests"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A service of two indexes that can be written to, and a client of the first."""
    folder = tmp_path_factory.mktemp("client")
    write_library(folder / "library", range(6))
    write_numbered(folder / "library" / "take.npz", 7, seconds=16, drift=0.5)
    write_library(folder / "other", [40, 41])
    indexes = {
        name: Index.build(folder / name, folder / f"{name}.index", FakeEncoder(), workers=0)
        for name in ("library", "other")
    }
    app = create_app(indexes, settings=Settings(tokens=(TOKEN,), writable=True, reading_processes=0))
    with served(app) as address:
        yield SimpleNamespace(
            folder=folder, address=address, index=indexes["library"], client=Client(address, TOKEN, retries=0)
        )
    for index in indexes.values():
        index.close()


def named(hits: list[RemoteHit]) -> list[tuple[int, str, float]]:
    return [(hit.rank, hit.item, hit.similarity) for hit in hits]


def test_a_sentence_an_item_and_an_embedding_find_what_the_index_finds(place):
    expected = [(hit.rank, hit.item, hit.similarity) for hit in place.index.search("number 2", 3)]
    found = place.client.search("number 2", 3)
    assert named(found) == expected
    assert named(place.client.search(found[0], 3)) == expected
    assert named(place.client.search(direction(2), 3)) == expected
    assert named(place.client.search("number 2", 2, offset=1)) == expected[1:]


def test_a_filter_leaves_out_and_is_counted(place):
    assert place.client.count() == 7
    assert place.client.count("seconds > 5") == 1
    assert [hit.item for hit in place.client.search("number 2", where="seconds > 5")] == ["take.npz"]
    assert [item.item for item in place.client.items("seconds > 5")] == ["take.npz"]
    assert {field["name"] for field in place.client.fields()} >= {"seconds", "fps", "item"}


def test_a_mix_leads_away_from_what_has_a_negative_weight(place):
    vector = direction(1) - 0.9 * direction(2)
    expected = place.index.search(vector / np.linalg.norm(vector), 7)
    found = place.client.search_mix([(1, "number 1"), (-0.9, place.client.search("number 2", 1)[0])], 7)
    assert [hit.item for hit in found] == [hit.item for hit in expected]
    assert [hit.similarity for hit in found] == pytest.approx([hit.similarity for hit in expected], abs=1e-6)
    assert found[-1].item == "002.npz"


def test_many_queries_are_answered_in_their_order_beyond_what_one_request_takes(place):
    found = place.client.search_many([f"number {number % 6}" for number in range(70)], 1)
    assert [hits[0].item for hits in found] == [f"{number % 6:03d}.npz" for number in range(70)]


def test_one_wrong_query_of_many_is_named_by_its_number(place):
    with pytest.raises(ServiceError, match=r"^query 34: the query is empty") as caught:
        place.client.search_many(["number 1"] * 33 + ["  "])
    assert caught.value.status == 422


def test_a_file_is_sent_and_so_is_a_part_of_it(place):
    found = place.client.search_file(place.folder / "library" / "004.npz", 1)
    assert [hit.item for hit in found] == ["004.npz"]
    last = place.client.search_file(place.folder / "library" / "take.npz", 1, start_seconds=6, end_seconds=16)
    assert (last[0].item, last[0].start_seconds) == ("take.npz", 6.0)


def test_more_like_a_hit_leaves_it_out(place):
    hit = place.client.search("number 3", 1)[0]
    found = place.client.similar(hit, 7)
    assert len(found) == 6
    assert hit.item not in [other.item for other in found]
    assert named(place.client.similar(hit.id, 2, offset=1)) == named(found)[1:3]


def test_all_items_are_listed_and_one_is_described(place):
    items = list(place.client.items())
    assert [item.item for item in items] == [item.item for item in place.index.items]
    assert place.client.item(items[2].id) == items[2]


@pytest.mark.parametrize("kind", ["original", "bvh", "npz"])
def test_a_download_is_the_motion_and_leaves_nothing_else(place, tmp_path, kind):
    hit = place.client.search("number 3", 1)[0]
    path = place.client.download(hit, tmp_path, format=kind)
    assert path.name == ("003.npz" if kind == "original" else f"003.{kind}")
    assert list(tmp_path.iterdir()) == [path]
    joints = read_motion(path).joints
    np.testing.assert_allclose(joints[:, 0], numbered_joints(3)[:, 0], atol=2e-3)


def test_downloads_into_a_folder_that_is_not_there_do_not_overwrite_each_other(place, tmp_path):
    folder = tmp_path / "new" / "clips"
    hits = place.client.search("number 3", 2)
    paths = [place.client.download(hit, folder, format="bvh") for hit in hits]
    assert [path.parent for path in paths] == [folder, folder]
    assert sorted(folder.iterdir()) == sorted(paths)
    assert len(set(paths)) == 2
    with pytest.raises(ServiceError, match="no such item"):
        place.client.download("nothing", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_download_has_a_name_that_this_system_takes(place, tmp_path, monkeypatch):
    item = dataclasses.replace(place.client.search("number 3", 1)[0], item="takes/a: b?.npz")
    assert place.client.download(item, tmp_path).name == "a: b?.npz"
    monkeypatch.setattr(files, "os", SimpleNamespace(name="nt"))
    assert place.client.download(item, tmp_path).name == "a_ b_.npz"


def test_a_part_is_downloaded_as_a_motion(place):
    item = next(iter(place.client.items("seconds > 5")))
    motion = place.client.motion(item, start_seconds=6, end_seconds=8)
    assert (motion.num_frames, motion.fps) == (60, 30.0)
    np.testing.assert_allclose(motion.joints[0, 0, 0], numbered_joints(7, 16, 0.5)[180, 0, 0], atol=2e-3)


def test_another_index_is_chosen_by_name(place):
    assert place.client.indexes() == ["library", "other"]
    other = Client(place.address, TOKEN, index="other")
    assert other.health()["items"] == 2
    assert other.search("number 41", 1)[0].item == "041.npz"
    with pytest.raises(ServiceError, match="no such index") as caught:
        Client(place.address, TOKEN, index="nothing").search("number 1")
    assert caught.value.status == 404


def test_what_is_added_is_found_and_what_is_removed_is_not(place):
    (place.folder / "broken.bvh").write_text("no motion")
    new = write_numbered(place.folder / "new clip.npz", 77)
    other = Client(place.address, TOKEN, index="other")
    change = other.add(new, place.folder / "broken.bvh")
    assert list(change.skipped) == ["broken.bvh"]
    hit = other.search("number 77", 1)[0]
    assert (hit.item, (hit.id,)) == ("uploaded/new clip.npz", change.added)
    assert (place.folder / "other" / "uploaded" / "new clip.npz").read_bytes() == new.read_bytes()
    assert other.add(new).unchanged == change.added
    assert other.remove(hit).removed == change.added
    assert other.search("number 77", 1)[0].item != hit.item
    assert not (place.folder / "other" / "uploaded" / "new clip.npz").exists()


@pytest.mark.parametrize(
    ("ask", "status", "words"),
    [
        (lambda client: client.search(""), 422, "at least 1 character"),
        (lambda client: client.search("number 1", 101), 422, "k: "),
        (lambda client: client.search("number 1", where="seconds >"), 422, "filter"),
        (lambda client: client.search([0.0] * 256), 422, "all zeros"),
        (lambda client: client.search([1.0, 2.0]), 422, "embedding"),
        (lambda client: client.search_mix([(1, "number 1"), (-1, "number 1")]), 422, "cancel"),
        (lambda client: client.item("nothing"), 404, "no such item"),
        (lambda client: client.item("../search"), 404, "no such item"),
        (lambda client: client.download("nothing", "."), 404, "no such item"),
    ],
)
def test_a_refusal_is_told_in_the_service_s_words(place, ask, status, words):
    with pytest.raises(ServiceError, match=words) as caught:
        ask(place.client)
    assert caught.value.status == status


def test_without_the_token_nothing_is_told(place):
    for token in (None, "another-token-of-mine"):
        with pytest.raises(ServiceError, match="a token is needed") as caught:
            Client(place.address, token).search("number 1")
        assert caught.value.status == 401


@pytest.mark.parametrize(
    "address", ["", "localhost:8000", "ftp://localhost", "http://", "http://h:port", "http://h:99999", "http://h/?q=1"]
)
def test_an_address_of_no_use_is_refused_at_once(address):
    with pytest.raises(TMRError, match="address"):
        Client(address)


def test_files_that_cannot_be_read_or_written_are_named(place, tmp_path):
    with pytest.raises(TMRError, match="cannot read"):
        place.client.search_file(tmp_path / "nothing.bvh")
    with pytest.raises(TMRError, match="cannot write"):
        place.client.download(next(place.client.items()), tmp_path / "no folder" / "clip.npz")


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers as the test says, one after the other."""

    script: list[tuple[int, dict[str, str], bytes]]

    def do_GET(self) -> None:
        status, headers, body = self.script.pop(0)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def scripted():
    """A client of a server that answers as `Scripted.script` says."""
    with http.server.HTTPServer(("127.0.0.1", 0), Scripted) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Client(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


def test_a_busy_service_is_asked_again_after_the_pause_that_it_names(scripted):
    busy = (503, {"Retry-After": "0"}, b'{"error": "busy"}')
    Scripted.script = [busy, busy, (200, {}, b'{"items": 3}')]
    assert scripted.health() == {"items": 3}
    Scripted.script = [busy, busy, busy]
    with pytest.raises(ServiceError, match="busy"):
        scripted.health()
    Scripted.script = [(503, {}, b'{"error": "broken"}')]
    with pytest.raises(ServiceError, match="broken"):
        scripted.health()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<html>"), "no service of tmr"),
        ((200, {}, b"[1]"), "no service of tmr"),
        ((500, {}, b"<html>"), "the service answered 500"),
        ((200, {"Content-Length": "99"}, b'{"items"'), "broke off"),
    ],
)
def test_what_is_no_service_or_breaks_off_is_said_to_be(scripted, answer, words):
    Scripted.script = [answer]
    with pytest.raises(ServiceError, match=words):
        scripted.health()


def test_a_download_that_breaks_off_leaves_no_file(scripted, tmp_path):
    row = b'{"id": "a", "item": "a.npz", "start_seconds": 0, "end_seconds": 1, "seconds": 1, "fps": 30, '
    row += b'"skeleton": "s", "has_file": true, "fields": {}}'
    Scripted.script = [(200, {}, row), (200, {"Content-Length": "99"}, b"half")]
    with pytest.raises(ServiceError, match="broke off after 4 of 99 bytes"):
        scripted.download("a", tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stopped", [BrokenPipeError, ConnectionResetError, ConnectionAbortedError])
def test_a_refusal_is_read_where_sending_was_cut_off_by_it(scripted, monkeypatch, stopped):
    """What the three systems say of a connection that the other side has closed."""
    Scripted.script = [(413, {}, b'{"error": "too large"}')]
    send = http.client.HTTPConnection.request

    def cut_off(self, *arguments, **options):
        send(self, *arguments, **options)
        raise stopped

    monkeypatch.setattr(http.client.HTTPConnection, "request", cut_off)
    with pytest.raises(ServiceError, match="too large"):
        scripted.health()


def test_a_service_that_is_not_there_is_said_not_to_be():
    with pytest.raises(ServiceError, match="is `tmr serve` running there") as caught:
        Client("http://127.0.0.1:9").health()
    assert caught.value.status is None


def test_the_client_needs_neither_torch_nor_the_server():
    code = (
        "import sys, tmr; tmr.Client; "
        "print([m for m in ('torch', 'fastapi', 'uvicorn', 'tmr.search.index') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_asked_is_told_before_it_is_sent(place):
    for query in (
        None,
        ["number 1", "number 2"],
        read_motion(place.folder / "library" / "take.npz"),
        np.ones((1, 256)),
    ):
        with pytest.raises(TMRError, match="cannot ask for a"):
            place.client.search(query)
    with pytest.raises(TMRError, match=r"write \[text\]"):
        place.client.search_many("number 1")


def test_a_refused_query_is_named_by_its_number_among_all(place):
    with pytest.raises(ServiceError, match=r"^query 41: text: String should have"):
        place.client.search_many(["number 1"] * 40 + [""])


def test_a_motion_is_named_as_its_item(place):
    item = next(iter(place.client.items("seconds > 5")))
    assert place.client.motion(item.id).name == item.item


def test_downloads_into_a_folder_do_not_meet(place, tmp_path):
    write_numbered(place.folder / "library" / "more" / "003.npz", 33)
    Index.build(place.folder / "library", place.index.folder, FakeEncoder(), workers=0)
    twins = [item for item in wait_for_items(place, 8) if item.item.endswith("003.npz")]
    places = [place.client.download(item, tmp_path, format="bvh") for item in twins]
    assert places == [tmp_path / "003.bvh", tmp_path / "more" / "003.bvh"]
    take = next(iter(place.client.items("seconds > 5")))
    parts = [
        place.client.download(take, tmp_path, format="npz", start_seconds=start, end_seconds=start + 1)
        for start in (0, 6)
    ]
    parts.append(place.client.download(take, tmp_path, format="npz", end_seconds=2.5))
    assert [part.name for part in parts] == [
        "take_from_0.00s_to_1.00s.npz",
        "take_from_6.00s_to_7.00s.npz",
        "take_from_0.00s_to_2.50s.npz",
    ]
    with pytest.raises(ServiceError, match="given whole"):
        place.client.download(take, tmp_path, start_seconds=2.0)
    (place.folder / "library" / "more" / "003.npz").unlink()
    Index.build(place.folder / "library", place.index.folder, FakeEncoder(), workers=0)
    wait_for_items(place, 7)


@pytest.mark.parametrize("name", ["../../etc/x.bvh", "/etc/x.bvh", "C:\\etc\\x.bvh", "./../x.bvh"])
def test_a_download_stays_in_its_folder(name):
    assert not Path("folder", _place_below(name, "bvh", 0.0, None)).is_absolute()
    assert ".." not in _place_below(name, "bvh", 0.0, None).parts


def wait_for_items(place, count):
    """Return all items once the service has seen that there are so many."""
    for _ in range(100):
        if len(items := list(place.client.items())) == count:
            return items
        time.sleep(0.1)
    raise AssertionError(f"{len(items)} items; expected {count}")
