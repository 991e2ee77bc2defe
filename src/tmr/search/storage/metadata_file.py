"""The file of metadata in an index: never changed once it is written, as a segment is not."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tmr.errors import IndexFolderError
from tmr.search.item import Value
from tmr.search.metadata import Rows, rows_as_bytes, rows_from_bytes
from tmr.search.storage.disk import explain_os_errors, file_sha256, flush_folder, write_durably
from tmr.search.storage.manifest import MetadataEntry, broken

SUFFIX = "metadata.jsonl"


def metadata_path(folder: Path, name: str) -> Path:
    """Return where a file of metadata is."""
    return folder / "segments" / f"{name}.{SUFFIX}"


def write_metadata(folder: Path, name: str, rows: Mapping[str, Mapping[str, Value]]) -> MetadataEntry:
    """Write a new file of metadata and force it to the disk; it counts once a manifest names it.

    Raises:
        IndexFolderError: If it cannot be written; nothing of it then remains.
    """
    path = metadata_path(folder, name)
    with explain_os_errors(folder, "write to index"):
        path.parent.mkdir(exist_ok=True)
        digest = write_durably(path, [rows_as_bytes(rows)])
        flush_folder(path.parent)
    return MetadataEntry(name, digest)


class MetadataFile:
    """A file of metadata, opened. It is parsed when it is first asked for.

    Args:
        folder: The index folder.
        entry: What the manifest says of the file.

    Raises:
        IndexFolderError: If the file is missing.
    """

    def __init__(self, folder: Path, entry: MetadataEntry) -> None:
        self.folder, self.entry = folder, entry
        path = metadata_path(folder, entry.name)
        with explain_os_errors(folder, "read index"):
            if not path.is_file():
                raise self._broken("it is missing")
            # Mapped: a reader keeps what it opened when a writer replaces and deletes the file. Nothing can be mapped
            # of an empty file.
            empty = path.stat().st_size == 0
            self._content = np.zeros(0, np.uint8) if empty else np.memmap(path, np.uint8, mode="r").view(np.ndarray)
        self._rows: Rows | None = None

    @property
    def rows(self) -> Rows:
        """Fields by item.

        Raises:
            IndexFolderError: If the file is broken.
        """
        if self._rows is None:
            try:
                self._rows = rows_from_bytes(self._content.tobytes())
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise self._broken(f"it has a line that is no metadata ({error})") from error
        return self._rows

    def verify(self) -> None:
        """Compare the digest of the file with the one in the manifest.

        Raises:
            IndexFolderError: If they differ.
        """
        with explain_os_errors(self.folder, "read index"):
            digest = file_sha256(metadata_path(self.folder, self.entry.name))
        if digest != self.entry.sha256:
            raise self._broken("its content is not what was written (the digest differs)")

    def _broken(self, what: str) -> IndexFolderError:
        return broken(self.folder, f"in segments/{self.entry.name}.{SUFFIX}: {what}")
