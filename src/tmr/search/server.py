"""The service: search an index over HTTP, and a page to look at what it finds."""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from tmr import __version__
from tmr.errors import TMRError
from tmr.search.answers import (
    ErrorAnswer,
    Health,
    Hits,
    ItemAnswer,
    Items,
    PlaybackAnswer,
    hit_answer,
    identifier,
    item_answer,
)
from tmr.search.guard import Guard
from tmr.search.index import Index
from tmr.search.item import Item
from tmr.search.playback import Playback, playback_json
from tmr.search.query import Query as SearchQuery
from tmr.search.reading import ReadingOptions
from tmr.search.threads import Threads

MOST_CHARACTERS = 1_000
MOST_HITS = 100
_PAGE = Path(__file__).with_name("page")
# What items are shown without a query; of a long take as much as an index cuts by default.
_SHOWN_SECONDS = 10.0
_REFUSALS = {
    403: "The file lies outside the library's folder",
    404: "There is no such item, or its file is gone",
    409: "The file is not the one that was indexed",
    422: "A parameter is wrong",
    503: "Too much is waiting, or it took too long; try again soon",
}
_SEARCH_SECONDS, _READING_SECONDS = 20.0, 30.0

Count = Annotated[int, Query(ge=1, le=MOST_HITS, description="How many answers.")]
Seconds = Annotated[float, Query(ge=0, allow_inf_nan=False, description="Seconds from the item's start.")]


class Service:
    """Answers the requests. What takes time runs in a few threads, so that a slow file never holds up a search.

    Args:
        index: What is searched. It is read, never changed.
        options: What is known of files that do not say it themselves.
    """

    def __init__(self, index: Index, options: ReadingOptions) -> None:
        self._index = index
        items = index.items
        self._items = {identifier(item.item): item for item in items}
        self._searching = Threads(2, most_waiting=64, timeout_seconds=_SEARCH_SECONDS, doing="searching")
        self._reading = Threads(2, most_waiting=64, timeout_seconds=_READING_SECONDS, doing="reading")
        self._playback = Playback(index.root, options, self._reading)

    async def health(self) -> Health:
        """Say that the service is there, and what it searches."""
        return Health(
            status="ok", version=__version__, items=len(self._items), checkpoint=self._index.checkpoint_hash[:12]
        )

    async def search(
        self,
        q: Annotated[
            str,
            Query(
                min_length=1,
                max_length=MOST_CHARACTERS,
                description="What the motion shows, in a sentence.",
                examples=["a person waves with the left hand"],
            ),
        ],
        k: Count = 12,
    ) -> Hits:
        """Find the motions that show a sentence, best first."""
        return await self._hits(q, k)

    async def similar(
        self,
        item: Annotated[str, Query(max_length=64, description="An item's id.", examples=["1f0c8a2e94d7b35a60c1"])],
        start: Seconds = 0.0,
        k: Count = 12,
    ) -> Hits:
        """Find the motions most like an item, or like the part of a long take that begins near `start`."""
        name = self._item(item).item
        vector = await self._searching.run(self._index.embedding, name, start)
        others = [hit for hit in (await self._hits(vector, k + 1)).hits if hit.id != item][:k]
        return Hits(hits=[hit.model_copy(update={"rank": rank}) for rank, hit in enumerate(others, start=1)])

    async def items(self, offset: Annotated[int, Query(ge=0, le=10**9)] = 0, k: Count = 12) -> Items:
        """List items in the order of their names."""
        chosen = list(self._items.values())[offset : offset + k]
        return Items(total=len(self._items), items=[item_answer(item, _SHOWN_SECONDS) for item in chosen])

    async def item(self, item_id: str) -> ItemAnswer:
        """Describe one item."""
        return item_answer(self._item(item_id), _SHOWN_SECONDS)

    async def motion(self, item_id: str, start: Seconds = 0.0, end: Seconds | None = None) -> PlaybackAnswer:
        """Give an item's motion to a player: SOMA-30 at 30 fps, at most 60 seconds."""
        item = self._item(item_id)
        if start > item.seconds or (end is not None and end < start):
            raise HTTPException(422, f"there is nothing between start and end; the item lasts {item.seconds:.3f} s")
        motion = await self._playback.motion(item)
        table = playback_json(motion, start, motion.seconds if end is None else end)
        return PlaybackAnswer.model_validate(table)

    async def file(self, item_id: str) -> FileResponse:
        """Download an item's original file."""
        path = await self._playback.file(self._item(item_id))
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")

    def close(self) -> None:
        """Stop working."""
        self._searching.close()
        self._reading.close()

    def _item(self, item_id: str) -> Item:
        if item_id not in self._items:
            raise HTTPException(404, "there is no such item; ids are in the answers of /api/search and /api/items")
        return self._items[item_id]

    async def _hits(self, query: SearchQuery, k: int) -> Hits:
        hits = await self._searching.run(self._index.search, query, k)
        return Hits(hits=[hit_answer(hit) for hit in hits])


def create_app(index: Index, *, options: ReadingOptions | None = None, hosts: frozenset[str] | None = None) -> Guard:
    """Return the service of an index as an ASGI application.

    Args:
        index: What is searched.
        options: What is known of files that do not say it themselves.
        hosts: The names under which it may be asked; None for any.
    """
    service = Service(index, options or ReadingOptions())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

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
    _add_routes(app, service)
    _add_errors(app)
    return Guard(app, hosts)


def _add_routes(app: FastAPI, service: Service) -> None:
    def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
        return {status: {"model": ErrorAnswer, "description": _REFUSALS[status]} for status in statuses}

    of_files = refusals(403, 404, 409, 422, 503)
    app.add_api_route("/api/health", service.health, tags=["service"])
    app.add_api_route("/api/search", service.search, tags=["search"], responses=refusals(422, 503))
    app.add_api_route("/api/similar", service.similar, tags=["search"], responses=refusals(404, 422, 503))
    app.add_api_route("/api/items", service.items, tags=["items"], responses=refusals(422))
    app.add_api_route("/api/items/{item_id}", service.item, tags=["items"], responses=refusals(404, 422))
    app.add_api_route("/api/items/{item_id}/motion", service.motion, tags=["items"], responses=of_files)
    app.add_api_route(
        "/api/items/{item_id}/file", service.file, tags=["items"], responses=of_files, response_class=FileResponse
    )
    # Some machines have another type registered for scripts, and browsers then refuse to run them.
    mimetypes.add_type("text/javascript", ".js")
    app.add_api_route("/", _index_page, include_in_schema=False)
    app.mount("/page", StaticFiles(directory=_PAGE), name="page")


async def _index_page() -> FileResponse:
    return FileResponse(_PAGE / "index.html")


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def wrong_request(_: Request, error: RequestValidationError) -> JSONResponse:
        """Say which parameter is wrong and how, without repeating what came: it may be large."""
        return _error(422, "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors()))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return _error(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(TMRError)
    async def cannot_answer(_: Request, error: TMRError) -> JSONResponse:
        """Pass on what is wrong with a query. What is wrong with the index or the model names folders: for the log."""
        if type(error) is TMRError:
            return _error(422, str(error))
        raise error

    @app.exception_handler(500)
    async def bug(_: Request, __: Exception) -> JSONResponse:
        return _error(500, "the service failed to answer; its log says why")
