"""The data that `tmr train` is given: its options, what is told of it, and the dry run."""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tmr.commands.options import reading_options

if TYPE_CHECKING:
    from tmr.evaluation.result import LeftOut
    from tmr.search.reading import ReadingOptions
    from tmr.training.corpus import Corpus
    from tmr.training.data.find import TrainingData
    from tmr.training.recipes import TrainConfig


def data_options(command: Callable) -> Callable:
    """Add --data and what belongs to it; the command gets `found`, the dataset with its annotations read."""

    @functools.wraps(command)
    def with_data(
        data: Path,
        layout: str | None,
        captions: Path | None,
        motions: Path | None,
        options: "ReadingOptions",
        **others: Any,
    ) -> Any:
        from tmr.training.data.find import find_data

        found = find_data(data, format=layout, captions=captions, motions=motions, options=options)
        # Of the processes that torchrun starts, one speaks; that is known before PyTorch is imported.
        if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["RANK"] == "0":
            click.echo(found.title, err=True)
        return command(found=found, **others)

    decorated = reading_options(with_data)
    for option in (
        click.option("--motions", type=click.Path(path_type=Path), help="The motion files' folder, if it is another."),
        click.option("--captions", type=click.Path(path_type=Path), help="The captions file, if it is elsewhere."),
        click.option(
            "--format",
            "layout",
            help="packs, captions, humanml3d, babel, kitml, unified or seed [default: found by what is in the folder].",
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            required=True,
            help="Motion files with captions.csv or .jsonl, or another dataset of docs/training.md.",
        ),
    ):
        decorated = option(decorated)
    return decorated


def check_data(found: "TrainingData", config: "TrainConfig", cache: Path) -> bool:
    """Tell what would be trained on, whose motions stay in the cache; return whether nothing is left out."""
    from tmr.training.data.check import describe
    from tmr.training.data.holdout import hold_out
    from tmr.training.data.loading import show_reading
    from tmr.training.examples import build_examples

    prepared = found.prepare(cache, show_progress=show_reading)
    held_out = hold_out(prepared.clips, config.validation_subjects, config.validation_share)
    # What training would refuse is refused here.
    build_examples(held_out.training, 0, config.seed)
    for line in describe(found.title, prepared, held_out):
        click.echo(line)
    return not prepared.left_out


def tell_data(corpus: "Corpus") -> None:
    """Say on stderr what is held out, and what is left out and why."""
    name_left_out(corpus.left_out)
    for note in corpus.notes:
        click.echo(note, err=True)
    click.echo(f"held out to choose by: {corpus.held_out}", err=True)


def name_left_out(left_out: "Sequence[LeftOut]") -> None:
    """Name on stderr what is left out of the data, with the reasons."""
    from tmr.training.data.check import tell_left_out

    if left_out:
        click.echo(f"left out: {len(left_out):,}", err=True)
    for line in tell_left_out(left_out):
        click.echo(line, err=True)
