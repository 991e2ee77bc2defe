"""Unified annotations: the one JSON that TMR's own code reads for HumanML3D, KIT-ML and BABEL over AMASS."""

from pathlib import Path
from typing import Any

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.dataset import ClipInfo
from tmr.training.data.amass import Amass, subject_of
from tmr.training.data.listing import ListedCaption, ListedClip, Listing, Places
from tmr.training.data.splits import has_split_lists, is_mirrored, mirrored_note, read_split_lists
from tmr.training.data.tables import read_object, seconds_of, text_of

_NAMES = ("annotations.json", "humanml3d.json", "kitml.json", "babel.json")
_KINDS = ("humanml3d", "kitml", "babel")


def is_unified(folder: Path) -> bool:
    """Return whether such a file lies in a folder."""
    return _find(folder) is not None


def list_unified(places: Places) -> Listing:
    """Return the clips of `annotations.json`, with the splits of `splits/train.txt`, `val.txt` and `test.txt`.

    Times are seconds of the AMASS file; a clip is the whole file, and its captions tell their parts.

    Raises:
        DatasetError: If it is not as TMR's code writes it, or AMASS is missing.
    """
    path = _find(places.data)
    if path is None:
        raise DatasetError(f"{places.data} has none of {', '.join(_NAMES)} with path and annotations for each clip")
    amass = Amass(places.motions or places.data)
    if not amass:
        raise DatasetError(f"{amass.folder} holds no .npz file; give the folder of AMASS with --motions")
    lists = next((place for place in (path.parent / "splits", path.parent) if has_split_lists(place)), None)
    split_of = read_split_lists(lists) if lists is not None else None
    told = f"{path.parent.name} {path.stem}".lower()
    kind = next((name for name in _KINDS if name in told), "caption")
    source = kind if kind in _KINDS else path.resolve().parent.name
    rows = read_object(path)
    clips, left_out = [], []
    for id, row in rows.items():
        if is_mirrored(id):
            continue
        listed = _clip(f"{source}/{id}", row, kind, amass, None if split_of is None else split_of.get(id, ""))
        if isinstance(listed, str):
            left_out.append(LeftOut(id, listed))
        else:
            clips.append(listed)
    notes = [f"the motions are {len(amass):,} AMASS files below {amass.folder}", *mirrored_note(rows)]
    return Listing(source, clips, left_out, notes)


def _find(folder: Path) -> Path | None:
    for path in (folder / name for name in _NAMES):
        if path.is_file():
            with path.open("rb") as file:
                if b'"annotations"' in file.read(4096):
                    return path
    return None


def _clip(id: str, row: Any, kind: str, amass: Amass, split: str | None) -> ListedClip | str:
    """Return a clip, or why it cannot be used."""
    annotations = row.get("annotations") if isinstance(row, dict) else None
    written = text_of(row, "path") if isinstance(row, dict) else ""
    if not written or not isinstance(annotations, list):
        return "it has no path or no annotations"
    if split == "":
        return "no split names it"
    captions = [caption for entry in annotations if (caption := _caption(entry, kind)) is not None]
    if not captions:
        return "none of its annotations has a text with a start before its end"
    file = amass.find(written)
    if file is None:
        return f"{written} is not among the AMASS files"
    return ListedClip(ClipInfo(id, split or "train", (), subject_of(written)), file, tuple(dict.fromkeys(captions)))


def _caption(entry: Any, kind: str) -> ListedCaption | None:
    text = text_of(entry, "text") if isinstance(entry, dict) else ""
    times = seconds_of(entry, "start", "end") if text else None
    if times is None:
        return None
    # BABEL's labels of whole sequences are told from those of parts by their id.
    of_sequence = kind == "babel" and "_seq_" in text_of(entry, "seg_id")
    return ListedCaption(text, "babel_sequence" if of_sequence else kind, *times)
