"""The card of a trained model: what it learnt from and goes on from, and under whose licence."""

from pathlib import Path

from tmr.model.card import CARD, spelt
from tmr.training.corpus import Corpus
from tmr.training.recipes import TrainConfig
from tmr.training.state import write_whole
from tmr.training.warm_start import Start


def card(title: str, corpus: Corpus, config: TrainConfig, start: Start | None) -> str:
    """Return the text of the `README.md` that lies beside a trained model.

    The licence of the model that the training goes on from holds for what comes of it, so that its line stands at the
    top, where `load_model` reads it. That of the data is not known here.

    Args:
        title: What the data is.
        corpus: The same, read.
        config: How the model is trained.
        start: What the training goes on from; None for random weights.
    """
    licence = None if start is None else start.licence
    top = ["---", *([f"license: {licence}"] if licence else []), "library_name: tmr", "---", ""]
    begun = "random weights" if start is None else f"`{start.name}`"
    if licence:
        begun += f", {spelt(licence)}: that holds for this model too"
    sources = ", ".join(f"{source} {share:g}" for source, share in sorted(corpus.shares.items()))
    rows = {
        "trained with": f"`tmr train`, recipe `{config.recipe}`, {config.steps:,} steps of {config.batch_size} pairs, "
        f"seed {config.seed}",
        "goes on from": begun,
        "data": title,
        "drawn from": sources,
        "held out to choose by": corpus.held_out,
        "licence of the data": "not known to the training: write it here before you give the model away",
    }
    table = [f"| {name} | {_cell(text)} |" for name, text in rows.items()]
    return "\n".join([*top, "# A model for text-to-motion retrieval", "", "| | |", "|---|---|", *table, ""])


def write_card(folder: Path, text: str) -> None:
    """Write the card of a model, unless somebody has written one there since.

    Raises:
        ModelError: If it cannot be written.
    """
    if not (folder / CARD).exists():
        write_whole(folder / CARD, text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
