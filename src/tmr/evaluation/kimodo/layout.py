"""The summary as the benchmark prints it: text-following and constrained tables, for the terminal and Markdown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tmr.evaluation.kimodo.published import CONSTRAINED, GROUND_TRUTH, TEXT_FOLLOWING
from tmr.evaluation.tables import shown_width

MISSING = "-"


class Column(NamedTuple):
    """A column of a group: its head, decimals, and the summary's keys for ground truth and for the method."""

    head: str
    decimals: int
    truth: str
    method: str


class Layout(NamedTuple):
    """A table: its title, the summary's name for it, its groups, their columns, and what was published."""

    title: str
    table: str
    groups: tuple[str, ...]
    columns: tuple[Column, ...]
    published: Mapping[str, Mapping[str, Sequence[Sequence[float]]]]


NOTHING = ""  # a key that no line of the summary has
LAYOUTS = (
    Layout(
        "Text-Following Evaluation",
        "text_following",
        ("Overview", "Timeline single", "Timeline multi"),
        (
            Column("R@3↑", 2, "R@3 (GT)", "R@3 (gen)"),
            Column("FID↓", 3, NOTHING, "FID gen-GT"),
            Column("Skate↓", 3, "Skate (GT, cm/s)", "Skate (gen, cm/s)"),
            Column("Contact↑", 3, "Contact (GT)", "Contact (gen)"),
        ),
        TEXT_FOLLOWING,
    ),
    Layout(
        "Constrained Evaluation",
        "constraints",
        ("With text", "Without text"),
        (
            Column("FB Pos↓", 3, "Full-Body Pos (GT, cm)", "Full-Body Pos (gen, cm)"),
            Column("EE Pos↓", 3, "End-Effector Pos (GT, cm)", "End-Effector Pos (gen, cm)"),
            Column("2D Root↓", 3, "2D Root Pos (GT, cm)", "2D Root Pos (gen, cm)"),
            Column("Pelvis@95%", 2, "2D Pelvis Pos@95% (GT, cm)", "2D Pelvis Pos@95% (gen, cm)"),
        ),
        CONSTRAINED,
    ),
)


def summary_markdown(summary: Mapping[str, Any], method: str = "Method", *, published: bool = True) -> str:
    """Return the summary's tables as Markdown, in the layout of the benchmark's documentation.

    The column of end-effector rotation, which the reference never fills, is left out.

    Args:
        summary: What `summary_rows.json` holds.
        method: Name of what generated the motions.
        published: Whether the published rows stand beside, marked as such.
    """
    parts = []
    for layout, rows in _filled_tables(summary, method, published):
        heads = ["", *(f"{group} {column.head}" for group in layout.groups for column in layout.columns)]
        lines = [heads, ["---"] * len(heads), *([f"**{split}** {name}", *cells] for split, name, cells in rows)]
        text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        parts.append(f"### {layout.title}\n\n{text}\n")
    return "\n".join(parts)


def summary_terminal(summary: Mapping[str, Any], method: str = "Method", *, published: bool = True) -> str:
    """Return the summary's tables as aligned text; arguments as `summary_markdown`."""
    parts = []
    for layout, rows in _filled_tables(summary, method, published):
        width = max(max((shown_width(name) for _, name, _ in rows), default=0), 12)
        sizes = [max(len(column.head), 7) + 2 for column in layout.columns]
        head = " " * width + "".join(" │" + group.center(sum(sizes)) for group in layout.groups)
        columns = "".join(column.head.rjust(size) for column, size in zip(layout.columns, sizes, strict=True))
        lines = [layout.title, "", head.rstrip(), " " * width + (" │" + columns) * len(layout.groups)]
        last = ""
        for split, name, cells in rows:
            if split != last:
                lines.append(f"── {split} ".ljust(len(lines[3]), "─"))
            last = split
            groups = [cells[at : at + len(sizes)] for at in range(0, len(cells), len(sizes))]
            written = ["".join(map(str.rjust, group, sizes)) for group in groups]
            lines.append(name + " " * (width - shown_width(name)) + "".join(f" │{group}" for group in written))
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _filled_tables(
    summary: Mapping[str, Any], method: str, published: bool
) -> Iterator[tuple[Layout, list[tuple[str, str, list[str]]]]]:
    """Give the tables that hold anything, each with its rows: split, name and cells."""
    for layout in LAYOUTS:
        rows: list[tuple[str, str, list[str]]] = []
        for split, tables in summary["tables"].items():
            lines = tables[layout.table]
            truth = [[_truth(line, column, layout) for column in layout.columns] for line in lines]
            made = [[line.get(column.method) for column in layout.columns] for line in lines]
            own = {name: groups for name, groups in ((GROUND_TRUTH, truth), (method, made)) if _holds_any(groups)}
            beside = {f"{name} (published)": groups for name, groups in layout.published[split].items()}
            for name, groups in (own | (beside if published and own else {})).items():
                cells = [
                    _written(value, column)
                    for group in groups
                    for value, column in zip(group, layout.columns, strict=True)
                ]
                rows.append((split.capitalize(), name, cells))
        if rows:
            yield layout, rows


def _truth(line: Mapping[str, Any], column: Column, layout: Layout) -> float | None:
    """Return the ground truth's value; the distance of the ground truth to itself is 0, as the reference prints it."""
    if column.truth == NOTHING:
        return 0.0 if line.get(layout.columns[0].truth) is not None else None
    return line.get(column.truth)


def _holds_any(groups: Sequence[Sequence[float | None]]) -> bool:
    return any(value is not None for group in groups for value in group)


def _written(value: float | None, column: Column) -> str:
    return MISSING if value is None or not math.isfinite(value) else f"{value:.{column.decimals}f}"
