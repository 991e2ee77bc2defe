"""A run folder: the results and arrays that the other `tmr evaluate` commands wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Num

from tmr.errors import DatasetError, MotionFileError
from tmr.evaluation.report.space import Query, Space, worst_and_best
from tmr.evaluation.result import Result
from tmr.motion.formats.loading import ArrayArchive

KINDS = ("retrieval", "probes", "generation", "kimodo")


@dataclass(frozen=True, eq=False)
class Played:
    """The queries that a page shows, and their motions.

    Args:
        best: Queries of the first model, the best first.
        worst: The worst first.
        motions: Motion name → joints of SOMA-30 in metres, finite; empty where the run has none.
        fps: Of the motions.
    """

    best: tuple[Query, ...]
    worst: tuple[Query, ...]
    motions: Mapping[str, Num[np.ndarray, "_ 30 3"]]
    fps: float


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder holds.

    Args:
        name: Of the folder.
        results: Kind → result, in the order of `KINDS`.
        spaces: One a model, if retrieval was measured; a page shows the first, and the ranks of all.
        played: Its queries; None where there is no space.
    """

    name: str
    results: Mapping[str, Result]
    spaces: tuple[Space, ...] = ()
    played: Played | None = None

    @property
    def space(self) -> Space | None:
        """The space that is shown."""
        return self.spaces[0] if self.spaces else None

    @property
    def models(self) -> dict[str, str]:
        """Name of each model that a result is of → hash of its checkpoint."""
        return {name: digest for result in self.results.values() for name, digest in result.models.items()}

    @property
    def title(self) -> str:
        """Names of the models, or of the folder where no result names one."""
        return ", ".join(self.models) or self.name


def read_run(folder: Path) -> Run:
    """Return what a run folder holds.

    Raises:
        DatasetError: If it holds no result, or a file of it is broken.
    """
    found = {kind: folder / f"{kind}.json" for kind in KINDS}
    results = {kind: Result.read(path) for kind, path in found.items() if path.is_file()}
    if not results:
        what = "does not exist" if not folder.exists() else "holds none of them"
        names = ", ".join(path.name for path in found.values())
        raise DatasetError(
            f"expected a run folder with one of {names}, but {folder} {what}; run `tmr evaluate retrieval --data … "
            f"-o {folder}` first"
        )
    # Arrays that an earlier run left behind belong to no result.
    path = folder / "retrieval.npz"
    spaces = _read_spaces(path) if "retrieval" in results and path.is_file() else ()
    return Run(
        folder.resolve().name, results, spaces, _read_played(folder / "played.npz", spaces[0]) if spaces else None
    )


def _read_spaces(path: Path) -> tuple[Space, ...]:
    try:
        archive = ArrayArchive(path)
        names, captions, clips, models = (
            archive.read(key).tolist() for key in ("names", "captions", "clips", "models")
        )
        owner = archive.numbers("owner")
        spaces = tuple(
            Space(
                str(model),
                archive.numbers(f"text_{number}"),
                archive.numbers(f"motion_{number}"),
                owner,
                captions,
                names,
                clips,
                archive.numbers(f"rank_{number}").astype(np.float64),
            )
            for number, model in enumerate(models)
        )
    except MotionFileError as error:
        raise DatasetError(f"{error}; run `tmr evaluate retrieval` again") from error
    if not spaces:
        raise DatasetError(f"{path} has the embeddings of no model; run `tmr evaluate retrieval` again")
    for space in spaces:
        _check(space, path)
    return spaces


def _check(space: Space, path: Path) -> None:
    queries, motions = len(space.captions), len(space.names)
    fits = (
        space.text.ndim == space.motion.ndim == 2
        and space.text.shape[1] == space.motion.shape[1]
        and len(space.text) == len(space.owner) == len(space.rank) == queries > 0
        and len(space.motion) == len(space.clips) == motions > 0
        and 0 <= space.owner.min() <= space.owner.max() < motions
    )
    if not fits or not all(np.isfinite(rows).all() for rows in (space.text, space.motion, space.rank)):
        raise DatasetError(
            f"{path}: the arrays of model {space.model!r} do not fit together, or are not finite "
            f"({queries} captions, {motions} names, text {space.text.shape}, motion {space.motion.shape}); "
            "run `tmr evaluate retrieval` again"
        )


def _read_played(path: Path, space: Space) -> Played:
    """Return the queries and motions of a file; without it the queries alone, found in the space."""
    if not path.is_file():
        worst, best = worst_and_best(space)
        return Played(best, worst, {}, 30.0)
    try:
        archive = ArrayArchive(path)
        queries, is_best = _queries(archive), archive.read("best").tolist()
        clips = np.split(archive.numbers("joints"), np.cumsum(archive.numbers("frames"))[:-1])
        motions = dict(zip(archive.numbers("motions").tolist(), clips, strict=True))
        fps = archive.number("fps")
        best = tuple(query for query, good in zip(queries, is_best, strict=True) if good)
        worst = tuple(query for query, good in zip(queries, is_best, strict=True) if not good)
    except (MotionFileError, ValueError, TypeError) as error:
        raise DatasetError(f"{path} is damaged: {error}; run `tmr evaluate retrieval` again") from error
    shown = {hit for query in queries for hit, _ in query.hits} | set(motions)
    asked = {query.number for query in queries}
    if not (0 <= min(asked, default=0) <= max(asked, default=0) < len(space.captions)) or not (
        0 <= min(shown, default=0) <= max(shown, default=0) < len(space.names)
    ):
        raise DatasetError(f"{path} does not belong to retrieval.npz beside it; run `tmr evaluate retrieval` again")
    played = {str(space.names[number]): clip for number, clip in motions.items() if _can_play(clip)}
    return Played(best, worst, played, fps)


def _queries(archive: ArrayArchive) -> list[Query]:
    rows = zip(*(archive.numbers(key) for key in ("queries", "hits", "hit_similarity")), strict=True)
    queries = []
    for number, hits, similarity in rows:
        pairs = zip(hits.tolist(), similarity.tolist(), strict=True)
        # Where a gallery is smaller than the list of hits, the rest of the row is -1.
        queries.append(Query(int(number), tuple(pair for pair in pairs if pair[0] >= 0)))
    return queries


def _can_play(clip: np.ndarray) -> bool:
    return clip.ndim == 3 and clip.shape[1:] == (30, 3) and len(clip) > 0 and bool(np.isfinite(clip).all())
