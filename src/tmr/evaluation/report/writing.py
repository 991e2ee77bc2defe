"""Writes the report: a page, tables as Markdown and as LaTeX, figures."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tmr.errors import DatasetError
from tmr.evaluation.report.page import report_html
from tmr.evaluation.report.run import Run
from tmr.evaluation.report.sample import sample_of
from tmr.evaluation.tables import latex, markdown


@dataclass(frozen=True)
class Written:
    """What a report consists of.

    Args:
        files: Page and tables first, then figures.
        without_figures: Why there are no figures; empty if there are.
    """

    files: tuple[Path, ...]
    without_figures: str = ""


def write_report(run: Run, folder: Path, baseline: Run | None = None) -> Written:
    """Write `report.html`, `tables.md`, `tables.tex` and, where matplotlib is installed, `figures/`.

    Args:
        run: What to report.
        folder: Where it goes; made if need be. Files of these names in it are replaced.
        baseline: What to lay beside it.

    Raises:
        DatasetError: If the folder cannot be written.
    """
    sample = sample_of(run.space) if run.space is not None else None
    texts = {
        "report.html": report_html(run, sample, baseline),
        "tables.md": _markdown_page(run),
        "tables.tex": "".join(latex(result) for result in run.results.values()),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        files = [folder / name for name in texts]
        if run.space is None or sample is None:
            return Written(tuple(files), "no figures: the run has no embeddings (retrieval.npz)")
        if find_spec("matplotlib") is None:
            return Written(tuple(files), "no figures: they need matplotlib; install it, or tmr with its extra `docs`")
        from tmr.evaluation.report.figures import Drawing, write_figures

        base = baseline.space if baseline is not None else None
        files += write_figures(Drawing(run.space, sample, base), folder / "figures")
    except OSError as error:
        raise DatasetError(f"the report cannot be written to {folder}: {error.strerror or error}") from error
    return Written(tuple(files))


def _markdown_page(run: Run) -> str:
    parts = [f"# Evaluation of {run.title}\n"]
    for kind, result in run.results.items():
        data = ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in result.data.items())
        models = ", ".join(f"{name} `{digest[:12]}`" for name, digest in result.models.items())
        parts.append(f"## {kind.capitalize()}\n\n{models}; {data}\n\n{markdown(result)}")
    return "\n".join(parts)
