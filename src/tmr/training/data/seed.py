"""BONES-SEED: its table of motions and the labels of their parts, over its BVH files."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.dataset import ClipInfo
from tmr.motion.telling import count_of
from tmr.training.data.listing import ListedCaption, ListedClip, Listing, Places
from tmr.training.data.splits import numbered_lines, read_lines
from tmr.training.data.tables import parse_json, seconds_of, text_of

SOURCE = "seed"
_TABLE, _EVENTS = "seed_metadata*.csv", "seed_metadata*temporal_labels.jsonl"
# All say what happens in the whole motion; the technical one names joints and angles, which nobody searches by.
_TEXTS = (
    *(f"content_natural_desc_{number}" for number in range(1, 5)),
    "content_short_description",
    "content_short_description_2",
)
_PATHS = ("move_soma_uniform_path", "move_soma_proportional_path")
_TRAIN = "train_split_paths.txt"
_TESTS = ("test_content_split_paths.txt", "test_repetition_split_paths.txt")
_BEST_SPLITS = "the benchmark's splits/ (train_split_paths.txt …)"
_TRUE = ("1", "1.0", "true")


def is_seed(folder: Path) -> bool:
    """Return whether BONES-SEED's table lies in a folder, or in `metadata` in it."""
    return _newest(folder, _TABLE) is not None or _newest(folder, "seed_metadata*.parquet") is not None


def list_seed(places: Places) -> Listing:
    """Return the motions of BONES-SEED.

    The uniform bodies are read where they are, else the proportional ones. Mirror images are left to training. Splits
    are those of Kimodo's benchmark, if they are in `splits/`; else all is `train`.

    Raises:
        DatasetError: If the table is missing or is not as published, or no BVH file is there.
    """
    table = _newest(places.data, _TABLE)
    if table is None:
        raise DatasetError(
            f"{places.data} has no seed_metadata_v….csv; BONES-SEED publishes the table as .csv beside the .parquet"
        )
    events = _read_events(_newest(places.data, _EVENTS))
    split_of = _read_splits(places.data)
    base = places.motions or places.data
    clips, left_out, mirrored = [], [], 0
    for line, row in _read_table(table):
        name = text_of(row, "filename") or text_of(row, "move_name")
        if text_of(row, "is_mirror").lower() in _TRUE:
            mirrored += 1
            continue
        split = "train" if split_of is None else split_of.get(name, "")
        captions = (*_whole(row), *events.get(name, ()))
        file = _find_bvh(row, base)
        if file is None:
            left_out.append(LeftOut(name or f"line {line}", f"its BVH file is not below {base}"))
        elif not captions or not split:
            left_out.append(LeftOut(name, "no split names it" if captions else "nothing is said of it"))
        else:
            subject = text_of(row, "take_actor") or text_of(row, "actor_uid")
            info = ClipInfo(f"{SOURCE}/{name}", split, (), subject, "", text_of(row, "content_uniform_style"))
            clips.append(ListedClip(info, file, captions))
    if not clips:
        raise DatasetError(
            f"{table} names {len(left_out):,} motions, but none of their BVH files is below {base}; unpack "
            "soma_uniform.tar there, or give its folder with --motions"
        )
    counted = count_of(mirrored, "mirror image is", "mirror images are")
    notes = [f"{counted} not read: training mirrors every motion and its sentences itself"]
    if split_of is None:
        notes.append(f"all of it is trained on: put {_BEST_SPLITS} into the folder to keep the benchmark's test unseen")
    return Listing(SOURCE, clips, left_out, notes)


def _newest(folder: Path, pattern: str) -> Path | None:
    """Return the file of the highest version, in the folder or in `metadata` in it."""
    found = [path for place in (folder, folder / "metadata") for path in place.glob(pattern)]
    return max(found, key=lambda path: path.name, default=None)


def _read_table(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or ()
            if not {"filename", "move_name"} & set(columns) or not set(_PATHS) & set(columns):
                raise DatasetError(
                    f"{path}, line 1: the columns are {', '.join(columns[:8])} …; expected filename, "
                    f"{' or '.join(_PATHS)} and content_natural_desc_1 …, as BONES-SEED publishes them"
                )
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as UTF-8 CSV: {error}") from error


def _whole(row: Mapping[str, str]) -> tuple[ListedCaption, ...]:
    texts = dict.fromkeys(text for column in _TEXTS if (text := text_of(row, column)))
    return tuple(ListedCaption(text, SOURCE) for text in texts)


def _read_events(path: Path | None) -> dict[str, tuple[ListedCaption, ...]]:
    """Return what is said of parts of each motion."""
    found: dict[str, list[ListedCaption]] = defaultdict(list)
    for number, line in [] if path is None else numbered_lines(path):
        row = parse_json(line, f"{path}, line {number}")
        events = row.get("events") if isinstance(row, dict) else None
        if not isinstance(events, list):
            raise DatasetError(f"{path}, line {number}: expected an object with filename and events")
        for event in events:
            if not isinstance(event, dict) or not (text := text_of(event, "description")):
                continue
            if times := seconds_of(event, "start_time", "end_time"):
                found[text_of(row, "filename")].append(ListedCaption(text, SOURCE, *times))
    return {name: tuple(captions) for name, captions in found.items()}


def _read_splits(folder: Path) -> dict[str, str] | None:
    """Return the split of each motion; None if there are no lists."""
    place = next((place for place in (folder / "splits", folder) if (place / _TRAIN).is_file()), None)
    if place is None:
        return None
    found = {PurePosixPath(line).name: "train" for line in read_lines(place / _TRAIN)}
    for name in _TESTS:
        if (place / name).is_file():
            found |= {PurePosixPath(line).name: "test" for line in read_lines(place / name)}
    return found


def _find_bvh(row: Mapping[str, str], base: Path) -> Path | None:
    for column in _PATHS:
        written = PurePosixPath(text_of(row, column))
        if not written.name or written.is_absolute() or ".." in written.parts:
            continue
        # The folder that was given may be the one above `soma_uniform`, it, or `bvh` in it.
        for first in range(min(3, len(written.parts))):
            if (file := base.joinpath(*written.parts[first:])).is_file():
                return file
    return None
