"""Measure how well sentences that tell an action and a style find the takes of actors who acted it.

    python runs/measure_styles.py --data PACKS [--cache FOLDER] [--model NAME ...]

Asked are the 126 sentences of `style_sentences.json`, two for each action and style of Bandai's `test`, by a writer who
saw the two labels and nothing else. Styles that are one to a reader are one (`SAME_STYLES`). Gallery: all Bandai takes
of `test`. Percent, with 95% bootstrap intervals over the pairs of action and style.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from measure_wordings import AT_ONCE, bandai_takes, percent
from tmr.model.tmr import TMR, load_model
from tmr.motion.captions import captions_from_labels
from tmr.motion.label_wordings import SAME_STYLES, style_as_read, wordings_from_labels
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip

SENTENCES = Path(__file__).with_name("style_sentences.json")


def asked_sentences(clips: list[PreparedClip]) -> list[tuple[str, str, str]]:
    """Return each sentence with its action and style.

    Raises:
        SystemExit: If a sentence is one that is trained on, or no take shows it.
    """
    rows = json.loads(SENTENCES.read_text(encoding="utf-8"))
    shown = {(clip.info.action, style_as_read(clip.info.style)) for clip in clips}
    if unseen := [row for row in rows if (row["action"], row["style"]) not in shown]:
        raise SystemExit(f"no take of test shows {unseen[0]['action']} in the style {unseen[0]['style']}")
    styles = {row["style"] for row in rows} | SAME_STYLES.keys()
    told = {
        text
        for action in {row["action"] for row in rows}
        for style in styles
        for text in (
            *(sentence for sentence, _ in captions_from_labels(action, style)),
            *wordings_from_labels(action, style),
        )
    }
    asked = [(text, row["action"], row["style"]) for row in rows for text in row["texts"]]
    if known := [text for text, _, style in asked if text in told and style != "normal"]:
        raise SystemExit(f"these sentences are trained on: {', '.join(known)}")
    return asked


def measure(model: TMR, clips: list[PreparedClip], motions: list[Motion], asked: list[tuple[str, str, str]]) -> str:
    """Return the row of a model."""
    similarity = model.encode_text([text for text, _, _ in asked]) @ model.encode_motion(motions).T
    ranked = np.argsort(-similarity, axis=1, kind="stable")
    has_action, has_style = (
        np.array(has, dtype=object)[ranked[:, :AT_ONCE]] == np.array(wanted, dtype=object)[:, None]
        for has, wanted in (
            ([clip.info.action for clip in clips], [action for _, action, _ in asked]),
            ([style_as_read(clip.info.style) for clip in clips], [style for _, _, style in asked]),
        )
    )
    both = has_action & has_style
    pairs = np.unique([f"{action} {style}" for _, action, style in asked], return_inverse=True)[1]
    hits = (both[:, 0], both.any(axis=1), has_action[:, 0], has_style[:, 0])
    cells = [percent(found.astype(np.float64), pairs) for found in hits]
    return f"| {model.checkpoint_hash[:12]} | {len(asked)}, {len(motions)} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    parser.add_argument("--model", action="append", help="[default: default and open]")
    options = parser.parse_args()
    clips, motions = bandai_takes(options.data, options.cache)
    asked = asked_sentences(clips)
    heads = (
        "model",
        "sentences, motions",
        "both at rank 1",
        f"both in {AT_ONCE}",
        "action at rank 1",
        "style at rank 1",
    )
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for name in options.model or ("default", "open"):
        print(measure(load_model(name, text="full"), clips, motions, asked), flush=True)


if __name__ == "__main__":
    main()
