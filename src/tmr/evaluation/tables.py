"""Results as tables that people read: terminal, Markdown, LaTeX."""

import math
import re
import shutil
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from tmr.evaluation.result import Measure, Result, Table

PERCENT = 100
MISSING = "–"

Rules = Mapping[str, str | int | float]

# A distance is given to four digits that count, the others to as many places as they are sure of at best.
_DECIMALS = {"fraction": 1, "rank": 1, "count": 0, "degrees": 1, "cm": 2, "seconds": 2}
_SHOWN_UNITS = ("m/s", "m", "cm", "m/s³", "degrees", "seconds")
_HEADS = {"mean_average_precision": "mAP", "ndcg": "nDCG"}
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "³": r"\textsuperscript{3}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "−": r"$-$",
    "→": r"$\rightarrow$",
    "…": r"\ldots{}",
}


def format_measure(measure: Measure) -> str:
    """Return a measure as people write it: percent for fractions, its interval in brackets."""
    value, low, high = written_parts(measure)
    return value if low is None else f"{value} ({low}{' to ' if '-' in low + str(high) else '–'}{high})"


def written_parts(measure: Measure) -> tuple[str, str | None, str | None]:
    """Return value, low and high as text with the same number of decimals; the ends None where there is no interval."""
    if not math.isfinite(measure.value):
        return MISSING, None, None
    decimals = _decimals(measure)
    scale = PERCENT if measure.unit == "fraction" else 1

    def written(number: float) -> str:
        text = f"{number * scale:.{decimals}f}"
        # A difference that rounds to nothing has no side.
        return text.removeprefix("-") if not text.strip("-0.") else text

    if measure.low is None or measure.high is None:
        return written(measure.value), None, None
    return written(measure.value), written(measure.low), written(measure.high)


def _decimals(measure: Measure) -> int:
    if measure.unit == "distance":
        size = abs(measure.value)
        return 4 if size == 0 else min(max(3 - math.floor(math.log10(size)), 1), 6)
    if measure.unit == "count" and measure.value != round(measure.value):
        return 1
    return _DECIMALS.get(measure.unit, 3)


def column_head(name: str) -> str:
    """Return the head of a measure's column: `recall_at_10` is `R@10`."""
    if name in _HEADS:
        return _HEADS[name]
    head = re.sub(r"recall at (\d+)", r"R@\1", name.replace("_", " "))
    return re.sub(r"\b(fid|kid)\b", lambda found: found[0].upper(), head)


def column_unit(table: Table, name: str) -> str:
    """Return what stands beside a column's head: `%`, a unit, or nothing where units differ or numbers have none."""
    units = {measures[name].unit for measures in table.rows.values() if name in measures}
    if units == {"fraction"}:
        return "%"
    return next(iter(units)) if len(units) == 1 and units <= set(_SHOWN_UNITS) else ""


def columns(table: Table) -> list[str]:
    """Return the names of a table's measures in the order in which they first occur."""
    return list(dict.fromkeys(name for row in table.rows.values() for name in row))


def head_with_unit(table: Table, name: str) -> str:
    """Return a column's head with its unit in brackets."""
    unit = column_unit(table, name)
    return f"{column_head(name)} ({unit})" if unit else column_head(name)


def rules_line(table: Table) -> str:
    """Return a table's rules in one line."""
    return _rules_text(table.rules)


def _rules_text(rules: Rules) -> str:
    return "; ".join(f"{name.replace('_', ' ')}: {rule}" for name, rule in rules.items())


def _cells(table: Table, written: Callable[[Measure], str] = format_measure) -> list[list[str]]:
    """Return the table's text without its heads, one list a row; the row's name first."""
    names = columns(table)
    return [
        [row, *(written(measures[name]) if name in measures else "" for name in names)]
        for row, measures in table.rows.items()
    ]


def terminal(result: Result, width: int | None = None) -> str:
    """Return the result as aligned plain text: each table with its rules, notes, then what was left out.

    Args:
        result: What to write.
        width: Places of a line. A table that needs more has its intervals under its numbers, and if that does not do
            its columns in several blocks. None takes the terminal's, 120 where there is none.
    """
    width = width or shutil.get_terminal_size((120, 24)).columns
    shared = _shared_rules(result.tables)
    parts = [_terminal_table(table, shared, width) for table in result.tables]
    if shared:
        parts.append(_folded(f"In every table: {_rules_text(shared)}", width))
    parts += [_folded(f"Note: {note}", width) for note in result.notes]
    if result.left_out:
        rows = [f"  {row.name}: {row.reason}" for row in result.left_out]
        parts.append("\n".join([f"{len(result.left_out):,} left out:", *rows]))
    return "\n\n".join(parts) + "\n"


def _shared_rules(tables: Sequence[Table]) -> Rules:
    """Return what holds for all of several tables: repeated under each, it would bury what differs."""
    if len(tables) < 2:
        return {}
    first = tables[0].rules
    return {name: rule for name, rule in first.items() if all(table.rules.get(name) == rule for table in tables)}


