"""HumanML3D: its texts and splits, over the user's AMASS or over the joints that its own code makes."""

import csv
from dataclasses import dataclass
from pathlib import Path

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.captions import tagged_times
from tmr.motion.dataset import ClipInfo
from tmr.training.data.amass import Amass, subject_of
from tmr.training.data.listing import FrameSpan, ListedCaption, ListedClip, Listing, Places
from tmr.training.data.splits import (
    has_split_lists,
    is_mirrored,
    mirrored_note,
    numbered_lines,
    read_lines,
    read_split_lists,
)

SOURCE = "humanml3d"
RATE = 20.0
# Cut from the start of every file of a part before its frames are counted (raw_pose_processing.ipynb, last cell).
TRIMMED_SECONDS = {
    "Eyes_Japan_Dataset": 3.0,
    "MPI_HDM05": 3.0,
    "TotalCapture": 1.0,
    "MPI_Limits": 1.0,
    "Transitions_mocap": 0.5,
}
_MADE = ("new_joints", "new_joint_vecs")
_NOT_AMASS = "humanact12"


@dataclass(frozen=True)
class _IndexRow:
    """Where a clip is from: a file of AMASS and its frames at 20 a second."""

    source: str
    first: int
    end: int


def is_humanml3d(folder: Path) -> bool:
    """Return whether texts and split lists lie in a folder, or in `HumanML3D` in it."""
    return any((place / "texts").is_dir() and has_split_lists(place) for place in _places(folder))


def list_humanml3d(places: Places) -> Listing:
    """Return the clips of HumanML3D.

    The motions are `new_joints/ID.npy` (or `new_joint_vecs`) if they are there; else the frames that `index.csv` names
    of the AMASS files below `places.motions`, or below the folder itself.

    Raises:
        DatasetError: If texts, splits or both motions and `index.csv` are missing, or are not as published.
    """
    folder = next((place for place in _places(places.data) if (place / "texts").is_dir()), None)
    if folder is None or not has_split_lists(folder):
        raise DatasetError(f"{places.data} has no texts/ with train.txt, val.txt and test.txt, as HumanML3D has")
    split_of = read_split_lists(folder)
    ids = [id for id in split_of if not is_mirrored(id)]
    if ids and all(len(id) == 5 for id in ids):
        raise DatasetError(
            f"{folder} is KIT-ML as HumanML3D's code prepares it, 21 joints of another body; give its annotations over "
            "AMASS instead (docs/training.md)"
        )
    finder = _find_made(places.motions, folder) or _AmassFinder(places, folder)
    clips, left_out = [], []
    for id in ids:
        texts = folder / "texts" / f"{id}.txt"
        if not texts.is_file():
            left_out.append(LeftOut(id, f"{texts.name} is not in {texts.parent}"))
            continue
        found = finder.find(id)
        if isinstance(found, str):
            left_out.append(LeftOut(id, found))
            continue
        file, span, subject = found
        captions, faults = _read_texts(texts)
        left_out += [LeftOut(id, fault) for fault in faults]
        if captions:
            clips.append(ListedClip(ClipInfo(f"{SOURCE}/{id}", split_of[id], (), subject), file, captions, span))
    return Listing(SOURCE, clips, left_out, [finder.title, *mirrored_note(split_of)])


def _places(folder: Path) -> list[Path]:
    return [folder, folder / "HumanML3D"]


class _MadeFinder:
    """The joints that HumanML3D's own code makes: a file a clip."""

    def __init__(self, folder: Path, index: dict[str, _IndexRow]) -> None:
        self._folder, self._index = folder, index
        self.title = f"the motions are {folder.name}/*.npy, at 20 frames a second"

    def find(self, id: str) -> tuple[Path, FrameSpan | None, str] | str:
        file = self._folder / f"{id}.npy"
        if not file.is_file():
            return f"{file.name} is not in {self._folder}"
        row = self._index.get(id)
        return file, None, subject_of(row.source) if row is not None else ""


class _AmassFinder:
    """The files of AMASS, of which a clip is a part."""

    def __init__(self, places: Places, folder: Path) -> None:
        index = _find_index(places.data, folder)
        if index is None:
            raise DatasetError(
                f"{places.data} has neither new_joints/ nor index.csv; HumanML3D's repository holds index.csv, which "
                "tells the AMASS file of each clip"
            )
        self._index = _read_index(index)
        self._amass = Amass(places.motions or places.data)
        self.title = f"the motions are {len(self._amass):,} AMASS files below {self._amass.folder}"
        if not self._amass:
            raise DatasetError(
                f"{self._amass.folder} holds no .npz file; give the folder of AMASS with --motions, or put new_joints/ "
                f"into {folder}"
            )

    def find(self, id: str) -> tuple[Path, FrameSpan | None, str] | str:
        row = self._index.get(id)
        if row is None:
            return "index.csv does not name it"
        if _NOT_AMASS in row.source:
            return "it is from HumanAct12, which is no part of AMASS"
        file = self._amass.find(row.source)
        if file is None:
            return f"{subject_of(row.source)}/{Path(row.source).stem} is not among the AMASS files"
        # Frames are counted after the start of the file was cut off.
        trimmed = next((seconds for part, seconds in TRIMMED_SECONDS.items() if part in row.source), 0.0)
        offset = int(trimmed * RATE)
        end = None if row.end < 0 else row.end + offset
        return file, FrameSpan(row.first + offset, end, RATE), subject_of(row.source)


def _find_made(motions: Path | None, folder: Path) -> _MadeFinder | None:
    """Return what finds ready-made joints, if there are some."""
    index_path = _find_index(folder, folder)
    for place in [motions, folder]:
        for made in [] if place is None else [place, *(place / name for name in _MADE)]:
            if made.is_dir() and next(made.glob("[0-9]*.npy"), None) is not None:
                return _MadeFinder(made, {} if index_path is None else _read_index(index_path))
    return None


def _find_index(*folders: Path) -> Path | None:
    places = [place / "index.csv" for folder in folders for place in (folder, folder.parent)]
    return next((place for place in places if place.is_file()), None)


def _read_index(path: Path) -> dict[str, _IndexRow]:
    rows = {}
    reader = csv.DictReader(read_lines(path))
    try:
        for row in reader:
            id = row["new_name"].removesuffix(".npy")
            rows[id] = _IndexRow(row["source_path"], int(row["start_frame"]), int(row["end_frame"]))
    except (KeyError, TypeError, ValueError, AttributeError, csv.Error) as error:
        raise DatasetError(
            f"{path}, line {reader.line_num}: {error!r}; expected source_path,start_frame,end_frame,new_name, as "
            "HumanML3D publishes it"
        ) from error
    return rows


def _read_texts(path: Path) -> tuple[tuple[ListedCaption, ...], list[str]]:
    """Return the captions of a clip, `caption#tokens#start#end` a line, and what is wrong with other lines."""
    captions, faults = [], []
    for number, line in numbered_lines(path):
        fields = line.split("#")
        try:
            text, _, start, end = fields
            times = tagged_times(start, end)
            if not text.strip():
                raise ValueError(line)
        except ValueError:
            faults.append(f"{path.name}, line {number}: {line[:60]!r} is not caption#tokens#start#end")
            continue
        whole = times[0] == times[1]
        captions.append(
            ListedCaption(
                text.strip(), SOURCE, 0.0 if whole else times[0], None if whole else times[1], f"{path.name}:{number}"
            )
        )
    return tuple(captions), faults
