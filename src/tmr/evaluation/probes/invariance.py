"""Invariances: whether a clip is found as before when what must not matter is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.development import Encoder
from tmr.evaluation.probes.changes import CHANGES
from tmr.evaluation.probes.contrast import TIE
from tmr.evaluation.probes.draw import balanced, clip_of
from tmr.evaluation.probes.embedding import embed_motions
from tmr.evaluation.result import LeftOut
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget

AS_IT_IS, ANOTHER = "as it is", "another clip (chance)"
UNITS = {"similarity": "similarity"}
RULES = (
    "one clip of the gallery is changed, the others are as they are; query: its first caption; clips of the same "
    "caption are no rivals; finds itself: the changed clip is asked for the most similar clip; a cut may leave out "
    "what the caption tells"
)
_SHORTEST_SECONDS = 1.0
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class ChangedClips:
    """A gallery and what its clips become by each change.

    Args:
        items: The gallery.
        texts: The query of each clip.
        changed: Change → the changed motion of each clip; None where the change failed.
        left_out: Which failed, and why.
    """

    items: tuple[CaptionedMotion, ...]
    texts: tuple[str, ...]
    changed: dict[str, tuple[Motion | None, ...]]
    left_out: tuple[LeftOut, ...]


def change_clips(items: Sequence[CaptionedMotion], *, most: int, seed: int) -> ChangedClips:
    """Return up to `most` captioned clips of each source, of a second or more, with each of `CHANGES`."""
    told = balanced(items, most, seed, _query)
    left_out: list[LeftOut] = []
    changed: dict[str, tuple[Motion | None, ...]] = {}
    for number, (name, change) in enumerate(CHANGES.items()):
        random = np.random.default_rng([seed, number])
        made: list[Motion | None] = []
        for item, _ in told:
            try:
                made.append(retarget(change(item.motion, random)))
            except TMRError as error:
                made.append(None)
                left_out.append(LeftOut(f"{item.name}, {name}", str(error)))
        changed[name] = tuple(made)
    return ChangedClips(tuple(item for item, _ in told), tuple(text for _, text in told), changed, tuple(left_out))


def _query(item: CaptionedMotion) -> str | None:
    return item.captions[0] if item.captions and item.motion.seconds >= _SHORTEST_SECONDS else None


def measure_changes(
    model: Encoder, clips: ChangedClips
) -> tuple[dict[str, dict[str, Float[np.ndarray, " clip"]]], list[LeftOut]]:
    """Return for each change and measure a value a clip, NaN where there is none; and what could not be embedded.

    Returns:
        Row → measure → values. `similarity` of the changed clip's embedding to the clip's own; `finds_itself`, whether
        the changed clip is nearer to the clip than to any other; `rank_1_changed`, whether the caption finds the one at
        rank 1 and not the other; `recall_at_1` and `recall_at_10` of the changed clip. Ties count as the share of
        their orders. The first row, `as it is`, is of the clips unchanged; the last, `another clip (chance)`, is what
        to expect if a random clip of the gallery stood for the changed one. And what was left out.
    """
    own, left_out = embed_motions(model, [item.motion for item in clips.items])
    texts = np.asarray(model.encode_text(list(clips.texts)), dtype=np.float64)
    known = np.asarray(np.isfinite(np.concatenate([own, texts], axis=1)).all(axis=1))
    same = _same(clips.texts)
    plain = _hits(texts, own, own, same, known)
    rows = {AS_IT_IS: {"recall_at_1": plain[0], "recall_at_10": plain[1]}}
    for name, motions in clips.changed.items():
        there = [place for place, motion in enumerate(motions) if motion is not None]
        embedded, broken = embed_motions(model, [motion for motion in motions if motion is not None])
        left_out += [LeftOut(f"{row.name}, {name}", row.reason) for row in broken]
        after = np.full((len(motions), embedded.shape[1] if there else own.shape[1]), np.nan)
        after[there] = embedded
        hits = _hits(texts, own, after, same, known)
        alone = np.eye(len(own), dtype=bool)
        rows[name] = {
            "similarity": (own * after).sum(axis=1),
            "finds_itself": _hits(after, own, own, alone, known)[0],
            "rank_1_changed": np.abs(hits[0] - plain[0]),
            "recall_at_1": hits[0],
            "recall_at_10": hits[1],
        }
    rows[ANOTHER] = _by_chance(own, known, same, plain[0])
    return rows, left_out


def _by_chance(
    own: Float[np.ndarray, "clip width"], known: np.ndarray, same: np.ndarray, plain: Float[np.ndarray, " clip"]
) -> dict[str, Float[np.ndarray, " clip"]]:
    """Return the measures' expectations if a random other clip stood for the changed one."""
    count = max(int(known.sum()), 1)
    rivals = (~same & known).sum(axis=1)
    first, ten = 1 / (rivals + 1), np.minimum(10 / (rivals + 1), 1)
    others = (own * (own[known].sum(axis=0) - own)).sum(axis=1) / max(count - 1, 1)
    values = {
        "similarity": others,
        "finds_itself": np.full(len(own), 1 / count),
        "rank_1_changed": plain * (1 - first) + (1 - plain) * first,
        "recall_at_1": first,
        "recall_at_10": ten,
    }
    return {measure: np.where(known, column, np.nan) for measure, column in values.items()}


def _same(texts: Sequence[str]) -> np.ndarray:
    array = np.array(texts, dtype=object)
    return array[:, None] == array[None, :]


def _hits(
    queries: Float[np.ndarray, "clip width"],
    gallery: Float[np.ndarray, "clip width"],
    right: Float[np.ndarray, "clip width"],
    same: np.ndarray,
    known: np.ndarray,
) -> tuple[Float[np.ndarray, " clip"], Float[np.ndarray, " clip"]]:
    """Return the chance of each query that its right item is before all others, and among the first ten."""
    own = (queries * right).sum(axis=1)
    above, tied = np.zeros(len(own)), np.zeros(len(own))
    for first in range(0, len(own), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        similarity = queries[part] @ gallery.T
        rivals = ~same[part] & known
        above[part] = ((similarity > own[part, None] + TIE) & rivals).sum(axis=1)
        tied[part] = ((np.abs(similarity - own[part, None]) <= TIE) & rivals).sum(axis=1)
    hits = [np.clip((k - above) / (tied + 1), 0, 1) for k in (1, 10)]
    lost = ~(np.isfinite(own) & known)
    for chances in hits:
        chances[lost] = np.nan
    return hits[0], hits[1]


def clip_names(clips: ChangedClips) -> list[str]:
    """Return the recording of each clip, for intervals."""
    return [clip_of(item) for item in clips.items]
