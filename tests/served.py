"""Runs the service in a thread, as `tmr serve` does in a process, for clients that speak real HTTP."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from tmr.search.service.connection import Connection, server_config


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
