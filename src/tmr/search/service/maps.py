"""The maps of the service's indexes: made in the background when somebody first asks, and kept beside the index."""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from starlette.exceptions import HTTPException

import tmr
from tmr.errors import IndexFolderError, TMRError
from tmr.files import read_replaced
from tmr.search.map.library_map import FILE_NAME, LibraryMap
from tmr.search.map.phrases import phrases
from tmr.search.map.source import manifest_digest
from tmr.search.service.opened import Snapshot
from tmr.search.storage.disk import explain_os_errors, replace_durably

_WORKER = "tmr.search.map.worker"
# A small library's map is made, and a large one's brought up to date, within this: whoever asks waits for it.
_PATIENCE_SECONDS = 0.8
_AGAIN_SECONDS = 30.0
_TOGETHER = 8

_log = logging.getLogger("tmr.serve")


@dataclass(frozen=True, eq=False)
class Mapped:
    """A map, and the index as it was when the map was made.

    Args:
        map: The map.
        snapshot: Its rows are the map's.
        is_old: The index has changed since, and a newer map is being made.
    """

    map: LibraryMap
    snapshot: Snapshot
    is_old: bool = False


class Maps:
    """The maps by the names of their indexes. Used from the event loop only."""

    def __init__(self) -> None:
        self._made: dict[str, Mapped] = {}
        self._making: dict[str, asyncio.Task[None]] = {}
        self._share: dict[str, float] = {}
        self._failed: dict[str, float] = {}
        self._digests: dict[str, tuple[Snapshot, str]] = {}
        self._phrases: dict[str, np.ndarray | None] = {}
        self._turn = asyncio.Semaphore(1)
        self._processes: set[subprocess.Popen[str]] = set()
        self._closed = threading.Event()

    async def get(self, name: str, snapshot: Snapshot) -> Mapped | float:
        """Return the map of an index; or what share of it is made, if there is none yet.

        Raises:
            HTTPException: 503 if it cannot be made.
        """
        made_from = self._digest(name, snapshot)
        if (ready := self._ready(name, made_from)) is not None:
            return ready
        if time.monotonic() - self._failed.get(name, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            raise HTTPException(
                503, "the map cannot be made now; the service's log says why", {"Retry-After": f"{_AGAIN_SECONDS:.0f}"}
            )
        if name not in self._making:
            self._share[name] = 0.0
            self._making[name] = asyncio.create_task(self._make(name, snapshot))
        # Waiting does not cancel it: the others need it too.
        await asyncio.wait({self._making[name]} if name in self._making else set(), timeout=_PATIENCE_SECONDS)
        if (ready := self._ready(name, made_from)) is not None:
            return ready
        if name in self._made:
            old = self._made[name]
            return Mapped(old.map, old.snapshot, is_old=True)
        return self._share[name]

    async def close(self) -> None:
        """Begin nothing more, and end the process that makes a map."""
        self._closed.set()
        for process in tuple(self._processes):
            process.kill()
        if self._making:
            await asyncio.wait(set(self._making.values()), timeout=5.0)

    def _ready(self, name: str, made_from: str) -> Mapped | None:
        made = self._made.get(name)
        return made if made is not None and made.map.made_from == made_from else None

    def _digest(self, name: str, snapshot: Snapshot) -> str:
        known = self._digests.get(name)
        if known is None or known[0] is not snapshot:
            self._digests[name] = known = snapshot, manifest_digest(snapshot.index.content.manifest)
        return known[1]

    async def _make(self, name: str, snapshot: Snapshot) -> None:
        """Read the map from the index's folder, or have it made."""
        folder = snapshot.index.folder
        try:
            made = await asyncio.to_thread(_read, folder / FILE_NAME)
            if made is None or made.made_from != self._digest(name, snapshot):
                async with self._turn:
                    vectors = await self._phrase_vectors(snapshot)
                    made = await asyncio.to_thread(self._run, name, folder, vectors)
            # The process opens the index by itself. If it saw a later state, whoever asks for that state gets it.
            if made.made_from == self._digest(name, snapshot):
                self._made[name] = Mapped(made, snapshot)
        except (TMRError, OSError) as error:
            if not self._closed.is_set():
                _log.error("the map of %r: %s", name, error)
            self._failed[name] = time.monotonic()
        finally:
            del self._making[name]

    async def _phrase_vectors(self, snapshot: Snapshot) -> Float[np.ndarray, "phrase width"] | None:
        """Return the vectors of the phrases, a few at a time; None if the index has no model that embeds text."""
        model = snapshot.index.checkpoint_hash
        if model not in self._phrases:
            sentences = list(phrases().values())
            parts = [sentences[begin : begin + _TOGETHER] for begin in range(0, len(sentences), _TOGETHER)]
            try:
                found = [await asyncio.to_thread(snapshot.index.embed_texts, part) for part in parts]
                self._phrases[model] = np.concatenate(found)
            except TMRError as error:
                _log.info("the map has no guessed names: %s", error)
                self._phrases[model] = None
        return self._phrases[model]

    def _run(self, name: str, folder: Path, vectors: Float[np.ndarray, "phrase width"] | None) -> LibraryMap:
        """Have a process make the map, in a thread that waits for it; and keep the map beside the index.

        Raises:
            IndexFolderError: If it was not made.
        """
        with tempfile.TemporaryDirectory() as place:
            phrase_file, result = Path(place) / "phrases.npy", Path(place) / "map"
            if vectors is not None:
                np.save(phrase_file, vectors)
            self._wait_for(name, [str(folder), str(folder / FILE_NAME), str(phrase_file), str(result)])
            content = result.read_bytes()
        made = LibraryMap.from_bytes(content)
        try:
            with explain_os_errors(folder, "keep the map in"):
                replace_durably(folder / FILE_NAME, content)
        except IndexFolderError as error:
            _log.info("%s", error)
        return made

    def _wait_for(self, name: str, arguments: list[str]) -> None:
        with tempfile.TemporaryFile("w+") as messages:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", _WORKER, *arguments],
                stdout=subprocess.PIPE,
                stderr=messages,
                text=True,
                env=_environment(),
                creationflags=subprocess.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 0,
            )
            self._processes.add(process)
            if self._closed.is_set():
                process.kill()
            with process:
                for line in process.stdout or ():
                    self._share[name] = int(line) / 100
            self._processes.discard(process)
            if process.returncode:
                messages.seek(0)
                told = messages.read()[-2000:].strip().splitlines() or [f"exit status {process.returncode}"]
                raise IndexFolderError(f"it was not made: {told[-1]}")


def _read(path: Path) -> LibraryMap | None:
    try:
        return LibraryMap.from_bytes(read_replaced(path))
    except FileNotFoundError:
        return None
    except (OSError, IndexFolderError) as error:
        _log.info("%s", error)
        return None


def _environment() -> dict[str, str]:
    package_folder = str(Path(tmr.__file__).parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([package_folder, *([inherited] if inherited else [])]),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
