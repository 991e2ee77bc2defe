"""Captions files: rows of motion file and sentence, as JSON lines or CSV, checked row by row."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tmr.errors import DatasetError

NAMES = ("captions.jsonl", "captions.csv")
MOST_SHOWN = 20
"""How many faults of a file are told one by one; the others are counted."""

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

    @property
    def part(self) -> tuple[str, float, float | None]:
        """What the row is about: rows of one part belong together."""
        return self.file, self.start_seconds, self.end_seconds


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line of a file."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


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
        DatasetError: If it cannot be read, or rows are not as documented; the message names their lines.
    """
    rows, faults = read_caption_rows(path)
    if faults:
        raise DatasetError(f"{path}, {tell_faults(faults)}; {_EXPECTED}")
    return merge_rows(rows)


def read_caption_rows(path: Path) -> tuple[list[CaptionRow], list[Fault]]:
    """Return the rows of a captions file one by one, and what is wrong with the others.

    Raises:
        DatasetError: If the file cannot be read, has no rows, or its first line does not name the columns.
    """
    text = _read_text(path)
    read = _csv_rows(path, text) if path.suffix.lower() == ".csv" else _json_rows(text)
    rows: list[CaptionRow] = []
    faults: list[Fault] = []
    for line, entry in read:
        if isinstance(entry, str):
            faults.append(Fault(line, entry))
            continue
        try:
            rows.append(_row(entry, line))
        except ValueError as error:
            faults.append(Fault(line, str(error)))
    if not rows and not faults:
        raise DatasetError(f"{path} has no rows; {_EXPECTED}")
    return rows, faults


def merge_rows(rows: Sequence[CaptionRow]) -> list[CaptionRow]:
    """Return the rows of one part of one file as one row, with every sentence once; the first row's columns count."""
    together: dict[tuple[str, float, float | None], CaptionRow] = {}
    for row in rows:
        known = together.get(row.part)
        together[row.part] = row if known is None else replace(known, texts=(*known.texts, *row.texts))
    return [replace(row, texts=tuple(dict.fromkeys(row.texts))) for row in together.values()]


def tell_faults(faults: Sequence[Fault]) -> str:
    """Return the first faults in words, and how many more there are."""
    told = "; ".join(str(fault) for fault in faults[:MOST_SHOWN])
    more = len(faults) - MOST_SHOWN
    return told if more <= 0 else f"{told}; and {more:,} more faulty lines"


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise DatasetError(f"{path} is larger than {_LARGEST >> 20} MiB; cut it into several files")
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read as UTF-8 text: {error}") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DatasetError(f"{path} cannot be read as UTF-8 text: it is UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{path} cannot be read as UTF-8 text: line {line} has the byte {data[error.start]:#04x}; save it as UTF-8"
        ) from error


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield the number of each line with its object, or with what is wrong with it."""
    # Only line feeds end a row: a caption may hold other separators of lines.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON ({error}), expected an object a line"
            continue
        yield number, row if isinstance(row, dict) else f"a {type(row).__name__}, expected an object"


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield the number of each line with its fields by column, or with what is wrong with it."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = list(reader.fieldnames or ())
    except csv.Error as error:
        raise DatasetError(f"{path}, line 1: not CSV ({error})") from error
    if "file" not in columns or "text" not in columns:
        separated = next((mark for mark in (";", "\t") if len(columns) == 1 and mark in columns[0]), None)
        hint = f" (the fields are separated by {separated!r}; save it with commas)" if separated else ""
        raise DatasetError(f"{path}, line 1: the columns are {', '.join(columns) or 'none'}{hint}; {_EXPECTED}")
    try:
        for row in reader:
            if None in row or None in row.values():
                yield (
                    reader.line_num,
                    f"not as many fields as the {len(columns)} columns of line 1; "
                    "put a text that has a comma between double quotes",
                )
                continue
            # An empty field of a table says nothing.
            yield reader.line_num, {key: value for key, value in row.items() if value != "" or key == "text"}
    except csv.Error as error:
        yield reader.line_num, f"not CSV ({error}); the lines after it are not read"


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
