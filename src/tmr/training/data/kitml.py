"""KIT-ML: its sentences, over the files of the user's AMASS that a list of names tells."""

from pathlib import Path

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut
from tmr.motion.dataset import ClipInfo
from tmr.training.data.amass import Amass, subject_of
from tmr.training.data.listing import ListedCaption, ListedClip, Listing, Places
from tmr.training.data.splits import has_split_lists, read_split_lists
from tmr.training.data.tables import read_json, read_object, text_of

SOURCE = "kitml"
_SUFFIX = "_annotations.json"
# What the tools that join KIT-ML and AMASS call their lists: id → file, or id → {path, identifier}.
_NAMES = ("amass-path2kitml.json", "kitml_amass_path.json")
# The KIT database holds motions that AMASS has under three names.
_PARTS = {"kit": ("KIT", "CMU", "EKUT"), "cmu": ("CMU", "EKUT", "KIT")}


def is_kitml(folder: Path) -> bool:
    """Return whether `00001_annotations.json` and its like lie in a folder."""
    return next(folder.glob(f"[0-9]*{_SUFFIX}"), None) is not None


def list_kitml(places: Places) -> Listing:
    """Return the motions of KIT-ML.

    Its own motions are of another body, but nearly all are in AMASS too. Their names there are in a list of the tools
    that join the two, `amass-path2kitml.json` or `kitml_amass_path.json`, beside the annotations.

    Raises:
        DatasetError: If the list or AMASS is missing, or something is not as published.
    """
    folder = places.data
    names_file = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if names_file is None:
        raise DatasetError(
            f"{folder} has KIT-ML's sentences, but not {' or '.join(_NAMES)}, which tells each motion's file of AMASS; "
            "the AMASS-Annotation-Unifier publishes it"
        )
    names = read_object(names_file)
    amass = Amass(places.motions or folder)
    if not amass:
        raise DatasetError(f"{amass.folder} holds no .npz file; give the folder of AMASS with --motions")
    split_of = read_split_lists(folder) if has_split_lists(folder) else {}
    clips, left_out = [], []
    for path in sorted(folder.glob(f"[0-9]*{_SUFFIX}")):
        id = path.name.removesuffix(_SUFFIX)
        texts = read_json(path)
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise DatasetError(f"{path} holds no list of sentences")
        captions = tuple(ListedCaption(text.strip(), "kitml") for text in dict.fromkeys(texts) if text.strip())
        if not captions:
            left_out.append(LeftOut(id, "it has no sentence"))
            continue
        file, written = _find(names.get(id), amass)
        if file is None:
            left_out.append(LeftOut(id, f"{written or 'its motion'} is not among the AMASS files"))
            continue
        info = ClipInfo(f"{SOURCE}/{id}", split_of.get(id, "train"), (), subject_of(written))
        clips.append(ListedClip(info, file, captions))
    return Listing(SOURCE, clips, left_out, [f"the motions are {len(amass):,} AMASS files below {amass.folder}"])


def _find(name: object, amass: Amass) -> tuple[Path | None, str]:
    """Return the file of AMASS that a row of the list names, and how it is written."""
    if isinstance(name, str):
        return amass.find(name), name
    if not isinstance(name, dict):
        return None, ""
    path = text_of(name, "path")
    for part in _PARTS.get(text_of(name, "identifier"), _PARTS["kit"]):
        if (file := amass.find(f"{part}/{path}")) is not None:
            return file, f"{part}/{path}"
    return None, path
