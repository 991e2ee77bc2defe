"""Embeddings of captioned motions by any encoder, with what it cannot embed named; and such embeddings from a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import DatasetError, ModelError, MotionFileError, SkeletonError
from tmr.evaluation.motion_texts import read_words
from tmr.evaluation.retrieval import finite_rows
from tmr.model.batch import unit
from tmr.motion.formats.loading import ArrayArchive
from tmr.motion.motion import Motion

# What an encoder says of a motion that it cannot embed.
_REFUSALS = (ModelError, MotionFileError, SkeletonError)
_AT_ONCE = 256
_NOT_FINITE = "its embedding is not a finite vector with a direction"


@runtime_checkable
class Encoder(Protocol):
    """What is needed of a model."""

    def encode_motion(self, motions: Sequence[Motion]) -> Float[np.ndarray, "item width"]: ...
    def encode_text(self, texts: Sequence[str]) -> Float[np.ndarray, "item width"]: ...


@dataclass(frozen=True, eq=False)
class StoredEmbeddings:
    """Embeddings of a file.

    Args:
        text: A row a caption.
        motion: A row a motion.
        owner: The motion of each caption.
        captions: The captions; empty if the file does not tell them.
        names: Of the motions, each another one; `motion 0` and so on if the file does not tell.
        clips: The clip of each motion, as a name; the motion's own name if the file does not tell.
    """

    text: Float[np.ndarray, "text width"]
    motion: Float[np.ndarray, "motion width"]
    owner: Int[np.ndarray, " text"]
    captions: tuple[str, ...]
    names: tuple[str, ...]
    clips: tuple[str, ...]


def embed_motions(
    encoder: Encoder, motions: Sequence[Motion]
) -> tuple[Float[np.ndarray, "motion width"], dict[int, str]]:
    """Return the embeddings of motions at length 1, and of those that have none the number and the reason.

    One motion that the encoder refuses does not stop the others; its row is NaN.

    Raises:
        ModelError: If the encoder refuses every motion.
    """
    reasons: dict[int, str] = {}
    blocks: dict[int, np.ndarray] = {}
    waiting = [range(first, min(first + _AT_ONCE, len(motions))) for first in range(0, len(motions), _AT_ONCE)]
    while waiting:
        numbers = waiting.pop()
        try:
            embedded = np.asarray(encoder.encode_motion([motions[number] for number in numbers]))
        except _REFUSALS as error:
            if len(numbers) == 1:
                reasons[numbers[0]] = f"the model cannot embed it: {error}"
            else:
                middle = len(numbers) // 2
                waiting += [numbers[:middle], numbers[middle:]]
            continue
        blocks |= dict(zip(numbers, embedded, strict=True))
    if not blocks:
        raise ModelError(
            f"the model embeds none of the {len(motions)} motions; the first: {reasons.get(0, 'none given')}"
        )
    result = np.full((len(motions), len(next(iter(blocks.values())))), np.nan, dtype=np.float32)
    for number, row in blocks.items():
        result[number] = row
    reasons |= {int(at): _NOT_FINITE for at in np.flatnonzero(~finite_rows(result)) if int(at) not in reasons}
    return _unit_rows(result), reasons


def embed_texts(encoder: Encoder, texts: Sequence[str]) -> tuple[Float[np.ndarray, "text width"], dict[int, str]]:
    """Return the embeddings of texts at length 1, equal ones for equal texts, and the texts that have none.

    A text is embedded once however often it occurs: padded to other neighbours it would come out a little different,
    and what ought to be tied would not be.
    """
    place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    embedded = np.asarray(encoder.encode_text(list(place)), dtype=np.float32)
    rows = embedded[[place[text] for text in texts]]
    return _unit_rows(rows), dict.fromkeys(np.flatnonzero(~finite_rows(rows)).tolist(), _NOT_FINITE)


def read_embeddings(path: Path) -> StoredEmbeddings:
    """Return the embeddings of an `.npz` file, as docs/evaluation/retrieval.md describes.

    Its arrays: `text` (text, width), `motion` (motion, width), `owner` (text), the row of each text's motion; and where
    known `captions` (text), `names` and `clips` (motion), as strings. Rows are scaled to length 1; broken ones become
    NaN.

    Raises:
        DatasetError: If it is no such file, or the arrays do not fit together.
    """
    try:
        archive = ArrayArchive(path)
        text, motion, owner = (archive.numbers(key) for key in ("text", "motion", "owner"))
        captions, names, clips = (
            read_words(archive, key).tolist() if key in archive else [] for key in ("captions", "names", "clips")
        )
    except MotionFileError as error:
        raise DatasetError(f"{error}; expected an .npz file with text, motion and owner") from error
    if text.ndim != 2 or motion.ndim != 2 or text.shape[1:] != motion.shape[1:] or not len(text) or not len(motion):
        raise DatasetError(
            f"{path}: text has shape {text.shape} and motion {motion.shape}; expected (texts, width), (motions, width)"
        )
    _check_owner(path, owner, len(text), len(motion))
    for key, known, count in (
        ("captions", captions, len(text)),
        ("names", names, len(motion)),
        ("clips", clips, len(motion)),
    ):
        if known and (len(known) != count or not all(isinstance(name, str) for name in known)):
            raise DatasetError(f"{path}: {key} are {len(known)} values; expected {count} strings")
    names = names or [f"motion {row}" for row in range(len(motion))]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise DatasetError(f"{path}: the name {twice!r} stands twice; expected names that tell the motions apart")
    return StoredEmbeddings(
        _unit_rows(text),
        _unit_rows(motion),
        owner.astype(np.int64),
        tuple(captions),
        tuple(names),
        tuple(clips or names),
    )


def _check_owner(path: Path, owner: np.ndarray, texts: int, motions: int) -> None:
    """Refuse what does not tell the row of a motion for each text."""
    if owner.shape != (texts,) or owner.dtype.kind not in "iu":
        raise DatasetError(
            f"{path}: owner has shape {owner.shape} and type {owner.dtype}; expected {texts} whole numbers, the row of "
            f"each text's motion, 0 to {motions - 1}"
        )
    wrong = np.flatnonzero((owner < 0) | (owner >= motions))
    if len(wrong):
        raise DatasetError(
            f"{path}: the owner of text {wrong[0]} is {owner[wrong[0]]}; expected the row of its motion, 0 to "
            f"{motions - 1}"
        )


def _unit_rows(rows: np.ndarray) -> Float[np.ndarray, "row width"]:
    """Return the rows at length 1; those that have no direction are NaN."""
    result = np.full(rows.shape, np.nan, dtype=np.float64 if rows.dtype == np.float64 else np.float32)
    good = finite_rows(rows)
    result[good] = unit(rows[good].astype(result.dtype))
    return result
