"""The service: search indexes over HTTP, and a page to look at what is found."""

import logging
import mimetypes
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from tmr import __version__
from tmr.errors import IndexFolderError, ModelError, TMRError
from tmr.search.identifier import DIGITS
from tmr.search.index import Index
from tmr.search.service.answers import ErrorAnswer
from tmr.search.service.browsing import Browsing
from tmr.search.service.bundles import Bundles
from tmr.search.service.changing import Changing
from tmr.search.service.desk import Desk, Settings
from tmr.search.service.gate import Gate, Rates
from tmr.search.service.guard import Guard
from tmr.search.service.mapping import MapAnswer, MapRoutes
from tmr.search.service.opened import NO_SUCH_ITEM
from tmr.search.service.routes import AddingRoute, StrictRoute, UploadRoute
from tmr.search.service.searching import Searching
from tmr.search.service.status import StatusRoutes
from tmr.search.service.uploads import BODY

_PAGE = Path(__file__).with_name("page")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
_REFUSALS = {
    400: "What was sent cannot be read",
    401: "A token is needed",
    403: "The file lies outside the library's folder, or the request may not change anything",
    404: "There is no such index or item, or its file is gone",
    408: "What was sent did not come in time",
    409: "The file is not the one that was indexed, or there is no place for one",
    413: "What was sent is too large",
    415: "A file is sent as a form or as it is",
    422: "A parameter, a query, a filter or a file is wrong",
    429: "Too many requests; Retry-After says when to go on",
    503: "Too much is waiting, it took too long, or the index cannot be read; try again soon",
}
_ALWAYS = (401, 429)
_SENT = (400, 408, 413)
# A client may send so many seconds' requests at once: a page asks for a dozen motions together.
_BURST_SECONDS = 4.0

_NO_ID = re.compile(rf"/api/items/(?![0-9a-f]{{{DIGITS}}}/)")
_NOTHING_HERE = "there is nothing at this address; /api/openapi.json says what there is"
_ONLY_READ = "nothing is added or removed here: the service was started without --writable"

_log = logging.getLogger("tmr.serve")


def create_app(index: Index | Mapping[str, Index], *, settings: Settings | None = None) -> Guard:
    """Return the service of an index, or of several by their names, as an ASGI application.

    Args:
        index: What is searched; of several, the first one where a request names none.
        settings: How the service is run; the defaults let everyone ask and nobody change anything.
    """
    settings = settings or Settings()
    desk = Desk(index if isinstance(index, Mapping) else {"default": index}, settings)

    maps = MapRoutes(desk)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await maps.close()
        await desk.close()

    app = FastAPI(
        title="TMR",
        version=__version__,
        description='Type a sentence, find the human motions that show it. Errors are JSON: `{"error": "…"}`.',
        # The interactive pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.router.route_class = StrictRoute
    app.state.uploads = desk.uploads
    _add_searching(app, Searching(desk))
    _add_browsing(app, Browsing(desk))
    _add_bundles(app, Bundles(desk))
    _add_map(app, maps)
    _add_status(app, StatusRoutes(desk))
    if settings.writable:
        _add_changing(app, Changing(desk))
    _add_page(app)
    _add_errors(app, writable=settings.writable)
    rate = settings.requests_per_second
    gate = Gate(
        app,
        tokens=settings.tokens,
        rates=None if rate is None else Rates(rate, max(_BURST_SECONDS * rate, 1)),
        upload_bytes=settings.upload_bytes,
        origins=settings.origins,
    )
    shared = gate
    if settings.origins:
        shared = CORSMiddleware(
            gate,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    return Guard(shared, settings.hosts, seen=desk.metrics.answered, log=settings.log)


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"model": ErrorAnswer, "description": _REFUSALS[status]} for status in sorted((*statuses, *_ALWAYS))
    }


def _add_searching(app: FastAPI, routes: Searching) -> None:
    asked = {"tags": ["search"], "responses": _refusals(404, 422, 503)}
    sent = {"tags": ["search"], "methods": ["POST"], "responses": _refusals(*_SENT, 403, 404, 422, 503)}
    app.add_api_route("/api/search", routes.search, summary="Search by a sentence", **asked)
    app.add_api_route("/api/similar", routes.similar, summary="Search by an item", **asked)
    app.add_api_route("/api/search", routes.ask, summary="Search by a sentence, an item, an embedding or a mix", **sent)
    app.add_api_route("/api/search/batch", routes.batch, summary="Several searches at once", **sent)
    sent_files = {**sent, "responses": sent["responses"] | _refusals(415)}
    sent_files |= {"openapi_extra": BODY, "route_class_override": UploadRoute}
    add = app.router.add_api_route
    add("/api/embed/file", routes.embed_file, summary="Embed a motion file", **sent_files)
    add("/api/search/file", routes.by_file, summary="Search by a motion file", **sent_files)


