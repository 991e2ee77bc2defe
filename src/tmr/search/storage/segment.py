"""A segment: embeddings that were added together, memory-mapped, with the items they belong to."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from tmr.errors import IndexFolderError
from tmr.search.item import Item
from tmr.search.storage.disk import explain_os_errors, file_sha256, flush_folder, write_durably
from tmr.search.storage.manifest import SegmentEntry, broken

WIDTH = 256
EMBEDDINGS, ROWS, ITEMS = "embeddings.npy", "rows.npy", "items.jsonl"
SUFFIXES = (EMBEDDINGS, ROWS, ITEMS)
# Embeddings of the rows' mirror images, in an index that is made with them.
MIRRORS = "mirrors.npy"
# One record a row: which of the segment's items it shows, and which part of it.
ROW = np.dtype([("item", "<u4"), ("start_seconds", "<f4"), ("end_seconds", "<f4")])
_SCAN_BYTES = 1 << 24


def segment_path(folder: Path, name: str, suffix: str) -> Path:
    """Return where one of a segment's three files is."""
    return folder / "segments" / f"{name}.{suffix}"


def write_segment(
    folder: Path,
    name: str,
    items: Iterable[Item],
    num_items: int,
    rows: np.ndarray,
    embeddings: Iterable[Float[np.ndarray, "_row width"]],
    mirrors: Iterable[Float[np.ndarray, "_row width"]] | None = None,
) -> SegmentEntry:
    """Write a new segment and force it to the disk; it counts once a manifest names it.

    Args:
        folder: The index folder.
        name: The segment's name, not used before.
        items: The items, in the order in which `rows` counts them.
        num_items: How many they are.
        rows: One `ROW` record an embedding; the rows of an item stand together, in the order of the items.
        embeddings: Blocks of embeddings, as many rows together as `rows` has.
        mirrors: The same of the rows' mirror images; None leaves them out.

    Raises:
        IndexFolderError: If the disk is full or the folder cannot be written; nothing of the segment then remains.
    """
    header = _npy_header(np.dtype("<f4"), (len(rows), WIDTH))
    paths = {suffix: segment_path(folder, name, suffix) for suffix in (*SUFFIXES, MIRRORS)}
    record_bytes = np.ascontiguousarray(rows, dtype=ROW).tobytes()
    lines = (json.dumps(asdict(item)).encode("ascii") + b"\n" for item in items)
    try:
        with explain_os_errors(folder, "write to index"):
            paths[EMBEDDINGS].parent.mkdir(exist_ok=True)
            digests = {
                EMBEDDINGS: write_durably(paths[EMBEDDINGS], _chain(header, embeddings)),
                ROWS: write_durably(paths[ROWS], [_npy_header(ROW, (len(rows),)), record_bytes]),
                ITEMS: write_durably(paths[ITEMS], lines),
            }
            if mirrors is not None:
                digests[MIRRORS] = write_durably(paths[MIRRORS], _chain(header, mirrors))
            flush_folder(paths[EMBEDDINGS].parent)
    except BaseException:
        for path in paths.values():
            path.unlink(missing_ok=True)
        raise
    return SegmentEntry(name=name, rows=len(rows), items=num_items, sha256=digests)


def _chain(header: bytes, blocks: Iterable[np.ndarray]) -> Iterator[bytes]:
    yield header
    for block in blocks:
        yield np.ascontiguousarray(block, dtype="<f4").tobytes()


