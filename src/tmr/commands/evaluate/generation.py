"""`tmr evaluate generation`: score generated motions beside real ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import model_option, reading_options, working_options

if TYPE_CHECKING:
    from tmr.evaluation.generation_run import Scored
    from tmr.search.reading import ReadingOptions


@click.command(short_help="Score generated motions beside real ones.")
@click.argument("predicted", type=click.Path(path_type=Path))
@click.option(
    "--reference",
    required=True,
    type=click.Path(path_type=Path),
    help="The real motions: folder, or .npz of embeddings.",
)
@click.option(
    "--texts", type=click.Path(path_type=Path), help="Captions file (.jsonl, .csv); else the texts beside the motions."
)
@model_option
@click.option("--by", metavar="COLUMN", help="Give the groups of this column of the captions file too.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of draws and intervals.")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the run.")
@reading_options
@working_options
@click.pass_context
def generation(
    ctx: click.Context,
    predicted: Path,
    reference: Path,
    texts: Path | None,
    model: str | None,
    by: str | None,
    seed: int,
    output: Path,
    options: "ReadingOptions",
    workers: int | None,
    timeout: float,
    quiet: bool,
) -> None:
    """Score the generated motions PREDICTED: text match, motion match, FID, KID, variety, motion quality.

    PREDICTED and --reference are folders of motion files of any format, paired by name; NAME_0, NAME_1 … are several
    answers to the text of NAME. Or they are .npz files of embeddings of any model (motion, text, names). The texts come
    from --texts, a captions.jsonl or captions.csv in either folder, the text in an .npz, or NAME.txt beside a motion.

    Writes generation.json, which tmr evaluate report reads, and generation.npz into the folder of the run. What is
    broken or has no partner is named and left out on both sides; the exit status is then 3.
    """
    from tmr.commands.progress import ProgressLine
    from tmr.evaluation.generation_run import score_generation
    from tmr.evaluation.motion_set import ReadingPlan
    from tmr.evaluation.tables import terminal

    for folder in (predicted, reference):
        if folder.is_dir() and output.resolve().is_relative_to(folder.resolve()):
            raise click.UsageError(
                f"-o {output} lies in {folder}, whose files would then count as motions; choose another folder with -o"
            )
    # A folder that cannot be written is told before anything that takes time.
    _write(output)
    encoder, hashes = None, {"embeddings": "as given"}
    if predicted.is_dir() or reference.is_dir():
        from tmr.model.tmr import load_model

        encoder = load_model(model)
        hashes = {model or "default": encoder.checkpoint_hash}
    progress = ProgressLine("read", quiet)
    plan = ReadingPlan(options, workers, timeout, progress)
    try:
        scored = score_generation(
            predicted, reference, encoder, models=hashes, texts=texts, by=by, seed=seed, plan=plan
        )
    finally:
        progress.end()
    _write(output, scored)
    click.echo(terminal(scored.result))
    for row in scored.result.left_out:
        click.echo(f"left out {row.name}: {row.reason}", err=True)
    ctx.exit(3 if scored.result.left_out else 0)


def _write(output: Path, scored: "Scored | None" = None) -> None:
    """Make the folder of the run, and write into it what came of it."""
    from tmr.errors import DatasetError

    try:
        output.mkdir(parents=True, exist_ok=True)
        if scored is not None:
            scored.result.write(output / "generation.json")
            scored.write_embeddings(output / "generation.npz")
    except OSError as error:
        raise DatasetError(
            f"the results cannot be written to {str(output)!r}: {error.strerror}; choose another folder with -o"
        ) from error
