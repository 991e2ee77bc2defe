"""Captioned motions: packs of clips with their captions and splits."""

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr.errors import DatasetError, SkeletonError
from tmr.motion.caption_file import tell_other_caption_files
from tmr.motion.motion import Motion
from tmr.motion.skeleton import FLOAT, Skeleton

SPLITS = ("train", "validation", "test")
INT16_UNITS_PER_METRE = 20_000


@dataclass(frozen=True)
class Caption:
    """A sentence about a part of a clip, from `start_seconds` to `end_seconds`; `kind` names where it is from."""

    text: str
    start_seconds: float
    end_seconds: float
    kind: str


@dataclass(frozen=True)
class ClipInfo:
    """What is known of a clip without its motion.

    Args:
        id: Unique in its folder, `cmu/01_01`, say; the part before the first slash names the pack.
        split: One of `SPLITS`.
        captions: Sentences with their times; empty where only labels are known.
        subject: Who was captured; empty if unknown.
        action: What is done, as the source's label; empty if unknown.
        style: How it is done, likewise.
    """

    id: str
    split: str
    captions: tuple[Caption, ...]
    subject: str = ""
    action: str = ""
    style: str = ""

    @property
    def pack(self) -> str:
        """The pack that the clip is from."""
        return self.id.split("/", 1)[0]


def list_packs(folder: Path) -> list[Path]:
    """Return the packs of a folder, if any: every `NAME.npz` that has a `NAME.jsonl` beside it."""
    return [path for path in sorted(folder.glob("*.npz")) if path.with_suffix(".jsonl").is_file()]


def find_packs(folder: Path) -> list[Path]:
    """Return the packs of a folder, as `list_packs`.

    Raises:
        DatasetError: If there is none.
    """
    packs = list_packs(folder)
    if not packs:
        raise DatasetError(
            f"{folder} holds no pack; expected NAME.npz (joints) and NAME.jsonl (captions) side by side, "
            f"as docs/training.md describes{tell_other_caption_files(folder)}"
        )
    return packs


def read_infos(path: Path) -> list[ClipInfo]:
    """Return the rows of a pack's `.jsonl`, in file order.

    Raises:
        DatasetError: If a line is not a row as documented; the message names the line.
    """
    try:
        # Only line feeds end a row: a caption may hold other separators of lines.
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read as UTF-8 text: {error}") from error
    infos = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            infos.append(_info_from_row(row))
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(
                f"{path}, line {number}: {error!r}; expected a JSON object with id, split ({', '.join(SPLITS)}) and "
                "captions [{text, start, end in seconds, kind}]"
            ) from error
    ids = [info.id for info in infos]
    if len(set(ids)) != len(ids):
        twice = next(id for id in ids if ids.count(id) > 1)
        raise DatasetError(f"{path}: the id {twice!r} stands in more than one line; ids must be unique")
    return infos


def _info_from_row(row: dict) -> ClipInfo:
    if row["split"] not in SPLITS:
        raise ValueError(f"split is {row['split']!r}")
    captions = tuple(
        Caption(str(caption["text"]), float(caption["start"]), float(caption["end"]), str(caption["kind"]))
        for caption in row["captions"]
    )
    for caption in captions:
        if not 0 <= caption.start_seconds < caption.end_seconds < float("inf"):
            raise ValueError(f"caption {caption.text!r} runs from {caption.start_seconds} to {caption.end_seconds} s")
    labels = {key: str(row.get(key, "")) for key in ("subject", "action", "style")}
    return ClipInfo(str(row["id"]), row["split"], captions, **labels)


def read_sentences(folder: Path) -> list[tuple[str, ...]]:
    """Return what is said of clips whose motion is not at hand: the sentences of each row of `*_captions.jsonl.gz`.

    Raises:
        DatasetError: If a line is not a JSON object with `captions`, a list of sentences.
    """
    found = []
    for path in sorted(folder.glob("*_captions.jsonl.gz")):
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                lines = file.read().rstrip("\n").split("\n")
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise DatasetError(f"{path} cannot be read as gzipped UTF-8 text: {error}") from error
        for number, line in enumerate(lines, start=1):
            try:
                captions = json.loads(line)["captions"]
            except (ValueError, KeyError, TypeError) as error:
                raise DatasetError(f"{path}, line {number}: {error!r}; expected a JSON object with captions") from error
            if not isinstance(captions, list) or not all(isinstance(text, str) for text in captions):
                raise DatasetError(f"{path}, line {number}: captions must be a list of sentences")
            found.append(tuple(dict.fromkeys(captions)))
    return found


def read_pack(path: Path) -> Iterator[Motion]:
    """Yield the motions of a pack, in file order, each named by its id, on the skeleton of its source.

    A pack is an `.npz` of `ids`, `frames`, `fps` and `skeleton` (a clip each), `skeletons` (JSON: names and parents),
    `root` (float32 metres: joint 0 of all frames) and `local` (int16, 1/20000 m: every joint minus joint 0, flattened).

    Raises:
        DatasetError: If the arrays are missing or do not fit together.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as pack:
            arrays = {key: pack[key] for key in ("ids", "frames", "fps", "skeleton", "skeletons", "root", "local")}
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is not a motion pack: {error}") from error
    skeletons = _skeletons(path, str(arrays["skeletons"]))
    _check_pack(path, arrays, len(skeletons))
    frame = value = 0
    for id, frames, fps, which in zip(
        arrays["ids"], arrays["frames"].tolist(), arrays["fps"].tolist(), arrays["skeleton"].tolist(), strict=True
    ):
        skeleton = skeletons[which]
        size = frames * len(skeleton.joints) * 3
        root, local = arrays["root"][frame : frame + frames], arrays["local"][value : value + size]
        if len(root) != frames or len(local) != size:
            raise DatasetError(f"{path}: the arrays end inside clip {id}; the file is truncated")
        offsets = local.reshape(frames, len(skeleton.joints), 3).astype(FLOAT) / INT16_UNITS_PER_METRE
        yield Motion(root[:, None] + offsets, float(fps), skeleton, name=str(id))
        frame, value = frame + frames, value + size


def _skeletons(path: Path, text: str) -> list[Skeleton]:
    try:
        return [
            Skeleton(f"{path.stem}:{number}", tuple(map(str, entry["names"])), tuple(map(int, entry["parents"])))
            for number, entry in enumerate(json.loads(text))
        ]
    except (ValueError, KeyError, TypeError, SkeletonError) as error:
        raise DatasetError(f"{path}: skeletons must be JSON [{{names, parents}}, …]: {error!r}") from error


def _check_pack(path: Path, arrays: dict[str, np.ndarray], num_skeletons: int) -> None:
    """Refuse arrays whose shapes or values cannot be those of a pack."""
    per_clip = [arrays[key] for key in ("ids", "frames", "fps", "skeleton")]
    fits = (
        {array.shape for array in per_clip} == {(len(per_clip[0]),)}
        and (arrays["frames"] > 0).all()
        and ((arrays["skeleton"] >= 0) & (arrays["skeleton"] < num_skeletons)).all()
        and arrays["root"].shape[1:] == (3,)
        and arrays["local"].ndim == 1
    )
    if not fits:
        raise DatasetError(
            f"{path}: expected one id, frame count over 0, fps and skeleton (under {num_skeletons}) a clip, "
            "root (frame, 3) and local flat; see docs/training.md"
        )