def _npy_header(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    from io import BytesIO

    header = BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


class Segment:
    """A segment opened for reading. Its items are only parsed when one is asked for.

    Args:
        folder: The index folder.
        entry: What the manifest says of the segment.

    Raises:
        IndexFolderError: If a file is missing, cut short, or not what the manifest says.
    """

    def __init__(self, folder: Path, entry: SegmentEntry) -> None:
        self.folder, self.entry = folder, entry
        self.embeddings = self._map(EMBEDDINGS, np.dtype("<f4"), (entry.rows, WIDTH))
        self.rows = self._map(ROWS, ROW, (entry.rows,))
        has_mirrors = MIRRORS in entry.sha256
        self.mirrors = self._map(MIRRORS, np.dtype("<f4"), (entry.rows, WIDTH)) if has_mirrors else None
        numbers = np.asarray(self.rows["item"])
        steps = np.diff(numbers.astype(np.int64), prepend=-1)
        if not (((steps == 0) | (steps == 1)).all() and numbers[-1] == entry.items - 1):
            raise self._broken(ROWS, "its item numbers do not count up")
        self.first_rows = np.flatnonzero(steps)
        self.removed = np.zeros(entry.items, dtype=bool)
        self.removed[list(entry.removed)] = True
        # Mapped like the arrays: a reader keeps what it opened when a writer merges segments and deletes the file.
        self._lines = self._map_lines()
        self._line_ends: np.ndarray | None = None

    def __len__(self) -> int:
        return self.entry.items - len(self.entry.removed)

    @property
    def num_bytes(self) -> int:
        """Size of the segment's embeddings."""
        return self.embeddings.nbytes

    def item(self, number: int) -> Item:
        """Return one item by its number in the segment."""
        return self.items([number])[0]

    def items(self, numbers: Sequence[int]) -> list[Item]:
        """Return items by their numbers in the segment.

        Raises:
            IndexFolderError: If the file of items is broken or has vanished.
        """
        if self._line_ends is None:
            self._line_ends = _line_ends(self._lines)
            if len(self._line_ends) != self.entry.items + 1:
                raise self._broken(ITEMS, f"it has {len(self._line_ends) - 1} lines, not {self.entry.items}")
        ends = self._line_ends
        lines = [self._lines[ends[number] : ends[number + 1]].tobytes() for number in numbers]
        return [self._parse(line) for line in lines]

    def rows_of(self, number: int) -> slice:
        """Return where an item's rows are."""
        last = self.entry.rows if number + 1 == self.entry.items else int(self.first_rows[number + 1])
        return slice(int(self.first_rows[number]), last)

    def living(self) -> list[tuple[int, Item]]:
        """Return every item that has not been removed, with its number."""
        numbers = [int(number) for number in np.flatnonzero(~self.removed)]
        return list(zip(numbers, self.items(numbers), strict=True))

    def verify(self) -> None:
        """Compare the digests of all files with those in the manifest.

        Raises:
            IndexFolderError: If one differs.
        """
        for suffix in (*SUFFIXES, *([] if self.mirrors is None else [MIRRORS])):
            with explain_os_errors(self.folder, "read index"):
                digest = file_sha256(segment_path(self.folder, self.entry.name, suffix))
            if digest != self.entry.sha256.get(suffix):
                raise self._broken(suffix, "its content is not what was written (the digest differs)")

    def _map(self, suffix: str, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        path = segment_path(self.folder, self.entry.name, suffix)
        header = _npy_header(dtype, shape)
        expected = len(header) + int(np.prod(shape)) * dtype.itemsize
        try:
            with path.open("rb") as file:
                found_header = file.read(len(header))
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise self._broken(suffix, "it is missing") from error
        except OSError as error:
            raise self._broken(suffix, f"it cannot be read ({error.strerror})") from error
        if size != expected:
            raise self._broken(suffix, f"it has {size} bytes, expected {expected}")
        if found_header != header:
            raise self._broken(suffix, f"it does not begin as an array of shape {shape}")
        with explain_os_errors(self.folder, "read index"):
            # As a plain array: every slice of a memmap object costs microseconds of bookkeeping.
            return np.memmap(path, dtype=dtype, mode="r", offset=len(header), shape=shape).view(np.ndarray)

    def _map_lines(self) -> np.ndarray:
        path = segment_path(self.folder, self.entry.name, ITEMS)
        with explain_os_errors(self.folder, "read index"):
            if not path.is_file() or path.stat().st_size == 0:
                raise self._broken(ITEMS, "it is missing or empty")
            return np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)

    def _parse(self, line: bytes) -> Item:
        try:
            table: dict[str, Any] = json.loads(line)
            return Item(**{**table, "notes": tuple(table["notes"])})
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._broken(ITEMS, f"it has a line that is no item: {line[:80]!r}") from error

    def _broken(self, suffix: str, what: str) -> IndexFolderError:
        return broken(self.folder, f"in segments/{self.entry.name}.{suffix}: {what}")


def _line_ends(content: np.ndarray) -> np.ndarray:
    """Return where lines begin, and the end of the last one, scanning a block at a time."""
    ends = [np.zeros(1, dtype=np.int64)]
    for begin in range(0, len(content), _SCAN_BYTES):
        ends.append(np.flatnonzero(content[begin : begin + _SCAN_BYTES] == ord("\n")) + begin + 1)
    return np.concatenate(ends)
