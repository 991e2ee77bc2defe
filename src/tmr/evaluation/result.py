"""Result: measured numbers with their intervals and the rules they were measured by, as JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tmr.errors import DatasetError

UNITS = ("fraction", "rank", "similarity", "distance", "count", "m/s", "m", "cm", "m/s³", "degrees", "seconds")


@dataclass(frozen=True)
class Measure:
    """One number and how sure it is.

    Args:
        value: In `unit`; NaN where it cannot be measured (a note of the result says why), written as null.
        low: Lower end of its 95 % interval; None where there is none.
        high: Upper end.
        unit: One of `UNITS`; a fraction is printed in percent.
        count: How many queries, clips or draws it is the mean of.
    """

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = "fraction"
    count: int | None = None


@dataclass(frozen=True)
class Table:
    """Measures under one set of rules.

    Args:
        name: What a program looks for: `all`, `side` …
        title: What a person reads above it.
        rules: Whatever a number depends on: gallery size, caption rule, tie rule, seed, draws, interval.
        rows: Row name (a direction, a model, a group) → measure name (`recall_at_10`) → measure.
    """

    name: str
    title: str
    rules: Mapping[str, str | int | float]
    rows: Mapping[str, Mapping[str, Measure]]


@dataclass(frozen=True)
class LeftOut:
    """Something that could not be measured, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Result:
    """What one evaluation found.

    Args:
        kind: `retrieval`, `generation`, `kimodo` or `probes`.
        models: Name of each model → hash of its checkpoint.
        data: What was measured on: source, split, counts.
        tables: The numbers.
        left_out: What is in none of them.
        notes: Warnings that a reader of the numbers must see.
    """

    kind: str
    models: Mapping[str, str]
    data: Mapping[str, str | int | float]
    tables: tuple[Table, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def write(self, path: Path) -> None:
        """Write the result as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_without_nan(asdict(self)), indent=1, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Result":
        """Return the result of a file that `write` wrote.

        Raises:
            DatasetError: If the file is no such result.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            tables = tuple(_table(table) for table in raw["tables"])
            left_out = tuple(LeftOut(**row) for row in raw["left_out"])
            return cls(raw["kind"], raw["models"], raw["data"], tables, left_out, tuple(raw["notes"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(f"{path} is no result of `tmr evaluate`: {error!r}; run the evaluation again") from error


def _table(raw: dict[str, Any]) -> Table:
    rows = {
        row: {name: Measure(**{**measure, "value": _number(measure["value"])}) for name, measure in measures.items()}
        for row, measures in raw["rows"].items()
    }
    return Table(raw["name"], raw["title"], raw["rules"], rows)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _without_nan(value: Any) -> Any:
    """Return the value with NaN and infinities as null: JSON has none."""
    if isinstance(value, dict):
        return {key: _without_nan(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
