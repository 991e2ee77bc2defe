"""Merging segments, so that an index that grew in many steps is as fast and small as one made at once."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from tmr.search.item import Item
from tmr.search.storage.disk import explain_os_errors
from tmr.search.storage.manifest import Manifest, SegmentEntry, save_manifest
from tmr.search.storage.metadata_file import metadata_path
from tmr.search.storage.segment import MIRRORS, ROW, SUFFIXES, WIDTH, Segment, segment_path, write_segment

# Eight segments of about one size become one of the next: every embedding is copied about log8(rows / 1024) times.
_FAN = 8
_SMALLEST_ROWS = 1024
_REMOVED_SHARE = 0.25
_BLOCK_ROWS = 16_384


def compact(folder: Path, manifest: Manifest) -> Manifest:
    """Merge segments where there are many of one size, and rewrite those that are mostly removed.

    The caller holds the writer's lock. The files of the old segments are deleted once the new manifest is in place; a
    reader that has them open keeps them.

    Raises:
        IndexFolderError: If a segment is broken or cannot be written; the index is then as it was.
    """
    while group := _worth_merging(manifest.segments):
        manifest = _merge(folder, manifest, group)
        save_manifest(folder, manifest)
    delete_orphans(folder, manifest)
    return manifest


def _worth_merging(segments: tuple[SegmentEntry, ...]) -> list[SegmentEntry]:
    for entry in segments:
        if len(entry.removed) > _REMOVED_SHARE * entry.items:
            return [entry]
    for _, entries in groupby(sorted(segments, key=_tier), key=_tier):
        group = list(entries)
        if len(group) >= _FAN:
            return group
    return []


def _tier(entry: SegmentEntry) -> int:
    tier, rows = 0, _SMALLEST_ROWS
    while entry.rows > rows:
        tier, rows = tier + 1, rows * _FAN
    return tier


def _merge(folder: Path, manifest: Manifest, group: list[SegmentEntry]) -> Manifest:
    merged = {entry.name for entry in group}
    segments = [Segment(folder, entry) for entry in manifest.segments if entry.name in merged]
    for segment in segments:
        segment.verify()
    kept = tuple(entry for entry in manifest.segments if entry.name not in merged)
    num_items = sum(len(segment) for segment in segments)
    rest = Manifest(**{**vars(manifest), "segments": kept})
    if num_items == 0:
        return rest
    name = f"{manifest.next_segment:06d}"
    mirrors = _mirrors(segments) if any(segment.mirrors is not None for segment in segments) else None
    entry = write_segment(folder, name, _items(segments), num_items, _rows(segments), _embeddings(segments), mirrors)
    return rest.with_segment(entry)


def _living_rows(segment: Segment) -> np.ndarray:
    return np.flatnonzero(~segment.removed[segment.rows["item"]])


def _items(segments: list[Segment]) -> Iterator[Item]:
    for segment in segments:
        for number in np.flatnonzero(~segment.removed):
            yield segment.item(int(number))


def _rows(segments: list[Segment]) -> np.ndarray:
    parts, first = [], 0
    for segment in segments:
        rows = np.array(segment.rows[_living_rows(segment)], dtype=ROW)
        # Numbers without the gaps that removed items leave.
        new_numbers = np.cumsum(~segment.removed) - 1 + first
        rows["item"] = new_numbers[rows["item"]]
        parts.append(rows)
        first += len(segment)
    return np.concatenate(parts)


def _embeddings(segments: list[Segment]) -> Iterator[np.ndarray]:
    for segment in segments:
        numbers = _living_rows(segment)
        for begin in range(0, len(numbers), _BLOCK_ROWS):
            yield np.asarray(segment.embeddings[numbers[begin : begin + _BLOCK_ROWS]])


def _mirrors(segments: list[Segment]) -> Iterator[np.ndarray]:
    """Yield the embeddings of mirror images; zeros for a segment that was written without."""
    for segment in segments:
        numbers = _living_rows(segment)
        for begin in range(0, len(numbers), _BLOCK_ROWS):
            block = numbers[begin : begin + _BLOCK_ROWS]
            yield np.zeros((len(block), WIDTH)) if segment.mirrors is None else np.asarray(segment.mirrors[block])


def delete_orphans(folder: Path, manifest: Manifest) -> None:
    """Delete segment files that no manifest names: a killed run or a compaction left them."""
    suffixes = (*SUFFIXES, MIRRORS)
    known = {segment_path(folder, entry.name, suffix).name for entry in manifest.segments for suffix in suffixes}
    if manifest.metadata is not None:
        known.add(metadata_path(folder, manifest.metadata.name).name)
    with explain_os_errors(folder, "write to index"):
        for path in (folder / "segments").glob("*.*"):
            if path.name not in known:
                try:
                    path.unlink(missing_ok=True)
                except PermissionError:
                    # Windows keeps a file that another process searches; the next change of the index deletes it.
                    continue
