"""Own data: motion files of any format, and a captions file that says what each shows."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tmr.errors import DatasetError
from tmr.evaluation.named_files import NamedFiles
from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import (
    MOST_SHOWN,
    CaptionRow,
    Fault,
    find_caption_file,
    read_caption_rows,
    tell_faults,
    tell_other_caption_files,
)
from tmr.motion.dataset import SPLITS, ClipInfo
from tmr.motion.telling import count_of, first_few
from tmr.training.data.listing import ListedCaption, ListedClip, Listing, Places
from tmr.training.recipes import COMPOSED, PACKS, PROCEDURAL

KIND = "caption"
TAKEN_NAMES = frozenset({*PACKS, *PROCEDURAL, *COMPOSED})
"""Sources of the recipes: own data that is called so would be drawn, held out or written over as what it is not."""

SUBJECT_COLUMNS = ("subject", "actor", "group")
_LIKE_SUBJECT = re.compile("(subject|actor|group)s?[ _-]?(id|name|number)?|person|performer|participant", re.IGNORECASE)
# What other datasets call it.
_SAME_SPLIT = {"": "train", "val": "validation"}


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
        folder = places.captions or places.data
        raise DatasetError(f"{folder} has no captions.jsonl or captions.csv{tell_other_caption_files(folder)}")
    written, faults = read_caption_rows(caption_file)
    files = NamedFiles(base)
    # One name a file from here on: what is learnt from a file under one name must not be tested under another.
    rows = [replace(row, file=files.find(row.file)) for row in written]
    faults = sorted([*faults, *_split_faults(rows)], key=lambda fault: fault.line)
    if faults:
        raise DatasetError(
            f"{caption_file} has {count_of(len(faults), 'faulty line')}, {tell_faults(faults)}; "
            "docs/evaluation/data.md describes the file"
        )
    source = _source(base)
    left_out: list[LeftOut] = []
    clips: list[ListedClip] = []
    by_file: dict[str, list[CaptionRow]] = defaultdict(list)
    for row in rows:
        by_file[row.file].append(row)
    for name, said in by_file.items():
        first, labels = said[0], _labels(said)
        if not os.path.isfile(base / name):
            left_out.append(LeftOut(name, f"line {first.line}: there is no such file{files.hint(name)}"))
        elif not any(row.texts for row in said) and not labels["action"]:
            left_out.append(LeftOut(name, f"line {first.line}: neither a text nor an action is said of it"))
        else:
            clips.append(_clip(f"{source}/{name}", base / name, said, labels))
    return Listing(source, clips, left_out, [*_notes(rows), *_unnamed(rows, files)])


def _source(base: Path) -> str:
    """Return what a mixture calls the data: its folder's name, unless a recipe calls something else so."""
    name = base.resolve().name or KIND
    return f"own_{name}" if name in TAKEN_NAMES else name


def _clip(name: str, file: Path, rows: Sequence[CaptionRow], labels: dict[str, str]) -> ListedClip:
    captions: dict[tuple[str, float, float | None], ListedCaption] = {}
    for row in rows:
        for text in row.texts:
            caption = ListedCaption(text, KIND, row.start_seconds, row.end_seconds, f"line {row.line}")
            captions.setdefault((text, row.start_seconds, row.end_seconds), caption)
    # Sentences of people say more than a label; where there are some, the label is not written out.
    action = "" if captions else labels["action"]
    info = ClipInfo(name, _split(rows[0]), (), labels["subject"], action, labels["style"])
    return ListedClip(info, file, tuple(captions.values()))


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
    if twice := [f"{part[0]}: {text!r}" for (part, text), count in times.items() if count > 1]:
        counted = count_of(len(twice), "sentence is", "sentences are")
        notes.append(f"{counted} said of the same part more than once, counted once: {first_few(twice)}")
    if silent := [row.line for row in rows if not row.texts]:
        told = ", ".join(map(str, silent[:MOST_SHOWN])) + (", …" if len(silent) > MOST_SHOWN else "")
        notes.append(f"{count_of(len(silent), 'line has', 'lines have')} no text: {told}")
    columns = dict.fromkeys(column for row in rows for column in row.metadata)
    if not any(column in columns for column in SUBJECT_COLUMNS):
        like = next((column for column in columns if _LIKE_SUBJECT.fullmatch(column)), None)
        notes += [f"the column `{like}` is not read: call it `subject`, and people are held out whole"] if like else []
    return notes


def _unnamed(rows: Sequence[CaptionRow], files: NamedFiles) -> list[str]:
    """Return a sentence on the motion files that no row names, if there are any."""
    if files.problem:
        return [f"motion files that no row names are not looked for: {files.problem}"]
    named = {row.file for row in rows}
    if not (unnamed := [name for name in files.names if name not in named]):
        return []
    counted = count_of(len(unnamed), "motion file is", "motion files are")
    return [f"{counted} named by no row, and not trained on: {first_few(unnamed)}"]
