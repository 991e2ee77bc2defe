"""One evaluation of a generator: folders or embeddings in, a result and the embeddings out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr.errors import DatasetError
from tmr.evaluation.embeddings import Encoder, embed_texts
from tmr.evaluation.generation import (
    EMBEDDING_UNITS,
    GENERATED,
    TRUTH,
    Columns,
    Generation,
    mean_by_text,
    measure_generation,
    motion_values,
    text_values,
)
from tmr.evaluation.groups import column_of, group_rows
from tmr.evaluation.motion_set import MotionSet, ReadingPlan, read_motion_set
from tmr.evaluation.motion_texts import read_texts, tell_unknown
from tmr.evaluation.pairing import Pairs, pair_sets
from tmr.evaluation.quality import UNITS
from tmr.evaluation.result import LeftOut, Result, Table

GROUPED = ("recall_at_1", "recall_at_3", "recall_at_10", "text_match", "motion_match")
GROUPED_QUALITY = ("foot_skate_from_height", "foot_skate_ratio", "jerk")


@dataclass(frozen=True, eq=False)
class Scored:
    """What came of an evaluation: the result, and the embeddings that it is made of, with the names of their rows."""

    result: Result
    generation: Generation
    generated_names: tuple[str, ...]
    reference_names: tuple[str, ...]

    def write_embeddings(self, path: Path) -> None:
        """Write `generated`, `generated_names`, `owner`, `repeat`, `reference`, `reference_names`, `text`, `captions`.

        `owner` is the row of `reference` whose text a generated motion answers; what is not known is left out.
        """
        known = {
            "generated": self.generation.generated,
            "generated_names": np.array(self.generated_names),
            "reference": self.generation.reference,
            "reference_names": np.array(self.reference_names),
            "owner": self.generation.owner,
            "repeat": self.generation.repeat,
            "text": self.generation.text,
            "captions": np.array(self.generation.captions) if self.generation.captions else None,
        }
        np.savez(path, **{key: array for key, array in known.items() if array is not None})


def score_generation(
    predicted: Path,
    reference: Path,
    encoder: Encoder | None,
    *,
    models: Mapping[str, str],
    texts: Path | None = None,
    by: str | None = None,
    seed: int = 0,
    plan: ReadingPlan | None = None,
) -> Scored:
    """Return the scores of generated motions.

    Args:
        predicted: A folder of generated motions, or an `.npz` file of embeddings.
        reference: The same of real motions.
        encoder: Embeds motions and texts; None where both are files of embeddings.
        models: Name → hash of what embedded them, for the result.
        texts: A captions file with the text of each motion, by the name of the real or of the generated one. None takes
            the captions file of either folder, the text in each file, or `NAME.txt` beside it.
        by: A column of the captions file; the result has each group's scores too.
        seed: Of every draw and interval.
        plan: How files are read.

    Raises:
        DatasetError: If nothing usable is left, or a column or captions file is not as documented.
    """
    plan = plan or ReadingPlan()
    # A captions file that is wrong is told before the motions are read, which may take long.
    told_texts, told_columns = {}, {}
    if texts is not None:
        told_texts, told_columns = read_texts(texts, [folder for folder in (reference, predicted) if folder.is_dir()])
    made, real = (_read_usable(source, encoder, plan) for source in (predicted, reference))
    if made.embeddings.shape[1] != real.embeddings.shape[1]:
        raise DatasetError(
            f"the embeddings of {made.source} have {made.embeddings.shape[1]} numbers, those of {real.source} "
            f"{real.embeddings.shape[1]}; embed both by one model"
        )
    notes = (*_unused(texts, told_texts, made, real), *_rates(made, real))
    pairs = pair_sets(made, real)
    if pairs is None:
        return _score_unpaired(made, real, models, by, seed, notes)
    text, captions, reasons = _texts(told_texts, made, real, pairs, encoder)
    left_out = (*pairs.left_out, *(LeftOut(real.names[pairs.reference[at]], why) for at, why in reasons.items()))
    kept = np.array([at for at in range(len(pairs.reference)) if at not in reasons], dtype=np.int64)
    pairs = _only(pairs, kept)
    generation = Generation(
        made.embeddings[pairs.generated],
        real.embeddings[pairs.reference],
        owner=pairs.owner,
        repeat=pairs.repeat,
        text=text[kept] if text is not None else None,
        captions=tuple(captions[at] for at in kept) if captions else (),
        quality={
            GENERATED: {key: values[pairs.generated] for key, values in made.quality.items()},
            TRUTH: {key: values[pairs.reference] for key, values in real.quality.items()},
        },
        seed=seed,
    )
    names = tuple(real.names[at] for at in pairs.reference)
    if text is None:
        notes = (*notes, "There are no texts, so how motions match them is not measured.")
    grouped = []
    if by is not None:
        columns = _columns(told_columns, made, real, pairs)
        grouped = [_group_table(generation, column_of(columns, by), by)]
    generated_names = tuple(made.names[at] for at in pairs.generated)
    result = _result(generation, (made, real), models, left_out, notes, grouped)
    return Scored(result, generation, generated_names, names)


def _read_usable(source: Path, encoder: Encoder | None, plan: ReadingPlan) -> MotionSet:
    motions = read_motion_set(source, encoder, plan)
    if not motions.names:
        first = motions.left_out[0]
        raise DatasetError(f"no motion of {motions.source} can be used; {first.name}: {first.reason}")
    return motions


def _unused(
    texts: Path | None, told: Mapping[str, tuple[str, ...]], made: MotionSet, real: MotionSet
) -> tuple[str, ...]:
    """Return a note on the rows of the captions file that name neither a real nor a generated motion."""
    if texts is None:
        return ()
    names = [name for motions in (made, real) for name in (*motions.names, *(row.name for row in motions.left_out))]
    return tell_unknown(told, names, texts, f"neither {made.source} nor {real.source} has")


def _score_unpaired(
    made: MotionSet, real: MotionSet, models: Mapping[str, str], by: str | None, seed: int, notes: Sequence[str]
) -> Scored:
    if by is not None:
        raise DatasetError(
            f"no generated motion has the name of a real one, so there are no pairs to group by {by!r}; name the "
            "generated ones as the real ones, or say which is which in a captions file (docs/evaluation/generation.md)"
        )
    quality = {row: motions.quality for row, motions in ((GENERATED, made), (TRUTH, real)) if motions.quality}
    generation = Generation(made.embeddings, real.embeddings, quality=quality, seed=seed)
    notes = [*notes, "No generated motion has the name of a real one: only the sets as a whole are compared."]
    return Scored(_result(generation, (made, real), models, (), notes, []), generation, made.names, real.names)


def _texts(
    told: Mapping[str, tuple[str, ...]], made: MotionSet, real: MotionSet, pairs: Pairs, encoder: Encoder | None
) -> tuple[np.ndarray | None, list[str], dict[int, str]]:
    """Return for each real motion its text's embedding and the text, and why it cannot be used if it has none."""
    first = pairs.generated[np.unique(pairs.owner, return_index=True)[1]]
    captions = [
        _caption(told, made, real, real.names[place], [made.names[at] for at in pairs.generated[pairs.owner == owner]])
        for owner, place in enumerate(pairs.reference)
    ]
    known = captions if all(captions) else []
    if real.text_embeddings is not None:
        return real.text_embeddings[pairs.reference], known, {}
    if made.text_embeddings is not None:
        return made.text_embeddings[first], known, {}
    if encoder is None or not any(captions):
        return None, [], {}
    # One that has none gets another's embedding, and is left out below.
    some = next(caption for caption in captions if caption)
    text, reasons = embed_texts(encoder, [caption or some for caption in captions])
    reasons = {at: f"its text {captions[at]!r}: {why}" for at, why in reasons.items()}
    reasons |= {at: "it has no text, others have" for at, caption in enumerate(captions) if not caption}
    return text, captions, reasons


