"""Pairing generated motions with the real ones of the same texts, by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from tmr.errors import DatasetError
from tmr.evaluation.motion_set import MotionSet
from tmr.evaluation.motion_texts import motion_name
from tmr.evaluation.result import LeftOut

_NUMBERED = re.compile(r"(.+)[_-](\d+)")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which generated motion answers the text of which real one.

    Args:
        generated: Places of generated motions in their set.
        reference: Places of real motions in theirs, those that have an answer.
        owner: Place in `reference` for each of `generated`.
        repeat: Which answer to its text each is, from 0.
        left_out: What has no partner.
    """

    generated: Int[np.ndarray, " generated"]
    reference: Int[np.ndarray, " reference"]
    owner: Int[np.ndarray, " generated"]
    repeat: Int[np.ndarray, " generated"]
    left_out: tuple[LeftOut, ...] = ()


def pair_sets(predicted: MotionSet, reference: MotionSet) -> Pairs | None:
    """Return the pairs of two sets; None if nothing belongs together.

    A generated motion belongs to the real one of its name. `NAME_0`, `NAME_1` … are repeats of `NAME`, unless there is
    a real one of that very name. A captions file beside the generated motions can say so in its columns `reference`
    (the name of the real motion) and `repeat` (a number) instead. Embeddings without names pair by their rows.

    Raises:
        DatasetError: If a `reference` names no real motion, or a `repeat` is no number.
    """
    places = {name: at for at, name in enumerate(reference.names)}
    if not (predicted.named and reference.named) and _num_rows(predicted) != _num_rows(reference):
        return None
    by_letters = {name.casefold(): name for name in reference.names}
    known = places.keys() | {row.name for row in reference.left_out}
    partner: dict[int, tuple[int, int]] = {}
    alone = []
    for at, name in enumerate(predicted.names):
        real, number = _partner(name, predicted, known)
        if real in places:
            partner[at] = (places[real], number)
        elif real is None:
            hint = _hint(name, by_letters)
            alone.append(LeftOut(name, f"generated, but {reference.source} has no motion of this name{hint}"))
        else:
            alone.append(LeftOut(name, f"generated, but the real motion {real} is left out"))
    if not partner:
        return None
    generated = sorted(partner, key=lambda at: (partner[at], predicted.names[at]))
    owners = np.array([partner[at][0] for at in generated])
    used, owner, counts = np.unique(owners, return_inverse=True, return_counts=True)
    # Numbered anew: whether a generator counts from 0 or 1, or lost one, does not matter.
    repeat = np.concatenate([np.arange(count) for count in counts])
    answered = set(used.tolist())
    unanswered = [name for at, name in enumerate(reference.names) if at not in answered]
    alone += [LeftOut(name, f"real, but {predicted.source} has no usable motion of this name") for name in unanswered]
    return Pairs(np.array(generated), used, owner, repeat, tuple(alone))


def _partner(name: str, predicted: MotionSet, known: set[str]) -> tuple[str | None, int]:
    """Return the name of the real motion and the number of the repeat."""
    said = predicted.columns.get(name, {})
    number = said.get("repeat", "0")
    if not number.isdecimal():
        raise DatasetError(f"{predicted.source}: the repeat of {name} is {number!r}; expected a whole number from 0")
    if "reference" in said:
        real = said["reference"]
        if real not in known:  # perhaps written as a file
            real = motion_name(Path(real.replace("\\", "/")))
        if real not in known:
            raise DatasetError(
                f"{predicted.source}: {name} says that it belongs to {said['reference']!r}, but there is no real "
                "motion of that name"
            )
        return real, int(number)
    if name in known:
        return name, int(number)
    numbered = _NUMBERED.fullmatch(name)
    if numbered is not None and numbered[1] in known:
        return numbered[1], int(numbered[2])
    return None, 0


def _hint(name: str, by_letters: Mapping[str, str]) -> str:
    """Return which real motion may be meant, if only letter case differs, as the end of a message."""
    like = by_letters.get(name.casefold())
    if like is None and (numbered := _NUMBERED.fullmatch(name)):
        like = by_letters.get(numbered[1].casefold())
    return f"; {like} is there: write it so" if like is not None else ""


def _num_rows(motions: MotionSet) -> int:
    return len(motions.names) + len(motions.left_out)
