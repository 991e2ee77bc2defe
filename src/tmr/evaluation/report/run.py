"""A run folder: the results and arrays that the other `tmr evaluate` commands wrote."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tmr.errors import DatasetError
from tmr.evaluation.report.space import Space
from tmr.evaluation.result import Result

KINDS = ("retrieval", "probes", "generation", "kimodo")


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder holds.

    Args:
        name: Of the folder.
        results: Kind → result, in the order of `KINDS`.
        space: Of the first model, if retrieval was measured.
        played: Motion name → joints of SOMA-30 in metres at 30 fps.
        notes: What of the folder could not be used, and why.
    """

    name: str
    results: Mapping[str, Result]
    space: Space | None = None
    played: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Name of the first model, or of the folder where no result names one."""
        return next((name for result in self.results.values() for name in result.models), self.name)


def read_run(folder: Path) -> Run:
    """Return what a run folder holds.

    Raises:
        DatasetError: If it holds no result, or a file of it is broken.
    """
    found = {kind: folder / f"{kind}.json" for kind in KINDS}
    results = {kind: Result.read(path) for kind, path in found.items() if path.is_file()}
    if not results:
        what = "does not exist" if not folder.exists() else "holds none of them"
        raise DatasetError(
            f"expected a run folder with one of {', '.join(path.name for path in found.values())}, but {folder} "
            f"{what}; run `tmr evaluate retrieval --data … -o {folder}` first"
        )
    space = _read_space(folder / "retrieval.npz", results["retrieval"]) if "retrieval" in results else None
    return Run(folder.resolve().name, results, space, *_read_played(folder / "played.npz"))


def _read_space(path: Path, result: Result) -> Space | None:
    """Return the space of the first model, or None if the run kept no embeddings."""
    if not path.is_file():
        return None
    arrays = _read_arrays(path)
    try:
        space = Space(
            next(iter(result.models), "model"),
            arrays["text_0"],
            arrays["motion_0"],
            arrays["owner"],
            arrays["captions"].tolist(),
            arrays["names"].tolist(),
            arrays["rank_0"],
        )
    except KeyError as error:
        raise DatasetError(f"{path} lacks the array {error}; run `tmr evaluate retrieval` again") from error
    return space


def _read_played(path: Path) -> tuple[Mapping[str, np.ndarray], tuple[str, ...]]:
    """Return the motions that can be played, and what is to be said of the others."""
    if not path.is_file():
        return {}, ()
    played, notes = {}, []
    for name, joints in _read_arrays(path).items():
        if joints.ndim == 3 and joints.shape[1:] == (30, 3) and len(joints) and np.isfinite(joints).all():
            played[name] = joints
        else:
            notes.append(
                f"{name} is not played: {path.name} has no finite joints of SOMA-30 for it, but {joints.shape}."
            )
    return played, tuple(notes)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} cannot be read: {error}; run the evaluation again") from error
