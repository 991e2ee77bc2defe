"""The page's view of one space: charts of ranks, queries with their motions, a map, a matrix of similarities."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from tmr.evaluation.report.charts import Curve, legend, rank_chart, recall_chart, similarity_chart
from tmr.evaluation.report.markup import Markup, tag
from tmr.evaluation.report.run import Played
from tmr.evaluation.report.sample import Sample
from tmr.evaluation.report.sections import section
from tmr.evaluation.report.space import Query, Space, pair_similarities, rank_bins, rank_shares, recall_curve

_SHOWN_AT_ONCE = 4
_MOST_CURVES = 5
_MAP_SIZE = 1000  # whole units across, as the page's script gets them


def rank_charts(spaces: Sequence[Space], base: Space | None) -> Markup:
    """Return recall against k and the bars of ranks, the baseline's behind them where its gallery is as large.

    Args:
        spaces: One a model, of one gallery; the bars are the first's.
        base: The baseline's first.
    """
    space, gallery = spaces[0], len(spaces[0].motion)
    base = base if base is not None and len(base.motion) == gallery else None
    curves = [
        Curve(each.model, *recall_curve(each.rank, gallery), f"own model{number}")
        for number, each in enumerate(spaces[:_MOST_CURVES])
    ]
    if base is not None:
        curves.append(Curve("baseline", *recall_curve(base.rank, gallery), "before"))
    ks = curves[0].xs
    curves.append(Curve("chance", ks, np.asarray(ks) / gallery, "chance"))
    bins = rank_bins(gallery)
    before = rank_shares(base.rank, bins) if base is not None else None
    bars = rank_chart(bins, rank_shares(space.rank, bins), before, gallery)
    marks = [(space.model, "bars"), *([("baseline", "outline")] if before is not None else []), ("chance", "chance")]
    return tag(
        "div",
        figure("Text to motion: right among the first k", recall_chart(curves, gallery)),
        figure("Text to motion: where the right motion stands", bars, legend(marks)),
        class_="halves",
    )


def figure(title: str, *parts: str) -> Markup:
    """Return a drawing with its title."""
    return tag("figure", tag("figcaption", title), *parts)


def queries_section(space: Space, played: Played) -> Markup:
    """Return the worst and the best queries with their motions."""
    told = "First the caption's own motion, then the three that the model puts first; the number is the similarity. "
    if played.motions:
        told += (
            "A figure's left is blue, its right orange. Drag a figure to look from another side, press it to stop or "
            "play."
        )
        parts = [
            tag("p", told, class_="lead"),
            tag("button", "Stop all motions", type="button", id="stop", class_="quiet"),
        ]
    else:
        parts = [tag("p", told, "The run keeps no motions to play (played.npz).", class_="lead")]
    for title, queries in (("Worst", played.worst), ("Best", played.best)):
        cards = [_query_card(space, query, played) for query in queries]
        parts += [tag("h3", title), *cards[:_SHOWN_AT_ONCE]]
        if cards[_SHOWN_AT_ONCE:]:
            more = tag("summary", f"{len(cards) - _SHOWN_AT_ONCE} more")
            parts.append(tag("details", more, *cards[_SHOWN_AT_ONCE:]))
    return section("queries", "Worst and best queries", *parts)


def _query_card(space: Space, query: Query, played: Played) -> Markup:
    own = int(space.owner[query.number])
    similarity = float(space.text[query.number] @ space.motion[own])
    figures = [_player(space, own, "its motion", similarity, True, played)]
    figures += [
        _player(space, item, f"hit {place}", value, item == own, played)
        for place, (item, value) in enumerate(query.hits, 1)
    ]
    rank = tag("small", f"rank {space.rank[query.number]:g} of {len(space.motion):,}")
    head = tag("h4", tag("q", space.captions[query.number]), rank)
    return tag("article", head, tag("div", *figures, class_="row"), class_="query")


def _player(space: Space, item: int, label: str, similarity: float, is_right: bool, played: Played) -> Markup:
    name = space.names[item]
    if name in played.motions:
        said = f"Play or stop {label}, {name}"
        stage = tag("canvas", data_motion=name, tabindex=0, role="button", aria_label=said)
    else:
        stage = tag("span", "not kept", class_="none")
    facts = tag("span", label, tag("b", f"{similarity:.2f}"), class_="facts")
    # Where no motion of the run is kept, empty stages would only take room.
    return tag(
        "div",
        *([tag("div", stage, class_="stage")] if played.motions else []),
        facts,
        tag("span", name, class_="name", title=name),
        class_="figure right" if is_right else "figure",
    )


def space_section(space: Space, sample: Sample) -> tuple[Markup, dict[str, Any]]:
    """Return the map, the matrix and the similarities of pairs, and the data that the page's script draws them from."""
    low, high = float(sample.similarity.min()), float(sample.similarity.max())
    levels = np.rint((sample.similarity - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    drawn = {
        "captions": [space.captions[number] for number in sample.query],
        "names": [space.names[int(space.owner[number])] for number in sample.query],
        "ranks": [float(space.rank[number]) for number in sample.query],
        "maps": {"near": _placed(sample.near), "flat": _placed(sample.flat)},
        "order": sample.order.tolist(),
        "matrix": base64.b64encode(levels.tobytes()).decode("ascii"),
        "low": low,
        "high": high,
    }
    parts = (
        _map_figure(sample),
        tag("div", _matrix_figure(sample, low, high), _pairs_figure(space), class_="halves"),
    )
    return section("space", "The space", *parts), drawn


def _placed(points: np.ndarray) -> list[int]:
    """Return x and y, point after point, as whole units that fill the map and keep its shape."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = max(float((high - low).max()), 1e-9)
    centred = (points - (low + high) / 2) / size + 0.5
    return np.rint(centred * _MAP_SIZE).astype(int).ravel().tolist()


def _map_figure(sample: Sample) -> Markup:
    def choice(name: str, label: str, checked: bool) -> Markup:
        return tag("label", tag("input", type="radio", name="map", value=name, checked=checked), label)

    said = "Map of captions and motions. Arrow keys go from caption to caption."
    missed = "caption that does not find its motion in the first ten"
    told = (
        f"{sample.told} By neighbours: t-SNE from the principal components; "
        f"{sample.near_kept:.0%} of each point's ten nearest in the space are among its ten nearest here, and long "
        f"distances mean nothing. By variance: the first two principal components, {sample.variance:.0%} of the "
        f"variance, {sample.flat_kept:.0%} of the neighbours."
    )
    layouts = tag(
        "fieldset",
        tag("legend", "Laid out", class_="hidden"),
        choice("near", "by neighbours", True),
        choice("flat", "by variance", False),
    )
    find = tag("input", type="search", id="map-find", placeholder="Find a caption or a name")
    return tag(
        "figure",
        tag("figcaption", "Captions and motions on a map; a line joins each caption to its motion"),
        tag("div", layouts, tag("label", tag("span", "Find", class_="hidden"), find), class_="tools"),
        tag("div", tag("canvas", id="map", role="img", tabindex=0, aria_label=said), class_="map"),
        tag("p", "Point at a caption or a motion to read it.", id="map-told", class_="told", aria_live="polite"),
        legend([("caption", "text"), ("motion", "motion"), (missed, "far")]),
        tag("p", told, class_="fine"),
    )


def _matrix_figure(sample: Sample, low: float, high: float) -> Markup:
    told = (
        f"{sample.told} Rows are captions, columns motions, both in an order that puts like motions side by side; a "
        "good space is strong on the diagonal and pale beside it."
    )
    said = "Matrix of similarities, strongest on its diagonal if the space is good"
    scale = tag("p", tag("span", f"{low:.2f}"), tag("i", class_="scale"), tag("span", f"{high:.2f}"), class_="legend")
    return figure(
        "Similarity of every caption with every motion",
        tag("canvas", id="matrix", role="img", aria_label=said),
        scale,
        tag("p", "Point at a cell to read it.", id="matrix-told", class_="told"),
        tag("p", told, class_="fine"),
    )


def _pairs_figure(space: Space) -> Markup:
    own, other = pair_similarities(space)
    told = "Where the two overlap, a threshold on the similarity alone cannot tell a match from none."
    return figure("Right pairs against random ones", similarity_chart(own, other), tag("p", told, class_="fine"))
