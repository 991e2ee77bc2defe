"""Digests: is a file the published one? Asked once a file, then remembered in the user's cache folder."""

import contextlib
import hashlib
import json
from pathlib import Path

from tmr.errors import ModelError
from tmr.files import replacing


def check_digest(path: Path, sha256: str, *, memory: Path | None = None) -> None:
    """Check that a file has the expected SHA-256.

    Reading 90 MB takes 0.3 s, so a file that was right is not read again while its path, size and time of change stay.

    Args:
        path: The file.
        sha256: The expected digest, in hexadecimal.
        memory: Where to remember files that were right; None is `~/.cache/tmr/digests.json`. If it cannot be written,
            the next process reads the file again.

    Raises:
        ModelError: If the file has another digest or cannot be read.
    """
    try:
        path = path.resolve()
        state = path.stat()
        key = json.dumps([str(path), state.st_size, state.st_mtime_ns])
        memory = _default_memory() if memory is None else memory
        known = _read(memory)
        if known.get(key) == sha256:
            return
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    if found != sha256:
        raise ModelError(
            f"{path} is not the published file: its SHA-256 is {found}, expected {sha256}; delete it and fetch it again"
        )
    _write(memory, known | {key: sha256})


def _default_memory() -> Path | None:
    try:
        return Path.home() / ".cache" / "tmr" / "digests.json"
    except RuntimeError:  # a process without a home folder
        return None


def _read(memory: Path | None) -> dict[str, str]:
    if memory is None:
        return {}
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(memory: Path | None, known: dict[str, str]) -> None:
    """Write the memory; two processes at once leave one whole file."""
    if memory is None:
        return
    with contextlib.suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        with replacing(memory) as new:
            new.write_text(json.dumps(known), encoding="utf-8")
