"""Shards: many arrays of different lengths in few files, added to and never rewritten, mapped into memory when read."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from tmr.errors import DatasetError
from tmr.files import replacing

Row = Mapping[str, Any]
"""What is known of an array; `count` is its length."""


@dataclass(frozen=True)
class Shards:
    """A folder of shards, each `NAME.npy` (arrays one after the other) with `NAME.json` (a row an array).

    A shard is written whole before its rows are, and rows are written whole or not at all: what a killed run leaves
    behind is never read. Several runs may share the folder.

    Args:
        folder: Where the shards are.
        prefix: Of the names; shards of another prefix are not seen.
        shape: Of one element of an array: `(30, 3)` for frames of a body.
        dtype: Of the numbers.
    """

    folder: Path
    prefix: str
    shape: tuple[int, ...]
    dtype: type[np.generic]

    def read(self) -> Iterator[tuple[Row, Shaped[np.ndarray, "count *width"]]]:
        """Yield every row with its array, which is on the disk until it is used.

        Raises:
            DatasetError: If a shard is damaged.
        """
        for rows in sorted(self.folder.glob(f"{self.prefix}-*.json")):
            yield from self._open(rows)

    def write(
        self, rows: Sequence[Row], arrays: Sequence[Shaped[np.ndarray, "_ *width"]]
    ) -> list[tuple[Row, Shaped[np.ndarray, "_ *width"]]]:
        """Add a shard, unless there is one of the same rows, and return what is read back from it.

        Args:
            rows: What is known of each array; their `count` is set here.
            arrays: As many.

        Raises:
            DatasetError: If it cannot be written.
        """
        counted = [{**row, "count": len(array)} for row, array in zip(rows, arrays, strict=True)]
        text = json.dumps(counted)
        path = self.folder / f"{self.prefix}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        if path.is_file():
            # Another run was faster, and has it mapped perhaps, which Windows does not let anybody replace.
            return list(self._open(path))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(path.with_suffix(".npy")) as new:
                np.save(new, np.concatenate(arrays, dtype=self.dtype))
            with replacing(path) as new:
                new.write_text(text, encoding="utf-8")
        except OSError as error:
            raise DatasetError(
                f"the cache {path} cannot be written: {error}; make room or give another --cache"
            ) from error
        return list(self._open(path))

    def _open(self, path: Path) -> Iterator[tuple[Row, Shaped[np.ndarray, "count *width"]]]:
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
            mapped = np.load(path.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
            if mapped.dtype != self.dtype or mapped.shape != (sum(row["count"] for row in rows), *self.shape):
                raise ValueError(f"it holds {mapped.shape} of {mapped.dtype}")
        except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
            raise DatasetError(
                f"the cache {path.with_suffix('')} (.json and .npy) cannot be read: {error}; remove both, and they are "
                "made anew"
            ) from error
        first = 0
        for row in rows:
            # A slice of a memmap knows its file, so that worker processes can map it themselves.
            yield row, mapped[first : first + row["count"]]
            first += row["count"]
