"""The manifest: which model made an index, of which folder, and which segments are part of it."""

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tmr.errors import IndexFolderError
from tmr.files import read_replaced
from tmr.motion.telling import first_few
from tmr.search.storage.disk import explain_os_errors, replace_durably
from tmr.search.storage.place import DEFAULT_NAME
from tmr.search.typed import as_typed

FORMAT = "tmr-index"
VERSION = 2
MANIFEST = "manifest.json"

# What the program writes into an index; what is replaced in one step is called .new for a moment.
_REPLACED = frozenset({MANIFEST, "skipped.jsonl", "readings.jsonl", "map"})
_OWN_NAMES = _REPLACED | {f"{name}.new" for name in _REPLACED} | {"lock", "segments"}
# The last file of a segment that is written: a run that was killed before leaves no whole one.
_LAST_OF_SEGMENT = "*.items.jsonl"


@dataclass(frozen=True)
class SegmentEntry:
    """One segment as the manifest knows it.

    Args:
        name: Stem of its three files.
        rows: How many embeddings it holds.
        items: How many items they belong to.
        sha256: Digest of each of its files, by the file's ending.
        removed: Numbers of the items in it that are no longer part of the index.
    """

    name: str
    rows: int
    items: int
    sha256: dict[str, str]
    removed: tuple[int, ...] = ()


@dataclass(frozen=True)
class MetadataEntry:
    """The file of metadata as the manifest knows it.

    Args:
        name: Stem of the file, as of a segment; never used twice.
        sha256: Digest of the file.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything about an index but the embeddings and their items.

    Args:
        model: The model's name or folder; None for the one in the package.
        checkpoint_hash: Tells whether a query comes from the same model.
        root: The folder of motion files, relative to the index folder if it begins with a dot; None if there is none.
        window_seconds: Longest piece of a motion that gets one embedding.
        hop_seconds: From the start of one piece to the start of the next.
        next_segment: Number of the next segment; never used twice, so a reader never sees a file change.
        segments: What the index holds, oldest first.
        finer_seconds: Lengths of the shorter windows that motions longer than `window_seconds` have as well, longest
            first; their hops are to them as `hop_seconds` is to `window_seconds`.
        mirrors: Whether the mirror image of every window is embedded too.
        metadata: What the user says of the items; None if nothing.
    """

    model: str | None
    checkpoint_hash: str
    root: str | None
    window_seconds: float
    hop_seconds: float
    next_segment: int = 1
    segments: tuple[SegmentEntry, ...] = field(default=())
    finer_seconds: tuple[float, ...] = ()
    mirrors: bool = False
    metadata: MetadataEntry | None = None

    @property
    def num_items(self) -> int:
        """How many items the index has."""
        return sum(entry.items - len(entry.removed) for entry in self.segments)

    def with_segment(self, entry: SegmentEntry) -> "Manifest":
        """Return the manifest with one more segment at the end."""
        return replace(self, segments=(*self.segments, entry), next_segment=self.next_segment + 1)

    def without_items(self, removed: dict[str, set[int]]) -> "Manifest":
        """Return the manifest with more items marked as removed, by the name of their segment."""
        segments = tuple(
            replace(entry, removed=tuple(sorted({*entry.removed, *removed.get(entry.name, ())})))
            for entry in self.segments
        )
        return replace(self, segments=segments)


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one before, in one step.

    Raises:
        IndexFolderError: If it cannot be written; the one before then still holds.
    """
    content = {"format": FORMAT, "version": VERSION, **asdict(manifest)}
    with explain_os_errors(folder, "write to index"):
        replace_durably(folder / MANIFEST, (json.dumps(content, indent=1) + "\n").encode("utf-8"))


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest of an index folder.

    Raises:
        IndexFolderError: If the folder is missing, is no index, is broken, or is of a newer version.
    """
    path = folder / MANIFEST
    try:
        with explain_os_errors(folder, "open index"):
            content = read_replaced(path)
    except IndexFolderError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise _not_an_index(folder) from error
        raise
    try:
        table = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise broken(folder, f"{MANIFEST} is not valid JSON ({error})") from error
    if not isinstance(table, dict) or table.pop("format", None) != FORMAT:
        raise broken(folder, f'{MANIFEST} does not say "format": "{FORMAT}"')
    version = table.pop("version", None)
    if not isinstance(version, int) or version < 1:
        raise broken(folder, f"{MANIFEST} has version {version!r}; expected a whole number")
    if version > VERSION:
        raise IndexFolderError(
            f"index {str(folder)!r} has format version {version}, this program knows versions up to {VERSION}; "
            "update tmr, or build the index again in another folder"
        )
    return _manifest_from(folder, table, version)


def _not_an_index(folder: Path) -> IndexFolderError:
    if not folder.exists():
        return IndexFolderError(f"there is no index {str(folder)!r}; make one with: {_command(folder)}")
    advice = "expected a folder that `tmr index` has written"
    if folder.is_dir():
        names = _names_in(folder)
        if folder.name == DEFAULT_NAME or (names and names <= _OWN_NAMES):
            return why_none_can_begin(folder) or IndexFolderError(
                f"{str(folder)!r} is not an index yet (it has no {MANIFEST}: its first run was stopped early, or has "
                f"only begun); run it again: {_command(folder)}"
            )
        advice += f"; if it holds your motion files, make one first with: {as_typed('tmr', 'index', str(folder))}"
    return IndexFolderError(f"{str(folder)!r} is not an index (it has no {MANIFEST}); {advice}")


