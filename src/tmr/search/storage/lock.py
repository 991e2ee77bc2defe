"""One writer at a time: a lock that the operating system drops when its process dies, however it dies."""

import os
import socket
from pathlib import Path
from typing import IO

from tmr.errors import IndexFolderError
from tmr.search.storage.disk import explain_os_errors

# The locked byte lies behind the text of the file: Windows lets nobody read a byte that is locked.
_LOCKED_BYTE = 1 << 20


class WriterLock:
    """Held while an index is changed. It needs no clean-up after a crash, and readers never wait for it.

    Args:
        folder: The index folder.

    Raises:
        IndexFolderError: If another process holds it; the message names that process.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        with explain_os_errors(folder, "write to index"):
            self._file = open(path, "a+b")  # noqa: SIM115 - it stays open as long as the lock is held
            locked = _try_lock(self._file)
        if not locked:
            self._file.seek(0)
            holder = self._file.read(200).decode("utf-8", "replace").strip() or "another process"
            self._file.close()
            raise IndexFolderError(
                f"index {str(folder)!r} is being changed by {holder}; wait until that has finished, or stop it"
            )
        with explain_os_errors(folder, "write to index"):
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
            self._file.flush()

    def release(self) -> None:
        """Let others write; calling it twice does no harm."""
        if not self._file.closed:
            _unlock(self._file)
            self._file.close()

    def __enter__(self) -> "WriterLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


if os.name == "nt":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
