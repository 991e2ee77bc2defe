"""Content: what an index holds at one moment, its manifest and the mapped segments that count."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import IndexFolderError
from tmr.search.item import Item
from tmr.search.storage.manifest import Manifest, load_manifest, root_as_path
from tmr.search.storage.segment import Segment

# Below this the digests of all files are compared when an index is opened: it takes no noticeable time.
_VERIFY_BYTES = 16_000_000
_OPEN_ATTEMPTS = 5


class Content:
    """What an index holds; it stays as it was opened, whatever a writer does meanwhile.

    Args:
        folder: The index folder.

    Attributes:
        folder: The same.
        manifest: Which model made the index, of which folder, and its segments.
        segments: The segments, mapped.
        root: The folder of motion files; None if there is none.

    Raises:
        IndexFolderError: If the folder is no index, or is broken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest, self.segments = _load(folder)
        self.root = None if self.manifest.root is None else root_as_path(self.manifest.root, folder)
        self._places: dict[str, tuple[Segment, int]] | None = None

    @property
    def items(self) -> list[Item]:
        """All items in the order of their names."""
        items = [item for segment in self.segments for _, item in segment.living()]
        return sorted(items, key=lambda item: item.item)

    def embedding(self, item: str, start_seconds: float) -> Float[np.ndarray, " 256"]:
        """Return the vector of an item's window, the one that begins nearest to a time.

        Raises:
            IndexFolderError: If there is no such item.
        """
        if self._places is None:
            # Parsing all items takes seconds in a large index, so only who asks for one by name waits for it, once.
            self._places = {
                found.item: (segment, number) for segment in self.segments for number, found in segment.living()
            }
        if item not in self._places:
            raise IndexFolderError(f"index {str(self.folder)!r} has no item {item!r}")
        segment, number = self._places[item]
        rows = segment.rows_of(number)
        nearest_row = rows.start + int(np.abs(segment.rows["start_seconds"][rows] - start_seconds).argmin())
        return np.array(segment.embeddings[nearest_row])

    def verify(self) -> None:
        """Compare every file with the digest it was written with.

        Raises:
            IndexFolderError: If one differs.
        """
        for segment in self.segments:
            segment.verify()

    def close(self) -> None:
        """Let go of the files; there are no items afterwards."""
        self.segments, self._places = [], None

    def __len__(self) -> int:
        return sum(len(segment) for segment in self.segments)


def _load(folder: Path) -> tuple[Manifest, list[Segment]]:
    """Read the manifest and map the segments; once more if a writer merged them at that very moment."""
    manifest = load_manifest(folder)
    for _ in range(_OPEN_ATTEMPTS):
        try:
            return manifest, _open_segments(folder, manifest)
        except IndexFolderError:
            newer = load_manifest(folder)
            if newer == manifest:
                raise
            manifest = newer
    return manifest, _open_segments(folder, manifest)


def _open_segments(folder: Path, manifest: Manifest) -> list[Segment]:
    segments = [Segment(folder, entry) for entry in manifest.segments]
    if sum(segment.num_bytes for segment in segments) <= _VERIFY_BYTES:
        for segment in segments:
            segment.verify()
    return segments
