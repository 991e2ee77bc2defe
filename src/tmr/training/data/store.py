"""Store: retargeted motions on the disk, found again by the content of their files, mapped into memory when used."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError
from tmr.motion.prepare import code_fingerprint
from tmr.search.pool import Task, read_in_parallel
from tmr.search.reading import ReadingOptions, content_sha256
from tmr.search.report import Progress, ShowProgress

FRAMES_A_SHARD = 1 << 18
"""Frames after which a shard is written: 94 MB, two hours and a half of motion."""

SECONDS_A_SHARD = 120.0
"""Time after which one is written in any case: so much is read again after a kill."""

_ROW_WIDTH = (30, 3)


@dataclass(frozen=True, eq=False)
class StoredMotion:
    """A motion on SOMA-30 at 30 fps, metres; the joints are on the disk until they are used.

    Args:
        joints: A view of a memory-mapped shard.
        source_fps: Frames per second of the file.
    """

    joints: Float[np.ndarray, "frame 30 3"]
    source_fps: float


@dataclass(frozen=True)
class _Row:
    """Where a motion stands in its shard, and the file it was read from."""

    path: str
    size: int
    modified_ns: int
    sha256: str
    source_fps: float
    first: int
    frames: int


class MotionStore:
    """A folder of shards, each `NAME.npy` (frames of many motions, one after the other) with `NAME.json` (its rows).

    A shard is written whole before its rows are, and rows are written whole or not at all: what a killed run leaves
    behind is never read. Several runs may share the folder.

    Args:
        folder: Where the shards are; it is made if it is not there.

    Raises:
        DatasetError: If the folder or a shard cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._code = code_fingerprint("formats")
        self._by_file: dict[tuple[str, int, int], StoredMotion] = {}
        self._by_content: dict[str, StoredMotion] = {}
        self._sizes: set[int] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"{folder} cannot be made a folder: {error.strerror}; give another --cache") from error
        for rows in sorted(folder.glob(f"{self._code}-*.json")):
            self._open(rows)

    def read(
        self, files: Sequence[Path], *, workers: int | None = None, show_progress: ShowProgress | None = None
    ) -> tuple[dict[Path, StoredMotion], dict[Path, str]]:
        """Return the motions of files, and why others could not be read; what is in the store is not read again.

        Args:
            files: Motion files, each once.
            workers: Reading processes; None takes one a processor, 0 reads in this process.
            show_progress: Called after each file that is read.

        Raises:
            DatasetError: If a shard cannot be written.
        """
        found: dict[Path, StoredMotion] = {}
        missing: dict[Path, os.stat_result] = {}
        reasons: dict[Path, str] = {}
        for file in files:
            try:
                status = file.stat()
            except (OSError, ValueError) as error:
                reasons[file] = f"there is no such file ({error.strerror if isinstance(error, OSError) else error})"
                continue
            known = self._known(file, status)
            if known is None:
                missing[file] = status
            else:
                found[file] = known
        if missing:
            read = self._read_missing(missing, reasons, workers, show_progress)
            found |= read
        return found, reasons

    def _known(self, file: Path, status: os.stat_result) -> StoredMotion | None:
        # The motion of an .amc file is made from the .asf file beside it too, so its own date does not tell.
        if file.suffix.lower() != ".amc":
            known = self._by_file.get((str(file.resolve()), status.st_size, status.st_mtime_ns))
            if known is not None:
                return known
        # A file that was moved or copied is known by its content.
        if status.st_size not in self._sizes:
            return None
        try:
            return self._by_content.get(content_sha256(file))
        except OSError:
            return None  # reading it will tell why

    def _read_missing(
        self,
        missing: dict[Path, os.stat_result],
        reasons: dict[Path, str],
        workers: int | None,
        show_progress: ShowProgress | None,
    ) -> dict[Path, StoredMotion]:
        tasks = [Task(str(file), file) for file in missing]
        read: list[Path] = []
        shard = _Shard(self._folder, self._code)
        started = time.monotonic()
        for number, (task, reading) in enumerate(read_in_parallel(tasks, ReadingOptions(), workers=workers), start=1):
            if reading.motion is None:
                reasons[task.path] = reading.reason
            else:
                status = missing[task.path]
                shard.add(task.path, status, reading.sha256, reading.fps, reading.motion.joints)
                read.append(task.path)
            if shard.is_due(time.monotonic()) or (number == len(tasks) and shard.rows):
                self._open(shard.write())
                shard = _Shard(self._folder, self._code)
            if show_progress is not None:
                show_progress(Progress(number, len(tasks), number - len(read), time.monotonic() - started))
        return {file: self._by_file[_file_key(file, missing[file])] for file in read}

    def _open(self, path: Path) -> None:
        """Map a shard into memory."""
        try:
            rows = [_Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
            frames = np.load(path.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
            if frames.shape != (sum(row.frames for row in rows), *_ROW_WIDTH) or frames.dtype != np.float32:
                raise ValueError(f"its frames are {frames.shape} of {frames.dtype}")
        except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
            raise DatasetError(
                f"{path.with_suffix('')} (.json and .npy) is damaged ({error}); remove both, and they are made anew"
            ) from error
        # A plain view: every slice of a memmap would be one too, which costs a Python object with attributes each.
        frames = np.asarray(frames)
        for row in rows:
            motion = StoredMotion(frames[row.first : row.first + row.frames], row.source_fps)
            self._by_file[(row.path, row.size, row.modified_ns)] = motion
            self._by_content[row.sha256] = motion
            self._sizes.add(row.size)


class _Shard:
    """Motions that are not written yet."""

    def __init__(self, folder: Path, code: str) -> None:
        self._folder, self._code = folder, code
        self._begun = time.monotonic()
        self._joints: list[np.ndarray] = []
        self._frames = 0
        self.rows: list[_Row] = []

    def add(
        self,
        file: Path,
        status: os.stat_result,
        sha256: str,
        source_fps: float,
        joints: Float[np.ndarray, "frame 30 3"],
    ) -> None:
        self.rows.append(_Row(*_file_key(file, status), sha256, source_fps, self._frames, len(joints)))
        self._joints.append(joints.astype(np.float32, copy=False))
        self._frames += len(joints)

    def is_due(self, now: float) -> bool:
        return bool(self.rows) and (self._frames >= FRAMES_A_SHARD or now - self._begun >= SECONDS_A_SHARD)

    def write(self) -> Path:
        """Write frames, then rows, and return the path of the rows."""
        rows = json.dumps([asdict(row) for row in self.rows])
        # Named by what is in it, and by process while it is written: two runs may share the folder.
        name = f"{self._code}-{hashlib.sha256(rows.encode()).hexdigest()[:16]}"
        path = self._folder / f"{name}.json"
        _replace(path.with_suffix(".npy"), lambda unfinished: np.save(unfinished, np.concatenate(self._joints)))
        _replace(path, lambda unfinished: unfinished.write_text(rows, encoding="utf-8"))
        return path


def _file_key(file: Path, status: os.stat_result) -> tuple[str, int, int]:
    return str(file.resolve()), status.st_size, status.st_mtime_ns


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}.unfinished{path.suffix}")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be written: {error}; make room or give another --cache") from error
    finally:
        unfinished.unlink(missing_ok=True)
