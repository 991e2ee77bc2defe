"""Who may ask, how often and how much: tokens, rates, and the size and time of what is sent."""

import asyncio
import base64
import binascii
import hmac
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 60.0
# What a machine asks to see whether the service is there; no token is needed, and nothing is told.
OPEN_PATHS = frozenset({"/api/live", "/api/ready"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_CLIENTS = 10_000
# What a request for files may send is for the administrator to say; no other needs more than this.
MOST_JSON_BYTES = 1_000_000
UPLOAD_PATHS = frozenset({"/api/search/file", "/api/embed/file", "/api/items"})
_MOST_HEADER_BYTES = 65_536


class Rates:
    """How often each client may ask: a bucket of tokens that fills steadily; each request takes one.

    Args:
        per_second: How many requests a client may send in the long run.
        burst: How many at once.
        most_clients: How many clients are remembered; those that asked longest ago are forgotten first.
        clock: Seconds.
    """

    def __init__(
        self,
        per_second: float,
        burst: float,
        *,
        most_clients: int = _MOST_CLIENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second, self._burst, self._most_clients, self._clock = per_second, burst, most_clients, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take a token of a client's bucket.

        Returns:
            0 if there was one; else the seconds until there is.
        """
        now = self._clock()
        left, then = self._buckets.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        wait = 0.0 if left >= 1 else (1 - left) / self._per_second
        self._buckets[client] = (left - 1 if wait == 0 else left, now)
        if len(self._buckets) > self._most_clients:
            self._buckets.popitem(last=False)
        return wait


class Gate:
    """Wraps the service; what it refuses costs next to nothing.

    Args:
        app: The service.
        tokens: Whoever knows one may ask; empty if everyone may.
        rates: How often each client may; None for any.
        upload_bytes: The longest body that is taken where files are sent.
        origins: Other sites whose pages may ask.
        body_seconds: How long a body may take to come.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Collection[str],
        rates: Rates | None,
        upload_bytes: int,
        origins: Collection[str],
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.app, self._tokens, self._rates = app, tuple(token.encode() for token in tokens), rates
        self._upload_bytes, self._origins, self._body_seconds = upload_bytes, frozenset(origins), body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self.app(scope, self._limited(receive, self._most_bytes(scope)), send)

    def _refusal(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        head = [*scope["headers"], (scope["query_string"], scope.get("raw_path", b""))]
        if sum(len(name) + len(value) for name, value in head) > _MOST_HEADER_BYTES:
            return _refused(431, f"address and headers have more than {_MOST_HEADER_BYTES:,} bytes")
        wait = 0.0 if self._rates is None else self._rates.take(_client(scope))
        if wait > 0:
            return _refused(429, "too many requests; slow down", {"Retry-After": str(math.ceil(wait))})
        if scope["path"] not in OPEN_PATHS and self._tokens and not self._knows_token(headers):
            # Basic lets a browser ask its user: any name, and the token as the password.
            return _refused(
                401,
                "a token is needed; send it as: Authorization: Bearer TOKEN",
                {"WWW-Authenticate": 'Basic realm="tmr", charset="UTF-8"'},
            )
        if scope["method"] not in _SAFE_METHODS and not self._is_own_page(headers, scope):
            return _refused(403, "pages of other sites may not send to this service")
        length, most = headers.get("content-length", "0"), self._most_bytes(scope)
        if not length.isdecimal() or int(length[:20]) > most:
            return _refused(413, _too_large(most), {"Connection": "close"})
        return None

    def _most_bytes(self, scope: Scope) -> int:
        return self._upload_bytes if scope["path"] in UPLOAD_PATHS else MOST_JSON_BYTES

    def _knows_token(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip().encode("utf-8", "surrogateescape")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif kind.lower() != "bearer":
            return False
        # Every token is compared whole, so that the time tells nothing.
        return any([hmac.compare_digest(given, token) for token in self._tokens])

    def _is_own_page(self, headers: Headers, scope: Scope) -> bool:
        """Whether a browser sent this for the service's own page or a named one, or it was no browser at all."""
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        return origin.partition("://")[2].lower() == headers.get("host", "").lower()

    def _limited(self, receive: Receive, most_bytes: int) -> Receive:
        """Return what gives a body piece by piece, until it is too long or takes too long."""
        deadline = asyncio.get_running_loop().time() + self._body_seconds
        count, complete = 0, False

        async def receive_limited() -> Message:
            nonlocal count, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408, f"what was sent did not come within {self._body_seconds:g} s", {"Connection": "close"}
                ) from None
            count += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if count > most_bytes:
                raise HTTPException(413, _too_large(most_bytes), {"Connection": "close"})
            return message

        return receive_limited


def check_bearer(headers: Headers) -> None:
    """Refuse who does not carry the token itself: what a browser remembers for `Basic` it adds to any request.

    Raises:
        HTTPException: 403.
    """
    if not headers.get("authorization", "").lower().startswith("bearer "):
        raise HTTPException(403, "to change something, send the token as: Authorization: Bearer TOKEN")


def _client(scope: Scope) -> str:
    """Return what tells one client from another: its address, of IPv6 the network that a household gets."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((host, 64), strict=False)) if address.version == 6 else host


def _too_large(most_bytes: int) -> str:
    return f"what was sent has more than {most_bytes:,} bytes"


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers)
