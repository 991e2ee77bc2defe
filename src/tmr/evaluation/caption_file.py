"""Captions files: rows of motion file and sentence, as JSON lines or CSV, and the motions that they name."""

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.motion import Motion

NAMES = ("captions.jsonl", "captions.csv")
_OWN_COLUMNS = ("file", "text", "texts", "start", "end")
_EXPECTED = "expected `file`, `text` or `texts`, and where it is a part of the file `start` and `end` in seconds"
_LARGEST = 1 << 28  # bytes: a million rows
_DIGITS = 3  # times are compared to the millisecond


@dataclass(frozen=True)
class CaptionRow:
    """What is said of a motion file or of a part of it, one row or several together.

    Args:
        file: As written, from the captions file's folder.
        texts: Sentences, in file order; may be empty.
        start_seconds: Where the part begins.
        end_seconds: Where it ends; None at the end of the file.
        metadata: Further columns of the first row.
        line: Of the first row.
    """

    file: str
    texts: tuple[str, ...]
    start_seconds: float
    end_seconds: float | None
    metadata: Mapping[str, str]
    line: int

    @property
    def name(self) -> str:
        """The file, with the times if it is a part."""
        if self.start_seconds == 0 and self.end_seconds is None:
            return self.file
        end = "" if self.end_seconds is None else f"{self.end_seconds:.10g}"
        return f"{self.file}@{self.start_seconds:.10g}-{end}"


@dataclass(frozen=True, eq=False)
class CaptionedPart:
    """A row with its motion, SOMA-30 at 30 fps."""

    name: str
    file: str
    motion: Motion
    texts: tuple[str, ...]
    start_seconds: float
    metadata: Mapping[str, str]


def find_caption_file(source: Path) -> Path | None:
    """Return the captions file that a source is or has; None if it is a folder without one.

    Raises:
        DatasetError: If the source is a file of another kind, or has two captions files.
    """
    if source.is_file():
        if source.suffix.lower() not in (".jsonl", ".csv"):
            raise DatasetError(f"{source} is no captions file; expected one that ends in .jsonl or .csv, or a folder")
        return source
    found = [source / name for name in NAMES if (source / name).is_file()]
    if len(found) > 1:
        raise DatasetError(f"{source} has both {' and '.join(NAMES)}; name the one that counts, or remove the other")
    return found[0] if found else None


