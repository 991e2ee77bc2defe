"""Scores of a motion generator from embeddings: does it match its texts, the real motions, and their variety?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from tmr.evaluation.answers import SameTexts, letter_for_letter, only_itself
from tmr.evaluation.distribution import frechet_distance_at, frechet_measures, null_frechet_distance, sample_notes
from tmr.evaluation.kernel import kernel_distance
from tmr.evaluation.matching import BATCH, DRAWS, PRECISIONS, cosines, distances, r_precision, rankable
from tmr.evaluation.means import mean_measures
from tmr.evaluation.quality import UNITS
from tmr.evaluation.result import Measure, Table
from tmr.evaluation.retrieval import RECALLS, Placements, place_queries
from tmr.evaluation.spread import coverage_of, diversity, multimodality

GENERATED, TRUTH, OTHER_TRUTH = "generated", "ground truth", "ground truth of another text"

EMBEDDING_UNITS = {
    "text_match": "similarity",
    "motion_match": "similarity",
    "text_distance": "distance",
    "motion_distance": "distance",
}

Columns = dict[str, np.ndarray]
"""Measure name → a value for each text or motion; NaN where there is none."""

_TIES = "a tie counts by the share of its orders that hit"
_INTERVAL = "95 % bootstrap over texts"
_HALF_DRAWS = 5


@dataclass(frozen=True, eq=False)
class Generation:
    """Embeddings of generated and of real motions, and how they belong together; all finite.

    Args:
        generated: One a generated motion.
        reference: One a real motion.
        owner: The real motion whose text each generated one answers; None if they do not belong together.
        repeat: Which answer to its text each generated motion is, from 0; None if there is one each.
        text: One a real motion; None if there are no texts.
        captions: The text of each real motion; empty if not known.
        quality: For `GENERATED` and `TRUTH`, measure name → value a motion; NaN where it has none.
        seed: Of every draw.
    """

    generated: Float[np.ndarray, "generated width"]
    reference: Float[np.ndarray, "reference width"]
    owner: Int[np.ndarray, " generated"] | None = None
    repeat: Int[np.ndarray, " generated"] | None = None
    text: Float[np.ndarray, "reference width"] | None = None
    captions: tuple[str, ...] = ()
    quality: Mapping[str, Mapping[str, Float[np.ndarray, " item"]]] = field(default_factory=dict)
    seed: int = 0

    def repeats(self) -> Iterator[tuple[Int[np.ndarray, " text"], Bool[np.ndarray, " text"]]]:
        """Yield for each repeat one generated motion of each text, and whether it is that repeat's own.

        A text that lacks the repeat stands with another of its motions, so that every gallery and every set has all
        texts. All motions, once, where they do not belong to texts.
        """
        if self.owner is None:
            yield np.arange(len(self.generated)), np.ones(len(self.generated), dtype=bool)
            return
        by_text = np.lexsort((np.arange(len(self.owner)) if self.repeat is None else self.repeat, self.owner))
        _, first, counts = np.unique(self.owner[by_text], return_index=True, return_counts=True)
        for number in range(int(counts.max(initial=1))):
            yield by_text[first + number % counts], number < counts


TextMeasure = Callable[[Generation, np.ndarray, np.ndarray, np.ndarray], Columns]
"""Measures texts with their motions: embeddings of both, row by row, and the number of each text."""


def measure_generation(generation: Generation) -> tuple[list[Table], list[str]]:
    """Return all tables that the embeddings allow, and what a reader of the numbers must know."""
    tables, notes = [], []
    if generation.owner is not None and generation.text is not None:
        tables += alignment_tables(generation)
        if len(generation.reference) < BATCH:
            notes.append(f"R-precision needs {BATCH} texts; there are {len(generation.reference)}.")
    if generation.owner is not None:
        tables.append(motion_match_table(generation))
    tables += [*distribution_tables(generation), *halves_tables(generation)]
    chosen, _ = next(generation.repeats())
    notes += sample_notes(min(len(generation.reference), len(chosen)), generation.reference.shape[1])
    if any(not own.all() for _, own in generation.repeats()):
        notes.append(
            "Some texts have fewer motions than others; in the repeats that they lack, another of their motions stands "
            "in the gallery and in the set, but is not asked for again."
        )
    if any(generation.quality.values()):
        tables.append(quality_table(generation))
        notes += _quality_notes(generation)
    return tables, notes


def alignment_tables(generation: Generation) -> list[Table]:
    """Return how well motions match their texts: R-precision, cosine and distance, and whole-gallery recall.

    A text counts once: with several motions of it, each repeat is a gallery of its own, of one motion of each text, and
    the text's value is its mean over the repeats that it has.
    """
    own = "only the text's own motion"
    tables = []
    if len(generation.reference) >= BATCH:
        rules = {"gallery": f"batches of {BATCH}, {DRAWS} draws", "right": own}
        tables.append(_text_table(generation, "r_precision", "R-precision", rules, _r_precisions))
    tables += [
        _text_table(generation, "alignment", "Text to motion, whole gallery", {"right": own}, _recalls),
        _text_table(generation, "match", "Text and motion", {}, _matches),
    ]
    if len(set(generation.captions)) < len(generation.captions):
        title = "Text to motion, whole gallery, equal texts counted as one"
        rules = {"right": "the motion of any text that is letter for letter the same"}
        tables.append(_text_table(generation, "alignment_same_text", title, rules, _lenient_recalls))
    return tables


def text_values(generation: Generation, row: str) -> Columns:
    """Return what can be said of each text's motions, generated or real: whole-gallery recall, match and distance."""
    return _text_columns(generation, row, _recalls) | _text_columns(generation, row, _matches)


