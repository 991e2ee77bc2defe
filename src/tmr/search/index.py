"""Index: a folder of embeddings that answers a sentence, a motion or an embedding with ranked hits."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tmr.errors import IndexFolderError, TMRError
from tmr.model.text import TextSide
from tmr.motion.motion import Motion
from tmr.motion.telling import count_of
from tmr.search.content import Content
from tmr.search.intake import Intake
from tmr.search.item import Hit, Item, Value
from tmr.search.library import (
    AskedSettings,
    check_still_there,
    create_index,
    empty_for_model,
    list_library,
    tasks_of_paths,
    unread_of_folder,
)
from tmr.search.metadata import Rows, find_metadata, note_on_kept_metadata, note_on_metadata, read_metadata
from tmr.search.pool import TIMEOUT_SECONDS, Task, read_in_parallel
from tmr.search.query import Encoders, ModelChoice
from tmr.search.reading import Reading, ReadingOptions, motion_sha256, reading_of
from tmr.search.report import Report, ShowProgress
from tmr.search.searching import Searching
from tmr.search.skipped import attempt_fingerprint
from tmr.search.writer import Writer

__all__ = ["Hit", "Index", "Item"]


class Index(Searching):
    """A folder of embeddings. `Index.build` makes one, `Index.open` opens it.

    Example:
        >>> index = Index.build("clips", "clips.index")                                     # doctest: +SKIP
        >>> for hit in index.search("a person waves with the left hand", k=3):              # doctest: +SKIP
        ...     print(hit.rank, hit.similarity, hit.path)

    Attributes:
        folder: The index folder.
        report: What the last build, add or remove through this object did.
    """

    @classmethod
    def build(
        cls,
        source: str | Path,
        folder: str | Path,
        model: ModelChoice = None,
        *,
        options: ReadingOptions | None = None,
        window_seconds: float | Sequence[float] | None = None,
        hop_seconds: float | None = None,
        mirrors: bool | None = None,
        metadata: str | Path | None = None,
        new_model: bool = False,
        workers: int | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        show_progress: ShowProgress | None = None,
    ) -> "Index":
        """Index a folder of motion files, or bring an index of it up to date.

        New and changed files are embedded, unchanged ones (by content) are not, items whose file is gone are removed.
        Whatever stops it, what was reported as done is kept, and the same call goes on from there.

        Args:
            source: The folder of motion files; subfolders belong to it.
            folder: The index folder; made if it does not exist.
            model: A model's name or folder, None for the index's own or the one in the package, or an object that
                encodes.
            options: What is known of files that do not say it themselves.
            window_seconds: Motions that are longer are cut into windows of this length, or of several lengths; None
                takes the index's, or 10, 5 and 2.5.
            hop_seconds: From the start of a longest window to the start of the next; None takes the index's, or half
                of its length.
            mirrors: Embed the mirror image of every window too, so that mirror images can be folded; takes twice as
                long. None takes what the index has, or no.
            metadata: A file of what is known of the items (`tmr.search.metadata.read_metadata`), which takes the place
                of all that the index was told before. None takes `metadata.csv` or `metadata.jsonl` in the source, if
                it is there. Nothing is embedded again for it.
            new_model: If the index was made by another model, empty it and embed the folder again, not refuse. Items
                from memory or from elsewhere are then gone: the report names them as removed; add them again.
            workers: Reading processes; None takes one a processor, 0 reads in this process.
            timeout_seconds: How long reading one file may take before it is skipped.
            show_progress: Called every few seconds.

        Returns:
            The index; its `report` tells what was added, replaced, left alone, removed and skipped.

        Raises:
            IndexFolderError: If the folder holds no motion files, or the index cannot be written, is in use, was made
                by another model or of another folder.
            DatasetError: If the metadata cannot be used; the index is then as it was.
            ModelError: If the model cannot be loaded.
        """
        source, folder, options = Path(source), Path(folder), options or ReadingOptions()
        library = list_library(source, folder)
        described = _metadata_of(source, metadata)
        encoders = None if model is None else Encoders(model)
        encoders = create_index(folder, source, encoders, AskedSettings(window_seconds, hop_seconds, mirrors))
        index = cls(folder, encoders)
        names_before = {item.item for item in index.items} if new_model else set()
        if new_model:
            empty_for_model(folder, index._encoders)
            index._content = Content(folder)
        elif model is not None:
            index._motion_encoder()
        with Writer(folder, attempt=attempt_fingerprint(options), show_progress=show_progress, verify=True) as writer:
            writer.remove([name for name in writer.names_of_folder() if library.is_gone(name)])
            writer.skip_folders(library.unlisted)
            index._take_in(writer, library.tasks, options, workers, timeout_seconds)
            check_still_there(source, folder)
            if described is not None:
                writer.set_metadata(described[1], replace=True)
            notes = _notes_on(source, described, writer)
            index.report = replace(writer.finish(names_before), notes=notes)
        index._content = Content(folder)
        return index

    @classmethod
    def open(
        cls, folder: str | Path, model: ModelChoice = None, *, text: TextSide | None = None, many: bool = False
    ) -> "Index":
        """Open an index for searching and changing.

        Args:
            folder: The index folder.
            model: None for the model that made the index (by its name or folder); or where that model is now, or an
                object that encodes. Another model than the one that made it is refused at the first query.
            text: Which of the model's text sides sentences go through, as for `load_model`.
            many: Whether many sentences will be asked, as a service is: they are then embedded by PyTorch, which is
                faster once it is imported.

        Raises:
            IndexFolderError: If the folder is no index, or is broken.
        """
        encoders = None if model is None else Encoders(model, text, many=many)
        return cls(Path(folder), encoders, text, many=many)

    def reopened(self) -> "Index":
        """Return the index as its folder is now; a model that was loaded is kept if it is still the index's.

        Raises:
            IndexFolderError: If the folder is no longer an index, or is broken.
        """
        asked = {"text": self._text_side, "many": self._many}
        now = Index(self.folder, self._encoders, **asked)
        return now if now.checkpoint_hash == self.checkpoint_hash else Index(self.folder, **asked)

    def add(
        self,
        sources: Iterable[str | Path | Motion],
        *,
        options: ReadingOptions | None = None,
        workers: int | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        show_progress: ShowProgress | None = None,
    ) -> Report:
        """Add motion files and motions; one that has the name of an item takes its place.

        Args:
            sources: Files, or motions with a `name`. A file in the library's folder is named by its path from there,
                any other by its full path.
            options: What is known of files that do not say it themselves.
            workers: As in `build`.
            timeout_seconds: As in `build`.
            show_progress: Called every few seconds.

        Returns:
            What was added, replaced, left alone and skipped. When this returns, it is on the disk.

        Raises:
            IndexFolderError: If the index cannot be written, is in use, or was made by another model.
            TMRError: If a motion has no name, or two have the same; or if this is a single one, and no list.
        """
        options = options or ReadingOptions()
        if isinstance(sources, str | Path | Motion):
            raise TMRError(f"expected a list of files and motions, got a single {type(sources).__name__}; write [it]")
        sources = [source if isinstance(source, Motion) else Path(source) for source in sources]
        motions = {source.name: source for source in sources if isinstance(source, Motion)}
        paths = [source for source in sources if isinstance(source, Path)]
        if "" in motions:
            raise TMRError("a motion without a name cannot be added; give it one: dataclasses.replace(motion, name=…)")
        if len(motions) + len(paths) != len(sources):
            raise TMRError("two of the motions to add have the same name; each needs its own")
        with Writer(self.folder, attempt=attempt_fingerprint(options), show_progress=show_progress) as writer:
            if paths:
                tasks = tasks_of_paths(paths, self.root)
                self._take_in(writer, tasks, options, workers, timeout_seconds)
            if motions:
                readings = [_reading_of_motion(motion, options, writer) for motion in motions.values()]
                embedded = self._intake().embed(readings)
                writer.take(embedded, options, total=len(readings), from_files=False)
            self.report = writer.finish()
        self._content = Content(self.folder)
        return self.report

    def remove(self, patterns: str | Iterable[str]) -> Report:
        """Remove items by name or by pattern: `*` and `?` stand for any characters, folders included.

        Raises:
            IndexFolderError: If no item has a given name or pattern (then nothing is removed), or the index cannot be
                written.
        """
        patterns = [patterns] if isinstance(patterns, str) else list(patterns)
        with Writer(self.folder) as writer:
            names: dict[str, None] = {}
            for pattern in patterns:
                exact = [pattern] if pattern in writer.items else []
                found = exact or [name for name in writer.items if fnmatch.fnmatchcase(name, pattern)]
                if not found:
                    raise IndexFolderError(f"index {str(self.folder)!r} has no item {pattern!r}; nothing was removed")
                names.update(dict.fromkeys(found))
            writer.remove(names)
            writer.commit()
            self.report = writer.finish()
        self._content = Content(self.folder)
        return self.report

    def set_metadata(
        self, rows: Mapping[str, Mapping[str, Value | Sequence[str] | None]], *, replace: bool = False
    ) -> None:
        """Say things of items, to filter by; nothing is embedded again. It is on the disk when this returns.

        Args:
            rows: Fields by the item's name, with values as in JSON Lines (`read_metadata`): numbers, texts, true or
                false, lists of texts; an empty text and None say nothing. They take the place of all that was said of
                that item. Names that no item has are kept, for items to come.
            replace: Forget what was said of all other items.

        Raises:
            IndexFolderError: If the index cannot be written, or is in use.
            DatasetError: If a field or a value is of no use.
        """
        with Writer(self.folder) as writer:
            writer.set_metadata(rows, replace=replace)
        self._content = Content(self.folder)

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_in(
        self, writer: Writer, tasks: list[Task], options: ReadingOptions, workers: int | None, timeout_seconds: float
    ) -> None:
        """Read and embed files and let the writer take them."""
        known = [_with_known_content(task, options, writer) for task in tasks]
        readings = read_in_parallel(known, options, workers=workers, timeout_seconds=timeout_seconds)
        try:
            writer.take(self._intake().embed(readings), options, total=len(tasks))
        finally:
            readings.close()

    def _intake(self) -> Intake:
        return Intake(self._motion_encoder, self.settings, mirrors=self._content.manifest.mirrors)


def _metadata_of(source: Path, metadata: str | Path | None) -> tuple[Path, Rows] | None:
    path = find_metadata(source) if metadata is None else Path(metadata)
    return None if path is None else (path, read_metadata(path))


def _notes_on(source: Path, described: tuple[Path, Rows] | None, writer: Writer) -> tuple[str, ...]:
    """Return what else is worth knowing of a library that was indexed: a sentence each."""
    without = sum(item.speed is None for item in writer.items.values())
    notes = (
        unread_of_folder(source),
        note_on_kept_metadata(source, writer.metadata, writer.items)
        if described is None
        else note_on_metadata(*described, writer.items),
        f"{count_of(without, 'item is', 'items are')} from an earlier version, without `speed`, `hand` and `foot`; to "
        "have them, index the folder into a new place"
        if without
        else "",
    )
    return tuple(note for note in notes if note)


def _with_known_content(task: Task, options: ReadingOptions, writer: Writer) -> Task:
    """Return the task with the digest of what need not be read again."""
    item, skipped = writer.items.get(task.item), writer.skipped.get(task.item)
    if item is not None and item.reading == options.fingerprint:
        return Task(task.item, task.path, item.sha256)
    if item is None and skipped is not None and skipped.sha256 and skipped.reading == attempt_fingerprint(options):
        return Task(task.item, task.path, skipped.sha256)
    return task


def _reading_of_motion(motion: Motion, options: ReadingOptions, writer: Writer) -> tuple[Task, Reading]:
    sha256 = motion_sha256(motion)
    item = writer.items.get(motion.name)
    task = Task(motion.name, Path(motion.name))
    if item is not None and (item.sha256, item.reading) == (sha256, options.fingerprint):
        return task, Reading(sha256)
    try:
        return task, reading_of(motion, options, sha256)
    except TMRError as error:
        return task, Reading(sha256, reason=str(error))
