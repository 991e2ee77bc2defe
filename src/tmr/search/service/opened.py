"""An index behind the service: what it held when it was last opened, opened again when its folder has changed."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException

from tmr.errors import IndexFolderError, TMRError
from tmr.search.columns import measured_values
from tmr.search.identifier import identifier
from tmr.search.index import Index
from tmr.search.item import Item, Value
from tmr.search.service.playback import file_inside
from tmr.search.storage.manifest import MANIFEST

LOOK_SECONDS = 0.5
NO_SUCH_ITEM = "there is no such item; ids are in the answers of /api/search and /api/items"
# A small index is opened within this; whoever asks a larger one meanwhile is answered from what it held before.
_PATIENCE_SECONDS = 0.5
_KEPT_ITEMS = 10_000

_log = logging.getLogger("tmr.serve")


@dataclass(frozen=True)
class Snapshot:
    """What an index held at one moment. Answers that began with it end with it.

    Args:
        index: The index as it was opened then.
        sizes: The size of each of its files, by path.
    """

    index: Index
    sizes: tuple[tuple[Path, int], ...]

    @classmethod
    def of(cls, index: Index) -> "Snapshot":
        """Return a snapshot, with what takes time already computed."""
        snapshot = cls(index, _sizes(index.folder))
        _ = snapshot.items, index.content.readings
        return snapshot

    @cached_property
    def items(self) -> dict[str, Item]:
        """The items by their ids, in the order of their names."""
        return {identifier(item.item): item for item in self.index.items}

    @cached_property
    def measured(self) -> Callable[[str], dict[str, Value]]:
        """Gives what is known of an item without metadata, by its id; the last ones are kept ready."""
        return lru_cache(maxsize=_KEPT_ITEMS)(lambda item_id: measured_values(self.items[item_id]))

    @cached_property
    def has_file(self) -> Callable[[str], bool]:
        """Tells whether an item has a file that the service may give, by its id; it looks at the disk once an item."""
        root = self.index.root
        real_root = None if root is None else Path(os.path.realpath(root))

        def look(item_id: str) -> bool:
            item = self.items[item_id]
            return item.from_file and real_root is not None and file_inside(real_root, item.item) is not None

        return lru_cache(maxsize=_KEPT_ITEMS)(look)

    def item(self, item_id: str) -> Item:
        """Return an item by its id.

        Raises:
            HTTPException: 404 if there is none.
        """
        if item_id not in self.items:
            raise HTTPException(404, NO_SUCH_ITEM)
        return self.items[item_id]

    def check(self) -> None:
        """Look whether the mapped files are as long as they were: to read beyond the end of one ends the process.

        Raises:
            IndexFolderError: If one was cut short. One that was deleted can still be read.
        """
        for path, size in self.sizes:
            try:
                now = path.stat().st_size
            except FileNotFoundError:
                continue
            if now < size:
                raise IndexFolderError(f"index {str(self.index.folder)!r}: {path.name} was cut short while it was read")


class OpenIndex:
    """An index under its name, always as its folder is now. Used from the event loop only.

    Args:
        name: How requests name it.
        index: The index, opened.
    """

    def __init__(self, name: str, index: Index) -> None:
        self.name = name
        self._stamp = _stamp(index.folder)
        self._snapshot = Snapshot.of(index)
        self._problem: str | None = None
        self._looked = time.monotonic()
        self._opening: asyncio.Task[None] | None = None

    @property
    def latest(self) -> Snapshot:
        """What was last opened, however old."""
        return self._snapshot

    async def now(self, *, look: bool = False) -> Snapshot:
        """Return the index as it is; of a large one that has just changed, as it was a moment before.

        Args:
            look: Look at the folder even if it was looked at a moment ago, and wait until it is opened.

        Raises:
            HTTPException: 503 if the folder cannot be opened any more.
        """
        if self._opening is None and (look or time.monotonic() - self._looked > LOOK_SECONDS):
            self._looked = time.monotonic()
            stamp = await asyncio.to_thread(_stamp, self._snapshot.index.folder)
            if self._opening is None and (stamp != self._stamp or self._problem is not None):
                self._opening = asyncio.create_task(self._open())
        if self._opening is not None:
            # Waiting does not cancel it: the others need it too.
            await asyncio.wait({self._opening}, timeout=None if look else _PATIENCE_SECONDS)
        if self._problem is not None:
            raise HTTPException(503, self._problem, {"Retry-After": "5"})
        return self._snapshot

    async def _open(self) -> None:
        try:
            folder = self._snapshot.index.folder
            # Before it is opened: what changes meanwhile is then seen the next time.
            stamp = await asyncio.to_thread(_stamp, folder)
            reopened = await asyncio.to_thread(_reopened, self._snapshot.index)
            self._snapshot, self._stamp, self._problem = reopened, stamp, None
        except TMRError as error:
            if self._problem is None:
                _log.error("%s", error)
            self._problem = f"the index {self.name!r} cannot be opened now; the service's log says why"
        finally:
            self._opening = None


def _reopened(index: Index) -> Snapshot:
    return Snapshot.of(index.reopened())


def _stamp(folder: Path) -> tuple[int, int, int] | None:
    """Return what differs after the manifest was replaced; None if it is gone."""
    try:
        status = os.stat(folder / MANIFEST)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _sizes(folder: Path) -> tuple[tuple[Path, int], ...]:
    """Return the files that are mapped and their sizes."""
    try:
        with os.scandir(folder / "segments") as entries:
            return tuple((Path(entry.path), entry.stat().st_size) for entry in entries if entry.is_file())
    except FileNotFoundError:
        # An index without items has no segments.
        return ()
