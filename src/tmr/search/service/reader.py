"""Reads motion files for the service in processes of their own: one that crashes or hangs costs that file only."""

import os
import queue
from dataclasses import replace
from pathlib import Path, PurePath

from starlette.exceptions import HTTPException

from tmr.motion.formats.acclaim import skeletons_beside
from tmr.motion.motion import Motion
from tmr.search.pool import ReadingProcess, Task
from tmr.search.reading import Reading, ReadingOptions, read_file
from tmr.search.service.threads import Threads

TIMEOUT_SECONDS = 25.0
_MOST_WAITING = 64


class Reader:
    """A few reading processes behind as many threads. Used from the event loop only.

    Args:
        options: What is known of files that do not say it themselves.
        processes: How many, each started when it is first needed; 0 reads in this process, without a time limit.
    """

    def __init__(self, options: ReadingOptions, processes: int) -> None:
        self._options = options
        self._processes = [ReadingProcess(options, TIMEOUT_SECONDS) for _ in range(processes)]
        self._idle: queue.SimpleQueue[ReadingProcess] = queue.SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        # A caller waits a little longer than the process: it is then told what is wrong with the file.
        self.threads = Threads(
            max(processes, 1), most_waiting=_MOST_WAITING, timeout_seconds=TIMEOUT_SECONDS + 5, doing="reading"
        )

    def read(self, path: Path, options: ReadingOptions | None = None) -> Reading:
        """Return what comes of a file; to be called in one of `threads`.

        Args:
            path: The file.
            options: How to read it; None for the reader's own.
        """
        options = options or self._options
        if not self._processes:
            reading = read_file(path, options, None)
        else:
            process = self._idle.get()
            try:
                reading = process.read(Task(path.name, path), options)
            finally:
                self._idle.put(process)
        return replace(reading, reason=without_folders(reading.reason, path, options))

    def read_sent(self, path: Path) -> Reading:
        """Return what comes of a file that was sent, and of one without its skeleton how to send that.

        To be called in one of `threads`.
        """
        if path.suffix.lower() == ".amc" and self._options.asf is None and not skeletons_beside(path):
            return Reading(
                "",
                reason="it needs the .asf file of its skeleton: send both in one form, with curl say as "
                f"-F file=@{path.name} -F file=@skeleton.asf",
            )
        return self.read(path)

    async def motion(self, path: Path) -> Motion:
        """Return the motion of a file that was sent.

        Raises:
            HTTPException: As `sent` does.
        """
        return (await self.sent(path))[1]

    async def sent(self, path: Path) -> tuple[Reading, Motion]:
        """Return what came of a file that was sent, and its motion.

        Raises:
            HTTPException: 422 if it cannot be read, 503 if there is too much to do.
        """
        reading = await self.threads.run(self.read_sent, path)
        if reading.motion is None:
            raise HTTPException(422, f"{path.name} cannot be read: {reading.reason}")
        return reading, reading.motion

    def close(self) -> None:
        """End the processes and begin nothing more."""
        self.threads.close()
        for process in self._processes:
            process.close()


def without_folders(reason: str, path: PurePath, options: ReadingOptions) -> str:
    """Return why a file cannot be read without the folders that it and the files that are given for it lie in."""
    for given in options.given.values():
        reason = reason.replace(str(given), given.name)
    folder = str(path.parent)
    return reason.replace(f"{folder}{os.sep}", "").replace(str(path), path.name).replace(folder, "")
