"""The service for tests: in a thread for clients that speak real HTTP, or behind a client of a small index of it."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from fake_encoder import FakeEncoder, write_library
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service.connection import Connection, server_config
from tmr.search.service.desk import Settings

TOKEN = "a-token-for-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
RAW = {"Content-Type": "application/octet-stream"}


@contextlib.contextmanager
def served(app: ASGIApp, connection: type[Connection] = Connection) -> Iterator[str]:
    """Give the address of a service that runs until the block ends."""
    # What is refused below HTTP is a warning of uvicorn's, and no news to a test that sends it.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(server_config(app, connection))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
    assert not thread.is_alive()


@contextlib.contextmanager
def small_service(folder: Path) -> Iterator[SimpleNamespace]:
    """Give an index of 4 motions; `client` gives a client of its service with some settings."""
    write_library(folder / "library", range(4))
    index = Index.build(folder / "library", folder / "index", FakeEncoder(), workers=0)
    clients: list[TestClient] = []

    def client(**settings: Any) -> TestClient:
        app = create_app(index, settings=Settings(**{"reading_processes": 0, **settings}))
        clients.append(TestClient(app, raise_server_exceptions=False))
        return clients[-1].__enter__()

    yield SimpleNamespace(folder=folder, library=folder / "library", index=index, client=client)
    for one in clients:
        one.__exit__(None, None, None)
    index.close()
