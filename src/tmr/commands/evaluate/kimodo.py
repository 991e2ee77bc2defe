"""`tmr evaluate kimodo`: score a generator, or a model, on the Kimodo Motion Generation Benchmark."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tmr.commands.options import model_option, quiet_option

if TYPE_CHECKING:
    from tmr.evaluation.result import LeftOut


@click.command(short_help="The Kimodo Motion Generation Benchmark.")
@click.argument("testsuite", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write here, not into TESTSUITE.")
@model_option
@click.option("--device", help="Where the model computes: cpu, cuda, cuda:1; the first GPU if left out.")
@click.option(
    "--only", multiple=True, metavar="PATTERN", help="Only cases whose place matches, 'content/*'; repeatable."
)
@click.option("--force", is_flag=True, help="Embed all anew, also what is embedded already.")
@click.option(
    "--strict", is_flag=True, help="Add fair rules: fair ties, texts merged by an outside encoder, intervals."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws of --strict.")
@click.option(
    "--seed-motions",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="First cut the ground truth from the BVH files of BONES-SEED in FOLDER.",
)
@click.option("--method", default="Method", show_default=True, help="Name of the generator, for the tables.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["terminal", "markdown"]),
    default="terminal",
    show_default=True,
    help="How the tables are printed.",
)
@quiet_option("No progress on stderr, and no word of the model's licence.")
@click.pass_context
def kimodo(
    ctx: click.Context,
    testsuite: Path,
    output: Path | None,
    model: str | None,
    device: str | None,
    only: tuple[str, ...],
    force: bool,
    strict: bool,
    seed: int,
    seed_motions: Path | None,
    method: str,
    style: str,
    quiet: bool,
) -> None:
    """Score generated motions on TESTSUITE, a test suite of the Kimodo benchmark or a part of one.

    Every folder with a meta.json is a case: its prompt, its motion.npz (generated) and gt_motion.npz (ground truth) are
    embedded where text_embedding.npy, motion_embedding.npy and gt_motion_embedding.npy are missing, then scored by the
    reference's rules. Written are metrics.json a case, GROUP.json a group, summary_rows.json, summary.md, and
    kimodo.json, which tmr evaluate report reads. Cases that are broken or incomplete are named and left out; the exit
    status is then 3.
    """
    from tmr.commands.progress import ProgressLine
    from tmr.evaluation.kimodo.layout import summary_markdown, summary_terminal
    from tmr.evaluation.kimodo.report import result_of
    from tmr.evaluation.kimodo.run import evaluate_testsuite
    from tmr.evaluation.kimodo.storage import write_atomically
    from tmr.evaluation.tables import markdown, terminal

    target = testsuite if output is None else output
    left_out = _cut_ground_truth(testsuite, seed_motions, output, only, quiet) if seed_motions is not None else []
    progress = ProgressLine("evaluated", quiet)
    try:
        evaluation = evaluate_testsuite(
            testsuite, output, model, device=device, only=only, force=force, show_progress=progress
        )
    finally:
        progress.end()
    uncut = {row.name: row for row in left_out}  # says more than that the file is missing
    known = [uncut.pop(row.name, row) for row in evaluation.left_out]
    evaluation.left_out[:] = [*uncut.values(), *known]
    result = result_of(evaluation, model or "default", strict=strict, seed=seed)
    result.write(target / "kimodo.json")
    pages = summary_markdown(evaluation.summary, method), markdown(result)
    write_atomically(target / "summary.md", "\n".join(pages).encode("utf-8"))
    if style == "markdown":
        click.echo("\n".join(pages), nl=False)
    else:
        click.echo(summary_terminal(evaluation.summary, method))
        click.echo(terminal(result), nl=False)
    ctx.exit(3 if evaluation.left_out else 0)


def _cut_ground_truth(
    testsuite: Path, seed_motions: Path, output: Path | None, only: tuple[str, ...], quiet: bool
) -> "list[LeftOut]":
    """Build what is missing of the ground truth, and return what could not be built."""
    from tmr.commands.progress import ProgressLine
    from tmr.evaluation.kimodo.seed import build_ground_truth

    progress = ProgressLine("cut", quiet)
    try:
        return build_ground_truth(testsuite, seed_motions, output, only=only, show_progress=progress)[1]
    finally:
        progress.end()