def _add_browsing(app: FastAPI, routes: Browsing) -> None:
    of_items: dict[str, Any] = {"tags": ["items"], "responses": _refusals(404, 422, 503)}
    of_files: dict[str, Any] = {"tags": ["items"], "responses": _refusals(403, 404, 409, 422, 503)}
    app.add_api_route("/api/items", routes.items, summary="List items", **of_items)
    app.add_api_route("/api/fields", routes.fields, summary="What a filter may name", **of_items)
    app.add_api_route("/api/items/{item_id}", routes.item, summary="One item", **of_items)
    app.add_api_route("/api/items/{item_id}/motion", routes.motion, summary="A motion for a player", **of_files)
    of_files["responses"] |= {
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    }
    app.add_api_route(
        "/api/items/{item_id}/file", routes.file, summary="Download a motion", response_class=Response, **of_files
    )


def _add_bundles(app: FastAPI, routes: Bundles) -> None:
    app.add_api_route(
        "/api/zip",
        routes.bundle,
        methods=["POST"],
        tags=["items"],
        summary="Download several motions as one .zip",
        response_class=Response,
        responses=_refusals(*_SENT, 403, 404, 422, 503)
        | {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    )


def _add_changing(app: FastAPI, routes: Changing) -> None:
    app.router.add_api_route(
        "/api/items",
        routes.add,
        methods=["POST"],
        tags=["changes"],
        summary="Add motion files",
        openapi_extra=BODY,
        route_class_override=AddingRoute,
        responses=_refusals(*_SENT, 403, 404, 409, 415, 422, 503),
    )
    app.add_api_route(
        "/api/items/{item_id}",
        routes.remove,
        methods=["DELETE"],
        tags=["changes"],
        summary="Remove an item",
        responses=_refusals(403, 404, 422, 503),
    )


def _add_map(app: FastAPI, routes: MapRoutes) -> None:
    answers: dict[int | str, dict[str, Any]] = {
        200: {"model": MapAnswer},
        202: {"model": MapAnswer, "description": "It is being made; Retry-After says when to ask again"},
        304: {"description": "It is what the request's If-None-Match says"},
    }
    app.add_api_route(
        "/api/map",
        routes.map,
        tags=["map"],
        summary="The map of the library",
        response_class=Response,
        responses=answers | _refusals(404, 422, 503),
    )
    app.add_api_route(
        "/api/map/path", routes.path, tags=["map"], summary="A long take on it", responses=_refusals(404, 422, 503)
    )


def _add_status(app: FastAPI, routes: StatusRoutes) -> None:
    app.add_api_route(
        "/api/health", routes.health, tags=["service"], summary="What is searched", responses=_refusals(404, 422, 503)
    )
    app.add_api_route("/api/live", routes.live, tags=["service"], summary="Whether it runs", responses=_refusals())
    app.add_api_route(
        "/api/ready", routes.ready, tags=["service"], summary="Whether it can search", responses=_refusals(503)
    )
    app.add_api_route(
        "/api/indexes", routes.indexes, tags=["service"], summary="The indexes by name", responses=_refusals()
    )
    app.add_api_route(
        "/metrics",
        routes.metrics,
        tags=["service"],
        summary="Counters for Prometheus",
        response_class=Response,
        responses=_refusals() | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )


def _add_page(app: FastAPI) -> None:
    # Windows may have another type registered for scripts or styles, and browsers then refuse to use them.
    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)
    app.add_api_route("/", _index_page, include_in_schema=False)
    app.mount("/page", StaticFiles(directory=_PAGE), name="page")


async def _index_page() -> FileResponse:
    return FileResponse(_PAGE / "index.html")


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    # What came may hold halves of characters that cannot be sent.
    message = message.encode("utf-8", "replace").decode("utf-8")
    return JSONResponse({"error": message}, status, dict(headers or {}))


def _add_errors(app: FastAPI, *, writable: bool) -> None:
    @app.exception_handler(RequestValidationError)
    async def wrong_request(_: Request, error: RequestValidationError) -> JSONResponse:
        """Say which parameter is wrong and how, without repeating what came: it may be large."""
        problems = [f"{_place(problem['loc'])}: {problem['msg'][:200]}" for problem in error.errors()[:5]]
        return _error(422, "; ".join(problems))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        message = str(error.detail)
        if error.status_code == 404 and message == "Not Found":
            # No route fits; so it is with a name of an item in the place of an id, as names may hold slashes.
            message = NO_SUCH_ITEM if _NO_ID.match(request.scope["path"]) else _NOTHING_HERE
        elif error.status_code == 405:
            changes = request.method in ("POST", "DELETE") and request.scope["path"].startswith("/api/items")
            message = (
                _ONLY_READ
                if changes and not writable
                else f"{request.method} is not for this address; /api/openapi.json says what is"
            )
        return _error(error.status_code, message, error.headers)

    @app.exception_handler(TMRError)
    async def cannot_answer(_: Request, error: TMRError) -> JSONResponse:
        """Pass on what is wrong with a query. What is wrong with the index or the model names folders: for the log."""
        if isinstance(error, IndexFolderError | ModelError):
            _log.error("%s", error)
            return _error(503, "the index cannot be used now; the service's log says why", {"Retry-After": "5"})
        return _error(422, str(error))

    @app.exception_handler(500)
    async def bug(_: Request, __: Exception) -> JSONResponse:
        return _error(500, "the service failed to answer; its log says why")


def _place(location: tuple[int | str, ...]) -> str:
    """Return where in a request something is wrong: the parameter, or the way to it in the body."""
    names = [str(name)[:60] for name in location[1:]]
    return ".".join(names) or str(location[0])
