"""Measure a model on the development test split: the numbers of its model card, as the card has them.

    python runs/measure_default.py --data PACKS [--model NAME|FOLDER] [--beside NAME|FOLDER]... [--without SOURCE]...
        [--kimodo FOLDER_OF_NPZ] [--cache FOLDER] [--card] [-o FILE]

Prints Markdown: the sections Measured, Bias, Explainability, Privacy, Safety and security of card_template.md. With
--beside each table has a column for that model too. --without names sources that the model was not trained on,
`--without bandai --without hdm05` for `open`: what the card says of data, people and licence follows from it. With
--card it is the whole card, with TODO where only whoever trained the model knows.
"""

import argparse
import sys
from pathlib import Path

from card_measures import (
    Data,
    bias_rows,
    kimodo_rows,
    library_rows,
    privacy_rows,
    recall_rows,
    safety_rows,
    side_row,
    table,
)
from card_text import card, sources_of
from tmr.model.tmr import load_model
from tmr.motion.prepare import prepare

KIMODO = "The Kimodo motions of the conformance set, indexed together, each asked by its own text:"


def main() -> None:
    """Print the sections, or the whole card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--model", default="default", help="name or folder")
    parser.add_argument("--beside", action="append", default=[], help="another model; repeatable")
    parser.add_argument("--without", action="append", default=[], help="a source that was not trained on; repeatable")
    parser.add_argument("--kimodo", type=Path, help="folder of generated motions with their texts")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="keeps retargeted packs")
    parser.add_argument("--name", help="what the card calls the model [default: the name, or the folder's]")
    parser.add_argument("--card", action="store_true", help="the whole card, with TODO where this script cannot know")
    parser.add_argument("--output", "-o", type=Path, help="write there instead of printing")
    options = parser.parse_args()
    sources = sources_of(options.without)
    clips = prepare(options.data, options.cache)
    models = [load_model(name) for name in (options.model, *options.beside)]
    names = [options.name or Path(options.model).name, *(Path(name).name for name in options.beside)]
    data = Data.of(clips)
    measures = {
        "measured": lambda model: [*recall_rows(model, data), side_row(model, data), *library_rows(model)],
        "bias": lambda model: bias_rows(model, data),
        "privacy": lambda model: privacy_rows(model, data),
        "safety": lambda model: safety_rows(model, data),
    }
    tables = {key: table(models, names, measure) for key, measure in measures.items()}
    tables["kimodo"] = [KIMODO, "", *kimodo_rows(models, names, options.kimodo)] if options.kimodo else []
    beside = f"; beside {names[0]} stands {' and '.join(names[1:])}, measured the same way" if names[1:] else ""
    text = card(names[0], models[0], clips, sources, tables, beside)
    if not options.card:
        text = text[text.index("## Measured") : text.index("## Limits")]
    if options.output is None:
        sys.stdout.write(text)
    else:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
