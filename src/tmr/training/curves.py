"""Curves: a picture of how loss and recall went, beside the model; needs matplotlib."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from tmr.errors import ModelError
from tmr.files import replacing

RECALLS = {"recall_at_1": "R@1", "recall_at_3": "R@3", "recall_at_5": "R@5", "recall_at_10": "R@10"}
SIDES = {"sides_side_accuracy": "sides"}


def draw_curves(rows: Sequence[Mapping[str, float]], path: Path) -> bool:
    """Draw the rows of a log and return whether that was done; without matplotlib it is not.

    Args:
        rows: As the log has them, with `step` and `loss`.
        path: The picture, written whole or not at all.

    Raises:
        ModelError: If it cannot be written.
    """
    if importlib.util.find_spec("matplotlib") is None:
        return False
    # The figure without pyplot needs no display and leaves nothing behind.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    steps = [row["step"] for row in rows]
    left.plot(steps, [row["loss"] for row in rows], color="#333333", marker=".")
    left.set(title="Loss", xlabel="step", ylabel="nats")
    for key, name in (RECALLS | SIDES).items():
        found = [(row["step"], 100 * row[key]) for row in rows if key in row]
        if found:
            right.plot(*zip(*found, strict=True), marker=".", label=name)
    right.set(title="Validation", xlabel="step", ylabel="%", ylim=(0, 100))
    if right.lines:
        right.legend(frameon=False)
    try:
        with replacing(path) as new:
            figure.savefig(new, format="png", dpi=100)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error}; make room on the disk") from error
    return True
