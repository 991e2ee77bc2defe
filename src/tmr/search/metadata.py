"""Metadata: what the user says of an index's items, read from a CSV or JSON Lines file."""

import csv
import io
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from tmr.errors import DatasetError
from tmr.motion.telling import count_of, first_few
from tmr.search.columns import MEASURED
from tmr.search.item import Value

Rows = dict[str, dict[str, Value]]
FILE = "file"
FOUND_NAMES = ("metadata.csv", "metadata.jsonl")
_MOST_BYTES = 512_000_000
_MOST_FIELDS = 200
_MOST_CHARACTERS = 10_000
# 007 is a name, not a number: as a number it would be 7.
_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")


def find_metadata(folder: Path) -> Path | None:
    """Return the metadata file that lies in a library's folder, `metadata.csv` or `metadata.jsonl`; None without one.

    Raises:
        DatasetError: If there are both.
    """
    found = [folder / name for name in FOUND_NAMES if (folder / name).is_file()]
    if len(found) > 1:
        raise DatasetError(f"{str(folder)!r} has both {' and '.join(FOUND_NAMES)}; remove one, or name one: --metadata")
    return found[0] if found else None


def read_metadata(path: Path) -> Rows:
    """Return the fields of each item, by the item's name.

    Args:
        path: A `.csv` with a line of names first, or a `.jsonl` with an object a line. The column or field `file` names
            the item by its path from the library's folder. In a CSV an empty cell means nothing, and a column of
            numbers only holds numbers; in JSON Lines a field may be a number, a text, true, false, a list of texts or
            null.

    Raises:
        DatasetError: If it is not as documented here.
    """
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise DatasetError(f"{path} has {size:,} bytes; expected a file of metadata of at most {_MOST_BYTES:,}")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"the metadata {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    if path.suffix.lower() == ".csv":
        lines = _csv_lines(text, path)
    elif path.suffix.lower() in (".jsonl", ".ndjson"):
        lines = _json_lines(text, path)
    else:
        raise DatasetError(f"{path} ends in {path.suffix!r}; expected metadata as .csv or .jsonl")
    rows: Rows = {}
    for number, name, values in lines:
        if name in rows:
            raise DatasetError(f"{path}, line {number}: {name!r} is described a second time")
        rows[name] = values
    check_rows(rows, str(path))
    return rows


def check_rows(rows: Mapping[str, Mapping[str, Value]], where: str) -> None:
    """Refuse metadata that cannot be filtered by.

    Args:
        rows: Fields by item.
        where: Where they are from, for the message.

    Raises:
        DatasetError: If a field's name is one that the index measures or is of no use, a value is too long or no finite
            number, a field is a number here and text there, or there are too many fields.
    """
    kinds: dict[str, tuple[bool, str]] = {}
    for item, values in rows.items():
        for name in (item, *values):
            if not isinstance(name, str):
                raise DatasetError(f"{where}: {name!r} is a {type(name).__name__}; expected a name, a text")
        for name, value in values.items():
            is_text = isinstance(value, str | tuple)
            if name not in kinds:
                _check_name(name, where)
                kinds[name] = (is_text, item)
            if kinds[name][0] != is_text:
                numbers, texts = (kinds[name][1], item) if is_text else (item, kinds[name][1])
                raise DatasetError(
                    f"{where}: the field {name!r} is a number for {numbers!r} and text for {texts!r}; make it the same "
                    "for all"
                )
            _check_value(value, f"{where}: the field {name!r} of {item!r}")
    if len(kinds) > _MOST_FIELDS:
        raise DatasetError(f"{where} has {len(kinds)} fields; expected at most {_MOST_FIELDS}")


def _check_name(name: str, where: str) -> None:
    if name in MEASURED or name == FILE:
        raise DatasetError(f"{where}: the index measures {name!r} itself; give that field another name")
    if not 1 <= len(name) <= 100 or not name.isprintable() or "`" in name or name != name.strip():
        raise DatasetError(
            f"{where}: {name[:120]!r} is of no use as a field's name; expected 1 to 100 characters without ` and "
            "without spaces around them"
        )


def _check_value(value: Value, what: str) -> None:
    texts = value if isinstance(value, tuple) else (value,)
    if isinstance(value, tuple) and len(value) > 1000:
        raise DatasetError(f"{what} is a list of {len(value)}; expected at most 1000 texts")
    for text in texts:
        if isinstance(text, str):
            if len(text) > _MOST_CHARACTERS:
                raise DatasetError(f"{what} has {len(text):,} characters; expected at most {_MOST_CHARACTERS:,}")
        elif not math.isfinite(text):
            raise DatasetError(f"{what} is {text}; expected a finite number")


