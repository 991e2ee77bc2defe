"""Captions files: rows of motion file and sentence, as JSON lines or CSV, checked row by row."""

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tmr.errors import DatasetError

NAMES = ("captions.jsonl", "captions.csv")
MOST_SHOWN = 20
"""How many faults of a file are told one by one; the others are counted."""
FARTHEST_END = 2.0
"""A part that ends later than so many lengths of its motion was meant in something else than seconds."""

_OWN_COLUMNS = ("file", "text", "texts", "start", "end")
# Those that training heeds too. Their letter case does not count.
_KNOWN_COLUMNS = (*_OWN_COLUMNS, "split", "subject", "actor", "group", "action", "style")
_TIME_WORDS = "(_?(s|secs?|seconds?|time|time_s|at|frames?|ms|in_seconds))?"
# What people call a column, where the one that is meant is not there: as metadata it would be lost without a word.
_MEANT = {
    "file": re.compile("files?_?(name|path)?|path|motions?|motion_?(file|path|name)|clips?|takes?"),
    "text": re.compile("captions?|sentences?|descriptions?|prompts?|annotations?"),
    "start": re.compile(f"(starts?|begins?|beginning|from){_TIME_WORDS}"),
    "end": re.compile(f"(ends?|stops?|until|to){_TIME_WORDS}"),
    "split": re.compile("splits|(data_?)?(split|subset|partition)(_?name)?"),
}
_NO_LETTER = re.compile("[^a-z]+")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d+\s*$)")
_MARKS = (",", ";", "\t")  # a spreadsheet takes the semicolon where the comma is the decimal point
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


def tell_other_caption_files(folder: Path) -> str:
    """Return which files of a folder may be its captions file by another name, and how to use them; empty if none."""
    tables = sorted(path for path in folder.glob("*.*") if path.suffix.lower() in (".csv", ".jsonl") and path.is_file())
    found = [path for path in tables if _may_have_captions(path)]
    if not found:
        return ""
    several = f" (or {', '.join(path.name for path in found[1:4])})" if len(found) > 1 else ""
    usual = f"captions{found[0].suffix.lower()}"
    return f"; if {found[0].name}{several} is the one, give it as --data {found[0]}, or call it {usual}"


def _may_have_captions(path: Path) -> bool:
    """Return whether a table's name, or the columns or keys at its top, are those of captions."""
    if "caption" in path.name.casefold():
        return True
    try:
        with path.open("rb") as file:
            words = set(re.findall(rb"[a-z]+", file.read(1 << 12).split(b"\n")[0].lower()))
    except OSError:
        return False  # it is only asked what to name
    return b"file" in words and bool({b"text", b"texts"} & words)


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


def tell_times(start_seconds: float, end_seconds: float | None, seconds: float) -> str:
    """Return what is wrong with the times of a part of a motion that lasts so many seconds; empty if nothing is.

    An end somewhat past the motion's counts as its end: times are rounded.
    """
    latest = start_seconds if end_seconds is None else max(start_seconds, end_seconds)
    hint = "; times are seconds, not frames" if latest > FARTHEST_END * seconds else ""
    if start_seconds >= seconds:
        return f"begins at {start_seconds:g} s, but the motion lasts {seconds:.2f} s{hint}"
    if hint:
        return f"ends at {latest:g} s, but the motion lasts {seconds:.2f} s{hint}"
    return ""


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
            row = json.loads(line, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON ({error}), expected an object a line"
            continue
        if not isinstance(row, dict):
            yield number, f"a {type(row).__name__}, expected an object"
            continue
        wrong = _wrong_columns([_column(key) for key in row])
        yield number, wrong or {_column(key): value for key, value in row.items()}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON.

    Raises:
        ValueError: If a key is there twice, of which Python would take the last.
    """
    if twice := [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]:
        raise ValueError(f"`{twice[0]}` is there twice")
    return dict(pairs)


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield the number of each row's first line with its fields by column, or with what is wrong with it."""
    mark, first, names = _read_header(path, text)
    spelt = {",": "comma", ";": "semicolon", "\t": "tab"}[mark]
    for line, fields in _records(text, mark):
        if line <= first:
            continue
        if isinstance(fields, str):
            yield line, fields
        elif len(fields) != len(names):
            yield (
                line,
                f"not as many fields as the {len(names)} columns of line {first}; "
                f"put a text that has a {spelt} between double quotes",
            )
        elif stray := [value for name, value in zip(names, fields, strict=True) if not name and value.strip()]:
            yield line, f"{stray[0]!r} stands in a column without a name"
        else:
            # An empty field of a table says nothing.
            row = {name: value for name, value in zip(names, fields, strict=True) if value.strip() or name == "text"}
            if mark != ",":
                row |= {key: _DECIMAL_COMMA.sub(".", row[key]) for key in ("start", "end") if key in row}
            yield line, row


def _read_header(path: Path, text: str) -> tuple[str, int, list[str]]:
    """Return what separates the fields, the line that names the columns, and their names.

    Raises:
        DatasetError: If they cannot be read, a needed one is missing, one is there twice, or is spelt otherwise.
    """
    found = []
    for mark in _MARKS:
        # Lines that are empty, or of separators alone, may stand above a table.
        filled = (record for record in _records(text, mark) if any(field.strip() for field in record[1]))
        line, fields = next(filled, (1, []))
        names = [] if isinstance(fields, str) else [_column(field) for field in fields]
        found.append((mark, line, names, fields if isinstance(fields, str) else ""))
    mark, line, names, fault = max(found, key=lambda each: ({"file", "text"} <= set(each[2]), len(each[2])))
    where = f"{path}, line {line}: "
    if fault:
        raise DatasetError(f"{where}{fault}")
    wrong = _wrong_columns(names)
    if "file" not in names or "text" not in names:
        hint = f" ({wrong})" if wrong else ""
        raise DatasetError(f"{where}the columns are {', '.join(names) or 'none'}{hint}; {_EXPECTED}")
    if wrong:
        raise DatasetError(f"{where}{wrong}")
    return mark, line, names


def _records(text: str, mark: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the first line of each row of a table with its fields, or with what is wrong with it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > line:
                yield line, "a quote that opens here is not closed; the lines after it are not read"
                return
            yield line, _tell_csv(str(error))
            continue
        if fields:
            yield line, fields


def _tell_csv(error: str) -> str:
    if "end of data" in error:
        return "a quote that opens here is not closed"
    if "expected after" in error:
        return 'text follows a closing quote; write a quote that is inside a text twice, as ""'
    return f"not CSV ({error})"


def _column(written: str) -> str:
    """Return a column's name: letter case does not count in those that mean something here, blanks in none."""
    name = written.strip()
    return name.casefold() if name.casefold() in _KNOWN_COLUMNS else name


def _wrong_columns(names: Sequence[str]) -> str:
    """Return which columns would be lost: one that is there twice, or spelt so that it would count as metadata."""
    if twice := [name for name, count in Counter(names).items() if name and count > 1]:
        return f"the column `{twice[0]}` is there twice; expected one (a second sentence has a row of its own)"
    for meant, spellings in _MEANT.items():
        if meant in names or (meant == "text" and "texts" in names):
            continue
        for name in names:
            if spellings.fullmatch(_NO_LETTER.sub("_", name.casefold()).strip("_")):
                unit = " (in seconds)" if meant in ("start", "end") else ""
                return f"the column `{name}` is not read; is it `{meant}`{unit}? Call it so, or otherwise if not"
    return ""


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
            metadata[key] = str(value).strip()
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
