"""Figures for a paper, as SVG and PDF, drawn by matplotlib."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tmr.evaluation.report.sample import Sample
from tmr.evaluation.report.space import Space, pair_similarities, rank_bins, rank_shares, recall_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMN_INCHES = 3.4  # a column of a two-column paper
_TEXT, _MOTION, _OTHER, _FAR = "#6d4fd6", "#12876f", "#8b919b", "#c2473d"
# Text stays text: a paper's reader can search it, and TrueType is what publishers take.
_LOOK: Any = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "tmr",
    "pdf.fonttype": 42,
}


@dataclass(frozen=True, eq=False)
class Drawing:
    """What the figures show.

    Args:
        space: Of the run.
        sample: Of the space.
        base: The baseline's space; drawn beside it where its gallery is as large.
    """

    space: Space
    sample: Sample
    base: Space | None = None

    @property
    def comparable(self) -> Space | None:
        """The baseline where ranks in it mean the same."""
        return self.base if self.base is not None and len(self.base.motion) == len(self.space.motion) else None


def write_figures(drawing: Drawing, folder: Path) -> list[Path]:
    """Write each figure as SVG and PDF, and return the files.

    Args:
        drawing: What they show.
        folder: Where they go; made if need be.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    drawings = {"recall": _recall, "ranks": _ranks, "similarities": _similarities, "matrix": _matrix, "map": _map}
    written = []
    for name, draw in drawings.items():
        with rc_context(_LOOK):
            height = _COLUMN_INCHES if name in ("matrix", "map") else 0.7 * _COLUMN_INCHES
            figure = Figure((_COLUMN_INCHES, height), layout="constrained")
            draw(figure.subplots(), drawing)
            for ending, date in ((".svg", "Date"), (".pdf", "CreationDate")):
                # Without a date the same run gives the same file.
                figure.savefig(folder / f"{name}{ending}", metadata={date: None})
                written.append(folder / f"{name}{ending}")
    return written


def _recall(axes: "Axes", drawing: Drawing) -> None:
    space, base = drawing.space, drawing.comparable
    gallery = len(space.motion)
    ks, recall = recall_curve(space.rank, gallery)
    axes.plot(ks, 100 * recall, color=_TEXT, label=space.model)
    if base is not None:
        axes.plot(ks, 100 * recall_curve(base.rank, gallery)[1], "--", color=_OTHER, label="baseline")
    axes.plot(ks, 100 * ks / gallery, ":", color=_FAR, linewidth=1, label="chance")
    axes.set(xscale="log", xlabel="$k$", ylabel="R@$k$, text to motion (%)", ylim=(0, 102), xlim=(1, max(gallery, 2)))
    axes.legend(loc="lower right")


def _ranks(axes: "Axes", drawing: Drawing) -> None:
    space, base = drawing.space, drawing.comparable
    bins = rank_bins(len(space.motion))
    places = np.arange(len(bins))
    axes.bar(places, 100 * rank_shares(space.rank, bins), 0.76, color=_TEXT, label=space.model)
    if base is not None:
        before = 100 * rank_shares(base.rank, bins)
        axes.bar(places, before, 0.88, fill=False, edgecolor=_OTHER, linestyle="--", label="baseline")
        axes.legend()
    names = [f"{first}" if first == last else f"{first}–{last}" for first, last in bins]
    axes.set_xticks(places, names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set(xlabel="rank of the right motion", ylabel="queries (%)")


def _similarities(axes: "Axes", drawing: Drawing) -> None:
    own, other = pair_similarities(drawing.space)
    bins = np.linspace(-1, 1, 81).tolist()
    for values, colour, label in ((other, _OTHER, "other motion"), (own, _MOTION, "own motion")):
        weights = np.full(len(values), 100 / max(len(values), 1))
        axes.hist(np.clip(values, -1, 1), bins, weights=weights, color=colour, alpha=0.6, label=label)
    used = np.concatenate([own, other])
    axes.set(xlabel="similarity of a caption with", ylabel="pairs (%)", xlim=(used.min() - 0.05, used.max() + 0.05))
    axes.legend()


def _matrix(axes: "Axes", drawing: Drawing) -> None:
    image = axes.imshow(drawing.sample.similarity, cmap="Purples", interpolation="nearest")
    axes.set(xlabel="motions", ylabel="captions", xticks=[], yticks=[])
    axes.figure.colorbar(image, ax=axes, shrink=0.7, label="similarity")


def _map(axes: "Axes", drawing: Drawing) -> None:
    count = len(drawing.sample.query)
    text, motion = drawing.sample.near[:count], drawing.sample.near[count:]
    far = drawing.space.rank[drawing.sample.query] > 10
    for chosen, colour in ((~far, "#c9ccd1"), (far, _FAR)):
        ends = np.stack([text[chosen], motion[chosen]])
        axes.plot(ends[:, :, 0], ends[:, :, 1], color=colour, linewidth=0.4, zorder=0)
    axes.scatter(*motion.T, s=4, marker="s", color=_MOTION, linewidths=0, label="motion")
    axes.scatter(*text.T, s=4, color=_TEXT, linewidths=0, label="caption")
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
    axes.spines[:].set_visible(False)
