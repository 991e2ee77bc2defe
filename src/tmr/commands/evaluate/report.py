"""`tmr evaluate report`: what the other commands measured, as a page, tables and figures."""

from pathlib import Path

import click


@click.command(short_help="Make a page, tables and figures of a run.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--baseline", type=click.Path(path_type=Path), help="A run to lay beside it.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Folder of the report.  [default: `report` in RUN]"
)
def report(run: Path, baseline: Path | None, output: Path | None) -> None:
    """Make a report of RUN, a folder into which `tmr evaluate` commands have written.

    It writes report.html, one page that needs nothing but itself; tables.md and tables.tex; and figures for a paper as
    SVG and PDF, if matplotlib is installed. With --baseline the page tells what changed and how sure that is.
    """
    from tmr.evaluation.report.run import read_run
    from tmr.evaluation.report.writing import write_report

    written = write_report(
        read_run(run), output or run / "report", read_run(baseline) if baseline is not None else None
    )
    for path in written.files:
        click.echo(path)
    if written.without_figures:
        click.echo(written.without_figures, err=True)
