"""Measure how well sentences worded as people type them find what the captions find: no side told, no subject.

    python runs/measure_wordings.py [--model NAME ...] [--data PACKS --cache FOLDER]

Asked are captions of the procedural library and, with `--data`, of Bandai's takes of the test split (sentences from
labels, the style untold), each as it is and in the other wording:

- those that name one side, without the side (`without_sides`); right is then a motion of the action, of either side;
- those that begin with a subject and a verb, without the subject (`fragments`): `waving`, `wave`. Captions of which
  nothing but one verb is left (`jump`) are asked too.

Gallery: the library's 209 motions, or all Bandai takes of `test`. Percent, with 95% bootstrap intervals over the
actions.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr.evaluation.bootstrap import interval_of_mean, resampled_means
from tmr.model.tmr import TMR, load_model
from tmr.motion.captions import captions_from_labels, side_words, swap_sides, without_sides
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip, select
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.data.find import find_data
from tmr.training.fragments import fragments

AT_ONCE = 5


@dataclass(frozen=True, eq=False)
class Gallery:
    """Motions with their actions, of which those of two sides are each other's mirror, and the captions asked.

    Args:
        name: What to call it.
        motions: The gallery.
        actions: Of each motion, as its label says.
        captions: Sentences, each with the action that it is said of.
    """

    name: str
    motions: Sequence[Motion]
    actions: Sequence[str]
    captions: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Wording:
    """How captions are told.

    Args:
        name: What to call it.
        tell: Caption → its wording; empty where there is none.
        sided: Whether only captions of motions of one side are asked.
        either_side: Whether a motion of the other side is right too.
    """

    name: str
    tell: Callable[[str], str]
    sided: bool = False
    either_side: bool = False


def _one_side(text: str) -> str:
    return text if without_sides(text) != text else ""


def _untold_side(text: str) -> str:
    return without_sides(text) if without_sides(text) != text else ""


def _with_subject(text: str) -> str:
    return text if len(fragments(text)) == 2 else ""


def _ing(text: str) -> str:
    return fragments(text)[0] if len(fragments(text)) == 2 else ""


def _base(text: str) -> str:
    return fragments(text)[1] if len(fragments(text)) == 2 else ""


WORDINGS = (
    Wording("one side, told", _one_side, sided=True),
    Wording("one side, untold", _untold_side, sided=True, either_side=True),
    Wording("a person waves", _with_subject),
    Wording("waving", _ing),
    Wording("wave", _base),
)


def library() -> Gallery:
    """Return the procedural library, variations that no model was trained on."""
    made = procedural_library()
    actions = [item.name.replace("_", "-") for item in made]
    captions = [(text, action) for item, action in zip(made, actions, strict=True) for text in item.captions]
    return Gallery("library", [item.motion for item in made], actions, captions)


def bandai_takes(data: Path, cache: Path) -> tuple[list[PreparedClip], list[Motion]]:
    """Return Bandai's takes of the test split, and their motions."""
    prepared = find_data(data).prepare(cache, show_progress=lambda _: None)
    clips = [clip for clip in select(prepared.clips, "test") if clip.info.action]
    skeleton = built_in_skeleton("somaskel30")
    return clips, [Motion(clip.joints, 30.0, skeleton, name=clip.info.id) for clip in clips]


def bandai(data: Path, cache: Path) -> Gallery:
    """Return Bandai's takes of the test split with the sentences of their actions."""
    clips, motions = bandai_takes(data, cache)
    actions = [clip.info.action for clip in clips]
    captions = [(text, action) for action in sorted(set(actions)) for text, _ in captions_from_labels(action, "normal")]
    return Gallery("bandai", motions, actions, captions)


def measure(model: TMR, gallery: Gallery) -> list[str]:
    """Return the rows of a model and a gallery."""
    motions = model.encode_motion(gallery.motions)
    rows = []
    for wording in WORDINGS:
        captions = [pair for pair in gallery.captions if side_words(pair[1]) or not wording.sided]
        asked = [(told, action) for text, action in captions if (told := wording.tell(text))]
        named = _either if wording.either_side else str
        actions = np.array([named(action) for action in gallery.actions], dtype=object)
        wanted = np.array([named(action) for _, action in asked], dtype=object)
        ranked = np.argsort(-(model.encode_text([text for text, _ in asked]) @ motions.T), axis=1, kind="stable")
        right = actions[ranked[:, :AT_ONCE]] == wanted[:, None]
        clusters = np.unique([_either(action) for _, action in asked], return_inverse=True)[1]
        cells = [percent(hits.astype(np.float64), clusters) for hits in (right[:, 0], right.any(axis=1))]
        where = f"{model.checkpoint_hash[:12]} | {gallery.name}, {len(motions)} | {wording.name}, {len(asked)}"
        rows.append(f"| {where} | {' | '.join(cells)} |")
    return rows


def _either(action: str) -> str:
    return min(action, swap_sides(action))


def percent(hits: np.ndarray, clusters: np.ndarray) -> str:
    """Return the mean of hits in percent, with its interval over the clusters."""
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
    print(f"| model | gallery, motions | wording, sentences | rank 1 (%) | in {AT_ONCE} (%) |\n|---|---|---|---|---|")
    for name in options.model or ("default", "open"):
        for gallery in galleries:
            print("\n".join(measure(load_model(name, text="full"), gallery)))


if __name__ == "__main__":
    main()
