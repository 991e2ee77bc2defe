"""The folder of motion files behind an index: which files it has, and what they are called."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tmr.errors import IndexFolderError
from tmr.motion.telling import count_of, first_few
from tmr.search.pool import Task
from tmr.search.query import Encoders
from tmr.search.storage.disk import explain_os_errors
from tmr.search.storage.lock import WriterLock
from tmr.search.storage.manifest import (
    MANIFEST,
    Manifest,
    load_manifest,
    root_as_path,
    root_as_stored,
    save_manifest,
    why_none_can_begin,
)
from tmr.search.windows import WindowSettings


@dataclass(frozen=True)
class Library:
    """What a folder of motion files has for an index.

    Args:
        tasks: Its motion files.
        unlisted: Folders below it that cannot be listed, by their names in an index, which end in a slash; and why.
    """

    tasks: list[Task]
    unlisted: dict[str, str]

    def is_gone(self, item: str) -> bool:
        """Return whether an item's file is no longer there; of a folder that cannot be listed nobody knows."""
        return item not in self._names and not item.startswith(self._unlisted)

    @cached_property
    def _names(self) -> set[str]:
        return {task.item for task in self.tasks}

    @cached_property
    def _unlisted(self) -> tuple[str, ...]:
        return tuple(self.unlisted)


def list_library(source: Path, index_folder: Path) -> Library:
    """Return the motion files of a folder, without the arrays of indexes that lie in it.

    Raises:
        IndexFolderError: If the folder is missing, or there is no motion file in it.
    """
    from tmr.motion.formats import list_motion_files

    if not source.is_dir():
        what = "is a file" if source.exists() else "does not exist"
        raise IndexFolderError(f"{str(source)!r} {what}; expected a folder of motion files")
    root = source.resolve()
    listing = list_motion_files(root)
    unlisted = {f"{item_name(folder, root)}/": reason for folder, reason in listing.unlisted.items()}
    segments = {path.parent for path in listing.files if path.parent.name == "segments"}
    arrays_of_indexes = {folder for folder in segments if (folder.parent / MANIFEST).exists()}
    arrays_of_indexes.add(index_folder.resolve() / "segments")
    paths = [path for path in listing.files if path.parent not in arrays_of_indexes]
    # A skeleton without motion would let a folder pass whose motion files are all gone.
    skeletons = [path for path in paths if path.suffix.lower() == ".asf"]
    if len(skeletons) == len(paths):
        raise IndexFolderError(_no_motion_file(source, index_folder, skeletons, unlisted))
    return Library([Task(item_name(path, root), path) for path in paths], unlisted)


def _no_motion_file(source: Path, index_folder: Path, skeletons: list[Path], unlisted: dict[str, str]) -> str:
    """Return what to say of a folder without motion files: what is there instead, and what becomes of its index."""
    from tmr.motion.formats import EXPECTED

    told = [f"there is no motion file in {str(source)!r}; expected files that end in {EXPECTED}"]
    if skeletons:
        what = count_of(len(skeletons), ".asf file is a skeleton", ".asf files are skeletons")
        names = first_few([path.name for path in skeletons])
        told.append(f"{what} without motion ({names}): put the .amc files that belong to it beside it")
    if unlisted:
        what = count_of(len(unlisted), "folder in it")
        told.append(f"{what} cannot be listed ({first_few(list(unlisted))}): change the permissions")
    if unread := unread_of_folder(source.resolve()):
        told.append(unread)
    if (index_folder / MANIFEST).exists():
        count = load_manifest(index_folder).num_items
        if count:
            told.append(
                f"nothing was removed: the index {str(index_folder)!r} still has {count_of(count, 'item')}; bring the "
                "files back (a drive that is not there?), or delete that folder to be rid of the items"
            )
    return " — ".join(told)


def unread_of_folder(source: Path) -> str:
    """Return a sentence on files of motion in a folder whose formats are not read, FBX say; empty if there are none."""
    from tmr.motion.formats import find_unread_files
    from tmr.motion.formats.unread import note_unread

    return note_unread(find_unread_files(source), source)


def tasks_of_paths(paths: list[Path], root: Path | None) -> list[Task]:
    """Return files with their names in the index, each once."""
    tasks = {}
    for path in paths:
        full = _full_path(path, root)
        tasks[item_name(full, root)] = Task(item_name(full, root), full)
    return list(tasks.values())


def _full_path(path: Path, root: Path | None) -> Path:
    """Return a file's one full path: however it is written, the same file gets the same name."""
    full = path.absolute()
    if os.path.normcase(on_disk := os.path.realpath(full)) == os.path.normcase(full):
        # Written in another letter case perhaps, which on Windows is the same file.
        return Path(on_disk)
    resolved = full.parent.resolve() / full.name
    # The library may be reached through a link; a link within the library is part of its names.
    is_below = root is not None and full.is_relative_to(root)
    return full if is_below and ".." not in full.parts else resolved


def item_name(path: Path, root: Path | None) -> str:
    """Return a file's name in an index: its path from the library's folder, or its full path if it lies elsewhere."""
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.as_posix()


