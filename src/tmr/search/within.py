"""Within: moments in one motion that show a sentence, without an index."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from tmr.errors import TMRError
from tmr.model.text import TextSide
from tmr.motion.motion import Motion
from tmr.search.intake import encode_in_batches
from tmr.search.moments import MOST_MOMENTS, Moment, find_moments
from tmr.search.query import Encoders, ModelChoice, Preparation, Query, embed_queries
from tmr.search.reading import ReadingOptions, read_retargeted
from tmr.search.windows import WindowSettings, cut_windows

# Closer together than in an index, where every window takes room for good.
SETTINGS = WindowSettings(10.0, 2.5, (5.0, 2.5))


def moments_within(
    source: Path | Motion,
    queries: Sequence[Query],
    k: int = 5,
    *,
    model: ModelChoice | Encoders = None,
    text: TextSide | None = None,
    settings: WindowSettings = SETTINGS,
    options: ReadingOptions | None = None,
) -> list[list[Moment]]:
    """Return the parts of a motion that show each query, best first.

    Args:
        source: A motion file, or a motion.
        queries: Sentences, motions, files, embeddings or mixes of such.
        k: How many moments a query gets, if there are so many.
        model: A model's name or folder, None for the one in the package, an object that encodes, or the encoders.
        text: Which of a named model's text sides sentences go through, as for `load_model`.
        settings: How the motion is cut; a shorter hop finds sharper moments and takes longer.
        options: What is known of the files that they do not say themselves.

    Raises:
        MotionFileError: If a file cannot be read.
        SkeletonError: If a motion cannot be retargeted.
        ModelError: If the model cannot be loaded.
        TMRError: If a query cannot be used; one like an item cannot, as there are no items.
    """
    if not 1 <= k <= MOST_MOMENTS:
        raise TMRError(f"{k} moments are asked for; expected 1 to {MOST_MOMENTS}")
    options = options or ReadingOptions()
    preparation = Preparation(options, settings.longest_only, _no_item)
    prepared = [preparation.prepare(query) for query in queries]
    motion = read_retargeted(source, options)
    bounds = settings.bounds(motion.seconds, motion.fps)
    encoders = model if isinstance(model, Encoders) else Encoders(model, text)
    vectors = embed_queries(prepared, encoders.text, encoders.motion)
    windows = encode_in_batches(encoders.motion(), iter(cut_windows(motion, bounds)))
    starts, ends = np.array(bounds).T
    results = []
    for query in vectors:
        similarities = (windows.astype(np.float64) @ query.T.astype(np.float64)).max(axis=1)
        results.append(list(islice(find_moments(starts, ends, similarities), k)))
    return results


def _no_item(item: str, _: float, __: float | None) -> np.ndarray:
    raise TMRError(f"there is no item {item!r} to be like: a single motion is searched, not an index")