def motion_match_table(generation: Generation) -> Table:
    """Return how like the generated motions are to the real ones of the same texts, beside real ones of other texts."""
    rows = {GENERATED: mean_measures(motion_values(generation), EMBEDDING_UNITS, seed=generation.seed)}
    if len(generation.reference) > 1:
        others = np.roll(generation.reference, 1, axis=0)
        by_chance = {
            "motion_match": cosines(generation.reference, others),
            "motion_distance": distances(generation.reference, others),
        }
        rows[OTHER_TRUTH] = mean_measures(by_chance, EMBEDDING_UNITS, seed=generation.seed)
    rules = {
        "motions": _sizes(generation),
        "query": "the generated motion",
        "gallery": f"{len(generation.reference)} real motions",
        "right": "the real motion of the same text",
        "ties": _TIES,
        "interval": _INTERVAL,
        "seed": generation.seed,
    }
    return Table("motion_match", "Generated and real motion of one text", rules, rows)


def motion_values(generation: Generation) -> Columns:
    """Return the measures of `motion_match_table` for each text, mean over its repeats."""

    def measure(chosen: np.ndarray, owner: np.ndarray) -> Columns:
        made, real = generation.generated[chosen], generation.reference
        pair = rankable(made, real)
        placed = place_queries(*pair, lambda first, last: (np.arange(last - first + 1), owner[first:last]))
        columns = {"motion_match": cosines(made, real[owner]), "motion_distance": distances(made, real[owner])}
        return columns | _recall_columns(placed)

    return _mean_over_repeats(generation, measure)


def mean_by_text(generation: Generation, values: Float[np.ndarray, " generated"]) -> Float[np.ndarray, " text"]:
    """Return the mean over each text's generated motions, NaN where all are NaN or nothing belongs together."""
    columns = _mean_over_repeats(generation, lambda chosen, owner: {"": values[chosen]})
    return columns.get("", np.full(len(generation.reference), np.nan))


