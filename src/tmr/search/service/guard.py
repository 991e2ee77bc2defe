"""What every answer of the service has in common: security headers, a count, a line in the log, and a known host."""

import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

# The page needs nothing from elsewhere, and nobody else's page may read or frame it.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_log = logging.getLogger("tmr.serve")
# Told of every answer: the route (not the path, of which there are endlessly many), the method, status and seconds.
Seen = Callable[[str, str, int, float], None]


class Guard:
    """Wraps the service, errors included.

    Args:
        app: The service.
        hosts: The names under which it may be asked; None for any. A service on the own machine takes only the names
            of the own machine: another site's page could otherwise reach it by a host name that it points here.
        seen: Told of every answer.
        log: `none`, `paths`, or `queries` for what is asked as well.
    """

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str] | None, *, seen: Seen | None = None, log: str = "none"
    ) -> None:
        self.app, self._hosts, self._seen, self._logged = app, hosts, seen, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                is_page = scope["path"] == "/" or scope["path"].startswith("/page/")
                headers.setdefault("Cache-Control", "no-cache" if is_page else "no-store")
            await send(message)

        app = self.app
        if self._hosts is not None and _host_name(Headers(scope=scope).get("host", "")) not in self._hosts:
            app = JSONResponse({"error": "this service answers only under the name of its own machine"}, 421)
        try:
            await app(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        if self._seen is not None:
            route = scope.get("route")
            path = "other" if route is None else getattr(route, "path", "other")
            self._seen(path or "other", scope["method"], status, seconds)
        if self._logged != "none":
            # As it came, percent-encoded: it cannot begin a new line.
            asked = scope.get("raw_path", b"").decode("ascii", "backslashreplace")
            if self._logged == "queries" and scope["query_string"]:
                asked += "?" + scope["query_string"].decode("ascii", "backslashreplace")
            client = (scope.get("client") or ("-",))[0]
            _log.info("%s %s %s %d %.1f ms", client, scope["method"], asked, status, 1000 * seconds)


def _host_name(host: str) -> str:
    """Return a Host header without its port and without the brackets of IPv6."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
