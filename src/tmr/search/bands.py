"""Bands: from which similarity on a sentence's hit is a strong or a fair match, as it was measured for each model."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Bands:
    """The limits of a model's similarities between a sentence and a motion.

    Args:
        strong: From here on nine of ten best hits were right.
        fair: From here on half of them were.
        queries: How many sentences that was measured with.
    """

    strong: float
    fair: float
    queries: int


def bands_of(checkpoint_hash: str) -> Bands | None:
    """Return the limits of a model; None if nobody has measured them.

    Source:
        `runs/measure_bands.py` writes the file that is read here.
    """
    return _measured().get(checkpoint_hash)


@cache
def _measured() -> dict[str, Bands]:
    text = resources.files("tmr.search").joinpath("bands.json").read_text(encoding="utf-8")
    return {checkpoint_hash: Bands(**limits) for checkpoint_hash, limits in json.loads(text).items()}
