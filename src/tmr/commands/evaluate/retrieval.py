"""`tmr evaluate retrieval`: how well captions find their motions, and motions their captions."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import MODEL_HELP

if TYPE_CHECKING:
    from tmr.evaluation.result import Result
    from tmr.evaluation.retrieval_result import Embedded

# Written out here: the package is not imported for --help.
_PROTOCOLS = ("all", "threshold", "dissimilar", "small_batches", "lenient")


@click.command(short_help="Measure how well captions and motions find each other.")
@click.option(
    "--data",
    metavar="SOURCE",
    help="Folder of packs, folder of motion files with captions.jsonl or .csv, captions file, or `library`.",
)
@click.option("--split", help="Only this split of the data, `test` say.  [default: all]")
@click.option(
    "--model",
    "models",
    metavar="NAME|FOLDER",
    multiple=True,
    help=f"{MODEL_HELP} Repeat it to lay several side by side.  [default: default]",
)
@click.option(
    "--embeddings",
    type=click.Path(path_type=Path),
    help="Score these embeddings of another model (.npz: text, motion, owner) in place of --data and --model.",
)
@click.option(
    "--protocol", "protocols", type=click.Choice(_PROTOCOLS), multiple=True, help="Repeatable.  [default: each]"
)
@click.option(
    "--captions",
    type=click.Choice(["first", "all"]),
    default="first",
    show_default=True,
    help="Which captions of a motion are queries.",
)
@click.option("--by", metavar="COLUMN", help="Give the groups of this column too: subject, action, style, source …")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of draws and intervals.")
@click.option("--cache", type=click.Path(path_type=Path), help="Keeps retargeted packs.  [default: ~/.cache/tmr/packs]")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the run.")
@click.pass_context
def retrieval(
    ctx: click.Context,
    data: str | None,
    split: str | None,
    models: tuple[str, ...],
    embeddings: Path | None,
    protocols: tuple[str, ...],
    captions: str,
    by: str | None,
    seed: int,
    cache: Path | None,
    output: Path,
) -> None:
    """Measure text-to-motion and motion-to-text retrieval under each protocol.

    Writes retrieval.json and retrieval.npz, and played.npz for `tmr evaluate report`, into the folder of the run. Ties
    count as what is expected of them, and each table has the row of an encoder that tells nothing apart.
    """
    if (data is None) == (embeddings is None):
        raise click.UsageError("give either --data or --embeddings")
    if embeddings is not None and (models or split or by):
        raise click.UsageError("--embeddings are of a model already; leave out --model, --split and --by")
    from tmr.evaluation.retrieval_result import measure_retrieval
    from tmr.evaluation.tables import terminal

    _make_folder(output)
    source = str(embeddings or data)
    if embeddings is not None:
        embedded, hashes = _stored(embeddings, captions)
    else:
        embedded, hashes = _embed(source, split, models, captions, cache)
    result = measure_retrieval(
        embedded,
        hashes=hashes,
        data={"source": source, **({"split": split} if split else {})},
        protocols=protocols or _PROTOCOLS,
        by=by,
        seed=seed,
    )
    _write(result, embedded, output)
    click.echo(terminal(result))
    for row in result.left_out:
        click.echo(f"left out {row.name}: {row.reason}", err=True)
    ctx.exit(3 if result.left_out else 0)


def _make_folder(output: Path) -> None:
    """Make the folder of the run before anything that takes time."""
    from tmr.errors import DatasetError

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"folder {str(output)!r} cannot be made: {error.strerror}; choose another with -o"
        ) from error


def _stored(path: Path, captions: str) -> tuple["Embedded", dict[str, str]]:
    from tmr.evaluation.embeddings import read_embeddings
    from tmr.evaluation.retrieval_result import gallery_of_embeddings
    from tmr.search.storage.disk import file_sha256

    return gallery_of_embeddings(read_embeddings(path), path.stem, captions=captions), {path.stem: file_sha256(path)}


def _embed(
    source: str, split: str | None, names: tuple[str, ...], captions: str, cache: Path | None
) -> tuple["Embedded", dict[str, str]]:
    """Return the data embedded by each model, with what could not be read or embedded."""
    from tmr.evaluation.captioned import load_captioned
    from tmr.evaluation.retrieval_result import embed_gallery
    from tmr.model.tmr import load_model

    # A model that cannot be loaded is told before the data are read, which may take long.
    models = {name or "default": load_model(name or None) for name in dict.fromkeys(names or ("",))}
    items, unread = load_captioned(source, split=split, cache=cache)
    click.echo(f"embedding {len(items):,} motions and their captions with {', '.join(models)}", err=True)
    embedded = embed_gallery(models, items, captions=captions)
    hashes = {name: model.checkpoint_hash for name, model in models.items()}
    return replace(embedded, left_out=(*unread, *embedded.left_out)), hashes


def _write(result: "Result", embedded: "Embedded", output: Path) -> None:
    from tmr.errors import DatasetError
    from tmr.evaluation.retrieval_files import write_embeddings, write_played

    try:
        result.write(output / "retrieval.json")
        write_embeddings(embedded, output / "retrieval.npz")
        if embedded.items:
            write_played(embedded, output / "played.npz")
        else:
            # Motions of an earlier run in this folder are not those of these embeddings.
            (output / "played.npz").unlink(missing_ok=True)
    except OSError as error:
        raise DatasetError(f"the results cannot be written to {str(output)!r}: {error.strerror}") from error
