"""`tmr search`: find the motions of an index that show what is typed, or that are like another motion."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.index import DEFAULT_NAME
from tmr.commands.options import model_option, options_from, reading_options

if TYPE_CHECKING:
    from tmr.search.index import Hit


@click.command(short_help="Find the motions that show a sentence.")
@click.argument("index", type=click.Path(path_type=Path))
@click.argument("texts", nargs=-1, metavar='"TEXT" ...')
@click.option("--motion", "motions", type=click.Path(path_type=Path), multiple=True, help="A motion file; repeatable.")
@click.option("-k", type=click.IntRange(1), default=10, show_default=True, help="How many hits a query gets.")
@click.option("--all-windows", is_flag=True, help="Give every window of a long take its own place.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a query, a line each.")
@model_option
@reading_options
def search(
    index: Path,
    texts: tuple[str, ...],
    motions: tuple[Path, ...],
    k: int,
    all_windows: bool,
    as_json: bool,
    model: str | None,
    joints: tuple[tuple[str, str], ...],
    unit: float | None,
    up: str | None,
    fps: float | None,
) -> None:
    """Print the motions of INDEX that are most like each TEXT, and each motion file, best first.

    INDEX is an index folder, or a folder of motion files that was indexed without -o.
    """
    from tmr.search.index import Index

    queries: list[str | Path] = [*texts, *motions]
    if not queries:
        raise click.UsageError("there is nothing to search for; give a sentence in quotes, or --motion FILE")
    folder = index / DEFAULT_NAME if (index / DEFAULT_NAME).is_dir() else index
    with Index.open(folder, model) as opened:
        options = options_from(fps, up, unit, joints)
        results = opened.search_many(queries, k, all_windows=all_windows, options=options)
        for number, (query, hits) in enumerate(zip(queries, results, strict=True)):
            if as_json:
                click.echo(json.dumps({**_query_json(query), "hits": [hit.to_json() for hit in hits]}))
                continue
            if len(queries) > 1:
                click.echo(f"{'' if number == 0 else chr(10)}{query}")
            click.echo(table(hits) if hits else f"the index {str(folder)!r} has no items")


def _query_json(query: str | Path) -> dict[str, str]:
    return {"text": query} if isinstance(query, str) else {"motion": str(query)}


def shown_path(hit: "Hit") -> str:
    """Return where a hit is, from the current folder if it is below it; the name of a hit that is no file."""
    if hit.path is None:
        return hit.item
    here = Path.cwd()
    return str(hit.path.relative_to(here) if hit.path.is_relative_to(here) else hit.path)


def table(hits: "Sequence[Hit]") -> str:
    """Return hits as a table for people: rank, similarity, seconds (from-to within a longer take), file."""
    rows = [("rank", "similarity", "seconds", "file")]
    for hit in hits:
        is_part = hit.end_seconds - hit.start_seconds < hit.seconds - 0.1
        seconds = f"{hit.start_seconds:.1f}-{hit.end_seconds:.1f}" if is_part else f"{hit.seconds:.1f}"
        rows.append((str(hit.rank), f"{hit.similarity:.3f}", seconds, shown_path(hit)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    )
