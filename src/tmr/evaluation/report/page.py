"""The report as one HTML page that needs nothing but itself."""

import re
from importlib.resources import files

from tmr.evaluation.report.comparison import paired, table_changes
from tmr.evaluation.report.definitions import RULES, definitions
from tmr.evaluation.report.markup import Markup, data, join, tag
from tmr.evaluation.report.overview import chance_picture, headline_tiles
from tmr.evaluation.report.players import packed_motions
from tmr.evaluation.report.run import Run
from tmr.evaluation.report.sample import Sample
from tmr.evaluation.report.sections import (
    comparison_section,
    left_out_section,
    notes,
    section,
    table_section,
)
from tmr.evaluation.report.views import queries_section, rank_charts, space_section
from tmr.evaluation.tables import column_head, columns

_TITLES = {
    "retrieval": "Retrieval",
    "probes": "What the space knows",
    "generation": "Generated motions",
    "kimodo": "Kimodo benchmark",
}
# The player is the search page's; each module is put after those that it takes from.
_PLAYER = ("pose.js", "camera.js", "figure.js", "plain.js", "player.js")
_SCRIPTS = ("queries.js", "space.js")


def report_html(run: Run, sample: Sample | None = None, baseline: Run | None = None) -> str:
    """Return the page.

    Args:
        run: What to report.
        sample: Of the run's space; where there is none, the page has no queries, map and matrix.
        baseline: What to lay beside it.
    """
    changes = table_changes(run, baseline) if baseline is not None else {}
    base = baseline.space if baseline is not None else None
    sections, payload = [], []
    for kind, result in run.results.items():
        charts = rank_charts(run.spaces, base) if kind == "retrieval" and run.spaces else Markup("")
        sections.append(section(kind, _TITLES[kind], notes(result.notes), charts, *map(table_section, result.tables)))
        if kind == "retrieval" and run.space is not None and run.played is not None and sample is not None:
            space, drawn = space_section(run.space, sample)
            sections += [queries_section(run.space, run.played), space]
            motions = packed_motions(run.played.motions, run.played.fps)
            payload = [data("motions", motions), data("space-data", drawn)]
    if baseline is not None:
        pairs = paired(run.space, base) if run.space is not None and base is not None else None
        sections.append(comparison_section(run, baseline, changes, pairs))
    sections.append(
        left_out_section({kind: result.left_out for kind, result in run.results.items() if result.left_out})
    )
    sections.append(_definitions_section(run))
    parts = (headline_tiles(run, changes), *map(chance_picture, run.results.values()), _pointers(run))
    summary = section("summary", "Summary", *parts)
    body = join(_header(run), _contents([summary, *sections]), tag("main", summary, *sections), *payload)
    return _document(f"Evaluation of {run.title}", body)


def _pointers(run: Run) -> Markup:
    """Return where there is something that a reader of the numbers must see."""
    lines = []
    for kind, result in run.results.items():
        link = tag("a", _TITLES[kind], href=f"#{kind}")
        if result.notes:
            count = f"{len(result.notes)} {'note' if len(result.notes) == 1 else 'notes'}"
            lines.append(tag("p", link, f": {count} that the numbers must be read with."))
        if result.left_out:
            lines.append(tag("p", link, f": {len(result.left_out):,} ", tag("a", "left out", href="#left-out"), "."))
    return tag("div", *lines, class_="notes", role="note") if lines else Markup("")


def _header(run: Run) -> Markup:
    models: dict[str, str] = {}
    for result in run.results.values():
        models.update(result.models)
    facts = [
        tag("div", tag("dt", "model"), tag("dd", name, tag("code", digest[:12])))
        for name, digest in models.items()
    ]  # fmt: skip
    for kind, result in run.results.items():
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result.data.items())
        facts.append(tag("div", tag("dt", _TITLES[kind]), tag("dd", told)))
    return tag(
        "header", tag("p", "Evaluation", class_="kicker"), tag("h1", run.title), tag("dl", *facts, class_="facts")
    )


def _contents(sections: list[Markup]) -> Markup:
    found = [re.search(r'<section id="([^"]+)"><h2>(.*?)</h2>', part) for part in sections]
    links = [tag("a", Markup(match[2]), href=f"#{match[1]}") for match in found if match is not None]
    return tag("nav", *links, aria_label="Contents")


def _definitions_section(run: Run) -> Markup:
    used = [
        name for result in run.results.values() for table in result.tables for name in columns(table)
    ]  # fmt: skip
    terms = [tag("div", tag("dt", term), tag("dd", text)) for term, text in RULES]
    terms += [
        tag("div", tag("dt", ", ".join(map(column_head, names))), tag("dd", text))
        for text, names in definitions(used).items()
    ]
    return section("definitions", "Rules and definitions", tag("dl", *terms, class_="terms"))


def _document(title: str, body: Markup) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(_asset("report.css"))),
    )
    script = tag("script", Markup(_script()), type="module")
    return f"<!doctype html>\n{tag('html', head, tag('body', body, script), lang='en')}\n"


def _script() -> str:
    """Return the modules as one: what they import from each other stands above them."""
    player = [(files("tmr.search") / "page" / name).read_text(encoding="utf-8") for name in _PLAYER]
    modules = [*player, *(_asset(name) for name in _SCRIPTS)]
    joined = "\n".join(re.sub(r"^import .*? from \"\./.*?\";$", "", module, flags=re.M | re.S) for module in modules)
    return re.sub(r"^export (?=const|class|function|async)", "", joined, flags=re.M)


def _asset(name: str) -> str:
    return (files("tmr.evaluation.report") / "assets" / name).read_text(encoding="utf-8")