def _caption(
    told: Mapping[str, tuple[str, ...]], made: MotionSet, real: MotionSet, name: str, answers: Sequence[str]
) -> str:
    """Return the first sentence of a real motion, empty if it has none."""
    places = [told.get(name), *(told.get(answer) for answer in answers), real.texts.get(name)]
    places += [made.texts.get(answer) for answer in answers]
    return next((texts[0] for texts in places if texts), "")


def _columns(
    told: Mapping[str, Mapping[str, str]], made: MotionSet, real: MotionSet, pairs: Pairs
) -> list[dict[str, str]]:
    """Return what is known of each text; of several captions files, as with the texts, the given one counts most."""
    first = np.unique(pairs.owner, return_index=True)[1]
    columns = []
    for place, at in zip(pairs.reference, pairs.generated[first], strict=True):
        name, answer = real.names[place], made.names[at]
        known = (made.columns.get(answer), real.columns.get(name), told.get(answer), told.get(name))
        columns.append({key: value for found in known for key, value in (found or {}).items()})
    return columns


def _rates(made: MotionSet, real: MotionSet) -> tuple[str, ...]:
    """Return a note if the motion quality of the two sets was measured at different frame rates."""
    rates = [sorted({round(fps, 2) for fps in motions.fps if not np.isnan(fps)}) for motions in (made, real)]
    if not all(rates) or rates[0] == rates[1]:
        return ()
    told = [" and ".join(f"{fps:g}" for fps in known) for known in rates]
    return (
        f"Motion quality is measured at {told[0]} frames a second on the generated motions and at {told[1]} on the "
        "real ones: jerk and skating depend on it, so compare them at one rate.",
    )