def item_name_of(file: str) -> str:
    """Return an item's name from how a file of metadata writes it: Windows' slashes and a leading `./` are allowed."""
    return file.strip().replace("\\", "/").removeprefix("./")


def _csv_lines(text: str, path: Path) -> Iterator[tuple[int, str, dict[str, Value]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise DatasetError(f"{path}, line {reader.line_num}: {error}; expected comma-separated values") from error
    if not lines:
        raise DatasetError(f"{path} is empty; expected a first line of names: {FILE}, …")
    names = [name.strip() for name in lines[0][1]]
    if FILE not in names or len(set(names)) != len(names):
        raise DatasetError(
            f"{path}: the first line is {', '.join(names)[:200]!r}; expected the names of the columns, each once, "
            f"{FILE!r} among them"
        )
    for number, line in lines[1:]:
        if len(line) != len(names):
            raise DatasetError(f"{path}, line {number}: it has {len(line)} cells, the first line {len(names)} names")
    columns = {name: [line[place].strip() for _, line in lines[1:]] for place, name in enumerate(names)}
    numeric = {name for name, cells in columns.items() if all(_NUMBER.fullmatch(cell) for cell in cells if cell)}
    for place, (number, _) in enumerate(lines[1:]):
        cells = {name: columns[name][place] for name in names}
        file = item_name_of(cells.pop(FILE))
        if not file:
            raise DatasetError(f"{path}, line {number}: the column {FILE!r} is empty; it names the item")
        yield number, file, {n: float(cell) if n in numeric else cell for n, cell in cells.items() if cell}


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, str, dict[str, Value]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            table = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}, line {number}: not valid JSON ({error})") from error
        if not isinstance(table, dict) or not isinstance(table.get(FILE), str) or not table[FILE].strip():
            raise DatasetError(f"{path}, line {number}: expected an object with a text {FILE!r} that names the item")
        file = item_name_of(table.pop(FILE))
        yield number, file, values_of(table, f"{path}, line {number}")


def values_of(fields: Mapping[str, Any], where: str) -> dict[str, Value]:
    """Return the fields of an item as an index keeps them, without those that say nothing.

    Raises:
        DatasetError: If a value is none of the kinds that a field may have.
    """
    values = {name: value_of(value, f"{where}: {name!r}") for name, value in fields.items()}
    return {name: value for name, value in values.items() if value not in ("", (), None)}


def value_of(value: Any, what: str) -> Value | None:
    """Return a value as an index keeps it: numbers as floats, true and false as texts, lists as tuples.

    Raises:
        DatasetError: If it is none of the kinds that a field may have.
    """
    # What a table of pandas holds, and what NumPy's comparisons give, are none of Python's own kinds.
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        return tuple(value)
    raise DatasetError(
        f"{what} is {str(value)[:60]!r}; expected a number, a text, true, false, a list of texts or null"
    )


def note_on_metadata(path: Path, rows: Rows, items: Collection[str]) -> str:
    """Return a sentence on a file of metadata: how many items it describes, and whom it describes that is not there."""
    strangers = sorted(name for name in rows if name not in items)
    note = f"metadata from {path}: {len(rows) - len(strangers):,} of {len(items):,} items are described"
    if strangers:
        names = count_of(len(strangers), "of its rows names", "of its rows name")
        note += f"; {names} no item of the index: {first_few([repr(name) for name in strangers])}"
    return note


def note_on_kept_metadata(source: Path, rows: Rows, items: Collection[str]) -> str:
    """Return a sentence on metadata of earlier runs that no file in the library's folder stands for; empty if none.

    Args:
        source: The library's folder, which holds none of `FOUND_NAMES`.
        rows: What the index has.
        items: The names of its items.
    """
    count = sum(name in items for name in rows)
    if not count:
        return ""
    return (
        f"metadata: {count_of(count, 'item keeps', 'items keep')} what was said before, by a file that is gone, by "
        f"--metadata or in Python: there is no {' or '.join(FOUND_NAMES)} in {str(source)!r}; to forget it, give "
        f"--metadata with a .csv file whose only line is {FILE!r}"
    )


def rows_as_bytes(rows: Mapping[str, Mapping[str, Value]]) -> bytes:
    """Return metadata as an index stores it, the same for the same content."""
    lines = [json.dumps({FILE: item, **rows[item]}, sort_keys=True) + "\n" for item in sorted(rows) if rows[item]]
    return "".join(lines).encode("ascii")


def rows_from_bytes(content: bytes) -> Rows:
    """Return metadata from what `rows_as_bytes` gave.

    Raises:
        ValueError: If it is something else.
    """
    rows: Rows = {}
    for line in content.splitlines():
        table = json.loads(line)
        item = table.pop(FILE)
        rows[item] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    return rows