def _terminal_table(table: Table, shared: Rules, width: int) -> str:
    heads = ["", *(head_with_unit(table, name) for name in columns(table))]
    rows = [[cells] for cells in _cells(table)]
    if sum(_widths([heads, *_cells(table)])) + 2 * len(heads) - 2 > width:
        rows = [_two_lines(cells) for cells in _cells(table)]
    lines = [heads, *(line for row in rows for line in row)]
    blocks = [_block([[line[0], *(line[at] for at in chosen)] for line in lines]) for chosen in _fitting(lines, width)]
    own = {name: rule for name, rule in table.rules.items() if name not in shared}
    rules = [_folded(_rules_text(own), width, "  ")] if own else []
    return "\n\n".join([table.title, *blocks, *rules])


def _two_lines(cells: Sequence[str]) -> list[list[str]]:
    """Return a row with its intervals below its numbers; one line if it has none."""
    upper = [cells[0], *(cell.partition(" (")[0] for cell in cells[1:])]
    lower = ["", *(cell.partition(" (")[2].removesuffix(")") for cell in cells[1:])]
    return [upper, lower] if any(lower) else [upper]


def _fitting(lines: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Return which columns stand in which block, so that no block is wider than asked; one column at least."""
    widths = _widths(lines)
    blocks: list[list[int]] = [[]]
    for at in range(1, len(widths)):
        taken = widths[0] + sum(2 + widths[other] for other in [*blocks[-1], at])
        if blocks[-1] and taken > width:
            blocks.append([])
        blocks[-1].append(at)
    return blocks


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(shown_width, column)) for column in zip(*lines, strict=True)]


def _block(lines: Sequence[Sequence[str]]) -> str:
    """Return aligned lines with a rule under the first."""
    widths = _widths(lines)
    written = ["  ".join(_padded(line, widths)).rstrip() for line in lines]
    return "\n".join([written[0], "─" * (sum(widths) + 2 * len(widths) - 2), *written[1:]])


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return cells of equal width: names to the left, numbers to the right."""
    blanks = [" " * (width - shown_width(cell)) for cell, width in zip(cells, widths, strict=True)]
    return [cells[0] + blanks[0], *(blank + cell for blank, cell in zip(blanks[1:], cells[1:], strict=True))]


def _folded(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(
        text, max(width, 40), initial_indent=indent, subsequent_indent=indent or "  ", break_on_hyphens=False
    )


def shown_width(text: str) -> int:
    """Return how many places a text takes in a terminal: wide East Asian letters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def markdown(result: Result) -> str:
    """Return the result as Markdown: each table with its rules, then what was left out."""
    parts = [_markdown_table(table) for table in result.tables]
    parts += [f"> {_one_line(note)}\n" for note in result.notes]
    if result.left_out:
        rows = "\n".join(f"- {_one_line(row.name)}: {_one_line(row.reason)}" for row in result.left_out)
        parts.append(f"{len(result.left_out):,} left out:\n\n{rows}\n")
    return "\n".join(parts)


def _markdown_table(table: Table) -> str:
    names = columns(table)
    heads = " | ".join(_markdown_cell(head_with_unit(table, name)) for name in names)
    lines = [f"| | {heads} |", "|---|" + "---:|" * len(names)]
    lines += [f"| {' | '.join(map(_markdown_cell, cells))} |" for cells in _cells(table)]
    return f"### {_one_line(table.title)}\n\n" + "\n".join(lines) + f"\n\n{_one_line(rules_line(table))}\n"


def _markdown_cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    """Return text on one line that Markdown shows as it is: a name or a caption may hold anything."""
    return re.sub(r"([\\`*<\[])", r"\\\1", " ".join(text.split()))


def latex(result: Result) -> str:
    """Return the result's tables as LaTeX for the booktabs package, one `table` each, rules in the caption.

    Returns:
        Text without preamble: `\\input` it in a document with `\\usepackage{booktabs}`.
    """
    return "\n".join(_latex_table(result.kind, table) for table in result.tables)


def _latex_table(kind: str, table: Table) -> str:
    names = columns(table)
    heads = " & ".join(["", *(escape_latex(head_with_unit(table, name)) for name in names)])
    rows = [" & ".join([escape_latex(cells[0]), *cells[1:]]) + r" \\" for cells in _cells(table, _latex_measure)]
    caption = f"{escape_latex(table.title)}. {escape_latex(rules_line(table))}."
    label = re.sub(r"[^A-Za-z0-9]+", "-", f"{kind} {table.name}").strip("-")
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{caption}}}",
            rf"\label{{tab:{label}}}",
            rf"\begin{{tabular}}{{l{'r' * len(names)}}}",
            r"\toprule",
            rf"{heads} \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _latex_measure(measure: Measure) -> str:
    value, low, high = written_parts(measure)
    if value == MISSING:
        return "--"
    numbers = [f"${part}$" if part.startswith("-") else part for part in (value, low, high) if part is not None]
    return numbers[0] if low is None else rf"{numbers[0]} {{\scriptsize[{numbers[1]}, {numbers[2]}]}}"


def escape_latex(text: str) -> str:
    """Return text that LaTeX prints as it stands."""
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
