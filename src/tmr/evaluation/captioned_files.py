"""The motions that the rows of a captions file name, each file read once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import CaptionRow
from tmr.motion.motion import Motion


@dataclass(frozen=True, eq=False)
class CaptionedPart:
    """A row with its motion, SOMA-30 at 30 fps."""

    name: str
    file: str
    motion: Motion
    texts: tuple[str, ...]
    start_seconds: float
    metadata: Mapping[str, str]


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
