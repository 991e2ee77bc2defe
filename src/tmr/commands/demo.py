"""`tmr demo`: make a small library of motions, index it, and answer eight sentences."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import model_option, quiet_option

if TYPE_CHECKING:
    from tmr.search.index import Index


@click.command(short_help="Make a small library, index it, answer eight sentences.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@quiet_option("Make the library and its index, and say nothing.")
@model_option
def demo(folder: Path, quiet: bool, model: str | None) -> None:
    """Make a library of computed motions in FOLDER, index it, and answer eight sentences.

    FOLDER (`demo` if left out) gets the motions as BVH in `bvh`, as NPZ with their captions in `npz`, and the index of
    the BVH files in `index`.
    """
    from tmr.commands.progress import ProgressLine, name_skipped
    from tmr.search.index import Index

    count = write_library(folder)
    if not quiet:
        click.echo(f"Wrote {count} motions to {folder / 'bvh'} and, with captions, to {folder / 'npz'}.")
    progress = ProgressLine("indexed", quiet)
    try:
        index = Index.build(folder / "bvh", folder / "index", model, new_model=True, show_progress=progress)
    finally:
        progress.end()
    with index:
        name_skipped(index.report.skipped)
        if not quiet:
            _answer(index, folder)


def write_library(folder: Path) -> int:
    """Write the computed motions as BVH and NPZ and return how many there are.

    Raises:
        MotionFileError: If a file cannot be written.
        IndexFolderError: If a folder cannot be made.
    """
    from tmr.motion.formats import write_bvh, write_npz
    from tmr.motion.procedural import procedural_library
    from tmr.search.storage.disk import explain_os_errors

    for name in ("bvh", "npz"):
        with explain_os_errors(folder / name, "make folder"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    library = procedural_library(seed=0)
    for labelled in library:
        write_bvh(folder / "bvh" / f"{labelled.name}.bvh", labelled.motion)
        write_npz(folder / "npz" / f"{labelled.name}.npz", labelled.motion, text=labelled.captions)
    return len(library)


def _answer(index: "Index", folder: Path) -> None:
    """Ask the eight sentences and show the first three hits of each, the right ones marked."""
    from tmr.commands.search import shown_path
    from tmr.motion.procedural import DEMO_QUERIES
    from tmr.search.typed import as_typed

    right_first = 0
    results = index.search_many([text for text, _ in DEMO_QUERIES], k=3)
    for (text, right), hits in zip(DEMO_QUERIES, results, strict=True):
        click.echo(f"\n{text}")
        for hit in hits:
            is_right = Path(hit.item).stem in right
            right_first += hit.rank == 1 and is_right
            mark = click.style("✓", fg="green") if is_right else " "
            click.echo(f"  {mark} {hit.rank}  {hit.similarity:6.3f}  {hit.seconds:4.1f} s  {shown_path(hit)}")
    tmr = command_line(sys.argv[0])
    click.echo(
        f"\n{right_first} of {len(DEMO_QUERIES)} sentences found a motion that shows them (✓) at rank 1.\n\n"
        "The same with your own motion files (BVH, ASF/AMC, NPZ, NPY):\n"
        f"  {as_typed(tmr, 'index', 'FOLDER')}\n"
        f"  {as_typed(tmr, 'search', 'FOLDER', 'a person waves with the left hand')}\n"
        f"or try another sentence here:\n  {as_typed(tmr, 'search', str(folder / 'index'), 'someone jumps')}"
    )


def command_line(started: str) -> str:
    """Return what to type for `tmr`: after `make demo` it is not on the PATH.

    Args:
        started: How this process was started, `sys.argv[0]`.
    """
    return started if shutil.which("tmr") is None and Path(started).stem == "tmr" else "tmr"
