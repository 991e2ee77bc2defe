"""Writing that survives a crash: a file is complete and in place, or it is not there."""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tmr.errors import IndexFolderError
from tmr.files import put_in_place

_READ_BYTES = 1 << 20


@contextmanager
def explain_os_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn the operating system's refusals inside the block into one IndexFolderError that says what to do.

    Args:
        path: The index folder or file, for the message.
        doing: What was being done, as in "cannot write to index …".
    """
    try:
        yield
    except OSError as error:
        # EFBIG is what a quota or a file size limit gives: for the user it is the same as a full disk.
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            advice = "the disk is full; everything added before is kept: free some space and run the same again"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            advice = "the folder may not be written or read; change its permissions or choose another folder"
        else:
            advice = f"{error.strerror or error}; check the folder and try again"
        raise IndexFolderError(f"cannot {doing} {str(path)!r}: {advice}") from error


def write_durably(path: Path, parts: Iterable[bytes]) -> str:
    """Write a new file, force it to the disk and return the SHA-256 of what it holds.

    A file that could not be completed is removed, so that a full disk gets its space back.

    Raises:
        OSError: As the operating system gives it.
    """
    digest = hashlib.sha256()
    try:
        with path.open("wb") as file:
            for part in parts:
                digest.update(part)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def replace_durably(path: Path, content: bytes) -> None:
    """Put new content in a file's place in one step: whoever reads it sees all of the old or all of the new.

    Raises:
        OSError: As the operating system gives it; the old file is then untouched.
    """
    temporary = path.with_name(path.name + ".new")
    write_durably(temporary, [content])
    try:
        put_in_place(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Force the names in a folder to the disk; Windows does that by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content as hexadecimal digits, reading it piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()
