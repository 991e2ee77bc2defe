"""What a reader sees first: headline numbers, and all comparisons with chance in one picture."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tmr.evaluation.report.charts import legend
from tmr.evaluation.report.comparison import Change, TableChange
from tmr.evaluation.report.markup import Markup, tag
from tmr.evaluation.report.run import Run
from tmr.evaluation.result import Measure, Result, Table
from tmr.evaluation.tables import column_head, column_unit, columns, format_measure, written_parts

# Kind → what its first numbers are: the table's name, a pattern of the row, the measure, and what a reader calls it.
_HEADLINES: Mapping[str, Sequence[tuple[str, str, str, str]]] = {
    "retrieval": (
        ("all", "text.to.motion", "recall_at_10", "Text to motion, R@10"),
        ("all", "text.to.motion", "median_rank", "Text to motion, median rank"),
        ("all", "motion.to.text", "recall_at_10", "Motion to text, R@10"),
        ("small_batches", "text.to.motion", "recall_at_3", "In batches of 32, R@3"),
    ),
    "generation": (
        ("r_precision", "^generated", "recall_at_3", "Generated: R-precision, top 3"),
        ("distribution", "^generated", "fid", "Generated: FID"),
        ("motion_match", "^generated", "motion_match", "Generated: like the real motion"),
    ),
    "kimodo": (
        ("reference", ", generated", "recall_at_3", "Kimodo benchmark, generated, R@3"),
        ("reference", ", ground truth", "recall_at_3", "Kimodo benchmark, ground truth, R@3"),
    ),
}
_NO_NUMBERS = re.compile(r"chance|^spread|^another")
_MOST_OTHERS = 4
_MOST_MARKED_ROWS = 3
_FEW = 10  # comparisons; a row of fewer tells too little for the picture


@dataclass(frozen=True)
class _Headline:
    label: str
    table: Table
    row: str
    name: str

    @property
    def measure(self) -> Measure:
        return self.table.rows[self.row][self.name]


def headline_tiles(run: Run, changes: Mapping[str, Sequence[TableChange]]) -> Markup:
    """Return the first numbers of each kind of result, each with its interval, chance, gallery and change."""
    tiles = []
    for kind, result in run.results.items():
        if kind == "probes" and _compared(result):
            continue
        tiles += [_tile(headline, _change_of(changes.get(kind, ()), headline)) for headline in _headlines(kind, result)]
    return tag("ul", *tiles, class_="tiles") if tiles else Markup("")


def _headlines(kind: str, result: Result) -> list[_Headline]:
    """Return what the summary shows of a result; of a kind without a list, the first number of the first tables."""
    found = []
    for table_name, pattern, name, label in _HEADLINES.get(kind, ()):
        for table in result.tables:
            rows = [row for row, measures in table.rows.items() if re.search(pattern, row) and name in measures]
            if table.name == table_name and rows:
                found.append(_Headline(label, table, rows[0], name))
    if found:
        return found
    for table in result.tables[:_MOST_OTHERS]:
        row, measures = next(iter(table.rows.items()), ("", {}))
        name = next(iter(measures), None)
        if name is not None:
            found.append(_Headline(f"{table.title}: {column_head(name)}", table, row, name))
    return found


def _tile(headline: _Headline, change: Change | None) -> Markup:
    measure, table = headline.measure, headline.table
    value, low, high = written_parts(measure)
    unit = column_unit(table, headline.name)
    facts = []
    if low is not None:
        facts.append(f"95 % interval {low} to {high}")
    if change is not None:
        facts.append(f"baseline {format_measure(change.before)}")
    by_chance = table.rows.get(f"{headline.row} · chance", table.rows.get("chance", {}))
    if headline.name in by_chance:
        facts.append(f"chance {format_measure(by_chance[headline.name])}")
    if "gallery" in table.rules:
        facts.append(f"gallery: {table.rules['gallery']}")
    if measure.count is not None and (" " in headline.row or "gallery" not in table.rules):
        facts.append(f"{headline.row}, of {measure.count:,}")
    shown = tag("strong", value, tag("small", f" {unit}"), class_="value")
    return tag(
        "li", tag("span", headline.label, class_="label"), shown, *(tag("span", fact, class_="fine") for fact in facts)
    )


def _change_of(changes: Sequence[TableChange], headline: _Headline) -> Change | None:
    for changed in changes:
        if changed.table is headline.table and not changed.unlike:
            return next(
                (change for change in changed.changes if (change.row, change.measure) == (headline.row, headline.name)),
                None,
            )
    return None


def chance_picture(result: Result) -> Markup:
    """Return one line a row of the tables that know their chance: value, interval and chance from 0 to 100 %.

    Rows of few comparisons, and tables by group, are left to the tables.
    """
    compared = _compared(result)
    if not compared:
        return Markup("")
    styles = {name: style for name, style in zip(columns(compared[0]), ("text", "motion"), strict=False)}
    lines = []
    for table in compared:
        subject, _, told = table.title.partition(":")
        head = tag("span", tag("b", subject), tag("small", told.strip()), class_="subject")
        tracks = [_track(row, table.rows[row], table.rows["chance"], styles) for row in _largest(table, styles)]
        lines.append(tag("div", head, tag("div", *tracks, class_="tracks"), class_="compared"))
    marks = [(column_head(name), style) for name, style in styles.items()]
    told = (
        "Share of comparisons that come out right, with its 95 % interval. Of each table the rows with the most "
        f"comparisons, {_MOST_MARKED_ROWS} at most; rows of under {_FEW} are in the tables only."
    )
    return tag(
        "figure",
        tag("figcaption", "Against chance, at a glance"),
        tag("div", *lines),
        legend([*marks, ("chance", "chance")]),
        tag("p", told, class_="fine"),
    )


def _largest(table: Table, names: Mapping[str, object]) -> list[str]:
    """Return the rows with the most comparisons, in the table's order."""
    rows = [row for row, measures in table.rows.items() if _is_marked(row, measures, names)]
    name = next(iter(names))
    chosen = sorted(rows, key=lambda row: -(table.rows[row][name].count or 0))[:_MOST_MARKED_ROWS]
    return [row for row in rows if row in chosen]