def distribution_tables(generation: Generation) -> list[Table]:
    """Return how the sets of generated and of real motions differ; with several repeats, the mean over them."""
    seed = generation.seed
    columns: dict[str, list[Measure]] = {}
    for chosen, _ in generation.repeats():
        made, real = _matched(generation, chosen)
        fid, infinite = frechet_measures(made, real, seed=seed)
        measures = {"fid": fid, "fid_infinite": infinite, "kid": kernel_distance(made, real, scale=1.0, seed=seed)}
        measures |= coverage_of(made, real, seed=seed)._asdict()
        measures["diversity"] = diversity(made)
        for name, measure in measures.items():
            columns.setdefault(name, []).append(measure)
    means = {name: _mean_of(measures) for name, measures in columns.items()}
    if generation.owner is not None and len(generation.owner) > len(generation.reference):
        means["multimodality"] = multimodality(generation.generated, generation.owner, seed=seed)
    far = {name: means.pop(name) for name in ("fid", "fid_infinite", "kid")}
    size = {"motions": _sizes(generation), "ground_truth": len(generation.reference)}
    far_rules = {
        "width": generation.reference.shape[1],
        "fid": "float64, unbiased covariances, embeddings as given; compare at one N only",
        "kid": "kernel (cosine + 1)³, unbiased, no item with its partner",
        "interval": "95 %: fid by quarters, kid by jackknife",
        "seed": seed,
    }
    spread_rules = {
        "neighbours": "3 for precision and recall, 5 for density and coverage",
        "diversity": "all pairs",
        "interval": "95 % over items, over texts for multimodality",
        "seed": seed,
    }
    spread = {GENERATED: means, TRUTH: {"diversity": diversity(generation.reference)}}
    return [
        Table("distribution", "Distance of the generated from the real motions", size | far_rules, {GENERATED: far}),
        Table("spread", "Spread of the generated and of the real motions", size | spread_rules, spread),
    ]


def halves_tables(generation: Generation) -> list[Table]:
    """Return what the set measures are between random halves: of real motions among themselves, and of generated ones.

    The first is what chance and the number of motions give where nothing differs; only what exceeds it is a difference.
    No table under four motions.
    """
    made, real = _matched(generation, next(generation.repeats())[0])
    size, seed = min(len(made), len(real)) // 2, generation.seed
    if size < 2:
        return []
    rows = {
        GENERATED: {"fid": frechet_distance_at(made, real, size, seed=seed)},
        TRUTH: {"fid": null_frechet_distance(real, size=size, seed=seed)},
    }
    covers: dict[str, dict[str, list[Measure]]] = {row: {} for row in rows}
    random = np.random.default_rng(seed)
    for _ in range(_HALF_DRAWS):
        order = random.permutation(len(real))
        other = order if len(made) == len(real) else random.permutation(len(made))
        for row, half in ((GENERATED, made[other[:size]]), (TRUTH, real[order[:size]])):
            for name, measure in coverage_of(half, real[order[-size:]], seed=seed)._asdict().items():
                covers[row].setdefault(name, []).append(measure)
    for row, columns in covers.items():
        rows[row] |= {name: _mean_of(measures) for name, measures in columns.items()}
    rules = {
        "size": size,
        "compared_with": "the other half of the real motions",
        "draws": f"20 for fid, {_HALF_DRAWS} for the others",
        "interval": "95 % of the draws for fid, 95 % bootstrap over items for the others",
        "seed": seed,
    }
    return [
        Table("distribution_halves", "Between random halves: the ground truth's row is what chance gives", rules, rows)
    ]


def quality_table(generation: Generation) -> Table:
    """Return the means of the motion quality of generated and of real motions."""
    rows = {}
    for row, columns in generation.quality.items():
        clusters = generation.owner if row == GENERATED else None
        known = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        rows[row] = mean_measures(known, UNITS, clusters=clusters, seed=generation.seed)
    rules = {
        "measured_on": "the joints of the files, before retargeting; the floor at y = 0",
        "skating": "toes under 5 cm, faster than 0.2 m/s; only motions that touch the floor have any",
        "contact": "under 10 cm and 0.15 m/s",
        "interval": _INTERVAL,
        "seed": generation.seed,
    }
    return Table("quality", "Motion quality", rules, rows)


def _text_table(generation: Generation, name: str, title: str, rules: Mapping[str, str], measure: TextMeasure) -> Table:
    """Return a table of what a measure says of the generated motions and of the real ones."""
    rows = {
        row: mean_measures(_text_columns(generation, row, measure), EMBEDDING_UNITS, seed=generation.seed)
        for row in (GENERATED, TRUTH)
    }
    size = {"texts": len(generation.reference), "motions": _sizes(generation)}
    ties = {"ties": _TIES} if "right" in rules else {}
    return Table(name, title, {**size, **rules, **ties, "interval": _INTERVAL, "seed": generation.seed}, rows)


def _text_columns(generation: Generation, row: str, measure: TextMeasure) -> Columns:
    """Return a measure for each text, of the real motions or of the generated ones, mean over the repeats."""
    text, reference = generation.text, generation.reference
    if text is None:
        return {}
    if row == TRUTH:
        return measure(generation, text, reference, np.arange(len(reference)))
    return _mean_over_repeats(
        generation, lambda chosen, owner: measure(generation, text[owner], generation.generated[chosen], owner)
    )


