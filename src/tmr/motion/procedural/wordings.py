"""What else people would type for a motion of the library, in other words than its captions."""

import json
import re
from functools import lru_cache
from pathlib import Path

from tmr.motion.captions import swap_sides

_FILE = Path(__file__).with_name("wordings.json")


def other_wordings(name: str) -> tuple[str, ...]:
    """Return other wordings for a motion of the library, of which some leave the side untold; none is a caption.

    Args:
        name: As in `LabelledMotion`, without the number of a variation.
    """
    mirrored = re.sub(r"_left$", "_right", name)
    told = _wordings()[mirrored]
    return told if mirrored == name else tuple(map(swap_sides, told))


@lru_cache(maxsize=1)
def _wordings() -> dict[str, tuple[str, ...]]:
    return {name: tuple(texts) for name, texts in json.loads(_FILE.read_text(encoding="utf-8")).items()}
