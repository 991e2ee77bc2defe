"""The routes of items: lists, details, what a player shows, and files to take away."""

import asyncio
from pathlib import PurePosixPath
from typing import Annotated, Literal

from fastapi import Query as Parameter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from tmr.errors import MotionFileError
from tmr.files import part_name
from tmr.search.identifier import identifier
from tmr.search.item import Item
from tmr.search.service.answers import Fields, ItemAnswer, Items, PlaybackAnswer, field_answer, item_answer, readable
from tmr.search.service.desk import Desk
from tmr.search.service.downloads import file_of
from tmr.search.service.opened import Snapshot
from tmr.search.service.playback import playback_json
from tmr.search.service.questions import Count, IndexName, Seconds, Where

# What items are shown without a query; of a long take as much as an index cuts by default.
_SHOWN_SECONDS = 10.0


class Browsing:
    """Answers what is asked of items.

    Args:
        desk: What all routes share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def items(
        self,
        offset: Annotated[int, Parameter(ge=0, le=10**9)] = 0,
        k: Count = 12,
        where: Where = None,
        index: IndexName = None,
    ) -> Items:
        """List items in the order of their names."""
        snapshot = await self._desk.snapshot(index)
        return await asyncio.to_thread(_listed, snapshot, where, offset, k)

    async def fields(self, index: IndexName = None) -> Fields:
        """Tell what a filter may name, with the range or the most frequent values of each field."""
        snapshot = await self._desk.snapshot(index)
        found = await asyncio.to_thread(snapshot.index.fields)
        return Fields(fields=[field_answer(field) for field in found])

    async def item(self, item_id: str, index: IndexName = None) -> ItemAnswer:
        """Describe one item."""
        snapshot = await self._desk.snapshot(index)
        return await asyncio.to_thread(_described, snapshot, snapshot.item(item_id))

    async def motion(
        self, item_id: str, start: Seconds = 0.0, end: Seconds | None = None, index: IndexName = None
    ) -> PlaybackAnswer:
        """Give an item's motion to a player: SOMA-30 at 30 fps, at most 60 seconds."""
        snapshot = await self._desk.snapshot(index)
        _check_part(snapshot.item(item_id), start, end)
        motion = await self._desk.playback.motion(self._desk.source(snapshot, item_id))
        table = playback_json(motion, start, motion.seconds if end is None else end)
        return PlaybackAnswer.model_validate(table)

    async def file(
        self,
        item_id: str,
        kind: Annotated[
            Literal["original", "bvh", "npz"],
            Parameter(alias="format", description="As it is in the library; or on SOMA at 30 fps."),
        ] = "original",
        start: Seconds = 0.0,
        end: Seconds | None = None,
        index: IndexName = None,
    ) -> Response:
        """Download an item: its original file, or what was made of it for the encoder, from `start` to `end`."""
        snapshot = await self._desk.snapshot(index)
        item, source = snapshot.item(item_id), self._desk.source(snapshot, item_id)
        if kind == "original":
            if start or end is not None:
                raise HTTPException(422, "start and end: an original file is given whole; choose format bvh or npz")
            path = await self._desk.playback.file(source)
            return FileResponse(path, filename=readable(path.name), media_type="application/octet-stream")
        _check_part(item, start, end)
        motion = await self._desk.playback.motion(source)
        try:
            content = await self._desk.reader.threads.run(file_of, motion, kind, start, end)
        except MotionFileError as error:
            raise HTTPException(422, f"the motion cannot be written as {kind}: {error}") from None
        return _attachment(content, part_name(PurePosixPath(readable(item.item)).stem, f".{kind}", start, end))


def _check_part(item: Item, start: float, end: float | None) -> None:
    if start > item.seconds or (end is not None and end < start):
        raise HTTPException(422, f"there is nothing between start and end; the item lasts {item.seconds:.3f} s")


def _listed(snapshot: Snapshot, where: str | None, offset: int, k: int) -> Items:
    found = list(snapshot.items.values()) if not where else snapshot.index.items_where(where)
    return Items(total=len(found), items=[_described(snapshot, item) for item in found[offset : offset + k]])


def _described(snapshot: Snapshot, item: Item) -> ItemAnswer:
    has_file = snapshot.has_file(identifier(item.item))
    return item_answer(item, _SHOWN_SECONDS, snapshot.index.describe(item.item), has_file=has_file)


def _attachment(content: bytes, name: str) -> Response:
    from urllib.parse import quote

    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
    return Response(content, media_type="application/octet-stream", headers=headers)
