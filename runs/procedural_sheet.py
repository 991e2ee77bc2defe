"""Draw the demo library as contact sheets: a row of stick figures a motion, left limbs red, right limbs blue.

python runs/procedural_sheet.py docs/images --view 35
python runs/procedural_sheet.py sheets --only walk --only kick_left --frames 16 --start 0.5 --end 1.7
"""

from pathlib import Path

import click
import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library

ROWS = 16
"""Motions on a sheet."""
ROW_INCHES, MARGIN_INCHES = 1.4775, 0.36
"""Height of a motion's row, and of what is left above the first one for its name, however many rows there are."""


def colour(joint: str) -> str:
    """Return the colour of the bone that ends in a joint."""
    if joint.startswith("Left"):
        return "tab:red"
    return "tab:blue" if joint.startswith("Right") else "black"


def draw_row(axes: Axes, motion: Motion, *, frames: int, view: float) -> None:
    """Draw some frames of a motion side by side, each seen with its hips in the middle.

    Args:
        axes: Where.
        motion: What.
        frames: How many stick figures.
        view: Degrees by which the camera stands to the figure's right; 0 sees it from the front.
    """
    angle, spacing = np.radians(view), 1.6
    for place, frame in enumerate(np.linspace(0, motion.num_frames - 1, frames).round().astype(int)):
        joints = motion.joints[frame]
        across = joints - joints[0]
        x = across[:, 0] * np.cos(angle) - across[:, 2] * np.sin(angle) + place * spacing
        for joint, parent in enumerate(motion.skeleton.parents):
            if parent >= 0:
                axes.plot(
                    x[[joint, parent]],
                    joints[[joint, parent], 1],
                    color=colour(motion.skeleton.joints[joint]),
                    linewidth=1.4,
                    solid_capstyle="round",
                )
    axes.axhline(0, color="0.7", linewidth=0.6)
    axes.set_title(f"{motion.name}  {motion.seconds:.1f} s", fontsize=8, loc="left", pad=1)
    axes.set_aspect("equal")
    axes.set_xlim(-1, frames * spacing - 0.6)
    axes.set_ylim(-0.1, 2.35)
    axes.axis("off")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--view", default=35.0, help="Degrees by which the camera stands to the figure's right.")
@click.option("--frames", default=9, help="Stick figures a row.")
@click.option("--only", multiple=True, help="The name of a motion; the default is all of them.")
@click.option("--start", default=0.0, help="Where in the motions to begin, in seconds.")
@click.option("--end", default=60.0, help="Where to end, in seconds.")
@click.option("--variation", default=0, help="Which variation to draw.")
def main(
    folder: Path, view: float, frames: int, only: tuple[str, ...], start: float, end: float, variation: int
) -> None:
    """Write FOLDER/procedural_1.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    library = procedural_library(variations=variation + 1)[variation :: variation + 1]
    motions = [item.motion.cut(start, end) for item in library if not only or item.name in only]
    for sheet in range(0, len(motions), ROWS):
        shown = motions[sheet : sheet + ROWS]
        height = ROW_INCHES * len(shown) + MARGIN_INCHES
        figure, rows = plt.subplots(len(shown), 1, figsize=(1.1 * frames, height), squeeze=False)
        for axes, motion in zip(rows[:, 0], shown, strict=True):
            draw_row(axes, motion, frames=frames, view=view)
        figure.subplots_adjust(0, 0, 1, 1 - MARGIN_INCHES / height, hspace=0.1)
        path = folder / f"procedural_{sheet // ROWS + 1}.png"
        figure.savefig(path, dpi=64)
        plt.close(figure)
        with Image.open(path) as drawn:
            few_colours = drawn.convert("RGB").quantize(24)
        few_colours.save(path, optimize=True)
        click.echo(str(path))


if __name__ == "__main__":
    main()
