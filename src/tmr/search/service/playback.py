"""Playback: an item's motion for a player, on SOMA-30 at 30 fps, read in another process and kept for the next time."""

import asyncio
import base64
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from starlette.exceptions import HTTPException

from tmr.errors import MotionFileError
from tmr.motion.motion import Motion
from tmr.search.reading import ReadingOptions, content_sha256, why_gone
from tmr.search.service.reader import Reader, without_folders

MOST_SECONDS = 60.0
MOST_CACHED_BYTES = 64_000_000
_LARGEST = 32_767  # of a signed 16-bit number


class Playback:
    """Reads the motions of an index's items. Used from the event loop only.

    Args:
        reader: Reads the files.
        most_cached_bytes: What may be kept of motions that were read; the ones not asked for longest go first.
    """

    def __init__(self, reader: Reader, *, most_cached_bytes: int = MOST_CACHED_BYTES) -> None:
        self._reader, self._most_cached_bytes = reader, most_cached_bytes
        self._cached: OrderedDict[Source, Motion] = OrderedDict()
        self._reading: dict[Source, asyncio.Task[Motion]] = {}

    @property
    def cached_bytes(self) -> int:
        """Size of the motions that are kept."""
        return sum(motion.joints.nbytes for motion in self._cached.values())

    async def motion(self, source: "Source") -> Motion:
        """Return an item's whole motion, retargeted. A file that several ask for is read once.

        Raises:
            HTTPException: If the file is gone, has changed, lies outside the library, or cannot be read.
        """
        if source in self._cached:
            self._cached.move_to_end(source)
            return self._cached[source]
        if source not in self._reading:
            task = asyncio.create_task(self._reader.threads.run(self._read, source))
            self._reading[source] = task
            task.add_done_callback(lambda done: self._keep(source, done))
        # Shielded: whoever hangs up does not take the motion away from the others.
        return await asyncio.shield(self._reading[source])

    async def file(self, source: "Source") -> Path:
        """Return where an item's file is, after a look whether it is still the one that was indexed.

        Raises:
            HTTPException: As `motion` does.
        """
        return await self._reader.threads.run(_checked_file, source)

    def _keep(self, source: "Source", done: "asyncio.Task[Motion]") -> None:
        del self._reading[source]
        # Asking for the exception also tells asyncio that it was seen.
        if done.cancelled() or done.exception() is not None:
            return
        self._cached[source] = done.result()
        while self.cached_bytes > self._most_cached_bytes:
            self._cached.popitem(last=False)

    def _read(self, source: "Source") -> Motion:
        path = source.path()
        if not path.exists():
            raise source.gone()
        reading = self._reader.read(path, source.options)
        if reading.sha256 and reading.sha256 != source.sha256:
            raise _changed(source)
        if reading.motion is None:
            raise HTTPException(404, f"the motion cannot be read: {reading.reason}")
        return reading.motion


@dataclass(frozen=True)
class Source:
    """Where an item's motion is.

    Args:
        root: The library's folder; nothing outside it is read. None if there is none.
        item: The item's name.
        sha256: The digest of the content that was indexed.
        from_file: False for a motion that was added from memory.
        options: How it was read for the index, so that what is shown is what was embedded.
    """

    root: Path | None
    item: str
    sha256: str
    from_file: bool
    options: ReadingOptions

    def path(self) -> Path:
        """Return the file.

        Raises:
            HTTPException: 404 if the item has none, 403 if it lies outside the library's folder.
        """
        if not self.from_file:
            raise HTTPException(404, "this item was added from memory; there is no file to play or download")
        if self.root is None:
            raise HTTPException(404, "this index has no library folder, so there is no file to play or download")
        path = file_inside(Path(os.path.realpath(self.root)), self.item)
        if path is None:
            raise HTTPException(
                403, "this item's file lies outside the library's folder, which the service never reads"
            )
        return path

    def gone(self) -> HTTPException:
        """Return what is said of a file that is not there any more."""
        # Of `path` links are followed, so it is none itself.
        named = Path(self.item) if self.root is None else self.root / self.item
        return HTTPException(404, f"{why_gone(named)}; put it back, or run `tmr index` again")


def file_inside(real_root: Path, item: str) -> Path | None:
    """Return where an item's file is, links followed; None if that is outside the library's folder.

    Args:
        real_root: The library's folder, links followed: whoever asks for many items resolves it once.
        item: The item's name.
    """
    path = Path(os.path.realpath(real_root / item))
    return path if path.is_relative_to(real_root) else None


def _checked_file(source: Source) -> Path:
    path = source.path()
    try:
        sha256 = content_sha256(path, source.options)
    except FileNotFoundError:
        raise source.gone() from None
    except OSError as error:
        raise HTTPException(404, f"the file cannot be read: {error.strerror or error}") from None
    except MotionFileError as error:
        raise HTTPException(404, without_folders(str(error), path, source.options)) from None
    if sha256 != source.sha256:
        raise _changed(source)
    return path


def _changed(source: Source) -> HTTPException:
    what = "".join(f", or {given.name}," for given in source.options.given.values())
    return HTTPException(409, f"the file{what} has changed since it was indexed; run `tmr index` again")


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
