"""Making a map: lay everything out, or place what is new in the map that is there; then name the regions."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

from tmr.search.map.labels import label
from tmr.search.map.layout import Progress, lay_out
from tmr.search.map.library_map import LibraryMap
from tmr.search.map.naming import Naming
from tmr.search.map.placing import place
from tmr.search.map.source import Source, manifest_digest
from tmr.search.map.words import count_words

# So many are laid out together; the rest of a larger library is placed among them. Bounds time and memory.
MOST_LAID_OUT = 20_000
# When so many times as many items are there as were laid out, all are laid out anew.
_GROWTH = 1.5
_FEWEST_LAID_OUT = 4
_EDGE = 0.03
_BLOCK_ITEMS = 8192


def make_map(
    source: Source,
    before: LibraryMap | None = None,
    *,
    phrases: Sequence[str] = (),
    phrase_vectors: Float[np.ndarray, "phrase width"] | None = None,
    progress: Progress = lambda share: None,
) -> LibraryMap:
    """Return the map of an index.

    Items that have a place keep it, new ones are placed among their neighbours, until half as many have come as were
    laid out; then all are laid out anew. The same items in whatever order they were added give the same layout.

    Args:
        source: The items.
        before: The map as it was; None if there is none.
        phrases: What regions may be called where no word tells.
        phrase_vectors: One a phrase, of the index's model.
        progress: Is told the share of the work that is done.

    Raises:
        IndexFolderError: If the index is broken.
    """
    places, settled = _kept(source, before)
    laid_out = before.laid_out if before is not None else 0
    if _is_outgrown(int(settled.sum()), laid_out, len(source)):
        places, settled, laid_out = _laid_out(source, lambda share: progress(0.8 * share))
    _place_rest(source, places, settled, lambda share: progress(0.8 + 0.1 * share))
    vectors = np.zeros((0, 1)) if phrase_vectors is None else phrase_vectors
    naming = Naming(count_words(source.said()), list(phrases[: len(vectors)]), _nearness(source, vectors))
    return LibraryMap(
        made_from=manifest_digest(source.content.manifest),
        checkpoint_hash=source.content.manifest.checkpoint_hash,
        ids=source.ids,
        stamps=source.stamps,
        places=places.astype(np.float32),
        laid_out=laid_out,
        labels=label(places, naming),
    )


def _kept(source: Source, before: LibraryMap | None) -> tuple[Float[np.ndarray, "item 2"], Bool[np.ndarray, " item"]]:
    """Return the places that items have already, and which have one: an item whose content changed has none."""
    places, settled = np.zeros((len(source), 2)), np.zeros(len(source), dtype=bool)
    if before is None or before.checkpoint_hash != source.content.manifest.checkpoint_hash:
        return places, settled
    known = {key: row for row, key in enumerate(_keys(before.ids, before.stamps))}
    row = np.array([known.get(key, -1) for key in _keys(source.ids, source.stamps)], dtype=np.int64)
    settled = row >= 0
    places[settled] = before.places[row[settled]]
    return places, settled


def _keys(ids: np.ndarray, stamps: np.ndarray) -> Iterator[tuple[bytes, int]]:
    return ((bytes(one), int(stamp)) for one, stamp in zip(ids, stamps, strict=True))


def _is_outgrown(settled: int, laid_out: int, count: int) -> bool:
    return settled < _FEWEST_LAID_OUT or count > _GROWTH * max(laid_out, _FEWEST_LAID_OUT)


def _laid_out(source: Source, progress: Progress) -> tuple[np.ndarray, np.ndarray, int]:
    """Return places for all items, or for a fair choice of so many as can be laid out, and which these are."""
    # Ids are digests: their order is as good as random, and does not depend on when an item was added.
    chosen = np.argsort(_sortable(source.ids), kind="stable")[:MOST_LAID_OUT]
    laid = _in_square(lay_out(source.vectors(chosen), progress=progress))
    places, settled = np.zeros((len(source), 2)), np.zeros(len(source), dtype=bool)
    places[chosen], settled[chosen] = laid, True
    return places, settled, len(source)


def _sortable(ids: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(ids.view(np.uint8).reshape(-1, 10)[:, :8]).view(">u8").ravel().astype(np.uint64)


def _in_square(laid: Float[np.ndarray, "item 2"]) -> Float[np.ndarray, "item 2"]:
    """Return a layout turned so that its longer side lies, and scaled into the unit square."""
    if len(laid) < 2:
        return np.full(laid.shape, 0.5)
    centred = laid - laid.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1]
    low, high = turned.min(axis=0), turned.max(axis=0)
    extent = max(float((high - low).max()), 1e-12)
    return 0.5 + (turned - (low + high) / 2) * (1 - 2 * _EDGE) / extent


def _place_rest(
    source: Source, places: Float[np.ndarray, "item 2"], settled: Bool[np.ndarray, " item"], progress: Progress
) -> None:
    """Give everybody a place who has none, in `places`."""
    rest = np.flatnonzero(~settled)
    if not len(rest):
        return
    hosts = np.flatnonzero(settled)
    hosts = hosts[np.argsort(_sortable(source.ids[hosts]), kind="stable")[:MOST_LAID_OUT]]
    host_vectors, host_places = source.vectors(hosts), places[hosts]
    for begin in range(0, len(rest), _BLOCK_ITEMS):
        some = rest[begin : begin + _BLOCK_ITEMS]
        places[some] = place(source.vectors(some), host_vectors, host_places)
        progress((begin + len(some)) / len(rest))


def _nearness(source: Source, vectors: Float[np.ndarray, "phrase width"]) -> Float[np.ndarray, "item phrase"]:
    """Return how similar each item is to each phrase."""
    found = np.zeros((len(source), len(vectors)), dtype=np.float32)
    for begin in range(0, len(source) if len(vectors) else 0, _BLOCK_ITEMS):
        some = np.arange(begin, min(begin + _BLOCK_ITEMS, len(source)))
        found[some] = source.vectors(some) @ vectors.T
    return found
