"""Several motions as one .zip, written while it is sent: only one of them is in memory at a time."""

import asyncio
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import IO, Literal, cast

from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from tmr.errors import MotionFileError
from tmr.files import part_name, parts_below, portable_name
from tmr.motion.formats.acclaim import skeletons_beside
from tmr.search.service.answers import readable
from tmr.search.service.desk import MEGABYTE, Desk
from tmr.search.service.downloads import file_of
from tmr.search.service.opened import Snapshot
from tmr.search.service.playback import Source
from tmr.search.service.questions import IndexName, Strict

MOST_ITEMS = 100
MOST_BYTES = 500 * MEGABYTE
_REPORT = "not included.txt"
_COPY_BYTES = 1 << 20
# The oldest date that a zip can hold; the same items then give the same file.
_DATE = (1980, 1, 1, 0, 0, 0)

_EXAMPLE = {"items": [{"item": "1f0c8a2e94d7b35a60c1"}, {"item": "1f0c8a2e94d7b35a60c1", "start_seconds": 2.5}]}


class BundlePart(Strict):
    """An item, or a part of it."""

    item: str = Field(max_length=64, description="An item's id.")
    start_seconds: float = Field(0.0, ge=0, allow_inf_nan=False, description="Where the part begins.")
    end_seconds: float | None = Field(None, ge=0, allow_inf_nan=False, description="Where it ends; the item's end.")


class BundleQuestion(Strict):
    """What is to be packed, and how."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{**_EXAMPLE, "format": "bvh"}]})

    items: list[BundlePart] = Field(min_length=1, max_length=MOST_ITEMS)
    format: Literal["original", "bvh", "npz"] = Field(
        "original", description="As they are in the library, always whole; or on SOMA at 30 fps, cut."
    )


class _Pipe:
    """A file that can only be written to, and gives what was written piece by piece."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, content: bytes) -> int:
        self._written += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        content = bytes(self._written)
        self._written.clear()
        return content


class Bundles:
    """Packs items.

    Args:
        desk: What all routes share.
        most_bytes: Once so much was packed, the rest is named as left out.
    """

    def __init__(self, desk: Desk, most_bytes: int = MOST_BYTES) -> None:
        self._desk, self._most_bytes = desk, most_bytes

    async def bundle(self, question: BundleQuestion, index: IndexName = None) -> StreamingResponse:
        """Download several items as one .zip; a text in it names those that could not be included, and why."""
        snapshot = await self._desk.snapshot(index)
        headers = {"Content-Disposition": 'attachment; filename="motions.zip"'}
        return StreamingResponse(self._packed(snapshot, question), media_type="application/zip", headers=headers)

    async def _packed(self, snapshot: Snapshot, question: BundleQuestion) -> AsyncIterator[bytes]:
        pipe, names, left_out, size = _Pipe(), _Names(), [], 0
        # The pipe cannot be sought in; zipfile notices and writes accordingly.
        with zipfile.ZipFile(cast(IO[bytes], pipe), "w") as archive:
            for part in question.items:
                try:
                    if size >= self._most_bytes:
                        raise HTTPException(413, f"{size / MEGABYTE:,.0f} MB come before it; ask for it apart")
                    async for _ in self._added(snapshot, part, question.format, archive, names):
                        piece = pipe.taken()
                        size += len(piece)
                        yield piece
                except HTTPException as error:
                    left_out.append(f"{_shown(snapshot, part)}: {error.detail}")
                except OSError as error:
                    left_out.append(f"{_shown(snapshot, part)}: {error.strerror or 'it cannot be read'}")
                except MotionFileError as error:
                    left_out.append(f"{_shown(snapshot, part)}: it cannot be written as {question.format}: {error}")
            if left_out:
                archive.writestr(_entry(names.new(_REPORT)), "\n".join([*left_out, ""]))
        yield pipe.taken()

    async def _added(
        self, snapshot: Snapshot, part: BundlePart, kind: str, archive: zipfile.ZipFile, names: "_Names"
    ) -> AsyncIterator[None]:
        """Add one item to an archive, and give way after every piece."""
        name = readable(snapshot.item(part.item).item)
        source = self._desk.source(snapshot, part.item)
        if kind == "original":
            path = await self._desk.playback.file(source)
            async for _ in _copied(archive, names.new(name), path):
                yield
            for skeleton in skeletons_of(path, source):
                if not _may_be_sent(skeleton, source):
                    raise HTTPException(403, f"its skeleton {skeleton.name} lies outside the library and is left out")
                beside = str(PurePosixPath(name).with_name(readable(skeleton.name)))
                if names.is_new(beside):
                    async for _ in _copied(archive, names.new(beside), skeleton):
                        yield
        else:
            motion = await self._desk.playback.motion(source)
            cut = (part.start_seconds, part.end_seconds)
            content = await self._desk.reader.threads.run(file_of, motion, kind, *cut)
            path = PurePosixPath(name)
            entry = _entry(names.new(str(path.with_name(part_name(path.stem, f".{kind}", *cut)))))
            await asyncio.to_thread(archive.writestr, entry, content)
        yield


def _shown(snapshot: Snapshot, part: BundlePart) -> str:
    """Return the item's name, or what was asked for if there is none."""
    return readable(snapshot.items[part.item].item if part.item in snapshot.items else part.item)


class _Names:
    """Gives files of a zip names that lead nowhere else, can be unpacked on every system, and are all different."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def is_new(self, name: str) -> bool:
        """Return whether no file has this very name yet."""
        return str(_as_packed(name)).lower() not in self._given

    def new(self, name: str) -> str:
        """Return a name like the given one."""
        path = _as_packed(name)
        found, number = path, 1
        while str(found).lower() in self._given:
            number += 1
            found = path.with_name(f"{path.stem} ({number}){path.suffix}")
        self._given.add(str(found).lower())
        return str(found)


def _as_packed(name: str) -> PurePosixPath:
    return PurePosixPath(*map(portable_name, parts_below(name)))


async def _copied(archive: zipfile.ZipFile, name: str, path: Path) -> AsyncIterator[None]:
    """Copy a file into an archive, and give way after every piece."""
    with path.open("rb") as file, archive.open(_entry(name), "w", force_zip64=True) as entry:
        while piece := await asyncio.to_thread(file.read, _COPY_BYTES):
            await asyncio.to_thread(entry.write, piece)
            yield


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def skeletons_of(path: Path, source: Source) -> list[Path]:
    """Return the skeletons that an AMC file needs; one that is a link out of its folder stays where it is."""
    if path.suffix.lower() != ".amc":
        return []
    if source.options.asf is not None:
        return [Path(source.options.asf)]
    return [other for other in skeletons_beside(path) if other.resolve().parent == path.parent]


def _may_be_sent(skeleton: Path, source: Source) -> bool:
    """Return whether a skeleton lies in the library: nothing outside it is ever sent, not even what was given."""
    return source.root is not None and Path(os.path.realpath(skeleton)).is_relative_to(os.path.realpath(source.root))
