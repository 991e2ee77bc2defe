"""BABEL: its labels of whole sequences and of their parts, over the user's AMASS."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.dataset import ClipInfo
from tmr.training.data.amass import Amass, subject_of
from tmr.training.data.listing import ListedCaption, ListedClip, Listing, Places
from tmr.training.data.tables import read_object, seconds_of, text_of

SOURCE = "babel"
_FILES = {"train": "train", "val": "validation", "extra_train": "train", "extra_val": "validation"}
# Labels of a part that is no movement of its own.
_NO_MOVEMENT = ("transition",)


def is_babel(folder: Path) -> bool:
    """Return whether BABEL's `train.json` lies in a folder, or in the folder of its release in it."""
    return _annotations(folder) is not None


def list_babel(places: Places) -> Listing:
    """Return the sequences of BABEL.

    A label of a part is said of its seconds. A label of the sequence is said of all of it: of a long one it tells what
    happens somewhere in it, so it counts less.

    Raises:
        DatasetError: If the annotations or AMASS are missing, or are not as published.
    """
    folder = _annotations(places.data)
    if folder is None:
        raise DatasetError(f"{places.data} has no train.json with feat_p, seq_ann and frame_ann, as BABEL has")
    amass = Amass(places.motions or places.data)
    if not amass:
        raise DatasetError(f"{amass.folder} holds no .npz file; give the folder of AMASS with --motions")
    clips, left_out, seen = [], [], set()
    for name, split in _FILES.items():
        path = folder / f"{name}.json"
        if not path.is_file():
            continue
        for id, row in read_object(path).items():
            if id in seen:
                continue
            seen.add(id)
            listed = _clip(id, row, split, amass)
            if isinstance(listed, str):
                left_out.append(LeftOut(f"{name}.json: {id}", listed))
            else:
                clips.append(listed)
    notes = [
        f"the motions are {len(amass):,} AMASS files below {amass.folder}",
        "BABEL keeps its test labels",
    ]
    return Listing(SOURCE, clips, left_out, notes)


def _annotations(folder: Path) -> Path | None:
    for place in (folder, folder / "babel_v1.0_release", folder / "babel_v1-0_release" / "babel_v1.0_release"):
        path = place / "train.json"
        if path.is_file():
            with path.open("rb") as file:
                # The first row names its file of AMASS.
                start = file.read(4096)
            if b'"feat_p"' in start or b'"babel_sid"' in start:
                return place
    return None


def _clip(id: str, row: Any, split: str, amass: Amass) -> ListedClip | str:
    """Return a sequence, or why it cannot be used."""
    if not isinstance(row, dict) or not text_of(row, "feat_p"):
        return "it has no feat_p, the AMASS file"
    written = text_of(row, "feat_p")
    captions: dict[ListedCaption, None] = dict.fromkeys([*_parts(row), *_whole(row)])
    if not captions:
        return "it has no label of a movement"
    file = amass.find(written)
    if file is None:
        return f"{subject_of(written)}/{Path(written).stem} is not among the AMASS files"
    return ListedClip(ClipInfo(f"{SOURCE}/{id}", split, (), subject_of(written)), file, tuple(captions))


def _parts(row: Mapping[str, Any]) -> Iterator[ListedCaption]:
    for label in _labels(row, "frame_ann"):
        if times := seconds_of(label, "start_t", "end_t"):
            for text in _texts(label):
                yield ListedCaption(text, "babel", *times)


def _whole(row: Mapping[str, Any]) -> Iterator[ListedCaption]:
    for label in _labels(row, "seq_ann"):
        for text in _texts(label):
            yield ListedCaption(text, "babel_sequence")


def _labels(row: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Yield the labels of one annotator, or of the several that `extra_train.json` has in a list."""
    found = row.get(key)
    for annotation in [found] if found is not None else row.get(f"{key}s") or []:
        labels = annotation.get("labels") if isinstance(annotation, dict) else None
        yield from (label for label in labels or [] if isinstance(label, dict))


def _texts(label: Mapping[str, Any]) -> list[str]:
    """Return what annotators wrote and its tidied form, where they differ."""
    texts = [text for key in ("raw_label", "proc_label") if (text := text_of(label, key))]
    if any(text.lower() in _NO_MOVEMENT for text in texts):
        return []
    return list(dict.fromkeys(texts))
