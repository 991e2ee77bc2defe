"""The routes that change an index: files are added to a folder of the library that is the service's own."""

import asyncio
import shutil
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import Query as Parameter
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tmr.errors import IndexFolderError
from tmr.files import replacing
from tmr.search.identifier import identifier
from tmr.search.index import Index
from tmr.search.report import Report
from tmr.search.service.answers import Change, Skip, readable
from tmr.search.service.desk import Desk
from tmr.search.service.gate import check_bearer
from tmr.search.service.opened import Snapshot
from tmr.search.service.questions import IndexName
from tmr.search.storage.disk import explain_os_errors

# In the library's folder: only here are files written, and only from here are they deleted.
OWN_FOLDER = "uploaded"


class Changing:
    """Adds and removes items.

    Args:
        desk: What all routes share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def add(
        self,
        request: Request,
        filename: Annotated[
            str | None, Parameter(max_length=200, description="What a raw body is called; its ending tells the format.")
        ] = None,
        index: IndexName = None,
    ) -> Change:
        """Add motion files. They are kept in the folder `uploaded` of the library; one of the same name is replaced.

        When this is answered they are on the disk and found by the next search. What cannot be read is named with its
        reason and not kept.
        """
        snapshot = await self._desk.snapshot(index, look=True)
        root = snapshot.index.root
        if root is None or not root.is_dir():
            raise HTTPException(409, "this index has no library folder to keep files in")
        async with self._desk.uploads.received(request, filename) as paths:
            # Each is read here first, in a process of its own: the index takes only what is known to be good.
            reader = self._desk.reader
            readings = await asyncio.gather(*(reader.threads.run(reader.read_sent, path) for path in paths))
            reasons = {path.name: reading.reason for path, reading in zip(paths, readings, strict=True)}
            good = [path for path in paths if not reasons[path.name]]
            if any(path.suffix.lower() == ".amc" for path in good):
                # A skeleton is no motion, but without it these would not be read again.
                for path in [path for path in paths if path.suffix.lower() == ".asf"]:
                    good.append(path)
                    del reasons[path.name]
            report = await self._desk.writing.run(self._add, snapshot, root / OWN_FOLDER, good)
        await self._desk.snapshot(index, look=True)
        change = _change(report)
        change.skipped += [Skip(item=name, reason=reason) for name, reason in reasons.items() if reason]
        return change

    async def remove(self, item_id: str, request: Request, index: IndexName = None) -> Change:
        """Take an item out of the index. Its file is deleted only if it was sent to the service."""
        check_bearer(request.headers)
        snapshot = await self._desk.snapshot(index, look=True)
        name = snapshot.item(item_id).item
        report = await self._desk.writing.run(_remove, snapshot, name)
        await self._desk.snapshot(index, look=True)
        return _change(report)

    def _add(self, snapshot: Snapshot, folder: Path, paths: list[Path]) -> Report:
        if not paths:
            return Report()
        # A link in its place would lead out of the library.
        if folder.is_symlink():
            raise HTTPException(409, f"the library's folder {OWN_FOLDER} is a link; the service does not write there")
        with explain_os_errors(folder, "keep what is sent in"):
            folder.mkdir(exist_ok=True)
            kept = [_kept(path, folder) for path in paths]
        with _write_index(snapshot) as index:
            motions = [path for path in kept if path.suffix.lower() != ".asf"]
            return index.add(motions, options=self._desk.settings.options, workers=1)


def _kept(path: Path, folder: Path) -> Path:
    """Copy a file in one step, so that nobody reads half of it."""
    with replacing(folder / path.name) as new:
        shutil.copyfile(path, new)
    return folder / path.name


def _remove(snapshot: Snapshot, name: str) -> Report:
    parts = PurePosixPath(name).parts
    root = snapshot.index.root
    if root is not None and len(parts) == 2 and parts[0] == OWN_FOLDER and not (root / OWN_FOLDER).is_symlink():
        path = root / OWN_FOLDER / parts[1]
        # First: if it cannot be deleted now, as on Windows while somebody downloads it, the same can be asked again.
        with explain_os_errors(path, "delete"):
            path.unlink(missing_ok=True)
    with _write_index(snapshot) as index:
        # By its number of characters a name may look like a pattern; as the name of an item it is taken as it is.
        return index.remove([name])


def _write_index(snapshot: Snapshot) -> Index:
    """Return the index for one change; the service goes on answering from its own."""
    try:
        return snapshot.index.reopened()
    except IndexFolderError as error:
        raise HTTPException(503, "the index cannot be changed now", {"Retry-After": "5"}) from error


def _change(report: Report) -> Change:
    def ids(names: tuple[str, ...]) -> list[str]:
        return [identifier(name) for name in names]

    return Change(
        added=ids(report.added),
        replaced=ids(report.replaced),
        unchanged=ids(report.unchanged),
        removed=ids(report.removed),
        skipped=[Skip(item=readable(skipped.item), reason=skipped.reason) for skipped in report.skipped],
    )
