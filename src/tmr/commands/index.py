"""`tmr index`: embed a folder of motion files, or bring its index up to date."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import model_option, reading_options, windows_options, working_options
from tmr.search.storage.place import DEFAULT_NAME

if TYPE_CHECKING:
    from tmr.search.reading import ReadingOptions
    from tmr.search.report import Report


@click.command(short_help="Embed a folder of motion files, for search.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help=f"The index folder.  [default: {DEFAULT_NAME} in FOLDER]"
)
@model_option
@click.option("--new-model", is_flag=True, help="If the index is of another model, embed FOLDER again.")
@windows_options
@click.option("--mirrors", is_flag=True, default=None, help="Embed mirror images too, so that --fold finds them.")
@click.option(
    "--metadata", type=click.Path(path_type=Path), metavar="FILE", help="A .csv or .jsonl with a line an item."
)
@reading_options
@working_options
@click.pass_context
def index(
    ctx: click.Context,
    folder: Path,
    output: Path | None,
    model: str | None,
    new_model: bool,
    windows: tuple[float, ...],
    hop: float | None,
    mirrors: bool | None,
    metadata: Path | None,
    options: "ReadingOptions",
    workers: int | None,
    timeout: float,
    quiet: bool,
) -> None:
    """Embed the motion files of FOLDER, subfolders included, for `tmr search`.

    Run it again when files have changed: only new and changed ones are embedded, and what is gone is removed. It can be
    stopped at any time; what was done is kept, and the same command goes on from there.

    What readers found or assumed in new and changed files is told in few words, with --quiet not; `tmr search --json`
    has it all.

    A metadata.csv or metadata.jsonl in FOLDER, or --metadata FILE, says more of the items for `tmr search --where`. Its
    column or field `file` names the item. Nothing is embedded again when it changes.
    """
    from tmr.commands.progress import ProgressLine, name_skipped
    from tmr.model.checkpoint import DEFAULT
    from tmr.motion.telling import count_of
    from tmr.search.index import Index

    target = folder / DEFAULT_NAME if output is None else output
    progress = ProgressLine("indexed", quiet)
    try:
        built = Index.build(
            folder,
            target,
            model,
            options=options,
            window_seconds=windows or None,
            hop_seconds=hop,
            mirrors=mirrors,
            metadata=metadata,
            new_model=new_model,
            workers=workers,
            timeout_seconds=timeout,
            show_progress=progress,
        )
    except KeyboardInterrupt:
        progress.end()
        _say_stopped(target)
        ctx.exit(130)
    except BaseException:
        progress.end()
        raise
    report = built.report
    name_skipped(report.skipped)
    for reading in () if quiet else report.readings:
        click.echo(reading, err=True)
    for note in report.notes:
        click.echo(note, err=True)
    # Where something was done, a run with another model that was stopped may have gone on.
    if new_model and report.unchanged and not (report.added or report.replaced or report.removed):
        same = built.model_name or DEFAULT
        click.echo(f"--new-model: {target} is of model {same} already; name another one with --model", err=True)
    for name in report.removed:
        click.echo(f"removed {name}", err=True)
    click.echo(f"{target}: {count_of(len(built), 'item')} ({_done(report)})")
    ctx.exit(3 if report.skipped else 0)


def _done(report: "Report") -> str:
    return ", ".join(
        f"{len(names):,} {what}"
        for what, names in (
            ("added", report.added),
            ("replaced", report.replaced),
            ("unchanged", report.unchanged),
            ("removed", report.removed),
            ("skipped", report.skipped),
        )
        if names
    )


def _say_stopped(target: Path) -> None:
    from tmr.motion.telling import count_of
    from tmr.search.index import Index
    from tmr.search.storage.manifest import MANIFEST

    items = count_of(len(Index.open(target)) if (target / MANIFEST).exists() else 0, "item")
    click.echo(f"tmr: stopped; index {str(target)!r} has {items} so far: run the same command again to go on", err=True)
