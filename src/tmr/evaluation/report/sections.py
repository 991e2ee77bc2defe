"""The page's parts that every kind of result has: headline numbers, tables with their rules, what was left out."""

from collections.abc import Mapping, Sequence

from tmr.evaluation.report.comparison import Paired, TableChange
from tmr.evaluation.report.definitions import definition
from tmr.evaluation.report.markup import Markup, join, tag
from tmr.evaluation.report.run import Run
from tmr.evaluation.result import LeftOut, Measure, Table
from tmr.evaluation.tables import (
    MISSING,
    column_head,
    column_unit,
    columns,
    format_measure,
    head_with_unit,
    written_parts,
)

_MOST_LEFT_OUT = 200
_ROOMY_COLUMNS = 4  # so many have room for number and interval side by side


def section(name: str, title: str, *parts: str) -> Markup:
    """Return a section that the contents can lead to."""
    return tag("section", tag("h2", title), *parts, id=name)


def table_section(table: Table) -> Markup:
    """Return a table with its rules beneath; a fraction has its place from 0 to 100 % and its interval drawn.

    A table by group is folded: it is for those who ask.
    """
    names = columns(table)
    heads = [tag("th", _head(table, name), scope="col") for name in names]
    rows = [
        tag(
            "tr",
            tag("th", row.replace("_", " "), scope="row"),
            *(_cell(measures.get(name)) for name in names),
            class_="by-chance" if row.endswith("chance") else None,
        )
        for row, measures in table.rows.items()
    ]
    shown = scrolled(table.title, tag("thead", tag("tr", tag("td"), *heads)), tag("tbody", *rows))
    title = table.title.replace("_", " ")
    density = "roomy" if len(names) <= _ROOMY_COLUMNS else None
    if "by_" in table.name:
        return tag("details", tag("summary", title), tag("article", shown, rules(table), class_=density))
    return tag("article", tag("h3", title), shown, rules(table), class_=density)


def scrolled(title: str, *parts: str) -> Markup:
    """Return a table that scrolls sideways in its own frame, by keyboard too."""
    return tag("div", tag("table", *parts), class_="scroll", tabindex=0, role="region", aria_label=title)


def _head(table: Table, name: str) -> Markup:
    meaning = definition(name)
    head = column_head(name)
    written = tag("abbr", head, title=meaning) if meaning else join(head)
    unit = column_unit(table, name)
    return join(written, tag("small", f" {unit}")) if unit else written


def _cell(measure: Measure | None) -> Markup:
    if measure is None:
        return tag("td")
    value, low, high = written_parts(measure)
    parts = [tag("span", value, class_="missing" if value == MISSING else None)]
    if low is not None:
        parts.append(tag("small", f"{low} to {high}"))
    if measure.unit == "fraction" and low is not None and 0 <= (measure.low or 0) <= (measure.high or 0) <= 1:
        parts.append(_interval_mark(measure.value, measure.low or 0, measure.high or 0))
    return tag("td", *parts, title=f"of {measure.count:,}" if measure.count is not None else None)


def _interval_mark(value: float, low: float, high: float) -> Markup:
    style = f"--low:{100 * low:.1f}%;--high:{100 * high:.1f}%;--value:{100 * value:.1f}%"
    return tag("i", class_="range", style=style)


def rules(table: Table) -> Markup:
    """Return a table's rules as a list of terms."""
    terms = [
        tag("div", tag("dt", name.replace("_", " ")), tag("dd", f"{rule:,}" if isinstance(rule, int) else str(rule)))
        for name, rule in table.rules.items()
    ]
    return tag("dl", *terms, class_="rules") if terms else Markup("")


def notes(texts: Sequence[str]) -> Markup:
    """Return warnings that a reader of the numbers must see."""
    return tag("div", *(tag("p", text) for text in texts), class_="notes", role="note") if texts else Markup("")


def left_out_section(left_out: Mapping[str, Sequence[LeftOut]]) -> Markup:
    """Return what is in none of the numbers, by kind of result, each with its reason."""
    parts = []
    for kind, rows in left_out.items():
        lines = [tag("tr", tag("th", row.name, scope="row"), tag("td", row.reason)) for row in rows[:_MOST_LEFT_OUT]]
        parts += [tag("h3", f"{kind}: {len(rows):,}"), scrolled(f"left out of {kind}", tag("tbody", *lines))]
        if len(rows) > _MOST_LEFT_OUT:
            parts.append(tag("p", f"… and {len(rows) - _MOST_LEFT_OUT:,} more, in {kind}.json.", class_="fine"))
    if not parts:
        parts = [tag("p", "Nothing: every motion and every text was measured.")]
    return section("left-out", "Left out, and why", *parts)


