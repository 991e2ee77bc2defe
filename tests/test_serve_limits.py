"""What the service survives: hanging and flooding clients, and more queries than it can answer."""

import asyncio
import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from starlette.exceptions import HTTPException

from fake_encoder import FakeEncoder, direction
from served import served, small_service
from tmr.errors import TMRError
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service.connection import Connection, allow_connections
from tmr.search.service.desk import Settings
from tmr.search.service.gather import MOST_TOGETHER, Gatherer, Question, Terms
from tmr.search.service.opened import Snapshot


@pytest.fixture
def place(tmp_path):
    with small_service(tmp_path) as place:
        yield place


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
