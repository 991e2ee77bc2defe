"""`tmr evaluate probes`: what a model's space knows of sides, order, two deeds at once, count, speed …."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import MODEL_HELP

if TYPE_CHECKING:
    from tmr.evaluation.captioned import CaptionedMotion
    from tmr.evaluation.result import LeftOut

# Written out here: the package is not imported for --help.
_PROBES = ("side", "order", "together", "count", "speed", "direction", "path", "style", "invariance")
_LIBRARY = "library"


@click.command(short_help="Measure what a model knows: sides, order, counts …; and what must not matter.")
@click.option(
    "--data",
    "sources",
    metavar="SOURCE",
    multiple=True,
    default=(_LIBRARY,),
    show_default=True,
    help="As for `tmr evaluate retrieval`; repeatable.",
)
@click.option("--split", help="Only this split of the data; the library has none.  [default: all]")
@click.option(
    "--model",
    "models",
    metavar="NAME|FOLDER",
    multiple=True,
    help=f"{MODEL_HELP} Repeat it to lay several side by side.  [default: default]",
)
@click.option(
    "--probe", "probes", type=click.Choice(_PROBES), multiple=True, help="Only this probe; repeatable.  [default: each]"
)
@click.option(
    "--clips", type=click.IntRange(1), default=60, show_default=True, help="Most clips of a source in each probe."
)
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    help="Give the groups of this column too: subject, action, style, source …; repeatable.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of draws and intervals.")
@click.option("--cache", type=click.Path(path_type=Path), help="Keeps retargeted packs.  [default: ~/.cache/tmr/packs]")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the run.")
@click.pass_context
def probes(
    ctx: click.Context,
    sources: tuple[str, ...],
    split: str | None,
    models: tuple[str, ...],
    probes: tuple[str, ...],
    clips: int,
    by: tuple[str, ...],
    seed: int,
    cache: Path | None,
    output: Path,
) -> None:
    """Ask a model which of two sentences is true of a motion, and of which of two motions a sentence is true.

    The two differ in one thing: the side, the order, the arms, the count, the speed, the direction, the path or the
    style. And measure what changes if a clip starts elsewhere, faces another way, comes at another frame rate, on
    another body, or cut. Writes probes.json into the folder of the run.
    """
    from tmr.errors import DatasetError
    from tmr.evaluation.probes.measure import check_columns, make_probes, measure_probes
    from tmr.evaluation.result import Result
    from tmr.evaluation.tables import terminal
    from tmr.model.tmr import load_model

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"folder {str(output)!r} cannot be made: {error.strerror}; choose another with -o") from None
    # A model that cannot be loaded is told before the data are read, which may take long.
    loaded = {name or "default": load_model(name or None) for name in dict.fromkeys(models or ("",))}
    items, unread = _load(sources, split, cache)
    check_columns(items, by)
    made = make_probes(items, names=probes or _PROBES, most=clips, seed=seed)
    click.echo(f"asking {', '.join(loaded)} about clips of {len(items):,} motions", err=True)
    tables, left_out = measure_probes(loaded, made, by=by, seed=seed)
    result = Result(
        "probes",
        {name: model.checkpoint_hash for name, model in loaded.items()},
        {"source": ", ".join(sources), "motions": len(items), **({"split": split} if split else {})},
        tuple(tables),
        (*unread, *left_out),
        made.notes,
    )
    try:
        result.write(output / "probes.json")
    except OSError as error:
        raise DatasetError(f"the results cannot be written to {str(output)!r}: {error.strerror}") from error
    click.echo(terminal(result))
    for row in result.left_out:
        click.echo(f"left out {row.name}: {row.reason}", err=True)
    ctx.exit(3 if result.left_out else 0)


def _load(
    sources: tuple[str, ...], split: str | None, cache: Path | None
) -> tuple[list["CaptionedMotion"], list["LeftOut"]]:
    from tmr.evaluation.captioned import load_captioned

    items, left_out = [], []
    for source in dict.fromkeys(sources):
        loaded, unread = load_captioned(source, split=None if source == _LIBRARY else split, cache=cache)
        items += loaded
        left_out += unread
    return items, left_out
