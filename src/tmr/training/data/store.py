"""Store: retargeted motions on the disk, found again by the content of their files, mapped into memory when used."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.motion.prepare import code_fingerprint
from tmr.search.pool import Task, read_in_parallel
from tmr.search.reading import ReadingOptions, content_sha256, given_sha256
from tmr.search.report import Progress, ShowProgress
from tmr.training.shards import Row, Shards

FRAMES_A_SHARD = 1 << 18
"""Frames after which a shard is written: 94 MB, two hours and a half of motion."""

SECONDS_A_SHARD = 120.0
"""Time after which one is written in any case: so much is read again after a kill."""

FileKey = tuple[str, int, int]
"""A file as it was read: path, size, time of the last change in nanoseconds."""


@dataclass(frozen=True, eq=False)
class StoredMotion:
    """A motion on SOMA-30 at 30 fps, metres; the joints are on the disk until they are used.

    Args:
        joints: A view of a memory-mapped shard.
        source_fps: Frames per second of the file.
        notes: What its reader found or assumed, one sentence each.
    """

    joints: Float[np.ndarray, "frame 30 3"]
    source_fps: float
    notes: tuple[str, ...]


class MotionStore:
    """Retargeted motions in shards (`tmr.training.shards`).

    Args:
        folder: Where the shards are.
        options: What the user says of the files; other options make other motions.

    Raises:
        DatasetError: If a shard is damaged.
        MotionFileError: If a skeleton or body model that the options name cannot be read.
    """

    def __init__(self, folder: Path, options: ReadingOptions | None = None) -> None:
        self._options = options or ReadingOptions()
        given = [given_sha256(option, file)[:16] for option, file in self._options.given.items()]
        # Shards of earlier versions, whose rows have no notes, are called otherwise.
        made_by = "-".join(["noted", code_fingerprint("formats"), self._options.fingerprint, *given])
        self._shards = Shards(folder, made_by, (30, 3), np.float32)
        self._by_file: dict[FileKey, StoredMotion] = {}
        self._by_content: dict[str, StoredMotion] = {}
        self._sizes: set[int] = set()
        for row, joints in self._shards.read():
            self._remember(row, joints)

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
            return self._by_content.get(content_sha256(file, self._options))
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
        shard, num_read, started = _Unwritten(), 0, time.monotonic()
        for number, (task, reading) in enumerate(read_in_parallel(tasks, self._options, workers=workers), start=1):
            if reading.motion is None:
                reasons[task.path] = reading.reason
            else:
                path, size, modified_ns = _file_key(task.path, missing[task.path])
                shard.add(
                    {"path": path, "size": size, "modified_ns": modified_ns, "sha256": reading.sha256,
                     "source_fps": reading.fps, "notes": reading.motion.notes},
                    reading.motion.joints,
                )  # fmt: skip
                num_read += 1
            if shard.is_due(time.monotonic()) or (number == len(tasks) and shard.rows):
                for row, joints in self._shards.write(shard.rows, shard.joints):
                    self._remember(row, joints)
                shard = _Unwritten()
            if show_progress is not None:
                show_progress(Progress(number, len(tasks), number - num_read, time.monotonic() - started))
        read = [file for file in missing if file not in reasons]
        return {file: self._by_file[_file_key(file, missing[file])] for file in read}

    def _remember(self, row: Row, joints: Float[np.ndarray, "frame 30 3"]) -> None:
        motion = StoredMotion(joints, float(row["source_fps"]), tuple(row["notes"]))
        self._by_file[(row["path"], row["size"], row["modified_ns"])] = motion
        self._by_content[row["sha256"]] = motion
        self._sizes.add(row["size"])


@dataclass(eq=False)
class _Unwritten:
    """Motions that are not on the disk yet."""

    rows: list[Row] = field(default_factory=list)
    joints: list[Float[np.ndarray, "_ 30 3"]] = field(default_factory=list)
    _frames: int = 0
    _begun: float = field(default_factory=time.monotonic)

    def add(self, row: Row, joints: Float[np.ndarray, "frame 30 3"]) -> None:
        self.rows.append(row)
        self.joints.append(joints)
        self._frames += len(joints)

    def is_due(self, now: float) -> bool:
        return bool(self.rows) and (self._frames >= FRAMES_A_SHARD or now - self._begun >= SECONDS_A_SHARD)


def _file_key(file: Path, status: os.stat_result) -> FileKey:
    return str(file.resolve()), status.st_size, status.st_mtime_ns
