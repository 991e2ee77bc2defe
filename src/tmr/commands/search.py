"""`tmr search`: find the motions of an index that show what is typed, or that are like another motion."""

import itertools
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tmr.commands.options import model_option, quiet_option, reading_options, text_side_option
from tmr.search.storage.place import index_of

if TYPE_CHECKING:
    from tmr.model.text import TextSide
    from tmr.search.index import Hit, Index
    from tmr.search.mix import Mix
    from tmr.search.query import Wording
    from tmr.search.reading import ReadingOptions

    Asked = str | Path | Mix

# Control characters, and what else begins a new line or turns the direction of writing.
_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@click.command(short_help="Find the motions that show a sentence.")
@click.argument("words", nargs=-1, metavar='INDEX "TEXT" ...')
@click.option("--motion", "motions", type=click.Path(path_type=Path), multiple=True, help="A motion file; repeatable.")
@click.option("--plus", multiple=True, metavar="TEXT", help="Also like this; repeatable. Makes one query of all.")
@click.option("--minus", multiple=True, metavar="TEXT", help="And not like this; repeatable.")
@click.option("-k", type=click.IntRange(1), default=10, show_default=True, help="How many hits a query gets.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many of the best: the next page.")
@click.option("--where", metavar="FILTER", help="Only such items: \"seconds > 2 and style in ('old', 'tired')\".")
@click.option("--fold", is_flag=True, help="Near duplicates and mirror images stand under the best of them.")
@click.option("--moments", type=click.IntRange(1), default=1, help="How many parts of a long take may be hits.")
@click.option("--all-windows", is_flag=True, help="Give every window of a long take its own place.")
@click.option(
    "--within", type=click.Path(path_type=Path), metavar="FILE", help="Find moments in one motion file, without INDEX."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a query, a line each.")
@quiet_option("No word of the model's licence on stderr.")
@model_option
@text_side_option
@reading_options
def search(
    words: tuple[str, ...],
    motions: tuple[Path, ...],
    plus: tuple[str, ...],
    minus: tuple[str, ...],
    k: int,
    offset: int,
    where: str | None,
    fold: bool,
    moments: int,
    all_windows: bool,
    within: Path | None,
    as_json: bool,
    quiet: bool,
    model: str | None,
    text_side: "TextSide | None",
    options: "ReadingOptions",
) -> None:
    """Print the motions of INDEX that are most like each TEXT, and each motion file, best first.

    INDEX is an index folder, or a folder of motion files that was indexed without -o. With --plus and --minus all that
    is given is one query: walk --plus tired --minus limp. docs/search.md says what --where can ask.
    """
    if within is not None:
        if where is not None or fold or all_windows or offset or moments > 1:
            raise click.UsageError(
                "--within searches one file, and -k says how many moments: --where, --fold, --all-windows, --offset, "
                "--moments have no place"
            )
        _check_no_index(words)
        queries = _queries([*words, *motions], plus, minus)
        _print_moments(within, queries, k, as_json, model, text_side, options)
        return
    if not words:
        raise click.UsageError("there is no INDEX to search; make one with: tmr index FOLDER")
    if all_windows and moments > 1:
        raise click.UsageError("--all-windows already gives every part of a take its own place: leave out --moments")
    from tmr.search.index import Index

    index, queries = Path(words[0]), _queries([*words[1:], *motions], plus, minus)
    folder = index_of(index)
    with Index.open(folder, model, text=text_side) as opened:
        results = opened.search_many(
            queries,
            k,
            offset=offset,
            where=where,
            all_windows=all_windows,
            moments=moments,
            fold=fold,
            options=options,
        )
        for number, (query, hits) in enumerate(zip(queries, results, strict=True)):
            wording = opened.wording(query)
            _warn(wording)
            if as_json:
                click.echo(json.dumps({**_query_json(query, wording), "hits": [hit.to_json() for hit in hits]}))
                continue
            _print_title(queries, number, wording)
            click.echo(table(hits) if hits else _nothing(opened, where, offset))


def _check_no_index(words: tuple[str, ...]) -> None:
    """Refuse an INDEX beside --within: it would be asked for as a sentence."""
    if words and os.path.isdir(words[0]):
        from tmr.search.typed import as_typed

        raise click.UsageError(
            f"with --within no INDEX is needed, and {words[0]!r} is a folder: leave it out (if it is meant as a "
            f"sentence, write {as_typed('--plus', words[0])})"
        )


def _nothing(index: "Index", where: str | None, offset: int) -> str:
    """Return why there is not a single hit."""
    from tmr.motion.telling import count_of

    count, name = index.count(where), f"the index {str(index.folder)!r}"
    if len(index) == 0:
        return f"{name} has no items"
    if count == 0:
        return f"none of the {count_of(len(index), 'item')} of {name} passes the filter: {where}"
    passing = "" if where is None else f" that {'passes' if count == 1 else 'pass'} the filter"
    return f"{name} has {count_of(count, 'item')}{passing}: --offset {offset} leaves out all hits, give a smaller one"


def _queries(parts: list[str | Path], plus: tuple[str, ...], minus: tuple[str, ...]) -> "list[Asked]":
    """Return one query a part; or one of all parts, if something is added or taken away."""
    if not parts and not plus:
        raise click.UsageError("there is nothing to search for; give a sentence in quotes, or --motion FILE")
    if not plus and not minus:
        return list(parts)
    from tmr.search.mix import Mix

    return [Mix([*((1.0, part) for part in (*parts, *plus)), *((-1.0, text) for text in minus)])]


def _print_moments(
    file: Path,
    queries: "list[Asked]",
    k: int,
    as_json: bool,
    model: str | None,
    text: "TextSide | None",
    options: "ReadingOptions",
) -> None:
    from tmr.search.query import Encoders
    from tmr.search.within import moments_within

    encoders = Encoders(model, text)
    found = moments_within(file, queries, k, model=encoders, options=options)
    for number, (query, moments) in enumerate(zip(queries, found, strict=True)):
        wording = encoders.wording(query)
        _warn(wording)
        rows = [
            {
                "rank": rank,
                "similarity": round(moment.similarity, 6),
                "start_seconds": round(moment.start_seconds, 3),
                "end_seconds": round(moment.end_seconds, 3),
            }
            for rank, moment in enumerate(moments, start=1)
        ]
        if as_json:
            click.echo(json.dumps({**_query_json(query, wording), "moments": rows}))
            continue
        _print_title(queries, number, wording)
        click.echo("rank  similarity        seconds")
        for row in rows:
            seconds = f"{row['start_seconds']:.1f}-{row['end_seconds']:.1f}"
            click.echo(f"{row['rank']:>4}  {row['similarity']:>10.3f}  {seconds:>13}")


def _print_title(queries: "list[Asked]", number: int, wording: "Wording") -> None:
    """Print which of several queries comes now, and which words of it are read as others."""
    if len(queries) > 1:
        click.echo(f"{'' if number == 0 else chr(10)}{queries[number]}")
    for text, read in wording.read_as.items():
        click.echo(f'"{text}" is read as "{read}"')


def _warn(wording: "Wording") -> None:
    """Say for which sentences hits mean little."""
    from tmr.search.query import NO_ENGLISH, NOT_KNOWN

    for text in wording.not_english:
        click.echo(f'"{text}" has {NO_ENGLISH}', err=True)
    # Each once, however many sentences have it.
    for word in dict.fromkeys(itertools.chain.from_iterable(wording.unknown_words.values())):
        click.echo(f'"{word}" is {NOT_KNOWN}', err=True)


def _query_json(query: "Asked", wording: "Wording") -> dict[str, Any]:
    told: dict[str, Any] = {"read_as": wording.read_as} if wording.read_as else {}
    if wording.not_english:
        told["not_english"] = wording.not_english
    if wording.unknown_words:
        told["unknown_words"] = wording.unknown_words
    if isinstance(query, str | Path):
        return _part_json(query) | told
    return {"mix": [{**_part_json(part), "weight": weight} for weight, part in query.parts], **told}


def _part_json(part: object) -> dict[str, Any]:
    return {"text" if isinstance(part, str) else "motion": str(part)}


def shown_path(hit: "Hit") -> str:
    """Return where a hit is, from the current folder if it is below it; the name of a hit that is no file."""
    if hit.path is None:
        return hit.item
    here = Path.cwd()
    return str(hit.path.relative_to(here) if hit.path.is_relative_to(here) else hit.path)


def table(hits: "Sequence[Hit]") -> str:
    """Return hits as a table for people: rank, similarity, seconds (from-to within a longer take), file.

    What is folded under a hit is named below it.
    """
    rows = [("rank", "similarity", "seconds", "file")]
    for hit in hits:
        is_part = hit.end_seconds - hit.start_seconds < hit.seconds - 0.1
        seconds = f"{hit.start_seconds:.1f}-{hit.end_seconds:.1f}" if is_part else f"{hit.seconds:.1f}"
        rows.append((str(hit.rank), f"{hit.similarity:.3f}", seconds, _on_one_line(shown_path(hit))))
        rows += [("", "", "", f"  + {_on_one_line(folded.item)} ({folded.why})") for folded in hit.folded]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    )


def _on_one_line(name: str) -> str:
    r"""Return a file's name with `\n`, `\t` and the like in the places of what would break the table."""
    return _BREAKING.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), name)
