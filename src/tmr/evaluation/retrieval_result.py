"""Retrieval of one or several models on captioned motions: every protocol as a table of one Result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import DatasetError, TMRError
from tmr.evaluation.bootstrap import DRAWS
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.embeddings import Encoder, StoredEmbeddings, embed_motions, embed_texts
from tmr.evaluation.groups import column_of
from tmr.evaluation.protocols import PROTOCOLS, Gallery, Protocol
from tmr.evaluation.result import LeftOut, Measure, Result, Table
from tmr.evaluation.retrieval import finite_rows
from tmr.evaluation.scored import DIRECTIONS, Scored, chance_row, mean_and_spread, measure_row, rows_of_group

CAPTION_RULES = ("first", "all")
_WORDLESS = ("all", "small_batches")  # protocols that need no words
_GROUPED = ("all", "threshold", "lenient")
_OVERLAP_SECONDS = 1 / 30


@dataclass(frozen=True, eq=False)
class Embedded:
    """A gallery with the embeddings of each model, all of them finite.

    Args:
        gallery: Captions and motions, without what was left out.
        names: Of the motions, in the gallery's order.
        clips: The clip that each motion is cut from, as a name.
        items: The captioned motions, in the same order; empty where only embeddings were given.
        text: Model → its embeddings of the texts.
        motion: Model → its embeddings of the motions.
        left_out: What some model could not embed.
        wordless: Whether the captions are not known, only their embeddings.
    """

    gallery: Gallery
    names: tuple[str, ...]
    clips: tuple[str, ...]
    items: tuple[CaptionedMotion, ...]
    text: Mapping[str, Float[np.ndarray, "text width"]]
    motion: Mapping[str, Float[np.ndarray, "motion width"]]
    left_out: tuple[LeftOut, ...] = ()
    wordless: bool = False


def embed_gallery(
    models: Mapping[str, Encoder], items: Sequence[CaptionedMotion], *, captions: str = "first"
) -> Embedded:
    """Return the embeddings of captioned motions; what one model cannot embed is left out of all, so that they compare.

    Args:
        models: Name → encoder.
        items: The gallery; those without a caption are in it too, but no queries.
        captions: `first` or `all` of each motion.

    Raises:
        DatasetError: If there is no motion with a caption, or none that every model can embed.
        ModelError: If a model embeds nothing.
    """
    if captions not in CAPTION_RULES:
        raise TMRError(f"no caption rule {captions!r}; expected one of {', '.join(CAPTION_RULES)}")
    texts = [item.captions[:1] if captions == "first" else item.captions for item in items]
    words = [text for own in texts for text in own]
    owner = np.repeat(np.arange(len(items)), [len(own) for own in texts])
    if not words:
        raise DatasetError(f"none of the {len(items)} motions has a caption; there is nothing to search with")
    text, motion, broken_texts, broken_motions = {}, {}, {}, {}
    for name, model in models.items():
        motion[name], reasons = embed_motions(model, [item.motion for item in items])
        broken_motions |= reasons
        text[name], reasons = embed_texts(model, words)
        broken_texts |= reasons
    left_out = [LeftOut(items[number].name, reason) for number, reason in sorted(broken_motions.items())]
    left_out += [LeftOut(f"caption {words[number]!r}", reason) for number, reason in sorted(broken_texts.items())]
    clips = [item.clip or item.name for item in items]
    kept_motions = np.array([number not in broken_motions for number in range(len(items))])
    kept_texts = np.array([number not in broken_texts for number in range(len(words))]) & kept_motions[owner]
    kept_items = tuple(item for item, kept in zip(items, kept_motions, strict=True) if kept)
    gallery = _gallery(words, owner, clips, kept_texts, kept_motions, captions, _count_overlapping(kept_items))
    return Embedded(
        gallery,
        tuple(item.name for item in kept_items),
        tuple(item.clip or item.name for item in kept_items),
        kept_items,
        {name: rows[kept_texts] for name, rows in text.items()},
        {name: rows[kept_motions] for name, rows in motion.items()},
        tuple(left_out),
    )


def gallery_of_embeddings(stored: StoredEmbeddings, name: str, *, captions: str = "all") -> Embedded:
    """Return embeddings of a file as a gallery, without rows that are broken.

    Args:
        stored: As `read_embeddings` returns them.
        name: What the model is called.
        captions: `first` keeps the first text of each motion.
    """
    kept_motions = finite_rows(stored.motion)
    good_texts = finite_rows(stored.text)
    left_out = [LeftOut(stored.names[row], "its embedding is not finite") for row in np.flatnonzero(~kept_motions)]
    left_out += [LeftOut(f"text {row}", "its embedding is not finite") for row in np.flatnonzero(~good_texts)]
    kept_texts = good_texts & kept_motions[stored.owner]
    if captions == "first":
        first = np.zeros(len(stored.owner), dtype=bool)
        first[np.unique(stored.owner, return_index=True)[1]] = True
        kept_texts &= first
    words = list(stored.captions) or [f"text {row}" for row in range(len(stored.owner))]
    gallery = _gallery(words, stored.owner, stored.clips, kept_texts, kept_motions, captions, 0)
    text, motion = {name: stored.text[kept_texts]}, {name: stored.motion[kept_motions]}
    names, clips = (
        tuple(name for name, kept in zip(known, kept_motions, strict=True) if kept)
        for known in (stored.names, stored.clips)
    )
    return Embedded(gallery, names, clips, (), text, motion, tuple(left_out), wordless=not stored.captions)


def measure_retrieval(
    embedded: Embedded,
    *,
    hashes: Mapping[str, str],
    data: Mapping[str, str | int | float],
    protocols: Sequence[str] = tuple(PROTOCOLS),
    by: str | None = None,
    seed: int = 0,
) -> Result:
    """Return a table for each protocol, with every model and with chance in it.

    Args:
        embedded: The gallery.
        hashes: Model → hash of its checkpoint.
        data: What is measured on, for the reader.
        protocols: Names of `PROTOCOLS`.
        by: A column of the metadata: the whole-gallery protocols are given by its groups too.
        seed: Of draws and bootstrap.

    Raises:
        TMRError: If there is no such protocol or column.
    """
    if unknown := [name for name in protocols if name not in PROTOCOLS]:
        raise TMRError(f"no protocol {unknown[0]!r}; there are {', '.join(PROTOCOLS)}")
    groups = None if by is None else column_of([item.metadata for item in embedded.items], by)
    tables: list[Table] = []
    notes: list[str] = []
    for name in protocols:
        if embedded.wordless and name not in _WORDLESS:
            notes.append(f"protocol {name} compares the captions, which are not known: it is not measured")
            continue
        try:
            protocol = PROTOCOLS[name](embedded.gallery, seed)
        except TMRError as error:
            notes.append(f"{error}: it is not measured")
            continue
        scored = {model: protocol.score(embedded.text[model], embedded.motion[model]) for model in embedded.text}
        tables.append(_table(protocol, scored, embedded.gallery, seed))
        if by is not None and groups is not None and name in _GROUPED:
            tables += _group_tables(protocol, scored, embedded.gallery, by, groups, seed)
    counts = {"motions": len(embedded.gallery.clips), "captions": len(embedded.gallery.captions)}
    clips = {"clips": len(np.unique(embedded.gallery.clips))}
    return Result("retrieval", hashes, {**data, **counts, **clips}, tuple(tables), embedded.left_out, tuple(notes))


def _table(protocol: Protocol, scored: Mapping[str, Mapping[str, Scored]], gallery: Gallery, seed: int) -> Table:
    rows: dict[str, dict[str, Measure]] = {}
    for direction in DIRECTIONS:
        own = {model: measure_row(each[direction], gallery.independent, seed) for model, each in scored.items()}
        if len(own) == 1:
            rows[direction] = next(iter(own.values()))
        else:
            rows |= {f"{direction} · {model}": row for model, row in own.items()}
            mean, spread = mean_and_spread(list(own.values()))
            rows |= {f"{direction} · mean of {len(own)}": mean, f"{direction} · standard deviation": spread}
        rows[f"{direction} · chance"] = chance_row(next(iter(scored.values()))[direction])
    return Table(protocol.name, protocol.title, {**protocol.rules, "seed": seed}, rows)


def _group_tables(
    protocol: Protocol,
    scored: Mapping[str, Mapping[str, Scored]],
    gallery: Gallery,
    by: str,
    groups: Sequence[str],
    seed: int,
) -> list[Table]:
    """Return text to motion by group, a table a model."""
    clusters, rules = gallery.independent, {**protocol.rules, "seed": seed}
    if len(set(zip(clusters.tolist(), groups, strict=True))) > len(np.unique(clusters)):
        # What shares a caption is in several groups here; what shares a clip may still be in one.
        clusters = gallery.clips
        rules["interval"] = f"95 %, bootstrap over {len(np.unique(clusters))} clips, {DRAWS} draws"
    rules["groups"] = "the gallery is that of all groups; a row has its own queries"
    tables = []
    for number, (model, each) in enumerate(scored.items()):
        several = len(scored) > 1
        name = f"{protocol.name}_by_{by}" + (f"_{number}" if several else "")
        title = f"{protocol.title}: text_to_motion by {by}" + (f", {model}" if several else "")
        rows = rows_of_group(each["text_to_motion"], clusters, groups, seed)
        rules = {
            **protocol.rules,
            "groups": "the gallery is that of all groups; a row has its own queries",
            "seed": seed,
        }
        tables.append(Table(name, title, rules, rows))
    return tables


def _gallery(
    words: Sequence[str],
    owner: Int[np.ndarray, " text"],
    clips: Sequence[str],
    kept_texts: np.ndarray,
    kept_motions: np.ndarray,
    captions: str,
    overlapping: int,
) -> Gallery:
    """Return the gallery of what is kept, renumbered."""
    if not kept_texts.any():
        raise DatasetError("no motion with a caption is left: every one is broken or could not be embedded")
    number = np.cumsum(kept_motions) - 1
    clip_number = np.unique(np.asarray(clips)[kept_motions], return_inverse=True)[1]
    kept_words = tuple(word for word, kept in zip(words, kept_texts, strict=True) if kept)
    return Gallery(kept_words, number[owner[kept_texts]], clip_number, captions, overlapping)


def _count_overlapping(items: Sequence[CaptionedMotion]) -> int:
    """Return how many motions have a frame in common with another part of their clip."""
    by_clip: dict[str, list[CaptionedMotion]] = {}
    for item in items:
        by_clip.setdefault(item.clip or item.name, []).append(item)
    found = set()
    for parts in by_clip.values():
        for one, other in combinations(parts, 2):
            begin = max(one.start_seconds, other.start_seconds)
            end = min(part.start_seconds + part.motion.seconds for part in (one, other))
            if end - begin > _OVERLAP_SECONDS:
                found |= {one.name, other.name}
    return len(found)
