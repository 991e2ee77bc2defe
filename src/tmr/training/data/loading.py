"""Loading: listed clips → prepared clips, their captions checked against how long the motion is."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tmr.evaluation.result import LeftOut
from tmr.motion.dataset import Caption
from tmr.motion.prepare import PreparedClip
from tmr.search.reading import ReadingOptions
from tmr.search.report import Progress, ShowProgress
from tmr.training.data.listing import ListedCaption, ListedClip, Listing
from tmr.training.data.store import MotionStore, StoredMotion

FPS = 30
SHORTEST_FRAMES = 4
"""What a clip must have at least: a token of the encoder."""

# Times are rounded, and a motion at 30 fps ends at its last whole frame.
_SLACK_SECONDS = 0.1


@dataclass(frozen=True)
class Prepared:
    """What came of a dataset.

    Args:
        clips: What can be trained on and tested with, every split.
        left_out: Clips and captions that cannot be used, with the reason.
        notes: What else is worth knowing, one sentence each.
    """

    clips: list[PreparedClip]
    left_out: list[LeftOut]
    notes: list[str]


def load(
    listing: Listing,
    cache: Path,
    *,
    options: ReadingOptions | None = None,
    workers: int | None = None,
    show_progress: ShowProgress | None = None,
) -> Prepared:
    """Return the clips of a dataset, retargeted; a file that was read before comes from the cache.

    Args:
        listing: What its annotations say.
        cache: Folder that keeps the retargeted motions, in `motions`.
        options: What the user says of the files; None leaves it to them.
        workers: Reading processes; None takes one a processor, 0 reads in this process.
        show_progress: Called after each file that is read.

    Raises:
        DatasetError: If the cache is damaged or cannot be written.
    """
    files = list(dict.fromkeys(clip.file for clip in listing.clips))
    store = MotionStore(cache / "motions", options)
    motions, reasons = store.read(files, workers=workers, show_progress=show_progress)
    left_out, notes = list(listing.left_out), list(listing.notes)
    clips, cut = [], 0
    for clip in listing.clips:
        if clip.file in reasons:
            left_out.append(LeftOut(_name(clip), reasons[clip.file]))
            continue
        prepared, dropped, shortened = _prepare(clip, motions[clip.file])
        clips += [prepared] if prepared is not None else []
        left_out += dropped
        cut += shortened
    if cut:
        notes.append(f"{cut:,} captions last longer than their motion, and end with it")
    return Prepared(clips, left_out, notes)


def _prepare(clip: ListedClip, motion: StoredMotion) -> tuple[PreparedClip | None, list[LeftOut], int]:
    """Return the clip, what of it cannot be used, and how many captions were cut to its length."""
    joints = motion.joints
    if clip.span is not None:
        start, end = clip.span.seconds(motion.source_fps)
        joints = joints[round(start * FPS) : None if end is None else round(end * FPS)]
    if len(joints) < SHORTEST_FRAMES:
        whole = f"of {len(motion.joints) / FPS:.2f} s" if clip.span is None else "the part that it is of its file"
        return (
            None,
            [LeftOut(_name(clip), f"{whole} has {len(joints)} frames at 30 fps; expected {SHORTEST_FRAMES}")],
            0,
        )
    seconds = len(joints) / FPS
    captions, dropped, cut = _fit(clip, seconds)
    if clip.captions and not captions:
        return None, dropped, cut
    return PreparedClip(replace(clip.info, captions=tuple(captions)), joints), dropped, cut


def _fit(clip: ListedClip, seconds: float) -> tuple[list[Caption], list[LeftOut], int]:
    """Return the captions within a clip's length, those that begin after it, and how many were cut."""
    captions: list[Caption] = []
    late: list[ListedCaption] = []
    cut = 0
    for caption in clip.captions:
        if caption.start_seconds >= seconds:
            late.append(caption)
            continue
        end = seconds if caption.end_seconds is None else min(caption.end_seconds, seconds)
        cut += caption.end_seconds is not None and caption.end_seconds > seconds + _SLACK_SECONDS
        captions.append(Caption(caption.text, caption.start_seconds, end, caption.kind))
    return captions, [LeftOut(_name(clip), _tell_late(caption, seconds)) for caption in late], cut


def _tell_late(caption: ListedCaption, seconds: float) -> str:
    where = f"{caption.where}: " if caption.where else ""
    return f"{where}{caption.text!r} begins at {caption.start_seconds:g} s, but the motion lasts {seconds:.2f} s"


def _name(clip: ListedClip) -> str:
    return clip.info.id


def show_reading(progress: Progress) -> None:
    """Tell on stderr how far reading is: on one line of a terminal, now and then elsewhere."""
    finished = progress.done == progress.total
    failed = f", {progress.skipped:,} cannot be read" if progress.skipped else ""
    told = f"reading motions: {progress.done:,}/{progress.total:,}{failed}"
    if sys.stderr.isatty():
        print(f"\r{told}", end="\n" if finished else "", file=sys.stderr, flush=True)
    elif finished or progress.done % 500 == 0:
        print(told, file=sys.stderr, flush=True)
