"""The page's charts: small SVG drawings in the page's own colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tmr.evaluation.report.markup import Markup, join, tag

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 14, 34


@dataclass(frozen=True)
class Curve:
    """A line of a chart: what the legend says, its points, and the name of its style."""

    label: str
    xs: Sequence[float] | np.ndarray
    ys: Sequence[float] | np.ndarray
    style: str


def rank_chart(bins: Sequence[tuple[int, int]], shares: np.ndarray, before: np.ndarray | None, gallery: int) -> Markup:
    """Return bars of how many queries have which rank, with chance as a tick, and the baseline's as outlines."""
    by_chance = np.array([(last - first + 1) / gallery for first, last in bins])
    most = max(float(values.max()) for values in (shares, by_chance, before) if values is not None)
    top = float(np.ceil(most * 10) / 10)
    step = (WIDTH - LEFT - RIGHT) / len(bins)
    parts = [_levels(top)]
    for number, ((first, last), share) in enumerate(zip(bins, shares, strict=True)):
        left = LEFT + number * step
        name = f"{first:,}" if first == last else f"{first:,} to {last:,}"
        height = _share_height(share, top)
        bar = tag("rect", x=left + 0.12 * step, y=HEIGHT - BOTTOM - height, width=0.76 * step, height=height, rx=2)
        hover = tag("title", f"rank {name}: {share:.1%} of the queries; by chance {(last - first + 1) / gallery:.1%}")
        parts.append(tag("g", hover, bar, class_="bar"))
        if before is not None:
            height = _share_height(before[number], top)
            parts.append(
                tag("rect", x=left + 0.06 * step, y=HEIGHT - BOTTOM - height, width=0.88 * step, height=height,
                    class_="before")
            )  # fmt: skip
        chance = HEIGHT - BOTTOM - _share_height((last - first + 1) / gallery, top)
        parts.append(tag("line", x1=left, x2=left + step, y1=chance, y2=chance, class_="chance"))
        label = f"{first}" if first == last else f"≤{_short(last)}"
        parts.append(tag("text", label, x=left + step / 2, y=HEIGHT - BOTTOM + 15, text_anchor="middle"))
    parts.append(tag("text", "rank of the right motion", x=(LEFT + WIDTH) / 2, y=HEIGHT - 3, text_anchor="middle"))
    said = f"Bars of ranks: {shares[0]:.0%} of the queries have rank 1."
    return _drawing(said, *parts)


def recall_chart(curves: Sequence[Curve], gallery: int) -> Markup:
    """Return recall against k, k by its logarithm."""
    reach = np.log(max(gallery, 2))
    width = WIDTH - LEFT - RIGHT
    parts = [_levels(1.0)]
    for k in [tick for tick in (1, 3, 10, 30, 100, 300, 1000, 10_000, 100_000) if tick <= gallery]:
        x = LEFT + width * np.log(k) / reach
        parts.append(tag("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        parts.append(tag("text", _short(k), x=x, y=HEIGHT - BOTTOM + 15, text_anchor="middle"))
    for curve in curves:
        points = [
            f"{LEFT + width * np.log(x) / reach:.1f},{HEIGHT - BOTTOM - _share_height(y, 1.0):.1f}"
            for x, y in zip(curve.xs, curve.ys, strict=True)
        ]
        parts.append(tag("polyline", points=" ".join(points), class_=f"curve {curve.style}"))
    parts.append(tag("text", "k, hits looked at", x=(LEFT + WIDTH) / 2, y=HEIGHT - 3, text_anchor="middle"))
    first = curves[0]
    at = int(np.searchsorted(first.xs, min(10, gallery)))
    said = f"Recall against k; {first.label}: {first.ys[at]:.0%} among the first {int(first.xs[at])}."
    return join(_drawing(said, *parts), legend([(curve.label, curve.style) for curve in curves]))


def similarity_chart(own: np.ndarray, other: np.ndarray) -> Markup:
    """Return how similar captions are to their own motions, and to others."""
    edges = np.linspace(-1, 1, 81)
    used = np.concatenate([own, other])
    low = float(np.floor(used.min() * 10) / 10)
    high = max(float(np.ceil(used.max() * 10) / 10), low + 0.1)
    shares = [np.histogram(np.clip(values, -1, 1), edges)[0] / max(len(values), 1) for values in (own, other)]
    top = max(float(np.concatenate(shares).max()), 1e-9)
    width, base = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM

    def across(value: float) -> float:
        return LEFT + width * (min(max(value, low), high) - low) / (high - low)

    parts = []
    for values, style in zip(shares, ("own", "other"), strict=True):
        outline = [f"{across(low):.1f},{base}"]
        for number, share in enumerate(values):
            y = base - share / top * (base - TOP)
            outline += [f"{across(float(edge)):.1f},{y:.1f}" for edge in edges[number : number + 2]]
        outline.append(f"{across(high):.1f},{base}")
        parts.append(tag("polyline", points=" ".join(outline), class_=f"area {style}"))
    for tick in np.arange(np.ceil(low * 5) / 5, high + 1e-9, 0.2):
        label = f"{tick + 0.0:.1f}".replace("-0.0", "0.0")
        parts.append(tag("text", label, x=across(float(tick)), y=base + 15, text_anchor="middle"))
    parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=base, y2=base, class_="grid"))
    parts.append(tag("text", "similarity", x=(LEFT + WIDTH) / 2, y=HEIGHT - 3, text_anchor="middle"))
    apart = f"median {np.median(own):.2f} against {np.median(other):.2f}" if len(own) and len(other) else "no pairs"
    said = f"Similarities of captions with their own motions and with others: {apart}."
    marks = [("with its own motion", "own"), ("with another motion, drawn at random", "other")]
    return join(_drawing(said, *parts), legend(marks), tag("p", f"{apart[0].upper()}{apart[1:]}.", class_="fine"))


def legend(marks: Sequence[tuple[str, str]]) -> Markup:
    """Return what a chart's styles mean."""
    return tag("p", *(tag("span", tag("i", class_=f"mark {style}"), label) for label, style in marks), class_="legend")


def _levels(top: float) -> Markup:
    lines = []
    for share in np.linspace(0, top, 5 if round(top * 100) % 20 == 0 else 3):
        y = HEIGHT - BOTTOM - _share_height(float(share), top)
        lines.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        lines.append(tag("text", f"{100 * share:.0f} %", x=LEFT - 6, y=y + 4, text_anchor="end"))
    return join(*lines)


def _share_height(share: float, top: float) -> float:
    return float(share / top * (HEIGHT - TOP - BOTTOM))


def _short(number: int) -> str:
    return f"{number // 1000}k" if number >= 1000 and number % 1000 == 0 else f"{number}"


def _drawing(said: str, *parts: str) -> Markup:
    return tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=said, class_="chart")
