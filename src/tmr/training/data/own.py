"""Own data: motion files of any format, and a captions file that says what each shows."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import (
    MOST_SHOWN,
    CaptionRow,
    Fault,
    find_caption_file,
    read_caption_rows,
    tell_faults,
)
from tmr.motion.dataset import SPLITS, ClipInfo
from tmr.training.data.listing import ListedCaption, ListedClip, Listing, Places

KIND = "caption"
SUBJECT_COLUMNS = ("subject", "actor", "group")
# What other datasets call it.
_SAME_SPLIT = {"": "train", "val": "validation"}


@dataclass(frozen=True)
class _File:
    """The rows of one motion file."""

    path: Path
    rows: list[CaptionRow]


def list_own(places: Places) -> Listing:
    """Return the clips that a captions file names.

    Args:
        places: The folder of the motion files, or the captions file itself, beside which they are. Without `captions`
            the file is `captions.jsonl` or `captions.csv` in the folder.

    Raises:
        DatasetError: If there is no captions file, or rows of it are not as documented: all of them are told by line.
    """
    base = places.motions or (places.data if places.data.is_dir() else places.data.parent)
    caption_file = find_caption_file(places.captions or places.data)
    if caption_file is None:
        raise DatasetError(f"{places.captions or places.data} has no captions.jsonl or captions.csv")
    rows, faults = read_caption_rows(caption_file)
    faults = sorted([*faults, *_split_faults(rows)], key=lambda fault: fault.line)
    if faults:
        count = f"{len(faults):,} faulty {'line' if len(faults) == 1 else 'lines'}"
        raise DatasetError(
            f"{caption_file} has {count}, {tell_faults(faults)}; docs/evaluation/data.md describes the file"
        )
    source = base.resolve().name or KIND
    left_out: list[LeftOut] = []
    clips: list[ListedClip] = []
    for name, file in _by_file(rows, base).items():
        first = file.rows[0]
        labels = _labels(file.rows)
        if not file.path.is_file():
            left_out.append(LeftOut(name, f"line {first.line}: there is no such file{_hint(base, file.path, name)}"))
        elif not any(row.texts for row in file.rows) and not labels["action"]:
            left_out.append(LeftOut(name, f"line {first.line}: neither a text nor an action is said of it"))
        else:
            clips.append(_clip(source, name, file, labels))
    return Listing(source, clips, left_out, _notes(rows))


def _by_file(rows: Sequence[CaptionRow], base: Path) -> dict[str, _File]:
    """Return the rows of each file; backslashes of a file written on Windows count as slashes."""
    found: dict[str, _File] = {}
    for row in rows:
        name = row.file
        if "\\" in name and not os.path.lexists(base / name):
            name = name.replace("\\", "/")
        name = os.path.normpath(name).replace(os.sep, "/")
        found.setdefault(name, _File(base / name, [])).rows.append(row)
    return found


def _clip(source: str, name: str, file: _File, labels: dict[str, str]) -> ListedClip:
    captions: dict[tuple[str, float, float | None], ListedCaption] = {}
    for row in file.rows:
        for text in row.texts:
            caption = ListedCaption(text, KIND, row.start_seconds, row.end_seconds, f"line {row.line}")
            captions.setdefault((text, row.start_seconds, row.end_seconds), caption)
    # Sentences of people say more than a label; where there are some, the label is not written out.
    action = "" if captions else labels["action"]
    info = ClipInfo(f"{source}/{name}", _split(file.rows[0]), (), labels["subject"], action, labels["style"])
    return ListedClip(info, file.path, tuple(captions.values()))


def _labels(rows: Sequence[CaptionRow]) -> dict[str, str]:
    """Return what the first row that has it says."""

    def first(*columns: str) -> str:
        return next((row.metadata[column] for row in rows for column in columns if row.metadata.get(column)), "")

    return {"subject": first(*SUBJECT_COLUMNS), "action": first("action"), "style": first("style")}


def _split(row: CaptionRow) -> str:
    written = row.metadata.get("split", "").strip().lower()
    return _SAME_SPLIT.get(written, written)


def _split_faults(rows: Sequence[CaptionRow]) -> list[Fault]:
    faults = []
    split_of: dict[str, CaptionRow] = {}
    for row in rows:
        if _split(row) not in SPLITS:
            faults.append(Fault(row.line, f"`split` is {row.metadata['split']!r}, expected {', '.join(SPLITS)}"))
            continue
        first = split_of.setdefault(row.file, row)
        if _split(first) != _split(row):
            faults.append(
                Fault(
                    row.line,
                    f"{row.file} is in {_split(row)} here and in {_split(first)} on line {first.line}; "
                    "what is learnt from a file cannot be tested on it",
                )
            )
    return faults


def _notes(rows: Sequence[CaptionRow]) -> list[str]:
    notes = []
    times = Counter((row.part, text) for row in rows for text in row.texts)
    if twice := [(part[0], text) for (part, text), count in times.items() if count > 1]:
        told = ", ".join(f"{file}: {text!r}" for file, text in twice[:3])
        notes.append(f"{len(twice):,} sentences are said of the same part more than once, and count once: {told}")
    if silent := [row.line for row in rows if not row.texts]:
        told = ", ".join(map(str, silent[:MOST_SHOWN])) + (", …" if len(silent) > MOST_SHOWN else "")
        notes.append(f"{len(silent):,} lines have no text: {told}")
    return notes


def _hint(base: Path, path: Path, name: str) -> str:
    """Return what the file may be called, if one is found that differs by letter case only."""
    try:
        siblings = [sibling.name for sibling in path.parent.iterdir()]
    except OSError:
        return f" below {base}"
    like = next((sibling for sibling in siblings if sibling.lower() == path.name.lower()), None)
    if like is None:
        like = next((sibling for sibling in siblings if Path(sibling).stem.lower() == path.name.lower()), None)
    return f"; {like} is there: write it so" if like and like != name else f" below {base}"
