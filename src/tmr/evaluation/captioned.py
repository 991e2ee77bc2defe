"""Captioned motions from packs, from motion files with a captions file, or from the procedural library."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tmr.errors import DatasetError
from tmr.evaluation.captioned_files import read_captioned_files
from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import find_caption_file, read_caption_file, tell_other_caption_files
from tmr.motion.captions import captions_from_name, whole_captions_from_labels
from tmr.motion.dataset import list_packs
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

if TYPE_CHECKING:
    from tmr.motion.prepare import PreparedClip

LIBRARY = "library"
"""The word that stands for the procedural library."""

KINDS = ("humanml3d", "kitml", "cmu_trial", "cmu_subject", "class_name", "file_name")
"""Kinds of captions in packs, the most exact first."""

# What a subject did over all trials says little of one segment: it counts only where nothing better is known.
WEAK_KINDS = ("cmu_subject",)
# Labels: `tmr.motion.captions` has sentences for them.
LABEL_KINDS = ("class_name", "file_name")


@dataclass(frozen=True, eq=False)
class CaptionedMotion:
    """A motion with what people say of it.

    Args:
        name: Unique among those loaded together: the clip's name, with `@first-end` in seconds if it is a part of it.
        motion: SOMA-30 at 30 fps, metres.
        captions: Sentences, the most exact first; empty where none is known.
        metadata: Column → value: `source` always, `split`, `subject`, `action`, `style` and others where known.
        clip: The recording that it is cut from; equal to the name if it is whole.
        start_seconds: Where in the clip it begins.
    """

    name: str
    motion: Motion
    captions: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    clip: str = ""
    start_seconds: float = 0.0


def default_cache() -> Path:
    """Return the folder in which retargeted packs are kept between runs if no other is named."""
    return Path.home() / ".cache" / "tmr" / "packs"


def load_captioned(
    source: Path | str,
    *,
    split: str | None = None,
    cache: Path | None = None,
    kinds: Sequence[str] | None = None,
    workers: int | None = None,
) -> tuple[list[CaptionedMotion], list[LeftOut]]:
    """Return captioned motions, retargeted, and the files that could not be used.

    Args:
        source: A folder of packs (`NAME.npz` with `NAME.jsonl`); a folder of motion files with `captions.jsonl` or
            `captions.csv`, or such a file by any name (docs/evaluation/data.md); or the word `library`.
        split: Only motions of this split; None takes all.
        cache: Where retargeted packs are kept; None is `default_cache()`.
        kinds: Which captions of packs count, the most exact first; None takes all, in the order of `KINDS`.
        workers: Reading processes; None takes one a processor, 0 reads in this process.

    Returns:
        The motions, in the order of the source, and what is left out with its reason.

    Raises:
        DatasetError: If the source is none of these, its captions are not as documented, or nothing is of this split.
    """
    if str(source) == LIBRARY:
        return _from_library(split), []
    source = Path(source)
    if not source.exists():
        raise DatasetError(
            f"{source} does not exist; expected a folder of packs, a folder of motion files with captions.jsonl or "
            f"captions.csv, a captions file, or the word {LIBRARY}"
        )
    caption_file = find_caption_file(source)
    if caption_file is None:
        return _from_packs(source, split, cache or default_cache(), kinds), []
    rows = read_caption_file(caption_file)
    # As in training, which learns from what names no split.
    splits = [row.metadata.get("split", "") or "train" for row in rows]
    _check_split(split, splits, caption_file)
    chosen = [row for row, its in zip(rows, splits, strict=True) if split in (None, its)]
    parts, left_out = read_captioned_files(chosen, caption_file.parent, workers=workers)
    own = {"source": (source if source.is_dir() else source.parent).resolve().name}
    return [
        CaptionedMotion(part.name, part.motion, part.texts, {**own, **part.metadata}, part.file, part.start_seconds)
        for part in parts
    ], left_out


def _from_packs(folder: Path, split: str | None, cache: Path, kinds: Sequence[str] | None) -> list[CaptionedMotion]:
    from tmr.motion.prepare import prepare

    if not list_packs(folder):
        raise DatasetError(
            f"{folder} has no captions.jsonl or captions.csv, which tells what is said of motion files "
            "(docs/evaluation/data.md), and holds no pack, NAME.npz with NAME.jsonl (docs/training.md)"
            f"{tell_other_caption_files(folder)}"
        )
    clips = prepare(folder, cache)
    _check_split(split, [clip.info.split for clip in clips], folder)
    items = []
    for clip in clips:
        if split in (None, clip.info.split):
            items += _items_of_clip(clip, kinds)
    return items


def _items_of_clip(clip: "PreparedClip", kinds: Sequence[str] | None) -> list[CaptionedMotion]:
    """Return an item for each captioned span of a clip; the whole clip if only labels, or nothing, is known."""
    info = clip.info
    motion = Motion(clip.joints, 30.0, built_in_skeleton("somaskel30"), name=info.id)
    labels = {"subject": info.subject, "action": info.action, "style": info.style}
    metadata = {"source": info.pack, "split": info.split, **{key: value for key, value in labels.items() if value}}
    if info.action:
        texts = whole_captions_from_labels(info.action, info.style)
        return [CaptionedMotion(info.id, motion, texts, metadata, info.id)]
    spans: dict[tuple[int, int], dict[str, list[str]]] = {}
    for caption in info.captions:
        if kinds is None or caption.kind in kinds:
            if caption.start_seconds >= motion.seconds:
                raise DatasetError(
                    f"clip {info.id}: caption {caption.text!r} begins at {caption.start_seconds:g} s, but the clip "
                    f"lasts {motion.seconds:g} s"
                )
            first = round(caption.start_seconds * 30)
            span = (first, min(max(round(caption.end_seconds * 30), first + 1), motion.num_frames))
            texts = captions_from_name(caption.text) if caption.kind in LABEL_KINDS else [caption.text]
            spans.setdefault(span, {}).setdefault(caption.kind, []).extend(texts)
    if not spans and not info.captions:
        return [CaptionedMotion(info.id, motion, (), metadata, info.id)]
    return [_item_of_span(motion, span, _ordered(by_kind, kinds), metadata) for span, by_kind in spans.items()]


def _item_of_span(
    motion: Motion, span: tuple[int, int], texts: Iterable[str], metadata: Mapping[str, str]
) -> CaptionedMotion:
    start, end = span[0] / 30, span[1] / 30
    whole = span == (0, motion.num_frames)
    name = motion.name if whole else f"{motion.name}@{start:.2f}-{end:.2f}"
    part = Motion(motion.joints[span[0] : span[1]], motion.fps, motion.skeleton, name=name)
    return CaptionedMotion(name, part, tuple(dict.fromkeys(texts)), metadata, motion.name, start)


def _ordered(by_kind: Mapping[str, list[str]], kinds: Sequence[str] | None) -> list[str]:
    """Return the texts of a span, the most exact kind first; weak kinds only where there is no other."""
    order = list(kinds if kinds is not None else KINDS)
    known = sorted(by_kind, key=lambda kind: order.index(kind) if kind in order else len(order))
    strong = [kind for kind in known if kind not in WEAK_KINDS]
    return [text for kind in strong or known for text in by_kind[kind]]


def _from_library(split: str | None) -> list[CaptionedMotion]:
    from tmr.motion.procedural import procedural_library

    if split is not None:
        raise DatasetError(f"the library has no splits, so none called {split!r}; leave the split out")
    return [
        CaptionedMotion(
            item.name,
            item.motion,
            item.captions,
            {"source": LIBRARY, **{key: str(value) for key, value in item.labels.items() if value != ""}},
            item.name,
        )
        for item in procedural_library()
    ]


def _check_split(split: str | None, splits: Sequence[str], where: Path) -> None:
    if split is not None and split not in splits:
        known = ", ".join(sorted({name for name in splits if name})) or "none"
        raise DatasetError(f"{where} has nothing of split {split!r}; its splits: {known}")
