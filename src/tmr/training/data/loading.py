"""Loading: listed clips → prepared clips, their captions checked against how long the motion is."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tmr.evaluation.result import LeftOut
from tmr.motion.caption_file import tell_times
from tmr.motion.dataset import Caption
from tmr.motion.prepare import PreparedClip
from tmr.motion.telling import count_of, first_few, tell_readings
from tmr.search.reading import ReadingOptions
from tmr.search.report import Progress, ShowProgress
from tmr.training.data.listing import ListedClip, Listing
from tmr.training.data.own import KIND as OWN_KIND
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
    clips, cut = [], []
    for clip in listing.clips:
        if clip.file in reasons:
            left_out.append(LeftOut(_name(clip), reasons[clip.file]))
            continue
        prepared, dropped, shortened = _prepare(clip, motions[clip.file])
        clips += [prepared] if prepared is not None else []
        left_out += dropped
        cut += shortened
    if cut:
        counted = count_of(len(cut), "caption lasts longer than its", "captions last longer than their")
        notes.append(f"{counted} motion, whose end is taken: {first_few(cut)}")
    return Prepared(clips, left_out, [*notes, *_tell_readings(listing.clips, motions)])


def _tell_readings(clips: Sequence[ListedClip], motions: Mapping[Path, StoredMotion]) -> list[str]:
    """Return what readers of the files found or assumed."""
    names: dict[Path, str] = {}
    for clip in clips:
        if clip.file in motions:
            names.setdefault(clip.file, _name(clip))
    return tell_readings({name: motions[file].notes for file, name in names.items()})


def _prepare(clip: ListedClip, motion: StoredMotion) -> tuple[PreparedClip | None, list[LeftOut], list[str]]:
    """Return the clip, what of it cannot be used, and the places of captions that were cut to its length."""
    joints = motion.joints
    if clip.span is not None:
        start, end = clip.span.seconds(motion.source_fps)
        joints = joints[round(start * FPS) : None if end is None else round(end * FPS)]
    if len(joints) < SHORTEST_FRAMES:
        whole = f"of {len(motion.joints) / FPS:.2f} s" if clip.span is None else "the part that it is of its file"
        reason = f"{whole} has {count_of(len(joints), 'frame')} at 30 fps; expected {SHORTEST_FRAMES}"
        return None, [LeftOut(_name(clip), reason)], []
    seconds = len(joints) / FPS
    captions, dropped, cut = _fit(clip, seconds)
    if clip.captions and not captions:
        return None, dropped, cut
    return PreparedClip(replace(clip.info, captions=tuple(captions)), joints), dropped, cut


def _fit(clip: ListedClip, seconds: float) -> tuple[list[Caption], list[LeftOut], list[str]]:
    """Return the captions within a clip's length, those that are not, and the places of those that were cut."""
    captions: list[Caption] = []
    left_out: list[LeftOut] = []
    cut: list[str] = []
    for caption in clip.captions:
        wrong = tell_times(caption.start_seconds, caption.end_seconds, seconds)
        # Published datasets are in seconds: a label of theirs that ends late is of a longer recording.
        if wrong and (caption.kind == OWN_KIND or caption.start_seconds >= seconds):
            where = f"{caption.where}: " if caption.where else ""
            left_out.append(LeftOut(_name(clip), f"{where}{caption.text!r} {wrong}"))
            continue
        end = seconds if caption.end_seconds is None else min(caption.end_seconds, seconds)
        if caption.end_seconds is not None and caption.end_seconds > seconds + _SLACK_SECONDS:
            cut.append(f"{_name(clip)}, {caption.where}" if caption.where else _name(clip))
        captions.append(Caption(caption.text, caption.start_seconds, end, caption.kind))
    return captions, left_out, cut


def _name(clip: ListedClip) -> str:
    """Return what the annotations call a clip, as what is left out before any reading is called."""
    return clip.info.id.partition("/")[2]


def show_reading(progress: Progress) -> None:
    """Tell on stderr how far reading is: on one line of a terminal, now and then elsewhere."""
    finished = progress.done == progress.total
    failed = f", {progress.skipped:,} cannot be read" if progress.skipped else ""
    told = f"reading motions: {progress.done:,}/{progress.total:,}{failed}"
    if sys.stderr.isatty():
        print(f"\r{told}", end="\n" if finished else "", file=sys.stderr, flush=True)
    elif finished or progress.done % 500 == 0:
        print(told, file=sys.stderr, flush=True)