def read_caption_file(path: Path) -> list[CaptionRow]:
    """Return what a captions file says of each motion, rows of one motion and one span together, in file order.

    Raises:
        DatasetError: If it cannot be read, or a row is not as documented; the message names the line.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise DatasetError(f"{path} is larger than {_LARGEST >> 20} MiB; cut it into several files")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read as UTF-8 text: {error}") from error
    raw = _csv_rows(path, text) if path.suffix.lower() == ".csv" else _json_rows(path, text)
    together: dict[tuple[str, float, float | None], CaptionRow] = {}
    texts: dict[tuple[str, float, float | None], list[str]] = {}
    for line, entry in raw:
        try:
            row = _row(entry, line)
        except ValueError as error:
            raise DatasetError(f"{path}, line {line}: {error}; {_EXPECTED}") from error
        key = (row.file, row.start_seconds, row.end_seconds)
        together.setdefault(key, row)
        texts.setdefault(key, []).extend(row.texts)
    if not together:
        raise DatasetError(f"{path} has no rows; {_EXPECTED}")
    return [
        CaptionRow(
            row.file, tuple(dict.fromkeys(texts[key])), row.start_seconds, row.end_seconds, row.metadata, row.line
        )
        for key, row in together.items()
    ]


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Only line feeds end a row: a caption may hold other separators of lines.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}, line {number}: not JSON ({error}); expected an object a line") from error
        if not isinstance(row, dict):
            raise DatasetError(f"{path}, line {number}: a {type(row).__name__}; expected an object with {_EXPECTED}")
        yield number, row


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = list(reader.fieldnames or ())
        if "file" not in columns or "text" not in columns:
            raise DatasetError(f"{path}, line 1: the columns are {', '.join(columns) or 'none'}; {_EXPECTED}")
        for row in reader:
            if None in row or None in row.values():
                raise DatasetError(
                    f"{path}, line {reader.line_num}: not as many fields as the {len(columns)} columns of line 1; "
                    "put a text that has a comma between double quotes"
                )
            # An empty field of a table says nothing.
            yield reader.line_num, {key: value for key, value in row.items() if value != "" or key == "text"}
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: not CSV ({error})") from error


def _row(entry: Mapping[str, Any], line: int) -> CaptionRow:
    """Return one row.

    Raises:
        ValueError: If something in it is missing or of another kind.
    """
    file = entry.get("file")
    if not isinstance(file, str) or not file.strip():
        raise ValueError("`file` is missing")
    if "text" not in entry and "texts" not in entry:
        raise ValueError("`text` is missing (an empty one is allowed)")
    texts = [entry["text"]] if "text" in entry else []
    more = entry.get("texts", [])
    if not isinstance(more, list):
        raise ValueError(f"`texts` is a {type(more).__name__}, not a list")
    texts += more
    if strange := [text for text in texts if not isinstance(text, str)]:
        raise ValueError(f"a text is a {type(strange[0]).__name__}, not a string")
    start = _seconds(entry, "start")
    end = _seconds(entry, "end")
    if end is not None and end <= (start or 0.0):
        raise ValueError(f"it runs from {start or 0:g} to {end:g} seconds")
    metadata = {}
    for key, value in entry.items():
        if key not in _OWN_COLUMNS and value is not None:
            if not isinstance(value, (str, int, float)):
                raise ValueError(f"`{key}` is a {type(value).__name__}; expected a text or a number")
            metadata[key] = str(value)
    return CaptionRow(
        file.strip(), tuple(text.strip() for text in texts if text.strip()), start or 0.0, end, metadata, line
    )


def _seconds(entry: Mapping[str, Any], key: str) -> float | None:
    if entry.get(key) is None:
        return None
    try:
        value = math.nan if isinstance(entry[key], bool) else float(entry[key])
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"`{key}` is {entry[key]!r}, not a number of seconds from 0")
    return round(value, _DIGITS)


def read_captioned_files(
    rows: Sequence[CaptionRow], folder: Path, *, workers: int | None = None
) -> tuple[list[CaptionedPart], list[LeftOut]]:
    """Return the motions that rows name, in their order, and what could not be used; each file is read once.

    Args:
        rows: Of a captions file.
        folder: In which it is.
        workers: Reading processes; None takes one a processor, 0 reads in this process.
    """
    from tmr.search.pool import Task, read_in_parallel
    from tmr.search.reading import ReadingOptions

    files = list(dict.fromkeys(row.file for row in rows))
    reasons = {file: "there is no such file" for file in files if not os.path.exists(folder / file)}
    tasks = [Task(file, folder / file) for file in files if file not in reasons]
    motions: dict[str, Motion] = {}
    if tasks:
        for task, reading in read_in_parallel(tasks, ReadingOptions(), workers=workers):
            if reading.motion is None:
                reasons[task.item] = reading.reason
            else:
                motions[task.item] = reading.motion
    parts, left_out = [], []
    for row in rows:
        if row.file in reasons:
            left_out.append(LeftOut(row.name, reasons[row.file]))
            continue
        whole = motions[row.file]
        if row.start_seconds >= whole.seconds:
            late = f"line {row.line} begins at {row.start_seconds:g} s, but the file lasts {whole.seconds:g} s"
            left_out.append(LeftOut(row.name, late))
            continue
        end = whole.seconds if row.end_seconds is None else row.end_seconds
        part = replace(whole.cut(row.start_seconds, end), name=row.name)
        parts.append(CaptionedPart(row.name, row.file, part, row.texts, row.start_seconds, row.metadata))
    return parts, left_out
