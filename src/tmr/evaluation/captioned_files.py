"""The motions that the rows of a captions file name, each file read once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tmr.evaluation.named_files import NamedFiles
from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import CaptionRow, merge_rows, tell_times
from tmr.motion.captions import whole_captions_from_labels
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

    Where no sentence is said of a file, and rows have an `action`, sentences that tell the `style` are written from
    these, as for packs.

    Args:
        rows: Of a captions file.
        folder: In which it is.
        workers: Reading processes; None takes one a processor, 0 reads in this process.
    """
    from tmr.search.pool import Task, read_in_parallel
    from tmr.search.reading import ReadingOptions

    named = NamedFiles(folder)
    rows = merge_rows([replace(row, file=named.find(row.file)) for row in rows])
    files = list(dict.fromkeys(row.file for row in rows))
    gone = [file for file in files if not os.path.exists(folder / file)]
    reasons = {file: f"there is no such file{named.hint(file)}" for file in gone}
    tasks = [Task(file, folder / file) for file in files if file not in reasons]
    motions: dict[str, Motion] = {}
    told = {row.file for row in rows if row.texts}
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
        if wrong := tell_times(row.start_seconds, row.end_seconds, whole.seconds):
            left_out.append(LeftOut(row.name, f"line {row.line} {wrong}"))
            continue
        end = whole.seconds if row.end_seconds is None else row.end_seconds
        part = replace(whole.cut(row.start_seconds, end), name=row.name)
        texts, action = row.texts, row.metadata.get("action", "")
        if row.file not in told and action:
            texts = whole_captions_from_labels(action, row.metadata.get("style", ""))
        parts.append(CaptionedPart(row.name, row.file, part, texts, row.start_seconds, row.metadata))
    return parts, left_out
