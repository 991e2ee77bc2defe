"""Playback: an item's motion for a player, on SOMA-30 at 30 fps, read in a thread and kept for the next time."""

import asyncio
import base64
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
from starlette.exceptions import HTTPException

from tmr.motion.motion import Motion
from tmr.search.item import Item
from tmr.search.reading import ReadingOptions, content_sha256, read_file
from tmr.search.threads import Threads

MOST_SECONDS = 60.0
MOST_CACHED_BYTES = 64_000_000
_LARGEST = 32_767  # of a signed 16-bit number


class Playback:
    """Reads the motions of an index's items. Used from the event loop only.

    Args:
        root: The library's folder; nothing outside it is read. None if there is none.
        options: What is known of files that do not say it themselves.
        threads: Where files are read.
        most_cached_bytes: What may be kept of motions that were read; the ones not asked for longest go first.
    """

    def __init__(
        self,
        root: Path | None,
        options: ReadingOptions,
        threads: Threads,
        *,
        most_cached_bytes: int = MOST_CACHED_BYTES,
    ) -> None:
        self._root, self._options, self._threads = root, options, threads
        self._most_cached_bytes = most_cached_bytes
        self._cached: OrderedDict[str, Motion] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Motion]] = {}

    @property
    def cached_bytes(self) -> int:
        """Size of the motions that are kept."""
        return sum(motion.joints.nbytes for motion in self._cached.values())

    async def motion(self, item: Item) -> Motion:
        """Return an item's whole motion, retargeted. A file that several ask for is read once.

        Raises:
            HTTPException: If the file is gone, has changed, lies outside the library, or cannot be read.
        """
        if item.item in self._cached:
            self._cached.move_to_end(item.item)
            return self._cached[item.item]
        if item.item not in self._reading:
            task = asyncio.create_task(self._threads.run(self._read, item))
            self._reading[item.item] = task
            task.add_done_callback(lambda done: self._keep(item.item, done))
        # Shielded: whoever hangs up does not take the motion away from the others.
        return await asyncio.shield(self._reading[item.item])

    async def file(self, item: Item) -> Path:
        """Return where an item's file is, after a look whether it is still the one that was indexed.

        Raises:
            HTTPException: As `motion` does.
        """
        return await self._threads.run(self._checked_file, item)

    def _keep(self, name: str, done: "asyncio.Task[Motion]") -> None:
        del self._reading[name]
        # Asking for the exception also tells asyncio that it was seen.
        if done.cancelled() or done.exception() is not None:
            return
        self._cached[name] = done.result()
        while self.cached_bytes > self._most_cached_bytes:
            self._cached.popitem(last=False)

    def _path(self, item: Item) -> Path:
        if not item.from_file:
            raise HTTPException(404, "this item was added from memory; there is no file to play or download")
        if self._root is None:
            raise HTTPException(404, "this index has no library folder, so there is no file to play or download")
        root = Path(os.path.realpath(self._root))
        path = Path(os.path.realpath(root / item.item))
        if not path.is_relative_to(root):
            raise HTTPException(
                403, "this item's file lies outside the library's folder, which the service never reads"
            )
        return path

    def _read(self, item: Item) -> Motion:
        path = self._path(item)
        reading = read_file(path, self._options, None)
        if reading.sha256 and reading.sha256 != item.sha256:
            raise _changed()
        if reading.motion is None:
            reason = reading.reason.replace(f"{path.parent}{os.sep}", "")
            raise HTTPException(404, f"the motion cannot be read: {reason}")
        return reading.motion

    def _checked_file(self, item: Item) -> Path:
        path = self._path(item)
        try:
            sha256 = content_sha256(path)
        except OSError as error:
            raise HTTPException(404, f"the file cannot be read: {error.strerror or 'it is gone'}") from None
        if sha256 != item.sha256:
            raise _changed()
        return path


def _changed() -> HTTPException:
    return HTTPException(409, "the file has changed since it was indexed; run `tmr index` again, then `tmr serve`")


def playback_json(motion: Motion, start_seconds: float, end_seconds: float) -> dict[str, object]:
    """Return a part of a motion as a player takes it.

    Args:
        motion: Whole, retargeted.
        start_seconds: Where the part begins.
        end_seconds: Where it ends; at most `MOST_SECONDS` later.

    Returns:
        `joints`, the positions as base64 of little-endian 16-bit whole numbers (frame, joint, 3), each worth
        `unit_metres`: 1 mm, or more where the part reaches further than 32 m. They are moved along the floor so that
        the hips' way lies about the origin. With `fps`, `num_frames`, `joint_names` and `parents`.
    """
    end_seconds = min(end_seconds, start_seconds + MOST_SECONDS, motion.seconds)
    part = motion.cut(start_seconds, end_seconds)
    hips = part.joints[:, 0]
    middle = (hips.min(axis=0) + hips.max(axis=0)) / 2
    joints = part.joints - middle * np.array([1, 0, 1], dtype=np.float32)
    unit_metres = 0.001 * max(1, int(np.ceil(np.abs(joints).max() / 0.001 / _LARGEST)))
    numbers = np.rint(joints / unit_metres).astype("<i2")
    return {
        "fps": part.fps,
        "num_frames": part.num_frames,
        "start_seconds": round(start_seconds, 3),
        "end_seconds": round(start_seconds + part.seconds, 3),
        "joint_names": list(part.skeleton.joints),
        "parents": list(part.skeleton.parents),
        "unit_metres": unit_metres,
        "joints": base64.b64encode(numbers.tobytes()).decode("ascii"),
    }
