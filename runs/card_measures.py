"""What a model card tells of a model, as rows of Markdown tables: recall, sides, who is served how well, what leaks.

`runs/measure_default.py` prints them.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr.evaluation.bootstrap import interval_of_mean, resampled_means
from tmr.evaluation.development import CAPTION_KINDS, captioned_segments, measure_segments
from tmr.evaluation.retrieval import hit_chances, small_batches_recall
from tmr.model.tmr import TMR
from tmr.motion.captions import captions_from_labels, side_words, swap_sides
from tmr.motion.formats import read_motion
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip, select
from tmr.motion.procedural import DEMO_QUERIES, procedural_library
from tmr.motion.skeleton import built_in_skeleton

Row = tuple[str, str, str]
"""A measure, what it was measured on, the result."""

OFF_TOPIC = (
    "the stock market fell today",
    "how do I bake bread",
    "a red car is parked in the garage",
    "the capital of France is Paris",
    "please reset my password",
    "the recipe needs two eggs and some flour",
    "quarterly revenue grew by seven percent",
    "it will rain in the afternoon",
    "print the list in reverse order",
    "the cat sleeps on the sofa",
    "water boils at one hundred degrees",
    "the president signed the treaty",
    "download the latest version of the software",
    "three blue triangles and a green circle",
    "the train to the airport is late",
    "photosynthesis takes place in the leaves",
    "my phone has no battery left",
    "the novel was translated into Spanish",
    "she is the richest woman in the city",
    "he is guilty of a crime",
)
"""Sentences about no motion; the last two are about people all the same."""


@dataclass(frozen=True)
class Data:
    """What is measured on.

    Args:
        clips: The prepared clips of the packs, all splits.
        segments: The captioned segments of the `test` split, each with its first caption.
        described: Those of them that were described themselves.
    """

    clips: list[PreparedClip]
    segments: list[tuple[Motion, str]]
    described: list[tuple[Motion, str]]

    @classmethod
    def of(cls, clips: list[PreparedClip]) -> "Data":
        """Return it for prepared packs."""
        test = select(clips, "test")
        return cls(clips, captioned_segments(test), captioned_segments(test, CAPTION_KINDS[:-1]))

    @property
    def takes(self) -> list[PreparedClip]:
        """The labelled takes of `test`."""
        return [clip for clip in select(self.clips, "test") if clip.info.action]


def percent(values: Sequence[float] | np.ndarray) -> str:
    """Return a mean of hits in percent, with its 95 % interval over queries."""
    hits = np.asarray(values, dtype=np.float64)
    each = np.arange(len(hits))
    low, high = interval_of_mean(hits, resampled_means(hits[:, None])[:, 0], clusters=each)
    spread = "" if low is None or high is None else f" ({100 * low:.0f} to {100 * high:.0f})"
    return f"{100 * hits.mean():.1f}{spread}"


def whole(clips: Sequence[PreparedClip]) -> list[Motion]:
    """Return the motions of clips."""
    skeleton = built_in_skeleton("somaskel30")
    return [Motion(clip.joints, 30.0, skeleton, name=clip.info.id) for clip in clips]


def recall_rows(model: TMR, data: Data) -> list[Row]:
    """Return recall on the CMU test segments."""
    rows: list[Row] = []
    for segments, name in ((data.segments, "every captioned span"), (data.described, "described themselves")):
        measures = measure_segments(model, segments)
        motions, texts = zip(*segments, strict=True)
        recalls = " / ".join(f"{100 * measures[f'recall_at_{k}']:.1f}" for k in (1, 2, 3, 5, 10))
        interval = f"{100 * measures['recall_at_10_low']:.1f} to {100 * measures['recall_at_10_high']:.1f}"
        items = f"{measures['num_items']} segments, {name}"
        rows.append(("CMU `test`, text to motion, R@1 / 2 / 3 / 5 / 10 (%)", items, recalls))
        rows.append(("… R@10, 95 % bootstrap interval over queries", "", interval))
        if len(segments) >= 32:
            similarity = model.encode_text(texts) @ model.encode_motion(motions).T
            batches, half = small_batches_recall(similarity, 3)
            rows.append(("… batches of 32, R@3 (%), 20 draws", "", f"{100 * batches:.1f} ± {100 * half:.1f}"))
        rows.append(("… motion to text, R@10 (%)", "", f"{100 * measures['motion_to_text_recall_at_10']:.1f}"))
    return rows


def side_hits(model: TMR, data: Data) -> tuple[list[PreparedClip], np.ndarray]:
    """Return the test takes whose label names a side, and how far each is nearer to its caption than to the swapped."""
    sided = [clip for clip in data.takes if side_words(clip.info.action)]
    texts = [captions_from_labels(clip.info.action, "")[0][0] for clip in sided]
    motions = model.encode_motion(whole(sided))
    right = (motions * model.encode_text(texts)).sum(axis=1)
    wrong = (motions * model.encode_text([swap_sides(text) for text in texts])).sum(axis=1)
    return sided, (right > wrong) + 0.5 * (right == wrong)


def side_row(model: TMR, data: Data) -> Row:
    """Return how often sides are told right."""
    sided, hits = side_hits(model, data)
    what = "Bandai `test`, caption nearer than with sides swapped (%)"
    return what, f"{len(sided)} takes", f"{100 * hits.mean():.1f}"


def library_rows(model: TMR) -> list[Row]:
    """Return how well the procedural library is found."""
    library = procedural_library()
    texts = [(text, item.name) for item in library for text in item.captions]
    motions = model.encode_motion([item.motion for item in library])
    right = np.array([[text in item.captions for item in library] for text, _ in texts])
    similarity = model.encode_text([text for text, _ in texts]) @ motions.T
    first, third = (100 * hit_chances(similarity, right, k).mean() for k in (1, 3))
    asked = model.encode_text([text for text, _ in DEMO_QUERIES]) @ motions.T
    found = sum(library[row.argmax()].name in names for row, (_, names) in zip(asked, DEMO_QUERIES, strict=True))
    items = f"{len(library)} motions, their {len(texts)} captions"
    return [
        ("procedural library (trained on, in other variations), R@1 / 3 (%)", items, f"{first:.1f} / {third:.1f}"),
        ("… the demo's sentences, worded otherwise, right at rank 1", f"{len(DEMO_QUERIES)} sentences", str(found)),
    ]


def kimodo_rows(models: Sequence[TMR], names: Sequence[str], folder: Path) -> list[str]:
    """Return the table of the rank of each generated motion of a folder for its own text, all indexed together."""
    paths = sorted(folder.glob("*.npz"))
    texts = [str(np.load(path, allow_pickle=False)["text"]) for path in paths]
    motions = [read_motion(path) for path in paths]
    similarities = [model.encode_text(texts) @ model.encode_motion(motions).T for model in models]
    heads = [f"rank of the motion, similarity{'' if len(models) == 1 else f': {name}'}" for name in names]
    lines = [f"| motion | its text | {' | '.join(heads)} |", "|---|---|" + "---|" * len(heads)]
    for row, (path, text) in enumerate(zip(paths, texts, strict=True)):
        cells = [
            f"{1 + (matrix[row] > matrix[row, row]).sum()} of {len(paths)}, {matrix[row, row]:.2f}"
            for matrix in similarities
        ]
        lines.append(f"| {path.stem} | {text} | {' | '.join(cells)} |")
    return lines


def bias_rows(model: TMR, data: Data) -> list[Row]:
    """Return how well the model serves by source, person, acted sex and side."""
    motions, texts = zip(*data.segments, strict=True)
    images, own = model.encode_motion(motions), np.eye(len(texts), dtype=bool)
    hits = hit_chances(model.encode_text(texts) @ images.T, own, 10)
    rows: list[Row] = [("text to motion, R@10 (%): CMU, people's sentences", f"{len(hits)} segments", percent(hits))]
    subjects = {clip.info.id: clip.info.subject for clip in data.clips}
    people = np.array([subjects[motion.name] for motion in motions])
    for person in sorted(set(people), key=int):
        its = hits[people == person]
        rows.append((f"… of these the segments of person {person}", f"{len(its)} segments", percent(its)))
    mirrored, swapped = [mirror(motion) for motion in motions], [swap_sides(text) for text in texts]
    other = hit_chances(model.encode_text(swapped) @ model.encode_motion(mirrored).T, own, 10)
    rows.append(("… all mirrored, their sentences swapped", f"{len(other)} segments", percent(other)))
    return [*rows, _pair_row(model, data.takes), *_style_rows(model, data.takes), *_side_rows(model, data)]


def _pair_row(model: TMR, takes: Sequence[PreparedClip]) -> Row:
    pairs = sorted({(take.info.action, take.info.style) for take in takes})
    texts = [next(text for text, tells in captions_from_labels(*pair) if tells) for pair in pairs]
    right = np.array([[(take.info.action, take.info.style) == pair for take in takes] for pair in pairs])
    hits = hit_chances(model.encode_text(texts) @ model.encode_motion(whole(takes)).T, right, 10)
    items = f"{len(pairs)} pairs of action and style, {len(takes)} takes"
    return "text to motion, R@10 (%): Bandai, sentences from labels", items, percent(hits)


def _style_rows(model: TMR, takes: Sequence[PreparedClip]) -> list[Row]:
    """Return how often the action is told right, of takes acted in a masculine and in a feminine way."""
    of_action = {take.info.action: captions_from_labels(take.info.action, "")[0][0] for take in takes}
    texts = sorted(set(of_action.values()))
    told = (model.encode_motion(whole(takes)) @ model.encode_text(texts).T).argmax(axis=1)
    hits = np.array([texts[at] == of_action[take.info.action] for at, take in zip(told, takes, strict=True)])
    styles = np.array([take.info.style for take in takes])
    actions = np.array([take.info.action for take in takes])
    rows = []
    for pair in (("masculine", "feminine"), ("elderly", "youthful")):
        shared = sorted(set(actions[styles == pair[0]]) & set(actions[styles == pair[1]]))
        for style in pair:
            chosen = (styles == style) & np.isin(actions, shared)
            its = hits[chosen]
            wrong = Counter((actions[at], texts[told[at]]) for at in np.flatnonzero(chosen & ~hits))
            what = f"action told right among {len(texts)} (%): Bandai, acted {style}"
            rows.append((what, f"{len(its)} takes, the {len(shared)} actions of both styles", percent(its)))
            most = [f'{action}, told as "{text}": {count}' for (action, text), count in wrong.most_common(1)]
            rows.append(("… what is told wrong most often", "", most[0] if most else "nothing"))
    return rows


def _side_rows(model: TMR, data: Data) -> list[Row]:
    sided, hits = side_hits(model, data)
    rows = []
    for side in ("left", "right"):
        its = hits[[side in side_words(clip.info.action) for clip in sided]]
        rows.append((f"side told right (%): Bandai, {side}", f"{len(its)} takes", percent(its)))
    return rows


def privacy_rows(model: TMR, data: Data) -> list[Row]:
    """Return how far the embedding of a walk tells who walks: the nearest walk of another trial is of the same person.

    Most of these people were trained on. A person's trials share a day and a task, which helps the guess, so that this
    is rather too high; chance is the mean share of the other trials' walks that are the same person's.
    """
    cmu = [clip for clip in data.clips if clip.info.subject]
    subjects = {clip.info.id: clip.info.subject for clip in cmu}
    found = [
        motion
        for motion, text in captioned_segments(cmu, CAPTION_KINDS[:-1])
        if re.search(r"\bwalk", text) and not re.search(r"\b(?:run|jog|turn|jump|danc|sit|climb|stairs?|ladder)", text)
    ]
    trials = np.array([motion.name for motion in found])
    people = np.array([subjects[name] for name in trials])
    images = model.encode_motion(found)
    similarity = np.where(trials[:, None] == trials[None, :], -np.inf, images @ images.T)
    same = (people[:, None] == people[None, :]) & (trials[:, None] != trials[None, :])
    asked = same.any(axis=1)
    hits = people[similarity.argmax(axis=1)][asked] == people[asked]
    chance = (same.sum(axis=1) / (trials[:, None] != trials[None, :]).sum(axis=1))[asked].mean()
    items = f"{asked.sum()} walks of {len(set(people[asked]))} people with two trials or more, CMU"
    return [
        ("the most similar walk of another trial is the same person's (%)", items, percent(hits)),
        ("… by chance", "", f"{100 * chance:.1f}"),
    ]


def safety_rows(model: TMR, data: Data) -> list[Row]:
    """Return whether sentences about no motion are told from sentences about one.

    By the similarity of the best hit, and by words that the model does not know.
    """
    motions, texts = zip(*data.described, strict=True)
    images = model.encode_motion([*motions, *(item.motion for item in procedural_library())])
    about, off = ((model.encode_text(asked) @ images.T).max(axis=1) for asked in (texts, OFF_TOPIC))
    separated = ((about[:, None] > off).mean() + 0.5 * (about[:, None] == off).mean()) * 100
    passing = 100 * (off >= np.quantile(about, 0.1)).mean()
    items = f"{len(texts)} CMU captions, {len(OFF_TOPIC)} sentences about no motion"
    return [
        (
            "similarity of the best hit, median: captions / other sentences",
            items,
            f"{np.median(about):.2f} / {np.median(off):.2f}",
        ),
        ("… a caption's is higher than another sentence's (%), chance 50", "", f"{separated:.1f}"),
        ("… others that pass a threshold which nine captions in ten pass (%)", "", f"{passing:.0f}"),
        (
            "have a word that the model does not know, which is told: captions / other sentences",
            items,
            " / ".join(str(sum(bool(model.unknown_words(text)) for text in asked)) for asked in (texts, OFF_TOPIC)),
        ),
    ]


def table(models: Sequence[TMR], names: Sequence[str], measure: Callable[[TMR], list[Row]]) -> list[str]:
    """Return a Markdown table of a measure, a column of results a model."""
    columns = [measure(model) for model in models]
    heads = ["result"] if len(models) == 1 else list(names)
    lines = [f"| measure | items | {' | '.join(heads)} |", "|---|---|" + "---|" * len(heads)]
    for rows in zip(*columns, strict=True):
        lines.append(f"| {rows[0][0]} | {rows[0][1]} | {' | '.join(row[2] for row in rows)} |")
    return lines
