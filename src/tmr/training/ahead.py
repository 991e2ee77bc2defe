"""Ahead: batches of the coming steps, drawn by worker processes while the present one is computed."""

import contextlib
import io
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError
from tmr.training.augment import Row, Sampler

Drawn = tuple[list[Row], list[Float[np.ndarray, "_frame 30 3"]]]


def draw(sampler: Sampler, step: int, mine: Sequence[int]) -> Drawn:
    """Return the rows of a step, without their clips, and the joints of some of them.

    Args:
        sampler: Draws the rows.
        step: Which it draws from, with its seed.
        mine: Places of the rows whose joints are made.
    """
    rows = sampler.rows(step)
    joints = [rows[place].joints for place in mine]
    return [replace(row, cut=replace(row.cut, joints=row.cut.joints[:0])) for row in rows], joints


class Ahead:
    """Rows of coming steps, each the same whoever prepares it: they depend on the seed and the step alone.

    Args:
        sampler: Draws the rows.
        mine: Places of the rows whose joints this process needs.
        workers: Processes that prepare; 0 draws where it is asked.
        scratch: A file that the workers read the clips from, made here and removed at the end.
    """

    def __init__(self, sampler: Sampler, mine: Sequence[int], workers: int, scratch: Path) -> None:
        self._sampler, self._mine, self._workers, self._scratch = sampler, list(mine), workers, scratch

    def steps(self, first: int, last: int) -> Iterator[tuple[int, Drawn]]:
        """Yield each step from `first` up to `last`, which is left out, with its rows and joints.

        Raises:
            DatasetError: If a worker dies, or the clips cannot be written for them.
        """
        if not self._workers:
            for step in range(first, last):
                yield step, draw(self._sampler, step, self._mine)
            return
        with self._pool() as pool:
            upcoming: deque[Future[Drawn]] = deque()
            following = first
            for step in range(first, last):
                while following < last and len(upcoming) < 2 * self._workers:
                    upcoming.append(pool.submit(_draw_in_worker, following, self._mine))
                    following += 1
                try:
                    drawn = upcoming.popleft().result()
                except BrokenProcessPool as error:
                    raise DatasetError(
                        "a process that prepares batches died, for want of memory perhaps; give fewer --workers, "
                        "0 prepares them in this process"
                    ) from error
                yield step, drawn

    @contextlib.contextmanager
    def _pool(self) -> Iterator[ProcessPoolExecutor]:
        try:
            with self._scratch.open("wb") as clips:
                content = pack(self._sampler, clips)
        except OSError as error:
            raise DatasetError(
                f"the clips cannot be written to {self._scratch} for the worker processes: {error}; make room, or give "
                "--workers 0"
            ) from error
        # Spawned, on Windows as elsewhere: a process with CUDA or with threads must not be forked.
        pool = ProcessPoolExecutor(
            # Windows waits for at most 61 processes at once.
            max_workers=min(self._workers, 61),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(content, str(self._scratch)),
        )
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
            self._scratch.unlink(missing_ok=True)


class _Packer(pickle.Pickler):
    """Pickles a sampler but for its clips, which go to a file that all workers map; a mapped clip stays in its own."""

    def __init__(self, content: io.BytesIO, clips: BinaryIO) -> None:
        super().__init__(content)
        self._clips = clips
        self._known: dict[tuple[int, int], int] = {}

    def persistent_id(self, obj: Any) -> tuple[str, int, tuple[int, ...]] | None:
        if not isinstance(obj, np.ndarray) or obj.dtype != np.float32 or obj.ndim != 3:
            return None
        if isinstance(obj, np.memmap) and obj.flags.c_contiguous and obj.filename is not None:
            root = obj
            while isinstance(root.base, np.memmap):
                root = root.base
            return str(obj.filename), root.offset + _address(obj) - _address(root), obj.shape
        key = (_address(obj), len(obj))
        if key not in self._known:
            self._known[key] = self._clips.tell()
            self._clips.write(np.ascontiguousarray(obj).data)
        return "", self._known[key], obj.shape


class _Unpacker(pickle.Unpickler):
    """Reads what `_Packer` wrote."""

    def __init__(self, content: bytes, clips: str) -> None:
        super().__init__(io.BytesIO(content))
        self._clips = clips
        self._mapped: dict[str, np.memmap] = {}

    def persistent_load(self, pid: tuple[str, int, tuple[int, ...]]) -> Float[np.ndarray, "frame joint 3"]:
        name, offset, shape = pid
        path = name or self._clips
        if path not in self._mapped:
            self._mapped[path] = np.memmap(path, mode="r", dtype=np.uint8)
        count = int(np.prod(shape)) * 4
        return np.asarray(self._mapped[path])[offset : offset + count].view(np.float32).reshape(shape)


def pack(sampler: Sampler, clips: BinaryIO) -> bytes:
    """Write a sampler's clips to a file, each once, and return the rest of it as bytes."""
    content = io.BytesIO()
    _Packer(content, clips).dump(sampler)
    return content.getvalue()


def unpack(content: bytes, clips: str) -> Sampler:
    """Return the sampler that `pack` wrote, with its clips mapped from their file."""
    return _Unpacker(content, clips).load()


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


_workers_sampler: list[Sampler] = []


def _begin(content: bytes, clips: str) -> None:
    # Ctrl-C is for the process that trains; and when that is killed, no worker is to wait for it for ever.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _workers_sampler.append(unpack(content, clips))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _draw_in_worker(step: int, mine: list[int]) -> Drawn:
    return draw(_workers_sampler[0], step, mine)
