"""Many reading processes: a file that crashes or never ends is named and skipped, and the others go on."""

import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import tmr
from tmr.errors import TMRError
from tmr.search.reading import Reading, ReadingOptions, read_file

TIMEOUT_SECONDS = 60.0
_WORKER = "tmr.search.worker"


@dataclass(frozen=True)
class Task:
    """A file to read.

    Args:
        item: Its name in the index.
        path: Where it is.
        known_sha256: Digest of the content that needs no second reading; None if there is none.
    """

    item: str
    path: Path
    known_sha256: str | None = None


def default_workers() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_in_parallel(
    tasks: list[Task], options: ReadingOptions, *, workers: int | None = None, timeout_seconds: float = TIMEOUT_SECONDS
) -> Generator[tuple[Task, Reading], None, None]:
    """Yield what came of each file, in the order in which they get done.

    At most a few readings wait for the caller at any time, so the memory does not grow with the number of files.
    Closing the iterator ends all processes.

    Args:
        tasks: The files.
        options: How to read them.
        workers: Number of processes; None takes one a processor, 0 reads in this process (without a time limit).
        timeout_seconds: How long one file may take.

    Raises:
        TMRError: If the number of processes is below 0.
    """
    if workers is not None and workers < 0:
        raise TMRError(f"{workers} reading processes are asked for; expected 1 or more, or 0 to read in this process")
    if workers == 0:
        for task in tasks:
            yield task, read_file(task.path, options, task.known_sha256)
        return
    count = min(workers or default_workers(), len(tasks))
    pool = _Pool(tasks, options, timeout_seconds, count)
    try:
        for _ in tasks:
            yield pool.next()
    finally:
        pool.close()


class _Pool:
    def __init__(self, tasks: Iterable[Task], options: ReadingOptions, timeout_seconds: float, count: int) -> None:
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        for task in tasks:
            self._tasks.put(task)
        self._done: queue.Queue[tuple[Task, Reading] | BaseException] = queue.Queue(maxsize=2 * max(count, 1))
        self._closing = threading.Event()
        self._processes = [ReadingProcess(options, timeout_seconds) for _ in range(count)]
        self._threads = [threading.Thread(target=self._work, args=(p,), daemon=True) for p in self._processes]
        for thread in self._threads:
            thread.start()

    def next(self) -> tuple[Task, Reading]:
        while True:
            try:
                # On Windows Ctrl-C does not end a wait that has no end of its own.
                result = self._done.get(timeout=0.2)
                break
            except queue.Empty:
                continue
        if isinstance(result, BaseException):
            raise result
        return result

    def close(self) -> None:
        self._closing.set()
        for process in self._processes:
            process.close()
        for thread in self._threads:
            while thread.is_alive():
                # A thread may wait for room to put its last reading.
                while not self._done.empty():
                    self._done.get()
                thread.join(0.02)

    def _work(self, process: "ReadingProcess") -> None:
        """Run in a thread of its own: it only waits, the process does the work."""
        try:
            while not self._closing.is_set():
                task = self._tasks.get_nowait()
                self._done.put((task, process.read(task)))
        except queue.Empty:
            return
        except BaseException as error:
            # A bug, or no process can be started: it is raised where the readings are taken.
            self._done.put(error)
        finally:
            process.close()


class ReadingProcess:
    """One process that reads files, started when it is first needed and again after each that died.

    Args:
        options: How to read.
        timeout_seconds: How long one file may take.
    """

    def __init__(self, options: ReadingOptions, timeout_seconds: float) -> None:
        self._options, self._timeout_seconds = options, timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._closed = False
        self._guard = threading.Lock()

    def read(self, task: Task, options: ReadingOptions | None = None) -> Reading:
        """Let the process read a file, with options of its own if there are; say so if it dies or takes too long."""
        process = self._started()
        if process is None or process.stdin is None or process.stdout is None:
            return Reading("", reason="reading was stopped")
        too_long = threading.Event()
        timer = threading.Timer(self._timeout_seconds, _kill, args=(process, too_long))
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(pickle.dumps((task.path, options or self._options, task.known_sha256)))
            process.stdin.flush()
            reading = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError, ValueError):
            # A write to a dead process is a broken pipe on POSIX, an invalid argument on Windows.
            status = self._reap(process)
            if too_long.is_set():
                return Reading("", reason=f"reading took over {self._timeout_seconds:g} seconds")
            return Reading("", reason=f"reading it crashed the reader ({status})")
        finally:
            timer.cancel()
        return reading

    def close(self) -> None:
        """End the process; what it was reading is dropped."""
        with self._guard:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            _wait(process)
        if not self._messages.closed:
            self._messages.close()

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._guard:
            if self._closed:
                return None
            if self._process is None:
                package_folder = str(Path(tmr.__file__).parent.parent)
                inherited = os.environ.get("PYTHONPATH")
                environment = {
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join([package_folder, *([inherited] if inherited else [])]),
                    # One thread a process: there are as many processes as processors.
                    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
                }
                self._messages.seek(0)
                self._messages.truncate()
                # -P: a file in the user's folder that is called like a module is not imported in its place.
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", _WORKER],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._messages,
                    env=environment,
                )
            return self._process

    def _reap(self, process: subprocess.Popen[bytes]) -> str:
        """Return how a dead process ended: its last words, or its exit status."""
        process.kill()
        _wait(process)
        with self._guard:
            self._process = None
            if self._messages.closed:
                return "it was stopped"
            self._messages.seek(0, os.SEEK_END)
            self._messages.seek(max(self._messages.tell() - 4000, 0))
            lines = self._messages.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip()[:300] if lines else f"exit status {process.returncode}"


def _kill(process: subprocess.Popen[bytes], too_long: threading.Event) -> None:
    too_long.set()
    process.kill()


def _wait(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                # What was still to be written to a dead process is of no use.
                continue
