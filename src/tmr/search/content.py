"""Content: what an index holds at one moment, its manifest and the mapped segments that count."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import IndexFolderError, TMRError
from tmr.search.columns import Columns
from tmr.search.filter_text import parse_filter
from tmr.search.filters import Filter
from tmr.search.item import Item
from tmr.search.metadata import Rows
from tmr.search.readings import Readings, load_readings
from tmr.search.storage.manifest import Manifest, load_manifest, root_as_path
from tmr.search.storage.metadata_file import MetadataFile
from tmr.search.storage.segment import Segment

Where = str | Filter | None

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
        self.manifest, self.segments, self._metadata_file = _load(folder)
        self._columns: Columns | None = None
        self.root = None if self.manifest.root is None else root_as_path(self.manifest.root, folder)
        self._places: dict[str, tuple[Segment, int]] | None = None
        self._readings: Readings | None = None

    @property
    def items(self) -> list[Item]:
        """All items in the order of their names."""
        items = [item for segment in self.segments for _, item in segment.living()]
        return sorted(items, key=lambda item: item.item)

    @property
    def metadata(self) -> Rows:
        """What the user says of items, by name; parsed when it is first asked for.

        Raises:
            IndexFolderError: If it is broken.
        """
        return {} if self._metadata_file is None else self._metadata_file.rows

    @property
    def readings(self) -> Readings:
        """The options that items were read with, by what an item has as `reading`; of an early index not all of them.

        Raises:
            IndexFolderError: If they cannot be read.
        """
        if self._readings is None:
            self._readings = load_readings(self.folder)
        return self._readings

    @property
    def columns(self) -> Columns:
        """The fields of all items; read when they are first asked for, which takes seconds in an index of a million.

        Raises:
            IndexFolderError: If a segment or the metadata is broken.
        """
        if self._columns is None:
            self._columns = Columns(self.segments, self.metadata)
        return self._columns

    def passing(self, where: Where) -> list[Bool[np.ndarray, " _item"]] | None:
        """Return for each segment which of its items a filter lets pass; None for all that have not been removed.

        Raises:
            TMRError: If this is no filter, it cannot be read, or no item has a field that it names.
        """
        if where is None:
            return None
        chosen = parse_filter(where) if isinstance(where, str) else where
        if not isinstance(chosen, Filter):
            raise TMRError(
                f"the filter is a {type(chosen).__name__}; expected a Filter, or a text such as: "
                "seconds > 2 and hand = 'left'"
            )
        if len(self) == 0:
            return [~segment.removed & False for segment in self.segments]
        return self.columns.by_segment(chosen.passing(self.columns))

    def count(self, where: Where) -> int:
        """Return how many items pass a filter."""
        passing = self.passing(where)
        return len(self) if passing is None else sum(int(chosen.sum()) for chosen in passing)

    def items_where(self, where: Where) -> list[Item]:
        """Return the items that pass a filter, in the order of their names."""
        passing = self.passing(where)
        if passing is None:
            return self.items
        chosen = zip(self.segments, passing, strict=True)
        items = [item for segment, some in chosen for item in segment.items([int(n) for n in np.flatnonzero(some)])]
        return sorted(items, key=lambda item: item.item)

    def embedding(self, item: str, start_seconds: float, end_seconds: float | None = None) -> Float[np.ndarray, " 256"]:
        """Return the vector of an item's window.

        Args:
            item: The item's name.
            start_seconds: Of the longest windows the one that begins nearest to this is taken.
            end_seconds: With this, of all windows the one that begins and ends nearest to both.

        Raises:
            IndexFolderError: If there is no such item.
        """
        segment, number = self._place(item)
        rows = segment.rows_of(number)
        starts, ends = segment.rows["start_seconds"][rows], segment.rows["end_seconds"][rows]
        away = np.abs(starts - start_seconds)
        if end_seconds is None:
            lengths = ends - starts
            away = np.where(lengths > 0.99 * lengths.max(), away, np.inf)
        else:
            away = away + np.abs(ends - end_seconds)
        return np.array(segment.embeddings[rows.start + int(away.argmin())])

    def check_part(self, item: str, start_seconds: float, end_seconds: float | None) -> None:
        """Refuse a part that an item does not have: the window nearest to it would be one that nobody meant.

        Raises:
            IndexFolderError: If there is no such item.
            TMRError: If the part begins outside the item, or does not end after its start.
        """
        seconds = self.item(item).seconds
        if not 0 <= start_seconds <= seconds:
            raise TMRError(
                f"item {item!r} lasts {seconds:.3f} s, so no part of it begins at {start_seconds:g} s; "
                f"expected a start from 0 to {seconds:.3f}"
            )
        if end_seconds is not None and not end_seconds > start_seconds:
            raise TMRError(
                f"a part of item {item!r} is to begin at {start_seconds:g} s and to end at {end_seconds:g} s; expected "
                "an end after the start"
            )

    def longest_windows(self, item: str) -> tuple[Float[np.ndarray, " window"], Float[np.ndarray, "window 256"]]:
        """Return where an item's longest windows begin, in seconds, and their vectors.

        Raises:
            IndexFolderError: If there is no such item.
        """
        segment, number = self._place(item)
        rows = segment.rows_of(number)
        starts, ends = segment.rows["start_seconds"][rows], segment.rows["end_seconds"][rows]
        longest = ends - starts > 0.99 * (ends - starts).max()
        return starts[longest], segment.embeddings[rows][longest]

    def item(self, item: str) -> Item:
        """Return an item by its name.

        Raises:
            IndexFolderError: If there is no such item.
        """
        segment, number = self._place(item)
        return segment.item(number)

    def _place(self, item: str) -> tuple[Segment, int]:
        if self._places is None:
            # Parsing all items takes seconds in a large index, so only who asks for one by name waits for it, once.
            self._places = {
                found.item: (segment, number) for segment in self.segments for number, found in segment.living()
            }
        if item not in self._places:
            raise IndexFolderError(f"index {str(self.folder)!r} has no item {item!r}")
        return self._places[item]

    def verify(self) -> None:
        """Compare every file with the digest it was written with.

        Raises:
            IndexFolderError: If one differs.
        """
        for opened in (*self.segments, *([] if self._metadata_file is None else [self._metadata_file])):
            opened.verify()

    def close(self) -> None:
        """Let go of the files; there are no items afterwards."""
        self.segments, self._places, self._columns, self._metadata_file = [], None, None, None

    def __len__(self) -> int:
        return sum(len(segment) for segment in self.segments)


_Opened = tuple[Manifest, list[Segment], MetadataFile | None]


def _load(folder: Path) -> _Opened:
    """Read the manifest and map the files; once more if a writer merged them at that very moment."""
    manifest = load_manifest(folder)
    for _ in range(_OPEN_ATTEMPTS):
        try:
            return _open_files(folder, manifest)
        except IndexFolderError:
            newer = load_manifest(folder)
            if newer == manifest:
                raise
            manifest = newer
    return _open_files(folder, manifest)


def _open_files(folder: Path, manifest: Manifest) -> _Opened:
    segments = [Segment(folder, entry) for entry in manifest.segments]
    metadata = None if manifest.metadata is None else MetadataFile(folder, manifest.metadata)
    if sum(segment.num_bytes for segment in segments) <= _VERIFY_BYTES:
        for opened in (*segments, *([] if metadata is None else [metadata])):
            opened.verify()
    return manifest, segments, metadata