def comparison_section(
    run: Run, baseline: Run, changes: Mapping[str, Sequence[TableChange]], pairs: Paired | str | None
) -> Markup:
    """Return the run against the baseline: paired differences first, then every table that both have."""
    parts = [tag("p", f"{run.name} ({run.title}) against {baseline.name} ({baseline.title}).", class_="lead")]
    if isinstance(pairs, str):
        parts.append(notes([pairs]))
    elif pairs is not None:
        parts.append(_paired_table(run, pairs))
    for kind, tables in changes.items():
        parts += [_changed_table(kind, changed) for changed in tables if changed.changes]
    return section("baseline", "Against the baseline", *parts)


def _paired_table(run: Run, pairs: Paired) -> Markup:
    heads = tag("tr", tag("td"), *(tag("th", head, scope="col") for head in ("difference", "95 % interval", "clear")))
    rows = []
    for name, measure in pairs.differences.items():
        value, low, high = written_parts(measure)
        is_clear = measure.low is not None and measure.high is not None and (measure.low > 0 or measure.high < 0)
        unit = " points" if measure.unit == "fraction" else ""
        cells = (
            f"{_signed(value)}{unit}",
            f"{_signed(low or '')} to {_signed(high or '')}",
            "yes" if is_clear else "no",
        )
        rows.append(tag("tr", tag("th", column_head(name), scope="row"), *(tag("td", cell) for cell in cells)))
    same = len(pairs.rank) - pairs.better - pairs.worse
    counted = (
        f"Of {len(pairs.rank):,} queries in both, {pairs.better:,} rank better, {pairs.worse:,} worse, {same:,} the "
        "same. Run minus baseline; paired bootstrap over groups of motions "
        "that share a clip or a caption, 2,000 draws. Clear: 0 is outside the interval."
    )
    return tag(
        "article",
        tag("h3", "Text to motion, query by query"),
        scrolled("paired differences", tag("thead", heads), tag("tbody", *rows)),
        tag("p", counted, class_="fine"),
        _moved(run, pairs),
    )  # fmt: skip


def _moved(run: Run, pairs: Paired, count: int = 5) -> Markup:
    """Return the queries whose rank changed most, by its logarithm: from 1 to 10 is as far as from 10 to 100."""
    if run.space is None:
        return Markup("")
    change = (pairs.rank / pairs.before).astype(float)
    order = change.argsort(kind="stable")
    gained = [place for place in order[:count] if change[place] < 1]
    lost = [place for place in order[::-1][:count] if change[place] > 1]
    lists = []
    for title, places in (("Gained most", gained), ("Lost most", lost)):
        lines = [
            tag("li", f"{run.space.captions[int(pairs.query[place])]} ",
                tag("small", f"{pairs.before[place]:g} → {pairs.rank[place]:g}"))
            for place in places
        ]  # fmt: skip
        lists.append(tag("div", tag("h4", title), tag("ul", *(lines or [tag("li", "none")]))))
    return tag("div", *lists, class_="halves")


def _signed(text: str) -> str:
    return text.replace("-", "−") if text.startswith("-") else f"+{text}" if text.strip("0.") else text


def _changed_table(kind: str, changed: TableChange) -> Markup:
    head = tag("tr", tag("td"), *(tag("th", text, scope="col") for text in ("measure", "baseline", "run", "intervals")))
    apart = {True: "apart", False: "overlap", None: ""}
    rows = [
        tag(
            "tr",
            tag("th", change.row.replace("_", " "), scope="row"),
            *(
                tag("td", cell)
                for cell in (
                    head_with_unit(changed.table, change.measure),
                    format_measure(change.before),
                    format_measure(change.after),
                    apart[change.apart],
                )
            ),
        )
        for change in changed.changes
    ]
    warning = [f"The rules differ, so these numbers are not comparable: {'; '.join(changed.unlike)}."]
    table = scrolled(changed.table.title, tag("thead", head), tag("tbody", *rows))
    title = tag("summary", f"{kind}: {changed.table.title}")
    return tag("details", title, notes(warning) if changed.unlike else "", table)
