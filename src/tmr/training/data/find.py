"""Find: which dataset a folder holds, said in one line, and its clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tmr.errors import DatasetError
from tmr.motion.caption_file import find_caption_file, tell_other_caption_files
from tmr.motion.dataset import find_packs, read_infos
from tmr.motion.prepare import prepare
from tmr.motion.telling import count_of
from tmr.search.reading import ReadingOptions
from tmr.search.report import ShowProgress
from tmr.training.data.babel import is_babel, list_babel
from tmr.training.data.humanml3d import is_humanml3d, list_humanml3d
from tmr.training.data.kitml import is_kitml, list_kitml
from tmr.training.data.listing import Listing, Places
from tmr.training.data.loading import Prepared, load
from tmr.training.data.own import list_own
from tmr.training.data.seed import is_seed, list_seed
from tmr.training.data.unified import is_unified, list_unified


@dataclass(frozen=True)
class Format:
    """A way in which datasets are laid out.

    Args:
        title: What it is, for a message.
        expected: The files that it is recognised by, for a message.
        is_there: Whether a folder is laid out so.
        list_clips: Reads the annotations.
    """

    title: str
    expected: str
    is_there: Callable[[Path], bool]
    list_clips: Callable[[Places], Listing]


@dataclass(frozen=True)
class TrainingData:
    """A dataset that was found, its annotations read and its motions not.

    Args:
        folder: That was given.
        title: What it is, in one line.
        sources: The names that a mixture calls its parts by.
        listing: Its clips; None for packs, which hold motions and captions together.
        options: What the user says of the motion files.
    """

    folder: Path
    title: str
    sources: tuple[str, ...]
    listing: Listing | None
    options: ReadingOptions | None = None

    def prepare(
        self, cache: Path, *, workers: int | None = None, show_progress: ShowProgress | None = None
    ) -> Prepared:
        """Return the clips with their motions, which are read once and kept in the cache.

        Raises:
            DatasetError: If nothing at all can be used, or the cache is damaged or cannot be written.
        """
        if self.listing is None:
            return Prepared(prepare(self.folder, cache, workers=workers), [], [])
        prepared = load(self.listing, cache, options=self.options, workers=workers, show_progress=show_progress)
        if not prepared.clips:
            first = prepared.left_out[0] if prepared.left_out else None
            told = f", first {first.name}: {first.reason}" if first else ""
            raise DatasetError(f"{self.folder} has no clip that can be used; {len(prepared.left_out):,} left out{told}")
        return prepared


def _has_packs(folder: Path) -> bool:
    return any(path.with_suffix(".jsonl").is_file() for path in folder.glob("*.npz"))


FORMATS: dict[str, Format] = {
    "captions": Format(
        "motion files with a captions file",
        "captions.jsonl or captions.csv beside motion files",
        lambda folder: find_caption_file(folder) is not None,
        list_own,
    ),
    "humanml3d": Format(
        "HumanML3D", "texts/ with train.txt, and new_joints/ or index.csv over AMASS", is_humanml3d, list_humanml3d
    ),
    "babel": Format("BABEL over AMASS", "train.json with feat_p, seq_ann and frame_ann", is_babel, list_babel),
    "kitml": Format("KIT-ML over AMASS", "00001_annotations.json … with amass-path2kitml.json", is_kitml, list_kitml),
    "unified": Format("TMR's annotations over AMASS", "annotations.json with splits/", is_unified, list_unified),
    "seed": Format("BONES-SEED", "metadata/seed_metadata_v….csv over BVH files", is_seed, list_seed),
}
"""The layouts by name, in the order in which they are looked for; packs come first."""

PACKS = "packs"


def find_data(
    data: Path,
    *,
    format: str | None = None,
    captions: Path | None = None,
    motions: Path | None = None,
    options: ReadingOptions | None = None,
) -> TrainingData:
    """Return the dataset that is in a folder.

    Args:
        data: The folder, or a captions file.
        format: A key of `FORMATS`, or `packs`; None finds it by what lies in the folder.
        captions: A captions file that is not in the folder.
        motions: The folder of the motion files, where it is another one.
        options: What is to be known of motion files that do not say it themselves.

    Raises:
        DatasetError: If nothing known is there, or its annotations cannot be used.
    """
    for path in (data, captions, motions):
        if path is not None and not path.exists():
            raise DatasetError(f"{path} does not exist")
    found = format or _find_format(data, captions)
    if found == PACKS:
        packs = find_packs(data)
        sources = tuple(sorted({info.pack for pack in packs for info in read_infos(pack.with_suffix(".jsonl"))}))
        return TrainingData(data, f"{data}: {count_of(len(packs), 'pack')} of motions with captions", sources, None)
    if found not in FORMATS:
        raise DatasetError(f"no format {found!r}; there are {', '.join([PACKS, *FORMATS])}")
    listing = FORMATS[found].list_clips(Places(data, captions, motions))
    title = f"{data}: {FORMATS[found].title}, {count_of(len(listing.clips), 'clip')}"
    return TrainingData(data, title, (listing.source,), listing, options)


def _find_format(data: Path, captions: Path | None) -> str:
    if captions is not None or data.is_file():
        return "captions"
    if _has_packs(data):
        return PACKS
    found = [name for name, layout in FORMATS.items() if layout.is_there(data)]
    if len(found) > 1:
        raise DatasetError(f"{data} could be {' or '.join(found)}; say which with --format")
    if found:
        return found[0]
    if other := tell_other_caption_files(data):
        raise DatasetError(f"{data} has no captions.jsonl or captions.csv{other}")
    raise DatasetError(f"{data} holds no dataset that is known; expected {_expected(list(FORMATS.values()))}")


def _expected(formats: Sequence[Format]) -> str:
    layouts = ["NAME.npz with NAME.jsonl (packs)", *(f"{layout.expected} ({layout.title})" for layout in formats)]
    return "; ".join(layouts) + "; docs/training.md describes them"
