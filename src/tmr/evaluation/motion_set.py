"""Motion sets: a folder of motion files, or a file of embeddings, as names, embeddings, texts and motion quality."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError, ModelError, MotionFileError, SkeletonError
from tmr.evaluation.contacts import contacts_at, read_contacts
from tmr.evaluation.embeddings import Encoder, embed_motions
from tmr.evaluation.motion_texts import MotionTexts, motion_name, read_texts, read_words, tell_unknown
from tmr.evaluation.named_files import nfc
from tmr.evaluation.quality import UNITS, Feet, find_feet, measure_motion
from tmr.evaluation.result import LeftOut
from tmr.evaluation.retrieval import finite_rows
from tmr.motion.caption_file import find_caption_file
from tmr.motion.formats import EXPECTED, find_motion_files, find_unread_files
from tmr.motion.formats.loading import ArrayArchive
from tmr.motion.formats.unread import note_unread
from tmr.motion.motion import Motion
from tmr.motion.resample import resample
from tmr.motion.skeleton import Skeleton
from tmr.motion.telling import count_of, first_few, tell_readings
from tmr.search.pool import TIMEOUT_SECONDS, Task, read_in_parallel
from tmr.search.reading import ReadingOptions, read_source
from tmr.search.report import Progress, ShowProgress

_AT_ONCE = 256  # motions that are held for the encoder
_SHORTEST_FRAMES = 4  # under which nothing is said to move: no jerk, hardly a speed
_QUALITY_FPS = 30.0


@dataclass(frozen=True, eq=False)
class MotionSet:
    """Motions by name, with what is known of each.

    Args:
        source: The folder or file.
        names: Path below the folder without the suffix, or the name that the file of embeddings gives.
        embeddings: One a name, finite.
        texts: Name → its sentences, where there are any.
        columns: Name → metadata, where there is any.
        quality: Measure name → value a motion, NaN where it has none; empty for embeddings.
        fps: At how many frames a second, 30 at most, the quality of each motion was measured, NaN where it was not;
            empty for embeddings.
        text_embeddings: One a name, if the file has them.
        named: Whether the names were given; else they are row numbers.
        left_out: What is in none of these, with the reason.
        notes: What else a reader must know.
    """

    source: str
    names: tuple[str, ...]
    embeddings: Float[np.ndarray, "item width"]
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    quality: Mapping[str, Float[np.ndarray, " item"]] = field(default_factory=dict)
    fps: tuple[float, ...] = ()
    text_embeddings: Float[np.ndarray, "item width"] | None = None
    named: bool = True
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadingPlan:
    """How motion files are read: with what options, in how many processes, for how long each, and who watches."""

    options: ReadingOptions = field(default_factory=ReadingOptions)
    workers: int | None = None
    timeout_seconds: float = TIMEOUT_SECONDS
    show_progress: ShowProgress | None = None


def read_motion_set(source: Path, encoder: Encoder | None, plan: ReadingPlan) -> MotionSet:
    """Return the motions of a folder of motion files, embedded, or of an `.npz` file of embeddings.

    Raises:
        DatasetError: If it is neither, holds nothing, or two files of the folder have one name.
        MotionFileError: If the file of embeddings cannot be read.
    """
    if source.is_file():
        return read_embedding_file(source)
    if not source.is_dir():
        raise DatasetError(f"{source} does not exist; expected a folder of motion files or an .npz file of embeddings")
    if encoder is None:
        raise DatasetError(f"{source} is a folder of motion files, which need a model to embed them")
    return _FolderReader(source, encoder, plan).read()


def read_embedding_file(path: Path) -> MotionSet:
    """Return the set of an `.npz` file of embeddings.

    It has `motion` (item, width) and, if known, `text` (item, width), `names` and `texts`, a row a row of `motion`.

    Raises:
        MotionFileError: If an array is missing or cannot be read.
        DatasetError: If an array is not of the shape documented here, or a name is there twice.
    """
    if path.suffix.lower() != ".npz":
        raise DatasetError(f"{path} is a single file; expected a folder of motion files or an .npz file of embeddings")
    archive = ArrayArchive(path)
    motion = archive.numbers("motion")
    if motion.ndim == 2 and not len(motion):
        raise DatasetError(f"{path}: `motion` has no rows; expected one a motion")
    if motion.ndim != 2 or motion.dtype.kind != "f":
        raise DatasetError(
            f"{path}: `motion` has shape {motion.shape} and type {motion.dtype}; expected (items, width) of floats"
        )
    columns = {key: read_words(archive, key) for key in ("text", "names", "texts") if key in archive}
    for key, array in columns.items():
        expected = motion.shape if key == "text" else (len(motion),)
        if array.shape != expected or (array.dtype.kind == "f") != (key == "text"):
            raise DatasetError(
                f"{path}: `{key}` has shape {array.shape} and type {array.dtype}; expected {expected} "
                f"{'numbers' if key == 'text' else 'texts'}, one row a row of `motion`"
            )
    names = [nfc(str(name)) for name in columns.get("names", [f"row {n}" for n in range(len(motion))])]
    _check_distinct(names, path)
    whole = finite_rows(motion)
    reasons = np.where(whole, "", "the motion's embedding is not finite, or zero")
    if "text" in columns:
        reasons[whole & ~finite_rows(columns["text"])] = "the text's embedding is not finite, or zero"
    kept = np.flatnonzero(reasons == "")
    texts = {names[at]: (str(columns["texts"][at]),) for at in kept} if "texts" in columns else {}
    return MotionSet(
        source=str(path),
        names=tuple(names[at] for at in kept),
        embeddings=motion[kept],
        texts=texts,
        text_embeddings=columns["text"][kept] if "text" in columns else None,
        named="names" in columns,
        left_out=tuple(LeftOut(names[at], str(reasons[at])) for at in np.flatnonzero(reasons != "")),
    )


class _FolderReader:
    """Reads and embeds the motion files of a folder, some at a time, so that the memory does not grow with them."""

    def __init__(self, folder: Path, encoder: Encoder, plan: ReadingPlan) -> None:
        self._folder, self._encoder, self._plan = folder, encoder, plan
        self._embeddings: dict[str, np.ndarray] = {}
        self._quality: dict[str, dict[str, float]] = {}
        self._reasons: dict[str, str] = {}
        self._fps: dict[str, float] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        self._short: list[str] = []
        self._feet: dict[Skeleton, Feet] = {}
        self._footless: dict[str, str] = {}
        self._texts_of = MotionTexts()

    def read(self) -> MotionSet:
        """Return the folder's set."""
        files = {path: motion_name(path.relative_to(self._folder)) for path in find_motion_files(self._folder)}
        if not files:
            raise DatasetError(f"{self._folder} has no motion files; expected some that end in {EXPECTED}")
        _check_distinct(list(files.values()), self._folder)
        caption_file = find_caption_file(self._folder)
        texts, columns, notes = {}, {}, ()
        if caption_file is not None:
            texts, columns = read_texts(caption_file, [self._folder])
            notes = tell_unknown(texts, files.values(), caption_file, "its folder does not have")
        self._read_files(files)
        names = [name for name in files.values() if name in self._embeddings]
        return MotionSet(
            source=str(self._folder),
            names=tuple(names),
            embeddings=np.array([self._embeddings[name] for name in names]) if names else np.empty((0, 1), np.float32),
            # A row without a text is there for its columns.
            texts={**self._texts_of.found, **{name: said for name, said in texts.items() if said}},
            columns=columns,
            quality={key: np.array([self._quality[name][key] for name in names]) for key in UNITS} if names else {},
            fps=tuple(self._fps.get(name, np.nan) for name in names),
            left_out=tuple(LeftOut(name, self._reasons[name]) for name in files.values() if name in self._reasons),
            notes=(*notes, *self._notes()),
        )

    def _read_files(self, files: Mapping[Path, str]) -> None:
        began = time.monotonic()
        tasks = [Task(name, path) for path, name in files.items()]
        plan, waiting = self._plan, []
        readings = read_in_parallel(tasks, plan.options, workers=plan.workers, timeout_seconds=plan.timeout_seconds)
        for done, (task, reading) in enumerate(readings, start=1):
            if reading.motion is None:
                self._reasons[task.item] = reading.reason
            else:
                waiting.append((task, reading.motion))
                self._told[task.item] = reading.motion.notes
                if reading.motion.num_frames < _SHORTEST_FRAMES:
                    self._short.append(task.item)
            if waiting and (len(waiting) == _AT_ONCE or done == len(tasks)):
                self._embed(waiting)
                waiting = []
            if plan.show_progress is not None:
                plan.show_progress(Progress(done, len(tasks), len(self._reasons), time.monotonic() - began))

    def _embed(self, waiting: Sequence[tuple[Task, Motion]]) -> None:
        try:
            embedded, reasons = embed_motions(self._encoder, [motion for _, motion in waiting])
        except ModelError as error:
            # None of these can be embedded; others may.
            self._reasons |= {task.item: str(error) for task, _ in waiting}
            return
        for at, (task, _) in enumerate(waiting):
            if at in reasons:
                self._reasons[task.item] = reasons[at]
                continue
            self._embeddings[task.item] = embedded[at]
            self._look_at(task.path, task.item)

    def _look_at(self, path: Path, name: str) -> None:
        """Find the sentences in a file or beside it, and measure the motion: as the file has it, at 30 fps at most."""
        archive = ArrayArchive(path) if path.suffix.lower() == ".npz" else None
        self._texts_of.look(path, name, archive)
        self._quality[name] = dict.fromkeys(UNITS, np.nan)
        try:
            source = read_source(path, self._plan.options)
            motion = resample(source, min(source.fps, _QUALITY_FPS))
            if motion.skeleton not in self._feet:
                self._feet[motion.skeleton] = find_feet(motion.skeleton, motion.joints)
            self._fps[name] = motion.fps
            told = self._told_contacts(archive, name, source, motion) if archive is not None else None
            self._quality[name] = measure_motion(motion.joints, motion.fps, self._feet[motion.skeleton], told)
        except (SkeletonError, MotionFileError) as error:
            self._footless[name] = str(error)

    def _told_contacts(self, archive: ArrayArchive, name: str, source: Motion, motion: Motion) -> np.ndarray | None:
        """Return the contacts that a file tells, at the frames that are measured; where they are wrong none count."""
        try:
            contacts = read_contacts(archive)
            return None if contacts is None else contacts_at(contacts, source, motion)
        except (SkeletonError, MotionFileError) as error:
            self._footless[name] = str(error)
            return None

    def _notes(self) -> list[str]:
        where = f"{self._folder}:"
        notes = [f"{where} {told}" for told in tell_readings(self._told)]
        if self._short:
            counted = count_of(len(self._short), "motion has", "motions have")
            notes.append(f"{where} {counted} under {_SHORTEST_FRAMES} frames at 30 fps ({first_few(self._short)})")
        notes += [f"{where} {told}" for told in self._texts_of.notes()]
        if unread := note_unread(find_unread_files(self._folder), self._folder):
            notes.append(f"{where} {unread}")
        if self._footless:
            name, reason = next(iter(self._footless.items()))
            counted = count_of(len(self._footless), "motion has", "motions have")
            notes.append(f"{where} {counted} not all of motion quality, {name} first: {reason}")
        return notes


def _check_distinct(names: Sequence[str], where: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DatasetError(f"{where} has two motions called {name!r}; motions are paired by name, so rename one")
        seen.add(name)
