"""`tmr embed`: motion files to embeddings, without an index."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import model_option, reading_options, window_options, working_options

if TYPE_CHECKING:
    from tmr.search.reading import ReadingOptions


@click.command(short_help="Write embeddings of motion files into an .npz file.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The .npz file to write.")
@model_option
@window_options
@reading_options
@working_options
@click.pass_context
def embed(
    ctx: click.Context,
    files: tuple[Path, ...],
    output: Path,
    model: str | None,
    window: float | None,
    hop: float | None,
    options: "ReadingOptions",
    workers: int | None,
    timeout: float,
    quiet: bool,
) -> None:
    """Write the embeddings of motion FILES, and of the motion files in folders among them, into an .npz file.

    Its arrays, a row each window: `embeddings` (window, 256) float32, `items`, `start_seconds`, `end_seconds`; and
    `checkpoint_hash`, which tells the model. A motion of up to 10 seconds is one window.
    """
    from tmr.commands.progress import ProgressLine, name_skipped
    from tmr.search.embed import embed_files

    progress = ProgressLine("embedded", quiet)
    try:
        skipped, num_rows = embed_files(
            files,
            output,
            model,
            options=options,
            window_seconds=window,
            hop_seconds=hop,
            workers=workers,
            timeout_seconds=timeout,
            show_progress=progress,
        )
    finally:
        progress.end()
    name_skipped(skipped)
    click.echo(f"{output}: {num_rows:,} {'embedding' if num_rows == 1 else 'embeddings'}")
    ctx.exit(3 if skipped else 0)
