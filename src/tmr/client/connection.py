"""Asking a service over HTTP: requests, answers, and what goes wrong with them."""

import contextlib
import http.client
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tmr.errors import TMRError

_LONGEST_PAUSE = 30.0


class ServiceError(TMRError):
    """The service cannot be reached, refuses, or fails.

    Args:
        message: What is wrong, in the service's words.
        status: The HTTP status; None if there was no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Connection:
    """Asks one service; each request has a connection of its own, so several threads may ask.

    Args:
        address: Where the service is.
        token: What the service asks for, if it does.
        timeout_seconds: How long to wait for the service to begin or go on with an answer.
        retries: How often to ask again, after the pause that it names, a service that has too much to do.

    Raises:
        TMRError: If the address or the token is of no use.
    """

    def __init__(self, address: str, token: str | None, timeout_seconds: float, retries: int) -> None:
        parts = urlsplit(address)
        try:
            port = parts.port
        except ValueError as error:
            raise TMRError(f"the address {address!r} has no usable port: {error}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise TMRError(f"{address!r} is no address of a service; expected, say, http://127.0.0.1:8000")
        if token is not None and not (token.isascii() and token.isprintable() and token):
            raise TMRError("the token has characters that cannot be sent; expected printable ASCII")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._prefix = parts.hostname, port, parts.path.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._timeout_seconds, self._retries = timeout_seconds, retries

    def json(
        self,
        method: str,
        path: str,
        asked: Mapping[str, object] | None = None,
        content: bytes | None = None,
        kind: str | None = None,
    ) -> dict[str, Any]:
        """Return an answer as a table.

        Args:
            method: GET, POST or DELETE.
            path: From the service's own path on.
            asked: Parameters; None leaves one out.
            content: What is sent, if anything.
            kind: Its content type.

        Raises:
            ServiceError: If the service refuses, fails, or cannot be reached.
        """
        response = self.request(method, path, asked or {}, content, kind)
        try:
            answer = json.loads(read_body(response))
        except ValueError as error:
            raise ServiceError(f"what answers at {self._place} is no service of tmr: {error}") from error
        finally:
            response.close()
        if not isinstance(answer, dict):
            raise ServiceError(f"what answers at {self._place} is no service of tmr: it sent no object")
        return answer

    @property
    def _place(self) -> str:
        return f"{self._host}:{self._port}" if self._port else self._host

    def request(
        self,
        method: str,
        path: str,
        asked: Mapping[str, object],
        content: bytes | None = None,
        kind: str | None = None,
    ) -> http.client.HTTPResponse:
        """Return an answer that is no error; its body is still to be read, and it is to be closed. See `json`."""
        query = urlencode({name: _plain(value) for name, value in asked.items() if value is not None})
        address = f"{self._prefix}{path}?{query}"
        headers = self._headers if kind is None else {**self._headers, "Content-Type": kind}
        left = self._retries
        while True:
            response = self._answer(method, address, content, headers)
            # 202 says in its body how far something is that takes a while.
            if response.status in (200, 202):
                return response
            refusal, pause = _refusal(response), response.headers.get("Retry-After", "")
            may_ask_again = response.status in (429, 503) and pause.isdecimal() and float(pause) <= _LONGEST_PAUSE
            if left <= 0 or not may_ask_again:
                raise refusal
            left -= 1
            time.sleep(float(pause))

    def _answer(
        self, method: str, address: str, content: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection = self._kind(self._host, self._port, timeout=self._timeout_seconds)
        try:
            # A service that refuses what is sent answers before it has all of it; on Windows sending is then aborted.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
                # After one answer the socket belongs to it and is closed with it.
                connection.request(method, address, content, {**headers, "Connection": "close"})
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ServiceError(
                f"the service at {self._place} cannot be reached ({error or type(error).__name__}); is `tmr serve` "
                "running there?"
            ) from error


def read_body(response: http.client.HTTPResponse, most: int | None = None) -> bytes:
    """Return the body of an answer, or the next part of it.

    Raises:
        ServiceError: If it breaks off.
    """
    try:
        return response.read(most)
    except (OSError, http.client.HTTPException) as error:
        raise ServiceError(f"the service's answer broke off ({error or type(error).__name__}); ask again") from error


def _refusal(response: http.client.HTTPResponse) -> ServiceError:
    try:
        message = str(json.loads(read_body(response))["error"])
    except (ValueError, KeyError, TypeError):
        message = f"the service answered {response.status} {response.reason}"
    return ServiceError(message, response.status)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def form(paths: Sequence[Path]) -> tuple[bytes, str]:
    """Return files as the body of a form, and its content type.

    Raises:
        TMRError: If one cannot be read.
    """
    boundary = uuid.uuid4().hex
    parts: list[bytes] = []
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TMRError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
        name = quote(path.name, safe=" ()+,.-_")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts += [f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
