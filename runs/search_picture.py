"""Draw what a search finds: a row of stick figures a hit, left limbs red, right limbs blue.

python runs/search_picture.py demo/index docs/images/search.png "someone waves with the left hand" "a person sits down"
"""

from pathlib import Path

import click
import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from procedural_sheet import draw_row
from tmr.motion.formats import read_motion
from tmr.motion.retarget import retarget
from tmr.search.index import Index


@click.command()
@click.argument("index", type=click.Path(exists=True, path_type=Path))
@click.argument("picture", type=click.Path(path_type=Path))
@click.argument("texts", nargs=-1, required=True)
@click.option("-k", default=3, help="Hits a sentence.")
@click.option("--frames", default=8, help="Stick figures a hit.")
def main(index: Path, picture: Path, texts: tuple[str, ...], k: int, frames: int) -> None:
    """Write PICTURE with the first hits of each sentence."""
    with Index.open(index) as opened:
        answers = opened.search_many(list(texts), k)
    figure, grid = plt.subplots(
        k, len(texts), figsize=(0.72 * frames * len(texts), 1.25 * k + 0.4), squeeze=False, layout="constrained"
    )
    for column, (text, hits) in enumerate(zip(texts, answers, strict=True)):
        grid[0, column].annotate(f"“{text}”", (0, 1.28), xycoords="axes fraction", fontsize=11, weight="bold")
        for axes, hit in zip(grid[:, column], hits, strict=False):
            motion = retarget(read_motion(hit.path)).cut(hit.start_seconds, hit.end_seconds)
            draw_row(axes, motion, frames=frames, view=35)
            title = f"{hit.rank}   {Path(hit.item).stem}   {hit.similarity:.2f}"
            axes.set_title(title, fontsize=9, loc="left", pad=1)
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    main()
