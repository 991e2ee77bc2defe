"""Motion texts: the sentences of motion files, in a captions file, in the files themselves and beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tmr.errors import DatasetError, MotionFileError
from tmr.evaluation.named_files import NamedFiles, nfc
from tmr.motion.caption_file import merge_rows, read_caption_file
from tmr.motion.captions import tagged_times
from tmr.motion.formats import READERS
from tmr.motion.formats.loading import ArrayArchive, decode, read_bytes
from tmr.motion.telling import count_of, first_few, tell_readings

_LONGEST_TEXT = 1 << 20  # bytes of a text file beside a motion


def read_texts(
    path: Path, folders: Sequence[Path] = ()
) -> tuple[dict[str, tuple[str, ...]], dict[str, Mapping[str, str]]]:
    """Return the sentences and the metadata of each motion in a captions file, by name.

    Args:
        path: The captions file.
        folders: Where the motion files are that it names, in whatever way.

    Raises:
        DatasetError: If it cannot be read, or a row is of a part of a file.
    """
    named = [NamedFiles(folder) for folder in folders]
    rows = []
    for row in read_caption_file(path):
        if row.start_seconds or row.end_seconds is not None:
            raise DatasetError(
                f"{path}, line {row.line}: is of a part of {row.file}; generated motions are scored whole, "
                "so cut the file and leave `start` and `end` out"
            )
        meant = [files.find(row.file) for files in named] or [row.file]
        file = next((name for name, files in zip(meant, named, strict=False) if name in files), meant[0])
        rows.append(replace(row, file=motion_name(Path(file))))
    merged = merge_rows(rows)
    return {row.file: row.texts for row in merged}, {row.file: row.metadata for row in merged}


def tell_unknown(texts: Iterable[str], names: Iterable[str], file: Path, where: str) -> tuple[str, ...]:
    """Return a note on the rows of a captions file that name no motion; none if each does.

    Args:
        texts: Names that have rows.
        names: Names of motions.
        file: The captions file.
        where: Says that they are not there: "its folder does not have".
    """
    known = set(names)
    unknown = [name for name in texts if name not in known]
    if not unknown:
        return ()
    return (f"{file} tells of {count_of(len(unknown), 'motion')} that {where}: {first_few(unknown)}.",)


def motion_name(path: Path) -> str:
    """Return the name of a motion file: its path without the suffix, if that is one of a motion file."""
    return nfc((path.with_suffix("") if path.suffix.lower() in READERS else path).as_posix())


def read_words(archive: ArrayArchive, key: str) -> np.ndarray:
    """Return an array of texts, which h5py and others give as UTF-8 bytes; one of anything else as it is.

    Raises:
        MotionFileError: If it cannot be read, or bytes are not UTF-8.
    """
    array = archive.read(key)
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise MotionFileError(
            f"{archive.path}: array {key!r} is not UTF-8: {error.reason} at byte {error.start}; save it as UTF-8"
        ) from None


class MotionTexts:
    """The sentences in motion files and beside them.

    Attributes:
        found: Name → sentences, of the motions that have any.
    """

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, ...]] = {}
        self._unusable: dict[str, str] = {}
        self._partial: list[str] = []
        self._decoded: dict[str, tuple[str, ...]] = {}

    def look(self, path: Path, name: str, archive: ArrayArchive | None) -> None:
        """Find the sentences of a motion.

        Args:
            path: Its file.
            name: What it is called.
            archive: The file's arrays, if it has any.
        """
        try:
            texts = (_texts_in(archive) if archive is not None else ()) or self._texts_beside(path, name)
        except MotionFileError as error:
            self._unusable[name] = str(error)
            return
        if texts:
            self.found[name] = texts

    def notes(self) -> list[str]:
        """Return what a reader must know of the texts that are not used, or that may be read wrongly."""
        notes = [f"of the texts beside them, {told}" for told in tell_readings(self._decoded)]
        if self._unusable:
            name, reason = next(iter(self._unusable.items()))
            counted = count_of(len(self._unusable), "motion has a text that is not used", "motions have unusable texts")
            notes.append(f"{counted}, {name} first: {reason}")
        if self._partial:
            counted = count_of(len(self._partial), "line")
            notes.append(
                f"{counted} of texts beside motions tell of a part, by HumanML3D's times, and are not used: "
                f"motions are scored whole ({first_few(self._partial)})"
            )
        return notes

    def _texts_beside(self, path: Path, name: str) -> tuple[str, ...]:
        """Return the sentences of `NAME.txt` beside a motion, a line each; what follows a # is HumanML3D's tags."""
        beside = path.with_suffix(".txt")
        if not beside.is_file() or not beside.stat().st_size:
            return ()
        text, notes = decode(read_bytes(beside, _LONGEST_TEXT), beside)
        if notes:
            self._decoded[name] = notes
        said = []
        for line in text.splitlines():
            sentence, *tags = line.split("#")
            if _tells_of_a_part(tags):
                self._partial.append(beside.name)
            elif sentence.strip():
                said.append(sentence.strip())
        return tuple(said)


def _texts_in(archive: ArrayArchive) -> tuple[str, ...]:
    """Return the sentences of the array `text` or `texts`, as Kimodo's files have them."""
    key = next((key for key in ("text", "texts") if key in archive), None)
    if key is None:
        return ()
    array = read_words(archive, key)
    if array.dtype.kind != "U":
        return ()
    return tuple(text for text in (str(text).strip() for text in array.reshape(-1)) if text)


def _tells_of_a_part(tags: Sequence[str]) -> bool:
    """Return whether HumanML3D's tags, parts of speech and two times, tell of a part: the whole has equal times."""
    if len(tags) != 3:
        return False
    try:
        start, end = tagged_times(*tags[1:])
    except ValueError:
        return False
    return start != end
