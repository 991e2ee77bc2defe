"""The options that change how a recipe trains, as one mapping of what they change."""

import functools
from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--steps", type=click.IntRange(min=1), help="Optimiser steps in place of the recipe's."),
    click.option("--batch-size", type=click.IntRange(min=2), help="Pairs a step in place of the recipe's."),
    click.option(
        "--parts",
        type=click.IntRange(min=1),
        help="Compute a batch in so many parts: less memory, the same loss [default: one a process].",
    ),
    click.option(
        "--precision",
        type=click.Choice(["float32", "bfloat16", "auto"]),
        help="What the encoders compute in; auto takes bfloat16 where the device has it [default: float32].",
    ),
    click.option(
        "--learning-rate",
        type=click.FloatRange(min=0, min_open=True),
        help="The highest rate in place of the recipe's.",
    ),
    click.option(
        "--keep",
        type=click.Choice(["last", "best"]),
        help="Which checkpoint becomes the model [default: the recipe's; the best with --patience].",
    ),
    click.option(
        "--patience",
        type=click.IntRange(min=1),
        help="End after so many validations without a better one [default: go on to the last step].",
    ),
    click.option("--validate-every", type=click.IntRange(min=1), help="Steps between validations [default: 100]."),
    click.option(
        "--validation-share",
        type=click.FloatRange(0, 0.5),
        help="Share of `train` that is held out, if the data names no validation split [default: 0.1].",
    ),
    click.option(
        "--paraphrases",
        type=click.IntRange(min=0),
        help="Pairs of sentences of a clip without motion that are drawn a step [default: the recipe's; 0 is none].",
    ),
)
_NAMES = (
    "steps", "batch_size", "parts", "precision", "learning_rate", "keep", "patience", "validate_every",
    "validation_share", "paraphrases",
)  # fmt: skip


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options, and hand it those that were given as `changes`, by the names of `TrainConfig`."""

    @functools.wraps(command)
    def with_changes(**options: Any) -> Any:
        changes = {name: options.pop(name) for name in _NAMES}
        changes = {name: value for name, value in changes.items() if value is not None}
        if "patience" in changes:
            changes.setdefault("keep", "best")
        return command(changes=changes, **options)

    result: Callable[..., Any] = with_changes
    for option in reversed(_OPTIONS):
        result = option(result)
    return result
