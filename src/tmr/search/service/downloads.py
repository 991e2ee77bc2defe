"""A motion as a file to take away: BVH or NPZ on SOMA, made from what was retargeted."""

import tempfile
from pathlib import Path

from starlette.exceptions import HTTPException

from tmr.motion.formats import write_bvh, write_npz
from tmr.motion.motion import Motion

MOST_SECONDS = 600.0
FORMATS = ("original", "bvh", "npz")


def file_of(motion: Motion, kind: str, start_seconds: float, end_seconds: float | None) -> bytes:
    """Return the content of a file with a part of a motion.

    Args:
        motion: Retargeted.
        kind: `bvh` or `npz`.
        start_seconds: Where the part begins.
        end_seconds: Where it ends; None for the motion's end.

    Raises:
        HTTPException: 422 if the part is empty or too long.
    """
    end = motion.seconds if end_seconds is None else min(end_seconds, motion.seconds)
    if end <= start_seconds:
        raise HTTPException(422, f"there is nothing between start and end; the item lasts {motion.seconds:.3f} s")
    if end - start_seconds > MOST_SECONDS:
        raise HTTPException(422, f"at most {MOST_SECONDS:g} s are written at a time; choose a part with start and end")
    part = motion.cut(start_seconds, end)
    with tempfile.TemporaryDirectory(prefix="tmr-download-") as folder:
        path = Path(folder) / f"motion.{kind}"
        if kind == "bvh":
            write_bvh(path, part)
        else:
            write_npz(path, part)
        return path.read_bytes()
