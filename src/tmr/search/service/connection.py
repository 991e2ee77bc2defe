"""A connection that is given up when its client hangs: uvicorn itself waits for requests and readers for ever."""

import asyncio
import sys

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
READER_SECONDS = 30.0
# Beyond so many connections all requests are refused. `Gatherer` and `Threads` refuse sooner, one by one.
MOST_CONNECTIONS = 2048
_MOST_HEADER_BYTES = 65_536
_GRACE_SECONDS = 5


class Connection(H11Protocol):
    """uvicorn's connection with two time limits: for a request's headers to come whole, and for a client to read.

    Time for the body of a request is limited by `Gate`, time for an answer where it is made.
    """

    request_seconds = REQUEST_SECONDS
    reader_seconds = READER_SECONDS

    _request_timer: asyncio.TimerHandle | None = None
    _reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._watch_request()

    def data_received(self, data: bytes) -> None:
        """Take what came. What is no whole request yet does not extend the time for it."""
        super().data_received(data)
        self._watch_request()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        super().resume_writing()
        self._reader_timer = _cancelled(self._reader_timer)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, and do not wait long for a client that has not even read the last answer."""
        super().timeout_keep_alive_handler()
        self._watch_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._request_timer, self._reader_timer = _cancelled(self._request_timer), _cancelled(self._reader_timer)
        super().connection_lost(exc)

    def _watch_request(self) -> None:
        # Between requests there is no cycle, or one that is complete.
        if self.cycle is not None and not self.cycle.response_complete:
            self._request_timer = _cancelled(self._request_timer)
        elif self._request_timer is None:
            self._request_timer = self.loop.call_later(self.request_seconds, self._give_up_request)

    def _give_up_request(self) -> None:
        self._request_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def _watch_reader(self) -> None:
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(self.reader_seconds, self.transport.abort)


def server_config(app: ASGIApp, connection: type[Connection] = Connection) -> uvicorn.Config:
    """Return how uvicorn is to run the service.

    Args:
        app: The service.
        connection: What a connection is.
    """
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType]
        http=connection,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def allow_connections() -> None:
    """Let this process have as many files open as the connections need, as far as the system allows it."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * MOST_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
