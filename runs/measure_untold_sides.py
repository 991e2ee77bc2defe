"""Measure how well a sentence finds a motion of one side where it leaves the side untold, as most people do.

    python runs/measure_untold_sides.py [--model NAME ...] [--data PACKS --cache FOLDER]

Asked are the captions that name one side, of the procedural library and, with `--data`, of Bandai's takes of the test
split (sentences from labels, the style untold); once as they are and once without the side (`without_sides`). Right is
a motion of the action, of either side where the side is untold. Gallery: the library's 209 motions, or all Bandai takes
of `test`. Percent, with 95% bootstrap intervals over the actions.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr.evaluation.bootstrap import interval_of_mean, resampled_means
from tmr.model.tmr import TMR, load_model
from tmr.motion.captions import captions_from_labels, side_words, swap_sides, without_sides
from tmr.motion.motion import Motion
from tmr.motion.prepare import select
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.data.find import find_data

AT_ONCE = 5


@dataclass(frozen=True, eq=False)
class Gallery:
    """Motions with their actions, of which those of two sides are each other's mirror, and the captions asked.

    Args:
        name: What to call it.
        motions: The gallery.
        actions: Of each motion, as its label says.
        asked: Captions that name one side, each with the action that it is said of.
    """

    name: str
    motions: Sequence[Motion]
    actions: Sequence[str]
    asked: Sequence[tuple[str, str]]


def library() -> Gallery:
    """Return the procedural library, variations that no model was trained on."""
    made = procedural_library()
    actions = [item.name.replace("_", "-") for item in made]
    asked = [(text, action) for item, action in zip(made, actions, strict=True) for text in item.captions]
    return Gallery("library", [item.motion for item in made], actions, _of_one_side(asked))


def bandai(data: Path, cache: Path) -> Gallery:
    """Return Bandai's takes of the test split with the sentences of their actions."""
    prepared = find_data(data).prepare(cache, show_progress=lambda _: None)
    clips = [clip for clip in select(prepared.clips, "test") if clip.info.action]
    skeleton = built_in_skeleton("somaskel30")
    motions = [Motion(clip.joints, 30.0, skeleton, name=clip.info.id) for clip in clips]
    actions = [clip.info.action for clip in clips]
    texts = {action: [text for text, tells in captions_from_labels(action, "normal")] for action in set(actions)}
    return Gallery(
        "bandai", motions, actions, _of_one_side([(text, action) for action in sorted(texts) for text in texts[action]])
    )


def _of_one_side(asked: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(text, action) for text, action in asked if without_sides(text) != text and side_words(action)]


def measure(model: TMR, gallery: Gallery) -> list[str]:
    """Return the two rows of a model and a gallery."""
    motions = model.encode_motion(gallery.motions)
    families = [min(action, swap_sides(action)) for action in gallery.actions]
    rows = []
    for name, untold in (("told", False), ("untold", True)):
        texts = [without_sides(text) if untold else text for text, _ in gallery.asked]
        ranked = np.argsort(-(model.encode_text(texts) @ motions.T), axis=1, kind="stable")[:, :AT_ONCE]
        wanted = [min(action, swap_sides(action)) if untold else action for _, action in gallery.asked]
        found = np.array(families if untold else gallery.actions, dtype=object)[ranked]
        right = found == np.array(wanted, dtype=object)[:, None]
        clusters = np.unique([min(action, swap_sides(action)) for _, action in gallery.asked], return_inverse=True)[1]
        cells = [_percent(hits.astype(np.float64), clusters) for hits in (right[:, 0], right.any(axis=1))]
        rows.append(f"| {model.checkpoint_hash[:12]} | {gallery.name}, {len(motions)} | {name} | {' | '.join(cells)} |")
    return rows


def _percent(hits: np.ndarray, clusters: np.ndarray) -> str:
    low, high = interval_of_mean(hits, resampled_means(hits[:, None], clusters=clusters)[:, 0], clusters=clusters)
    assert low is not None
    assert high is not None
    return f"{100 * hits.mean():.1f} ({100 * low:.1f}–{100 * high:.1f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="[default: default and open]")
    parser.add_argument("--data", type=Path, help="folder of packs")
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    options = parser.parse_args()
    galleries = [library(), *([bandai(options.data, options.cache)] if options.data else [])]
    print(f"| model | gallery, motions | side | right at rank 1 (%) | among {AT_ONCE} (%) |\n|---|---|---|---|---|")
    for name in options.model or ("default", "open"):
        for gallery in galleries:
            print("\n".join(measure(load_model(name, text="full"), gallery)))


if __name__ == "__main__":
    main()
