"""Files that crash or hang the reader are named and skipped; the others are read."""

import errno
import os
import sys
from pathlib import Path

import pytest

from fake_encoder import write_numbered
from systems import needs_pipes
from tmr.search import pool
from tmr.search.pool import Task, read_in_parallel
from tmr.search.reading import ReadingOptions


def read(folder: Path, names: list[str], **options):
    tasks = [Task(name, write_numbered(folder / name, 1)) for name in names]
    return {task.item: reading for task, reading in read_in_parallel(tasks, ReadingOptions(), **options)}


@pytest.fixture
def _broken(monkeypatch):
    monkeypatch.setattr(pool, "_WORKER", "broken_worker")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.mark.usefixtures("_broken")
def test_a_crash_a_hang_and_a_bug_are_named_skips_and_the_others_are_read(tmp_path):
    good = [f"{number}.npz" for number in range(4)]
    results = read(
        tmp_path,
        ["crash.npz", "bug.npz", "loud.npz", "torch.npz", *good, "hang.npz"],
        workers=2,
        timeout_seconds=3.0,
    )
    reasons = {item: reading.reason for item, reading in results.items() if reading.reason}
    assert set(reasons) == {"crash.npz", "bug.npz", "hang.npz"}
    assert "crashed the reader" in reasons["crash.npz"]
    assert "ZeroDivisionError: a bug in a reader" in reasons["bug.npz"]
    assert reasons["hang.npz"] == "reading took over 3 seconds"
    assert all(results[name].motion is not None for name in [*good, "loud.npz", "torch.npz"])


def test_all_files_come_back_once_and_unchanged_ones_without_a_motion(tmp_path):
    names = [f"{number}.npz" for number in range(9)]
    first = read(tmp_path, names, workers=3)
    assert sorted(first) == names
    tasks = [Task(name, tmp_path / name, first[name].sha256) for name in names]
    again = list(read_in_parallel(tasks, ReadingOptions(), workers=0))
    assert all(reading.motion is None and not reading.reason for _, reading in again)


def test_closing_early_ends_the_processes(tmp_path):
    tasks = [Task(str(n), write_numbered(tmp_path / f"{n}.npz", n)) for n in range(30)]
    readings = read_in_parallel(tasks, ReadingOptions(), workers=2)
    next(readings)
    children = readings.gi_frame.f_locals["pool"]._processes
    running = [child._process for child in children]
    readings.close()
    assert all(process is None or process.poll() is not None for process in running)


def test_a_worker_that_cannot_start_is_reported_and_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no such python"))
    with pytest.raises(FileNotFoundError):
        read(tmp_path, ["0.npz"], workers=1)


@needs_pipes
def test_a_named_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.bvh")
    [(_, reading)] = read_in_parallel([Task("pipe.bvh", tmp_path / "pipe.bvh")], ReadingOptions(), workers=0)
    assert "not a regular file" in reading.reason


def test_a_vanished_file_is_named(tmp_path):
    [(_, reading)] = read_in_parallel([Task("a.bvh", tmp_path / "a.bvh")], ReadingOptions(), workers=0)
    assert reading.reason == "the file is gone: it was moved or deleted"


def test_a_reader_that_died_before_it_was_asked_is_a_crash_on_windows_too(tmp_path, monkeypatch):
    class Dead:
        def __init__(self, stdin):
            self.close = stdin.close

        def write(self, _):
            raise OSError(errno.EINVAL, "Invalid argument")

    started = pool.ReadingProcess._started

    def start(self):
        process = started(self)
        process.stdin = Dead(process.stdin)
        return process

    monkeypatch.setattr(pool.ReadingProcess, "_started", start)
    assert "crashed the reader" in read(tmp_path, ["0.npz"], workers=1)["0.npz"].reason