def _compared(result: Result) -> list[Table]:
    """Return the tables with a row of chance in fractions and a row worth a mark, without those by group."""
    return [
        table
        for table in result.tables
        if "chance" in table.rows
        and "_by_" not in table.name
        and any(_is_marked(row, measures, table.rows["chance"]) for row, measures in table.rows.items())
    ]


def _is_marked(row: str, measures: Mapping[str, Measure], names: Mapping[str, object]) -> bool:
    wanted = [measures[name] for name in names if name in measures]
    return (
        not _NO_NUMBERS.search(row)
        and bool(wanted)
        and all(measure.unit == "fraction" and (measure.count or 0) >= _FEW for measure in wanted)
        and not any(math.isnan(measure.value) for measure in wanted)
    )


def _track(
    row: str, measures: Mapping[str, Measure], by_chance: Mapping[str, Measure], styles: Mapping[str, str]
) -> Markup:
    marks, values = [], []
    for name, style in styles.items():
        if name not in measures:
            continue
        measure = measures[name]
        low, high = (measure.value if end is None else end for end in (measure.low, measure.high))
        places = f"--low:{100 * low:.1f}%;--high:{100 * high:.1f}%;--value:{100 * measure.value:.1f}%"
        said = f"{column_head(name)}: {format_measure(measure)} %, of {measure.count}"
        marks.append(tag("i", class_=f"place {style}", style=places, title=said, role="img", aria_label=said))
        values.append(written_parts(measure)[0])
    chance = max((by_chance[name].value for name in styles if name in by_chance), default=0.0)
    return tag(
        "div",
        tag("span", row, class_="row-name"),
        tag("span", *marks, class_="track", style=f"--chance:{100 * chance:.1f}%"),
        tag("span", " / ".join(values), class_="values"),
    )
