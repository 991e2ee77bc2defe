"""`tmr train`: captioned motions → a model, resumable."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from tmr.commands.training_data import check_data, data_options, tell_data

if TYPE_CHECKING:
    from tmr.training.data.find import TrainingData


class Share(click.ParamType):
    """`source=share`: how much of each batch is drawn from a source."""

    name = "source=share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Return the source and its share."""
        if isinstance(value, tuple):
            return value
        source, _, number = value.partition("=")
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if not (source and 0 <= share < float("inf")):
            self.fail(f"{value!r} is not of the form source=share, such as cmu=0.5", param, ctx)
        return source, share


@click.command(short_help="Train a model on captioned motions.")
@data_options
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the run; the model is in `model` there.",
)
@click.option("--check", is_flag=True, help="Only tell what would be trained on, and what is left out and why.")
@click.option("--recipe", default="patches", show_default=True, help="What is trained: patches, frames or augmented.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of weights, batches and dropout."
)
@click.option("--steps", type=click.IntRange(min=1), help="Optimiser steps in place of the recipe's.")
@click.option(
    "--share",
    "shares",
    type=Share(),
    multiple=True,
    help="Draw from these sources, packs, `procedural` or `joined`, in place of the recipe's; repeatable.",
)
@click.option(
    "--keep", type=click.Choice(["last", "best"]), help="Which checkpoint becomes the model [default: the recipe's]."
)
@click.option(
    "--paraphrases",
    type=click.IntRange(min=0),
    help="Pairs of sentences of a clip without motion that are drawn a step [default: the recipe's; 0 is none].",
)
@click.option("--no-validation", is_flag=True, help="Train on all of `train` and keep the last weights.")
@click.option(
    "--cache", type=click.Path(path_type=Path), help="Keeps prepared data between runs [default: `cache` in the run]."
)
@click.option("--device", help="cpu, cuda, … [default: a GPU if there is one].")
def train(
    found: "TrainingData",
    out: Path,
    check: bool,
    recipe: str,
    seed: int,
    steps: int | None,
    shares: tuple[tuple[str, float], ...],
    keep: Literal["last", "best"] | None,
    paraphrases: int | None,
    no_validation: bool,
    cache: Path | None,
    device: str | None,
) -> None:
    """Train a model on captioned motions. The same command goes on with a run that was stopped or killed.

    Recall is told on a validation part of `train`, by which --keep best chooses; the test split is never looked at.
    """
    import dataclasses

    from tmr.training.data.mixture import fit_to_data
    from tmr.training.loop import Trainer
    from tmr.training.recipes import RECIPES

    if recipe not in RECIPES:
        raise click.UsageError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    model_config, config = RECIPES[recipe](seed)
    if not shares:
        config = fit_to_data(config, found)
    if steps is not None:
        config = dataclasses.replace(config, steps=steps)
    if shares:
        sources = tuple(name for name, share in shares if share > 0 and name != "joined")
        joined = config.joined if dict(shares).get("joined") else 0
        config = dataclasses.replace(config, mixture=dict(shares), joined=joined, joined_from=sources)
    if paraphrases is not None:
        config = dataclasses.replace(config, paraphrases=paraphrases)
    if keep is not None:
        config = dataclasses.replace(config, keep=keep)
    if no_validation:
        config = dataclasses.replace(config, validation_subjects=())
    if check:
        click.get_current_context().exit(0 if check_data(found, config, cache or out / "cache") else 3)
    trainer = Trainer(found, out, model_config, config, cache=cache, device=device)
    tell_data(trainer.corpus)
    click.echo(str(trainer.run()))
    if trainer.corpus.left_out:
        click.get_current_context().exit(3)
