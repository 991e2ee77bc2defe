"""Changing an index: what was embedded is committed every few seconds, in one step each time."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace as replace_fields
from functools import cached_property
from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError
from tmr.motion.telling import tell_readings
from tmr.search.intake import Embedded
from tmr.search.item import Item, Value
from tmr.search.metadata import Rows, check_rows, values_of
from tmr.search.reading import ReadingOptions, content_sha256
from tmr.search.readings import Readings, load_readings, remember_reading
from tmr.search.report import Progress, Report, ShowProgress
from tmr.search.skipped import Skipped, load_skipped, save_skipped
from tmr.search.storage.compact import compact, delete_orphans
from tmr.search.storage.lock import WriterLock
from tmr.search.storage.manifest import Manifest, load_manifest, save_manifest
from tmr.search.storage.metadata_file import MetadataFile, write_metadata
from tmr.search.storage.segment import ROW, Segment, write_segment

_COMMIT_SECONDS = 2.0
_COMMIT_ROWS = 8192


class Writer:
    """The one that changes an index, from taking the lock to releasing it.

    Args:
        folder: The index folder; it has a manifest.
        attempt: Fingerprint of how files are read now, kept with those that are skipped.
        show_progress: Called after each commit.
        verify: Compare every file of the index with its digest first.

    Raises:
        IndexFolderError: If another process changes the index, or it is broken.
    """

    def __init__(
        self, folder: Path, *, attempt: str = "", show_progress: ShowProgress | None = None, verify: bool = False
    ) -> None:
        self.folder, self._attempt, self._show_progress = folder, attempt, show_progress
        self._lock = WriterLock(folder)
        try:
            self.manifest: Manifest = load_manifest(folder)
            delete_orphans(folder, self.manifest)
            self.skipped = load_skipped(folder)
            # Where each item is: the name of its segment and its number there.
            self.places: dict[str, tuple[str, int]] = {}
            self.items: dict[str, Item] = {}
            for entry in self.manifest.segments:
                segment = Segment(folder, entry)
                if verify:
                    segment.verify()
                for number, item in segment.living():
                    self.places[item.item], self.items[item.item] = (entry.name, number), item
        except BaseException:
            self._lock.release()
            raise
        self._start = self._last_commit = time.monotonic()
        self._waiting: list[Embedded] = []
        self._to_remove: set[str] = set()
        self._done: dict[str, list] = {key: [] for key in ("added", "replaced", "unchanged", "removed", "skipped")}
        self._listed = dict(self.skipped)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @cached_property
    def _readings(self) -> Readings:
        return load_readings(self.folder)

    @property
    def metadata(self) -> Rows:
        """What the index was told of its items, by name; of names that no item has, too.

        Raises:
            IndexFolderError: If it is broken.
        """
        entry = self.manifest.metadata
        return {} if entry is None else MetadataFile(self.folder, entry).rows

    def names_of_folder(self) -> list[str]:
        """Return the items and skipped files of the library's folder: not what is from memory or from elsewhere."""
        files = [name for name, item in self.items.items() if item.from_file]
        return [name for name in (*files, *self.skipped) if not Path(name).is_absolute()]

    def take(
        self, results: Iterable[Embedded], options: ReadingOptions, total: int, *, from_files: bool = True
    ) -> None:
        """Add what was embedded and note what was skipped. When stopped half-way, all that was taken so far is kept.

        Args:
            results: What came of each file.
            options: How they were read.
            total: How many results there will be, for the progress.
            from_files: Whether they were read from files.
        """
        count, reading = 0, options.fingerprint
        remember_reading(self.folder, options)
        try:
            for result in results:
                self._take_one(result, reading)
                count += 1
                due = time.monotonic() - self._last_commit > _COMMIT_SECONDS
                if due or sum(len(waiting.bounds) for waiting in self._waiting) >= _COMMIT_ROWS:
                    self._commit_and_list(reading, from_files)
                    self._report(count, total)
        finally:
            self._commit_and_list(reading, from_files)
        self._report(count, total)

    def _commit_and_list(self, reading: str, from_files: bool) -> None:
        self.commit(reading, from_files=from_files)
        if self._listed != self.skipped:
            save_skipped(self.folder, self.skipped)
            self._listed = dict(self.skipped)

    def remove(self, names: Iterable[str]) -> None:
        """Mark items as removed, from the next commit on."""
        for name in names:
            if name in self.places:
                self._to_remove.add(name)
                self._done["removed"].append(name)
            self.skipped.pop(name, None)

    def skip_folders(self, unlisted: Mapping[str, str]) -> None:
        """Note folders of the library that cannot be listed; what the index has of them stays.

        Args:
            unlisted: By the folder's name, which ends in a slash: why.
        """
        for name, reason in unlisted.items():
            self._skip(Skipped(name, f"the folder cannot be listed ({reason}); the index keeps what it has of it"))

    def set_metadata(
        self, rows: Mapping[str, Mapping[str, Value | Sequence[str] | None]], *, replace: bool = False
    ) -> None:
        """Make what the user says of items part of the index, in one step, if it says anything new.

        Args:
            rows: Fields by the item's name.
            replace: Forget what was said of all other items.

        Raises:
            DatasetError: If a field or a value is of no use.
            IndexFolderError: If it cannot be written.
        """
        before = self.metadata
        said = {name: values_of(values, f"the metadata of {name!r}") for name, values in rows.items()}
        after = {name: values for name, values in {**({} if replace else before), **said}.items() if values}
        check_rows(after, "the metadata")
        if after == before:
            return
        name = f"{self.manifest.next_segment:06d}"
        written = write_metadata(self.folder, name, after) if after else None
        manifest = replace_fields(self.manifest, metadata=written, next_segment=self.manifest.next_segment + 1)
        save_manifest(self.folder, manifest)
        self.manifest = manifest
        delete_orphans(self.folder, manifest)

    def commit(self, reading: str = "", *, from_files: bool = True) -> None:
        """Write what waits as a segment and make it, and all removals, part of the index in one step."""
        embedded, self._waiting = self._waiting, []
        manifest = self.manifest
        gone: dict[str, set[int]] = {}
        for name in (*(result.task.item for result in embedded), *self._to_remove):
            if name in self.places:
                segment, number = self.places[name]
                gone.setdefault(segment, set()).add(number)
        if gone:
            manifest = manifest.without_items(gone)
        items = [_item(result, reading, from_files) for result in embedded]
        name = f"{manifest.next_segment:06d}"
        if items:
            blocks = (result.embeddings for result in embedded)
            mirrors = [result.mirrors for result in embedded if result.mirrors is not None]
            entry = write_segment(
                self.folder, name, items, len(items), _rows(embedded), blocks, mirrors if manifest.mirrors else None
            )
            manifest = manifest.with_segment(entry)
        if manifest != self.manifest:
            save_manifest(self.folder, manifest)
            self.manifest = manifest
        for removed in self._to_remove:
            self.places.pop(removed, None)
            self.items.pop(removed, None)
        self._to_remove = set()
        for number, item in enumerate(items):
            self._done["replaced" if item.item in self.items else "added"].append(item.item)
            self.places[item.item], self.items[item.item] = (name, number), item
            self.skipped.pop(item.item, None)
        self._last_commit = time.monotonic()

    def finish(self, names_before: Collection[str] = ()) -> Report:
        """Merge segments where that helps, and say what was done.

        Args:
            names_before: Items of an index that was emptied first; those that did not come back were removed.
        """
        removed = {*self._done["removed"], *(name for name in names_before if name not in self.items)}
        self._done["removed"] = list(removed)
        if self._listed != self.skipped:
            save_skipped(self.folder, self.skipped)
        self.manifest = compact(self.folder, self.manifest)
        seconds = time.monotonic() - self._start
        skipped = sorted(self._done.pop("skipped"), key=lambda row: row.item)
        done = {key: tuple(sorted(names)) for key, names in self._done.items()}
        new = [self.items[name] for name in sorted({*done["added"], *done["replaced"]}) if name in self.items]
        told = tell_readings({item.item: item.notes for item in new if item.from_file})
        return Report(**done, skipped=tuple(skipped), seconds=seconds, readings=tuple(told))

    def _take_one(self, result: Embedded, reading: str) -> None:
        name = result.task.item
        if result.bounds:
            self._waiting.append(result)
        elif result.reading.reason:
            # A mistyped option fails for every file; what the same content gave with the options before is still true.
            self._skip(
                Skipped(name, result.reading.reason, result.reading.sha256, self._attempt),
                keep_item=result.reading.out_of_reach or self._is_still_of(result, reading),
            )
        elif name in self.items:
            self.skipped.pop(name, None)
            self._done["unchanged"].append(name)
        else:
            # Its content was known from the list of skipped files.
            self._skip(self.skipped[name])

    def _is_still_of(self, result: Embedded, reading: str) -> bool:
        """Return whether the item of a file that cannot be read now was made from what the file still holds."""
        item, sha256 = self.items.get(result.task.item), result.reading.sha256
        if item is None or item.sha256 == sha256:
            return item is not None
        before = self._readings.get(item.reading)
        if not sha256 or not item.from_file or item.reading == reading or before is None:
            return False
        # Another skeleton or body model may be given now, and the digests are of both.
        try:
            return content_sha256(result.task.path, before) == item.sha256
        except MotionFileError:
            # What was given then is gone, which says nothing of the file.
            return True
        except OSError:
            return False

    def _skip(self, skipped: Skipped, *, keep_item: bool = False) -> None:
        if skipped.item in self.places and not keep_item:
            # What the index has is from content that is no longer there.
            self._to_remove.add(skipped.item)
            self._done["removed"].append(skipped.item)
        self.skipped[skipped.item] = skipped
        self._done["skipped"].append(skipped)

    def _report(self, count: int, total: int) -> None:
        if self._show_progress is not None:
            seconds = time.monotonic() - self._start
            self._show_progress(Progress(count, total, len(self._done["skipped"]), seconds))


def _item(result: Embedded, reading: str, from_file: bool) -> Item:
    source = result.reading
    measures = source.measures
    return Item(
        item=result.task.item,
        sha256=source.sha256,
        reading=reading,
        from_file=from_file,
        seconds=round(source.seconds, 6),
        fps=round(source.fps, 6),
        skeleton=source.skeleton,
        notes=result.notes,
        speed=None if measures is None else measures.speed,
        hand="" if measures is None else measures.hand,
        foot="" if measures is None else measures.foot,
    )


def _rows(embedded: list[Embedded]) -> np.ndarray:
    counts = [len(result.bounds) for result in embedded]
    rows = np.empty(sum(counts), dtype=ROW)
    rows["item"] = np.repeat(np.arange(len(embedded)), counts)
    bounds = [bound for result in embedded for bound in result.bounds]
    rows["start_seconds"] = [start for start, _ in bounds]
    rows["end_seconds"] = [end for _, end in bounds]
    return rows
