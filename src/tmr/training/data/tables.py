"""Tables: JSON files of annotations, read with words for what is wrong with them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tmr.errors import DatasetError


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        DatasetError: If it cannot be read or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path} cannot be read as JSON: {error}") from error


def parse_json(text: str, where: str) -> Any:
    """Return what a line of JSON holds.

    Raises:
        DatasetError: If it is no JSON; the message begins with `where`.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: not JSON ({error})") from error


def read_object(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises:
        DatasetError: If it cannot be read or holds something else.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise DatasetError(f"{path} holds a {type(content).__name__}; expected an object of clips by id")
    return content


def text_of(row: Mapping[str, Any], key: str) -> str:
    """Return a field as text without blanks at its ends; empty if it is missing, null or no text."""
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def seconds_of(row: Mapping[str, Any], start_key: str, end_key: str) -> tuple[float, float] | None:
    """Return two fields as seconds from 0, the first before the second; None if they are not."""
    start, end = row.get(start_key), row.get(end_key)
    if not isinstance(start, (int, float)) or not isinstance(end, (int, float)):
        return None
    return (float(start), float(end)) if 0 <= start < end < math.inf else None
