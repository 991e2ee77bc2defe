"""`tmr train`: captioned motions → a model, resumable."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tmr.commands.training_data import check_data, data_options, tell_data
from tmr.commands.training_options import training_options

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
@click.option(
    "--recipe",
    default="patches",
    show_default=True,
    help="What is trained: patches, augmented, open, published, tmr_paper … (docs/training.md).",
)
@click.option(
    "--from",
    "source",
    metavar="MODEL",
    help="Begin with this model's weights: a folder, a name such as nvidia/TMR-SOMA-RP-v1, `default` or `open`.",
)
@click.option("--new-text", is_flag=True, help="With --from: begin the text side anew, on the recipe's text backbone.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of weights, batches and dropout."
)
@training_options
@click.option(
    "--share",
    "shares",
    type=Share(),
    multiple=True,
    help="Draw from these sources, packs, `procedural`, `procedural_more`, `joined`, `counted`, `paced`, `blended`, "
    "`bent` or `styled`, in place of the recipe's; repeatable.",
)
@click.option("--no-validation", is_flag=True, help="Train on all of `train` and keep the last weights.")
@click.option(
    "--cache", type=click.Path(path_type=Path), help="Keeps prepared data between runs [default: `cache` in the run]."
)
@click.option("--device", help="cpu, cuda, … [default: a GPU if there is one].")
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Processes that prepare batches [default: up to 4 beside a GPU, none beside a processor].",
)
@click.option("--tensorboard", is_flag=True, help="Write the log for TensorBoard too, into `tensorboard` of the run.")
def train(
    found: "TrainingData",
    out: Path,
    check: bool,
    recipe: str,
    source: str | None,
    new_text: bool,
    seed: int,
    changes: dict[str, Any],
    shares: tuple[tuple[str, float], ...],
    no_validation: bool,
    cache: Path | None,
    device: str | None,
    workers: int | None,
    tensorboard: bool,
) -> None:
    """Train a model on captioned motions. The same command goes on with a run that was stopped or killed.

    Recall is told on a validation part of `train`, by which --keep best chooses; the test split is never looked at.
    On several GPUs: torchrun --nproc-per-node N -m tmr train …
    """
    import dataclasses

    from tmr.training.data.mixture import fit_to_data
    from tmr.training.recipes import COMPOSED, RECIPES

    if recipe not in RECIPES:
        raise click.UsageError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    if new_text and source is None:
        raise click.UsageError("--new-text is for a model that is given by --from")
    model_config, config = RECIPES[recipe](seed)
    if not shares:
        config = fit_to_data(config, found)
    if shares:
        sources = tuple(name for name, share in shares if share > 0 and name not in COMPOSED)
        drawn = {name: getattr(config, name) if dict(shares).get(name) else 0 for name in COMPOSED}
        config = dataclasses.replace(config, mixture=dict(shares), joined_from=sources, **drawn)
    config = dataclasses.replace(config, **changes)
    if no_validation:
        config = dataclasses.replace(config, validation_subjects=())
    if check:
        click.get_current_context().exit(0 if check_data(found, config, cache or out / "cache") else 3)
    from tmr.training.loop import Trainer

    start = None
    if source is not None:
        from tmr.training.warm_start import load_start

        start = load_start(source, model_config, new_text=new_text)
        model_config = start.config
        config = dataclasses.replace(config, warmup_steps=max(config.warmup_steps, config.steps // 20))
        if start.lacks_text:
            click.echo(
                f"{source} reads texts with {model_config.text_backbone}; --new-text trains without it", err=True
            )
    trainer = Trainer(
        found, out, model_config, config, cache=cache, device=device, workers=workers, start=start,
        tensorboard=tensorboard,
    )  # fmt: skip
    if trainer.team.leads:
        tell_data(trainer.corpus)
    model = trainer.run()
    if trainer.team.leads:
        click.echo(str(model))
    if trainer.corpus.left_out:
        click.get_current_context().exit(3)
