"""Results as tables that people read: terminal, Markdown."""

import math

from tmr.evaluation.result import Measure, Result, Table

PERCENT = 100


def format_measure(measure: Measure) -> str:
    """Return a measure as people write it: percent for fractions, its interval in brackets."""
    if math.isnan(measure.value):
        return "–"
    scale = PERCENT if measure.unit == "fraction" else 1
    digits = 1 if measure.unit in ("fraction", "rank", "count", "degrees") else 3
    text = f"{measure.value * scale:.{digits}f}"
    if measure.low is not None and measure.high is not None:
        text += f" ({measure.low * scale:.{digits}f}–{measure.high * scale:.{digits}f})"
    return text


def column_head(name: str) -> str:
    """Return the head of a measure's column: `recall_at_10` is `R@10`."""
    if name.startswith("recall_at_"):
        return f"R@{name.removeprefix('recall_at_')}"
    return name.replace("_", " ")


def markdown(result: Result) -> str:
    """Return the result as Markdown: each table with its rules, then what was left out."""
    parts = [_markdown_table(table) for table in result.tables]
    parts += [f"> {note}\n" for note in result.notes]
    if result.left_out:
        rows = "\n".join(f"- {row.name}: {row.reason}" for row in result.left_out)
        parts.append(f"{len(result.left_out)} left out:\n\n{rows}\n")
    return "\n".join(parts)


def _markdown_table(table: Table) -> str:
    names = list(dict.fromkeys(name for row in table.rows.values() for name in row))
    lines = [f"| | {' | '.join(column_head(name) for name in names)} |", "|---" * (len(names) + 1) + "|"]
    for row, measures in table.rows.items():
        cells = [format_measure(measures[name]) if name in measures else "" for name in names]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    rules = "; ".join(f"{name.replace('_', ' ')}: {rule}" for name, rule in table.rules.items())
    return f"### {table.title}\n\n" + "\n".join(lines) + f"\n\n{rules}\n"