def why_none_can_begin(folder: Path) -> IndexFolderError | None:
    """Return why no index can be begun in a folder without a manifest; None if it is empty, or one was begun there.

    Raises:
        IndexFolderError: If the folder cannot be read.
    """
    if foreign := sorted(_names_in(folder) - _OWN_NAMES):
        return IndexFolderError(
            f"{str(folder)!r} is not an index and not empty (it has {first_few(foreign)}); choose another folder with "
            "-o, or move away what is in it"
        )
    with explain_os_errors(folder, "open index"):
        was_whole = any((folder / "segments").glob(_LAST_OF_SEGMENT))
    if not was_whole:
        return None
    return IndexFolderError(
        f"index {str(folder)!r} has lost its {MANIFEST}, without which its segments are of no use; delete that folder "
        f"and index again: {_command(folder)}"
    )


def _names_in(folder: Path) -> set[str]:
    with explain_os_errors(folder, "open index"):
        return {path.name for path in folder.iterdir()}


def _command(folder: Path) -> str:
    """Return what makes an index in a folder."""
    if folder.name == DEFAULT_NAME:
        return as_typed("tmr", "index", str(folder.parent))
    return as_typed("tmr", "index", "FOLDER", "-o", str(folder))


def broken(folder: Path, what: str) -> IndexFolderError:
    """Return the error for an index whose files are not as they were written."""
    return IndexFolderError(
        f"index {str(folder)!r} is broken: {what}; restore it from a copy, or delete the folder and index again"
    )


_KINDS: dict[str, tuple[type, ...]] = {
    "model": (str, type(None)),
    "checkpoint_hash": (str,),
    "root": (str, type(None)),
    "window_seconds": (int, float),
    "hop_seconds": (int, float),
    "next_segment": (int,),
    "segments": (list,),
    "finer_seconds": (list,),
    "mirrors": (bool,),
    "metadata": (dict, type(None)),
}
# What format 1 had not, as it is in an index of that format.
_SINCE_2: dict[str, Any] = {"finer_seconds": [], "mirrors": False, "metadata": None}


def _manifest_from(folder: Path, table: dict[str, Any], version: int) -> Manifest:
    if version == 1 and not set(table) & set(_SINCE_2):
        table = {**table, **_SINCE_2}
    if set(table) != set(_KINDS):
        different = ", ".join(sorted(set(table) ^ set(_KINDS)))
        raise broken(folder, f"{MANIFEST} lacks or has too much of: {different}")
    for key, kinds in _KINDS.items():
        if not isinstance(table[key], kinds) or (isinstance(table[key], bool) and bool not in kinds):
            raise broken(folder, f"{MANIFEST} has {key} = {str(table[key])[:80]!r}")
    if not (table["window_seconds"] > 0 and table["hop_seconds"] > 0):
        raise broken(folder, f"{MANIFEST} has a window or hop that is not over 0 seconds")
    segments = tuple(_segment_from(folder, row) for row in table.pop("segments"))
    if len({entry.name for entry in segments}) != len(segments):
        raise broken(folder, f"{MANIFEST} names a segment twice")
    finer = table.pop("finer_seconds")
    if not all(type(seconds) in (int, float) and 0 < seconds < table["window_seconds"] for seconds in finer):
        raise broken(folder, f"{MANIFEST} has shorter windows of {str(finer)[:80]} seconds")
    metadata = _metadata_from(folder, table.pop("metadata"))
    return Manifest(segments=segments, finer_seconds=tuple(finer), metadata=metadata, **table)


def _metadata_from(folder: Path, table: dict[str, Any] | None) -> MetadataEntry | None:
    if table is None:
        return None
    good = set(table) == {"name", "sha256"} and all(isinstance(value, str) for value in table.values())
    if not (good and table["name"].isascii() and table["name"].isdigit()):
        raise broken(folder, f"{MANIFEST} has an entry for metadata that cannot be used: {str(table)[:120]}")
    return MetadataEntry(**table)


def _segment_from(folder: Path, row: Any) -> SegmentEntry:
    names = {entry_field.name for entry_field in fields(SegmentEntry)}
    good = (
        isinstance(row, dict)
        and set(row) == names
        and isinstance(row["name"], str)
        and row["name"].isascii()
        and row["name"].isdigit()
        and all(type(row[key]) is int and row[key] >= 1 for key in ("rows", "items"))
        and row["items"] <= row["rows"]
        and isinstance(row["sha256"], dict)
        and all(isinstance(digest, str) for digest in row["sha256"].values())
        and isinstance(row["removed"], list)
        and all(type(number) is int and 0 <= number < row["items"] for number in row["removed"])
    )
    if not good:
        raise broken(folder, f"{MANIFEST} has a segment entry that cannot be used: {str(row)[:120]}")
    return SegmentEntry(**{**row, "removed": tuple(row["removed"])})


def root_as_stored(root: Path, folder: Path) -> str:
    """Return how a library's folder is written down: relative if it and the index are likely to move together.

    That is the case where one holds the other, or where they lie side by side.
    """
    root, folder = root.resolve(), folder.resolve()
    if folder.is_relative_to(root) or root.is_relative_to(folder) or root.parent == folder.parent:
        relative = Path(os.path.relpath(root, folder)).as_posix()
        return relative if relative.startswith(".") else f"./{relative}"
    return root.as_posix()


def root_as_path(stored: str, folder: Path) -> Path:
    """Return the library's folder from what `root_as_stored` wrote."""
    path = Path(stored)
    return path if path.is_absolute() else Path(os.path.normpath(folder.resolve() / path))
