"""Motion files to an .npz of embeddings, without an index."""

import io
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tmr.errors import IndexFolderError
from tmr.search.intake import Embedded, Intake
from tmr.search.library import item_name, list_library, tasks_of_paths
from tmr.search.pool import TIMEOUT_SECONDS, Task, read_in_parallel
from tmr.search.query import Encoders, ModelChoice
from tmr.search.reading import ReadingOptions
from tmr.search.report import Progress, ShowProgress
from tmr.search.skipped import Skipped
from tmr.search.storage.disk import explain_os_errors, replace_durably
from tmr.search.storage.segment import WIDTH
from tmr.search.windows import LONGEST_SECONDS, WindowSettings


def embed_files(
    files: Sequence[Path],
    output: Path,
    model: ModelChoice = None,
    *,
    options: ReadingOptions | None = None,
    window_seconds: float | None = None,
    hop_seconds: float | None = None,
    workers: int | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    show_progress: ShowProgress | None = None,
) -> tuple[list[Skipped], int]:
    """Write the embeddings of motion files into an .npz file, in the order of the files.

    Args:
        files: Motion files, and folders of them.
        output: The file to write; one that is there is replaced when all is done.
        model: As in `Index.build`; so are the other arguments.

    Returns:
        The files that were skipped, and the number of embeddings.

    Raises:
        IndexFolderError: If a file does not exist, a folder holds no motion files, or the output cannot be written.
        ModelError: If the model cannot be loaded.
    """
    options = options or ReadingOptions()
    settings = WindowSettings.of(LONGEST_SECONDS if window_seconds is None else window_seconds, hop_seconds)
    if not output.parent.is_dir():
        raise IndexFolderError(
            f"there is no folder {str(output.parent)!r} to write {output.name!r} into; make it first"
        )
    if output.is_dir():
        raise IndexFolderError(f"{str(output)!r} is a folder; expected the name of an .npz file to write")
    tasks, skipped = _tasks(files)
    encoder = Encoders(model).motion()
    intake = Intake(lambda: encoder, settings)
    start = time.monotonic()
    embedded: dict[str, Embedded] = {}
    readings = read_in_parallel(tasks, options, workers=workers, timeout_seconds=timeout_seconds)
    try:
        for count, result in enumerate(intake.embed(readings), start=1):
            if result.bounds:
                embedded[result.task.item] = result
            else:
                skipped.append(Skipped(result.task.item, result.reading.reason))
            if show_progress is not None:
                show_progress(Progress(count, len(tasks), len(skipped), time.monotonic() - start))
    finally:
        readings.close()
    results = [embedded[task.item] for task in tasks if task.item in embedded]
    with explain_os_errors(output, "write"):
        replace_durably(output, _npz(results, encoder.checkpoint_hash))
    return skipped, sum(len(result.bounds) for result in results)


def _npz(results: list[Embedded], checkpoint_hash: str) -> bytes:
    """Return the content of the file: a row each window."""
    bounds = np.array([bound for result in results for bound in result.bounds], dtype=np.float32).reshape(-1, 2)
    content = io.BytesIO()
    np.savez(
        content,
        embeddings=np.concatenate([np.zeros((0, WIDTH), np.float32), *(result.embeddings for result in results)]),
        items=np.array([result.task.item for result in results for _ in result.bounds], dtype=np.str_),
        start_seconds=bounds[:, 0],
        end_seconds=bounds[:, 1],
        checkpoint_hash=np.array(checkpoint_hash),
    )
    return content.getvalue()


def _tasks(files: Sequence[Path]) -> tuple[list[Task], list[Skipped]]:
    """Return the files and those of the folders among them, each once; and the folders that cannot be listed."""
    paths: list[Path] = []
    unlisted: list[Skipped] = []
    for file in files:
        if file.is_dir():
            library = list_library(file, file / "no index")
            paths.extend(task.path for task in library.tasks)
            names = {f"{item_name(file.resolve() / name, Path.cwd())}/": why for name, why in library.unlisted.items()}
            unlisted += [Skipped(name, f"the folder cannot be listed ({why})") for name, why in names.items()]
        elif file.exists():
            paths.append(file)
        else:
            raise IndexFolderError(f"there is no file or folder {str(file)!r}; nothing was embedded")
    return tasks_of_paths(paths, Path.cwd()), unlisted