@dataclass(frozen=True)
class AskedSettings:
    """What is asked of an index; None takes what the index has, or the defaults.

    Args:
        window_seconds: Length of the windows, or their lengths.
        hop_seconds: From the start of a longest window to the start of the next.
        mirrors: Whether the mirror image of every window is embedded too.
    """

    window_seconds: float | Sequence[float] | None = None
    hop_seconds: float | None = None
    mirrors: bool | None = None


def settings_of(manifest: Manifest) -> WindowSettings:
    """Return how an index cuts long takes.

    Raises:
        TMRError: If the manifest has settings that no program writes.
    """
    return WindowSettings(manifest.window_seconds, manifest.hop_seconds, manifest.finer_seconds)


def create_index(folder: Path, source: Path, encoders: Encoders | None, asked: AskedSettings) -> Encoders | None:
    """Make an empty index of a folder; one that is there must be of the same folder and have the same settings.

    Returns:
        The encoders, loaded as far as was needed; None if none were given or needed.

    Raises:
        IndexFolderError: If the folder is something else, cannot be written, or is an index of another folder.
        TMRError: If the window settings are of no use.
        ModelError: If the model cannot be loaded.
    """
    if (folder / MANIFEST).exists():
        _check_existing(folder, source, asked)
        return encoders
    settings = WindowSettings.of(asked.window_seconds, asked.hop_seconds)
    with explain_os_errors(folder, "make index"):
        if folder.exists() and not folder.is_dir():
            raise IndexFolderError(f"{str(folder)!r} is a file; the index needs a folder of its own")
        if folder.is_dir() and (refusal := why_none_can_begin(folder)) is not None:
            raise refusal
        folder.mkdir(parents=True, exist_ok=True)
    encoders = encoders or Encoders(None)
    with WriterLock(folder):
        if (folder / MANIFEST).exists():
            # Another process was faster.
            _check_existing(folder, source, asked)
            return encoders
        manifest = Manifest(
            model=encoders.name,
            checkpoint_hash=encoders.motion().checkpoint_hash,
            root=root_as_stored(source, folder),
            window_seconds=settings.seconds,
            hop_seconds=settings.hop_seconds,
            finer_seconds=settings.finer_seconds,
            mirrors=bool(asked.mirrors),
        )
        save_manifest(folder, manifest)
    return encoders


def check_still_there(source: Path, folder: Path) -> None:
    """Say so if a folder of motion files vanished while it was being indexed.

    Raises:
        IndexFolderError: If it did.
    """
    if not source.is_dir():
        raise IndexFolderError(
            f"folder {str(source)!r} vanished while it was being indexed; what was read until then is in "
            f"{str(folder)!r}: run the same again when the folder is back"
        )


def empty_for_model(folder: Path, encoders: Encoders) -> None:
    """Take all items out of an index that another model made, in one step, and write down the new model.

    Raises:
        IndexFolderError: If the index cannot be written, or is in use.
        ModelError: If the model cannot be loaded.
    """
    checkpoint_hash = encoders.motion().checkpoint_hash
    with WriterLock(folder):
        manifest = load_manifest(folder)
        if manifest.checkpoint_hash != checkpoint_hash:
            changes = {"model": encoders.name, "checkpoint_hash": checkpoint_hash, "segments": ()}
            save_manifest(folder, Manifest(**{**vars(manifest), **changes}))


def _check_existing(folder: Path, source: Path, asked: AskedSettings) -> None:
    manifest = load_manifest(folder)
    lengths = _listed(manifest.window_seconds, *manifest.finer_seconds)
    wanted = lengths if asked.window_seconds is None else _asked_lengths(asked.window_seconds)
    hop = manifest.hop_seconds if asked.hop_seconds is None else asked.hop_seconds
    for what, has, other in (
        ("windows of", lengths, wanted),
        ("a hop of", f"{manifest.hop_seconds:g}", f"{hop:g}"),
    ):
        if has != other:
            raise IndexFolderError(
                f"index {str(folder)!r} has {what} {has} seconds, not {other}; leave the option out, or make "
                "another index with -o"
            )
    if asked.mirrors is not None and asked.mirrors != manifest.mirrors:
        has = "has" if manifest.mirrors else "does not have"
        raise IndexFolderError(
            f"index {str(folder)!r} {has} the mirror images of its items; leave the option out, or make another index "
            "with -o"
        )
    root = None if manifest.root is None else root_as_path(manifest.root, folder)
    if root == source.resolve():
        return
    if root is None or root.exists():
        raise IndexFolderError(
            f"index {str(folder)!r} is of the folder {str(root)!r}, not of {str(source)!r}; "
            "choose another index with -o"
        )
    # The library was moved: its items keep their names, and what has not changed is not embedded again.
    with WriterLock(folder):
        save_manifest(folder, Manifest(**{**vars(load_manifest(folder)), "root": root_as_stored(source, folder)}))


def _asked_lengths(lengths: float | Sequence[float]) -> str:
    return _listed(*([lengths] if isinstance(lengths, int | float) else lengths))


def _listed(*lengths: float) -> str:
    *most, last = (f"{length:g}" for length in sorted(set(lengths), reverse=True))
    return f"{', '.join(most)} and {last}" if most else last
