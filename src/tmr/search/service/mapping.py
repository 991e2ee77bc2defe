"""The routes of the map: where every item of an index stands, what regions are called, and the way of a long take."""

import asyncio
import base64
import hashlib
from typing import Annotated

import numpy as np
from fastapi import Query as Parameter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from tmr.search.map.placing import place
from tmr.search.map.source import Source
from tmr.search.map.view import Colouring, coloured, fields_to_colour_by, inside
from tmr.search.service.answers import readable
from tmr.search.service.desk import Desk
from tmr.search.service.maps import Mapped, Maps
from tmr.search.service.opened import Snapshot
from tmr.search.service.questions import IndexName, Where

_MOST_HOSTS = 20_000
_FINEST = 65_535  # places are sent as whole numbers of 16 bits
_JSON = "application/json"


class MapLabel(BaseModel):
    """A name on the map."""

    text: str
    level: int = Field(description="0 for the widest regions, 3 for groups of a few items.")
    x: float
    y: float
    count: int = Field(description="How many items it is said of.")
    guessed: bool = Field(description="No name or field says it: the model was asked what the motions look like.")


class MapColours(BaseModel):
    """A colour an item, by a field."""

    field: str
    kind: str = Field(description="`number` or `text`.")
    codes: str = Field(
        description="Base64 of a byte an item: of texts the place in `values`, 254 for a rarer one; of numbers 0 to "
        "200 from `lowest` to `highest`; 255 for an item without the field."
    )
    values: list[tuple[str, int]] = Field(description="Of texts: the most frequent, each with the number of its items.")
    lowest: float | None = None
    highest: float | None = None


class MapAnswer(BaseModel):
    """The map of an index. Columns have a value an item, all in the same order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "ready",
                    "share": 1.0,
                    "items": 2,
                    "ids": "HwyKLpTXs1pgwR8Mii6U17NaYMI=",
                    "x": "AIAAkA==",
                    "y": "AIAAcA==",
                    "labels": [{"text": "walk", "level": 0, "x": 0.5, "y": 0.47, "count": 2, "guessed": False}],
                    "inside": None,
                    "colours": None,
                    "fields": ["folder", "seconds"],
                }
            ]
        }
    )

    state: str = Field(
        description="`making` until there is a map: ask again after Retry-After. `updating` if items have come or gone "
        "and the newer map is being made. Else `ready`."
    )
    share: float = Field(description="How much of a map that is being made is done, 0 to 1.")
    items: int = Field(default=0, description="How many items stand on the map.")
    ids: str = Field(default="", description="Base64 of ten bytes an item: its id, two hexadecimal digits a byte.")
    x: str = Field(
        default="", description="Base64 of little-endian 16-bit whole numbers, 0 to 65,535 from side to side."
    )
    y: str = Field(default="", description="The same, upwards.")
    labels: list[MapLabel] = []
    inside: str | None = Field(default=None, description="With `where`: base64 of a byte an item, 1 if it passes.")
    colours: MapColours | None = None
    fields: list[str] = Field(default=[], description="What `colour` may name.")


class MapPath(BaseModel):
    """The windows of a long take on the map, in the order of time."""

    start_seconds: list[float]
    x: list[float] = Field(description="0 to 1.")
    y: list[float]


class MapRoutes:
    """Answers what is asked of maps.

    Args:
        desk: What all routes share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._maps = Maps()

    async def map(
        self,
        request: Request,
        where: Where = None,
        colour: Annotated[
            str | None, Parameter(max_length=100, description="A field that colours the items.", examples=["folder"])
        ] = None,
        index: IndexName = None,
    ) -> Response:
        """Give the map of the library: a place for every item, like ones near each other, and names for regions.

        It is made when it is first asked for: 202 until it is there. `where` tells which items pass; all are sent.
        """
        name = self._desk.open_index(index).name
        snapshot = await self._desk.snapshot(index)
        found = await self._maps.get(name, snapshot)
        if not isinstance(found, Mapped):
            answer = MapAnswer(state="making", share=round(found, 2))
            return Response(answer.model_dump_json(), 202, {"Retry-After": "1"}, _JSON)
        answer = await asyncio.to_thread(_answer, found, snapshot, where or None, colour or None)
        tag = f'"{hashlib.sha256(answer.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(answer, headers=headers, media_type=_JSON)

    async def path(
        self,
        item: Annotated[str, Parameter(max_length=64, description="An item's id.", examples=["1f0c8a2e94d7b35a60c1"])],
        index: IndexName = None,
    ) -> MapPath:
        """Tell where the windows of a long take stand on the map; nothing for an item of one window."""
        name = self._desk.open_index(index).name
        snapshot = await self._desk.snapshot(index)
        described = snapshot.item(item)
        found = await self._maps.get(name, snapshot)
        if not isinstance(found, Mapped):
            return MapPath(start_seconds=[], x=[], y=[])
        return await asyncio.to_thread(_path, found, snapshot, described.item)

    async def close(self) -> None:
        """End what is being made."""
        await self._maps.close()


def _answer(found: Mapped, snapshot: Snapshot, where: str | None, colour: str | None) -> str:
    content, made = found.snapshot.index.content, found.map
    # Items that were removed since are left out of the older map.
    stays = np.ones(len(made.ids), dtype=bool)
    if found.is_old:
        stays = np.array([bytes(one).hex() in snapshot.items for one in made.ids], dtype=bool)
    places = np.rint(np.clip(made.places[stays], 0, 1) * _FINEST).astype("<u2")
    return MapAnswer(
        state="updating" if found.is_old else "ready",
        share=1.0,
        items=int(stays.sum()),
        ids=_base64(made.ids[stays]),
        x=_base64(places[:, 0]),
        y=_base64(places[:, 1]),
        labels=[MapLabel(**{**vars(label), "text": readable(label.text)}) for label in made.labels],
        inside=None if where is None else _base64(inside(content, where)[stays].astype(np.uint8)),
        colours=None if colour is None else _colours(colour, coloured(content, colour), stays),
        fields=[readable(name) for name in fields_to_colour_by(content)],
    ).model_dump_json()


def _colours(field: str, colouring: Colouring, stays: np.ndarray) -> MapColours:
    return MapColours(
        field=readable(field),
        kind=colouring.kind,
        codes=_base64(colouring.codes[stays]),
        values=[(readable(text), count) for text, count in colouring.values],
        lowest=colouring.lowest,
        highest=colouring.highest,
    )


def _path(found: Mapped, snapshot: Snapshot, item: str) -> MapPath:
    starts, vectors = snapshot.index.content.longest_windows(item)
    if len(starts) < 2:
        return MapPath(start_seconds=[], x=[], y=[])
    hosts = np.arange(len(found.map.ids))[:_MOST_HOSTS]
    places = place(vectors, Source(found.snapshot.index.content).vectors(hosts), found.map.places[hosts])
    columns = (np.round(column, 4).tolist() for column in (starts, places[:, 0], places[:, 1]))
    return MapPath(**dict(zip(("start_seconds", "x", "y"), columns, strict=True)))


def _base64(column: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(column).tobytes()).decode("ascii")
