"""`python -m tmr.search.map.worker INDEX BEFORE PHRASES RESULT`: makes the map of an index in a process of its own.

It takes minutes in a large library, at a low priority, while the service answers. The files: the map as it was and the
vectors of the phrases (each may be missing), and where the new map goes. The percent that are done are printed.
"""

import os
import sys
from pathlib import Path

import numpy as np

from tmr.errors import TMRError
from tmr.files import read_replaced
from tmr.search.content import Content
from tmr.search.map.library_map import LibraryMap
from tmr.search.map.making import make_map
from tmr.search.map.phrases import phrases
from tmr.search.map.source import Source

_NICENESS = 10


def main(folder: str, before: str, vectors: str, result: str) -> int:
    """Make the map; returns the exit status."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    told = -1

    def tell(share: float) -> None:
        nonlocal told
        if (percent := int(100 * share)) > told:
            told = percent
            print(percent, flush=True)

    try:
        content = Content(Path(folder))
        phrase_vectors = np.load(vectors, allow_pickle=False) if Path(vectors).is_file() else None
        made = make_map(
            Source(content),
            _read(Path(before)),
            phrases=list(phrases()),
            phrase_vectors=phrase_vectors,
            progress=tell,
        )
    except TMRError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1  # The service is gone.
    Path(result).write_bytes(made.to_bytes())
    return 0


def _read(path: Path) -> LibraryMap | None:
    try:
        return LibraryMap.from_bytes(read_replaced(path))
    except (OSError, TMRError):
        return None  # There is none, or it is of no use: it is made anew.


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
