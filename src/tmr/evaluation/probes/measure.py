"""The probes: made of some clips once, measured for each model, written as tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.development import Encoder
from tmr.evaluation.groups import column_of, group_rows
from tmr.evaluation.probes import amount, invariance, order, path, sides, together, way
from tmr.evaluation.probes.contrast import CHANCE, Contrast, clip_numbers, measure_values, score_contrasts
from tmr.evaluation.probes.embedding import embed
from tmr.evaluation.result import LeftOut, Measure, Table

PROBES: dict[str, tuple[str, Callable[..., list[Contrast]], str]] = {
    "side": ("Side: left against right", sides.side_contrasts, sides.RULES),
    "order": ("Order: what comes first", order.order_contrasts, order.RULES),
    "together": ("Together: legs and arms at once", together.together_contrasts, together.RULES),
    "count": ("Count: how often", amount.count_contrasts, amount.COUNT_RULES),
    "speed": ("Speed: slow against fast", amount.speed_contrasts, amount.SPEED_RULES),
    "direction": ("Direction: which way", way.direction_contrasts, way.DIRECTION_RULES),
    "path": ("Path: along which way", path.path_contrasts, path.RULES),
    "style": ("Style: in what manner", way.style_contrasts, way.STYLE_RULES),
}
"""Probe → title, what makes its contrasts, and how they are made."""

INVARIANCE = "invariance"
NAMES = (*PROBES, INVARIANCE)
MOST_CLIPS = 60
FEW_CLIPS = 10
_INTERVAL = "95 % bootstrap over clips, 2,000 draws"


@dataclass(frozen=True, eq=False)
class Probes:
    """What models are asked.

    Args:
        contrasts: Probe → its contrasts.
        clips: The gallery of the invariances; None if they are not asked for.
        rules: Table rules that all share.
        notes: What could not be asked.
    """

    contrasts: Mapping[str, Sequence[Contrast]]
    clips: invariance.ChangedClips | None
    rules: Mapping[str, str | int | float]
    notes: tuple[str, ...]


def make_probes(
    items: Sequence[CaptionedMotion],
    *,
    names: Sequence[str] = NAMES,
    most: int = MOST_CLIPS,
    seed: int = 0,
) -> Probes:
    """Return the probes that some clips allow.

    Args:
        items: Captioned motions on SOMA-30 at 30 fps.
        names: Which probes, of `NAMES`.
        most: Most clips of a source in each probe.
        seed: Of all draws.

    Raises:
        DatasetError: If no clip serves for any of the probes.
    """
    contrasts, notes = {}, []
    for name in names:
        if name in PROBES:
            title, make, rules = PROBES[name]
            contrasts[name] = make(items, most=most, seed=seed)
            if not contrasts[name]:
                notes.append(f"{title}: not measured, no clip of these data serves; needed: {rules}")
            notes += _few(title, contrasts.pop(name) if not contrasts[name] else contrasts[name])
    clips = None
    if INVARIANCE in names:
        clips = invariance.change_clips(items, most=most, seed=seed)
        if len(clips.items) < 2:
            clips = None
            notes.append("Invariance: not measured; needed: two captioned clips of a second at least")
    if not contrasts and clips is None:
        raise DatasetError("no clip of these data serves for a probe; " + " ".join(notes))
    shared = {"ties": "the share of their orders", "most_clips_of_a_source": most, "seed": seed, "interval": _INTERVAL}
    return Probes(contrasts, clips, shared, tuple(notes))


def check_columns(items: Sequence[CaptionedMotion], columns: Sequence[str]) -> None:
    """Raise if a column is not in the metadata of any clip.

    Raises:
        TMRError: Which, and what columns there are.
    """
    for column in columns:
        column_of([item.metadata for item in items], column)


def _few(title: str, contrasts: Sequence[Contrast]) -> list[str]:
    """Return a note that names the rows that too few clips are in to tell much."""
    clips: dict[str, set[str]] = {}
    for contrast in contrasts:
        for row in contrast.rows:
            clips.setdefault(row, set()).add(contrast.clip)
    few = [f"{row} ({len(members)})" for row, members in clips.items() if len(members) < FEW_CLIPS]
    return [f"{title}: rows of under {FEW_CLIPS} independent clips tell little: {', '.join(few)}"] if few else []


def measure_probes(
    models: Mapping[str, Encoder], probes: Probes, *, by: Sequence[str] = (), seed: int = 0
) -> tuple[list[Table], list[LeftOut]]:
    """Return a table a probe, then one a probe and column of `by`, and what could not be embedded.

    Args:
        models: By name; with several, rows are named after both.
        probes: As `make_probes` returns them.
        by: Columns of the metadata.
        seed: Of the bootstrap.
    """
    tables: dict[tuple[str, str], Table] = {}
    left_out: dict[LeftOut, None] = dict.fromkeys(probes.clips.left_out if probes.clips else ())
    for model_name, model in models.items():
        prefix = f"{model_name} · " if len(models) > 1 else ""
        found, broken = _measure_one(model, probes, by, seed)
        left_out |= dict.fromkeys(broken)
        for table in found:
            key = (table.name, table.title)
            rows = {prefix + row: measures for row, measures in table.rows.items()}
            before = tables[key].rows if key in tables else {}
            tables[key] = Table(table.name, table.title, table.rules, {**before, **rows})
    order = sorted(tables.values(), key=lambda table: "_by_" in table.name)
    return order, list(left_out)


def _measure_one(model: Encoder, probes: Probes, by: Sequence[str], seed: int) -> tuple[list[Table], list[LeftOut]]:
    tables: list[Table] = []
    left_out: list[LeftOut] = []
    if probes.contrasts:
        tables, left_out = _measure_contrasts(model, probes, by, seed)
    if probes.clips is not None:
        values, broken = invariance.measure_changes(model, probes.clips)
        left_out += broken
        tables += _invariance_tables(values, probes.clips, probes.rules, by, seed)
    return tables, left_out


def _measure_contrasts(
    model: Encoder, probes: Probes, by: Sequence[str], seed: int
) -> tuple[list[Table], list[LeftOut]]:
    contrasts = [contrast for group in probes.contrasts.values() for contrast in group]
    embedded = embed(
        model,
        (motion for contrast in contrasts for motion in contrast.motions),
        (text for contrast in contrasts for text in contrast.texts),
    )
    tables = []
    for name, group in probes.contrasts.items():
        texts = np.stack([embedded.text([contrast.texts[side] for contrast in group]) for side in (0, 1)], axis=1)
        motions = np.stack([embedded.motion([contrast.motions[side] for contrast in group]) for side in (0, 1)], axis=1)
        similarity = np.einsum("ctw,cmw->ctm", texts, motions)
        whole = np.isfinite(similarity).all(axis=(1, 2))
        known = [contrast for contrast, sound in zip(group, whole, strict=True) if sound]
        tables += _contrast_tables(name, known, score_contrasts(similarity[whole]), probes.rules, by, seed)
    return tables, list(embedded.left_out)


def _contrast_tables(
    name: str,
    contrasts: Sequence[Contrast],
    values: Mapping[str, Float[np.ndarray, " contrast"]],
    shared: Mapping[str, str | int | float],
    by: Sequence[str],
    seed: int,
) -> list[Table]:
    title, _, made = PROBES[name]
    rules = {"contrasts": len(contrasts), "made": made, **shared}
    clips = [contrast.clip for contrast in contrasts]
    rows = {}
    for row in dict.fromkeys(row for contrast in contrasts for row in contrast.rows):
        members = [place for place, contrast in enumerate(contrasts) if row in contrast.rows]
        own = {measure: column[members] for measure, column in values.items()}
        rows[row] = measure_values(own, [clips[place] for place in members], seed=seed)
    rows["chance"] = {measure: Measure(chance) for measure, chance in CHANCE.items()}
    metadata = [contrast.metadata for contrast in contrasts]
    return [Table(name, title, rules, rows), *_group_tables(name, title, rules, values, metadata, clips, by, seed)]


def _group_tables(
    name: str,
    title: str,
    rules: Mapping[str, str | int | float],
    values: Mapping[str, Float[np.ndarray, " query"]],
    metadata: Sequence[Mapping[str, str]],
    clips: Sequence[str],
    by: Sequence[str],
    seed: int,
) -> list[Table]:
    """Return a table for each column that two clips differ in."""
    tables = []
    for column in by:
        labels = [row.get(column, "") for row in metadata]
        if len(set(labels)) > 1:
            rows = group_rows(values, labels, clusters=clip_numbers(clips), units=invariance.UNITS, seed=seed)
            tables.append(Table(f"{name}_by_{column}", f"{title}, by {column}", rules, rows))
    return tables


def _invariance_tables(
    values: Mapping[str, Mapping[str, Float[np.ndarray, " clip"]]],
    clips: invariance.ChangedClips,
    shared: Mapping[str, str | int | float],
    by: Sequence[str],
    seed: int,
) -> list[Table]:
    title, names = "Invariance: what must not matter", invariance.clip_names(clips)
    rules = {"gallery": len(clips.items), "made": invariance.RULES, **shared}
    rows = {}
    for row, columns in values.items():
        known = np.isfinite(np.stack(list(columns.values()))).all(axis=0)
        if known.any():
            own = {measure: column[known] for measure, column in columns.items()}
            members = [names[place] for place in np.flatnonzero(known)]
            rows[row] = measure_values(own, members, units=invariance.UNITS, seed=seed)
    changed = [columns for row, columns in values.items() if row in invariance.CHANGES]
    metadata = [item.metadata for item in clips.items]
    over_changes = {
        measure: np.mean([columns[measure] for columns in changed], axis=0)
        for measure in ("similarity", "finds_itself", "rank_1_changed")
    }
    return [
        Table(INVARIANCE, title, rules, rows),
        *_group_tables(INVARIANCE, title, rules, over_changes, metadata, names, by, seed),
    ]