def _only(pairs: Pairs, kept: np.ndarray) -> Pairs:
    """Return the pairs of some of the real motions."""
    place = np.full(len(pairs.reference), -1)
    place[kept] = np.arange(len(kept))
    chosen = place[pairs.owner] >= 0
    owner = place[pairs.owner[chosen]]
    return Pairs(pairs.generated[chosen], pairs.reference[kept], owner, pairs.repeat[chosen], pairs.left_out)


def _group_table(generation: Generation, labels: Sequence[str], by: str) -> Table:
    """Return the scores of the generated motions for each group of texts."""
    values: Columns = {"motion_match": motion_values(generation)["motion_match"]}
    if generation.text is not None:
        values |= text_values(generation, GENERATED)
    quality = generation.quality.get(GENERATED, {})
    values |= {name: mean_by_text(generation, quality[name]) for name in GROUPED_QUALITY if name in quality}
    chosen = {name: values[name] for name in (*GROUPED, *GROUPED_QUALITY) if name in values}
    rows = group_rows(chosen, labels, units={**EMBEDDING_UNITS, **UNITS}, seed=generation.seed)
    rules = {"gallery": "of all groups", "interval": "95 % bootstrap over texts", "seed": generation.seed}
    return Table(f"by_{by}", f"The generated motions by {by}", rules, rows)


def _result(
    generation: Generation,
    sets: tuple[MotionSet, MotionSet],
    models: Mapping[str, str],
    left_out: Sequence[LeftOut],
    notes: Sequence[str],
    grouped: Sequence[Table],
) -> Result:
    tables, more = measure_generation(generation)
    made, real = sets
    data: dict[str, str | int | float] = {
        "predicted": made.source,
        "reference": real.source,
        "num_generated": len(generation.generated),
        "num_real": len(generation.reference),
    }
    return Result(
        "generation",
        models,
        data,
        (*tables, *grouped),
        (
            *(LeftOut(f"{made.source}: {row.name}", row.reason) for row in made.left_out),
            *(LeftOut(f"{real.source}: {row.name}", row.reason) for row in real.left_out),
            *left_out,
        ),
        (*notes, *made.notes, *real.notes, *more),
    )
