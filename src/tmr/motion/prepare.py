"""Packs → retargeted motions with their captions, cached once."""

import hashlib
import os
import sys
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

import tmr
from tmr.errors import DatasetError, SkeletonError
from tmr.files import replacing
from tmr.motion.dataset import ClipInfo, find_packs, read_infos, read_pack
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget

# Of `tmr.motion`: what a retargeted motion does not depend on.
_WITHOUT_EFFECT = ("caption_file.py", "captions.py", "dataset.py", "join.py", "prepare.py", "vary.py")


@dataclass(frozen=True)
class PreparedClip:
    """A clip on SOMA-30 at 30 fps, float32 metres, with what is known of it."""

    info: ClipInfo
    joints: Float[np.ndarray, "frame 30 3"]


def prepare(folder: Path, cache: Path, *, workers: int | None = None) -> list[PreparedClip]:
    """Return every clip of the packs in a folder, retargeted; a pack that was prepared before is read from the cache.

    Args:
        folder: Holds the packs, `NAME.npz` with `NAME.jsonl`.
        cache: Where the retargeted packs are kept, one file a pack, named by what they were made from.
        workers: Processes that retarget; None takes one a core.

    Raises:
        DatasetError: If a pack and its rows do not fit together, or a clip cannot be retargeted.
    """
    cache.mkdir(parents=True, exist_ok=True)
    clips = []
    for pack in find_packs(folder):
        infos = {info.id: info for info in read_infos(pack.with_suffix(".jsonl"))}
        stored = cache / f"{pack.stem}-{_fingerprint(pack)}.npz"
        if not stored.is_file():
            _retarget_pack(pack, stored, workers)
        try:
            with stored.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                ids, frames, joints = arrays["ids"].tolist(), arrays["frames"], arrays["joints"]
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise DatasetError(f"{stored} is damaged ({error}); remove it, and it is made anew") from error
        if missing := set(infos) ^ set(ids):
            raise DatasetError(
                f"{pack} and its .jsonl do not hold the same clips; {len(missing)} are in one only, "
                f"{sorted(missing)[0]} among them"
            )
        ends = np.cumsum(frames)
        clips += [
            PreparedClip(infos[id], joints[end - count : end]) for id, count, end in zip(ids, frames, ends, strict=True)
        ]
    return clips


def _fingerprint(pack: Path) -> str:
    """Return a hash of the pack and of the code that retargets, so that a change of either prepares anew."""
    return hashlib.sha256(pack.read_bytes() + code_fingerprint().encode()).hexdigest()[:16]


def code_fingerprint(*folders: str) -> str:
    """Return a hash of the code that retargets.

    Args:
        folders: Of this part of the package, whose code counts too: `formats`, if the motions come from files.
    """
    part = Path(tmr.__file__).parent / "motion"
    sources = [*part.glob("*.py"), part / "skeletons.json"]
    for folder in folders:
        sources += (part / folder).glob("*.py")
    digest = hashlib.sha256()
    for source in sorted(sources):
        if source.name not in _WITHOUT_EFFECT:
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _retarget_pack(pack: Path, stored: Path, workers: int | None) -> None:
    motions = list(read_pack(pack))
    results: list[Motion] = []
    try:
        # Windows waits for at most 61 processes at once.
        with ProcessPoolExecutor(max_workers=min(workers or os.cpu_count() or 1, 61)) as pool:
            for number, result in enumerate(pool.map(retarget_one, motions, chunksize=16), start=1):
                if isinstance(result, SkeletonError):
                    raise DatasetError(f"{pack}: {motions[number - 1].name} cannot be retargeted: {result}")
                results.append(result)
                if number % 100 == 0 or number == len(motions):
                    print(f"\rretargeting {pack.stem}: {number}/{len(motions)}", end="", file=sys.stderr, flush=True)
    except BrokenProcessPool as error:
        raise DatasetError(f"{pack}: a process that retargets died, for want of memory perhaps; try again") from error
    print(file=sys.stderr)
    try:
        with replacing(stored) as new:
            np.savez(
                new,
                ids=np.array([motion.name for motion in results]),
                frames=np.array([motion.num_frames for motion in results]),
                joints=np.concatenate([motion.joints for motion in results]),
            )
    except OSError as error:
        raise DatasetError(f"{stored} cannot be written: {error}; make room or give another --cache") from error


def retarget_one(motion: Motion) -> Motion | SkeletonError:
    """Retarget in a worker process; an error comes back as a value, so that it can be told with the clip's name."""
    try:
        return retarget(motion)
    except SkeletonError as error:
        return error


def select(clips: Sequence[PreparedClip], split: str) -> list[PreparedClip]:
    """Return the clips of one split."""
    return [clip for clip in clips if clip.info.split == split]