def _r_precisions(generation: Generation, texts: np.ndarray, motions: np.ndarray, owner: np.ndarray) -> Columns:
    if len(texts) < BATCH:
        return {f"recall_at_{k}": np.full(len(texts), np.nan) for k in PRECISIONS}
    hits = r_precision(texts, motions, seed=generation.seed)
    return {f"recall_at_{k}": column for k, column in zip(PRECISIONS, hits.T, strict=True)}


def _matches(generation: Generation, texts: np.ndarray, motions: np.ndarray, owner: np.ndarray) -> Columns:
    return {"text_match": cosines(texts, motions), "text_distance": distances(texts, motions)}


def _recalls(
    generation: Generation, texts: np.ndarray, motions: np.ndarray, owner: np.ndarray, same: SameTexts = only_itself
) -> Columns:
    # Motion i is that of text i, so texts that say the same are motions that are right.
    return _recall_columns(place_queries(*rankable(texts, motions), lambda first, last: same(np.arange(first, last))))


def _lenient_recalls(generation: Generation, texts: np.ndarray, motions: np.ndarray, owner: np.ndarray) -> Columns:
    same = letter_for_letter([generation.captions[text] for text in owner])
    return _recalls(generation, texts, motions, owner, same)


def _recall_columns(placed: Placements) -> Columns:
    return {f"recall_at_{k}": placed.hit_chances(k) for k in RECALLS}


def _mean_over_repeats(generation: Generation, measure: Callable[[np.ndarray, np.ndarray], Columns]) -> Columns:
    """Return a measure of generated motions and of their texts' numbers, for each text, mean over the repeats."""
    if generation.owner is None:
        return {}
    sums: Columns = {}
    counts: Columns = {}
    for chosen, own in generation.repeats():
        owner = generation.owner[chosen]
        for name, values in measure(chosen, owner).items():
            known = own & ~np.isnan(values)
            sums.setdefault(name, np.zeros(len(generation.reference)))[owner[known]] += values[known]
            counts.setdefault(name, np.zeros(len(generation.reference)))[owner[known]] += 1
    return {name: np.where(counts[name] > 0, sums[name] / np.maximum(counts[name], 1), np.nan) for name in sums}


def _matched(generation: Generation, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return generated motions and the real ones to compare them with: those of the same texts, row by row."""
    if generation.owner is None:
        return generation.generated[chosen], generation.reference
    return generation.generated[chosen], generation.reference[generation.owner[chosen]]


def _mean_of(measures: Sequence[Measure]) -> Measure:
    """Return the mean of one measure over repeats; its interval is the mean of theirs, no narrower."""
    first = measures[0]
    value = float(np.mean([measure.value for measure in measures]))
    lows = [measure.low for measure in measures if measure.low is not None]
    highs = [measure.high for measure in measures if measure.high is not None]
    if len(lows) < len(measures) or len(highs) < len(measures):
        return Measure(value, unit=first.unit, count=first.count)
    return Measure(value, float(np.mean(lows)), float(np.mean(highs)), first.unit, first.count)


def _sizes(generation: Generation) -> str:
    if generation.owner is None:
        return str(len(generation.generated))
    own = [int(own.sum()) for _, own in generation.repeats()]
    num_texts = own[0]
    if len(own) == 1:
        return str(num_texts)
    if min(own) == num_texts:
        return f"{len(own)} repeats of {num_texts}"
    return f"{sum(own)} of {num_texts} texts, at most {len(own)} of one"


def _quality_notes(generation: Generation) -> list[str]:
    """Return of how few motions the measures of feet are, where most do not touch the floor."""
    notes = []
    for row, columns in generation.quality.items():
        grounded, skating = (columns.get(name, np.empty(0)) for name in ("grounded", "foot_skate_from_height"))
        if not len(grounded) or np.mean(grounded > 0) >= 0.5:
            continue
        notes.append(
            f"Most motions of the {row} never have a joint under 5 cm: their floor is not at y = 0, or they float. "
            f"Their measures of feet are of {np.count_nonzero(~np.isnan(skating))} of {len(skating)} motions and say "
            "little. Move the motions onto the floor."
        )
    return notes
