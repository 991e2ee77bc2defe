"""What a map is made of: the items of an index in the order of its segments, each with one vector."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from tmr.search.content import Content
from tmr.search.identifier import DIGITS, identifier
from tmr.search.item import Item
from tmr.search.map.words import words_of
from tmr.search.storage.manifest import Manifest
from tmr.search.storage.segment import WIDTH, Segment

ID_BYTES = DIGITS // 2


def manifest_digest(manifest: Manifest) -> str:
    """Return what differs whenever the items of an index, or what is said of them, differ."""
    return hashlib.sha256(json.dumps(asdict(manifest), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Source:
    """The items of an index that have not been removed.

    Args:
        content: What the index holds.
    """

    content: Content

    @cached_property
    def items(self) -> list[Item]:
        """The items, in the order of the segments."""
        return [item for segment in self.content.segments for _, item in segment.living()]

    @cached_property
    def ids(self) -> "np.ndarray":
        """The items' ids, as bytes that compare as the ids do."""
        joined = b"".join(bytes.fromhex(identifier(item.item)) for item in self.items)
        return np.frombuffer(joined, dtype=f"V{ID_BYTES}")

    @cached_property
    def stamps(self) -> "np.ndarray":
        """What differs when an item's content, or how it is read, differs."""
        digests = (hashlib.sha256(f"{item.sha256} {item.reading}".encode()).digest()[:8] for item in self.items)
        return np.frombuffer(b"".join(digests), dtype="<u8")

    def said(self) -> list[tuple[str, ...]]:
        """Return the words that are said of each item."""
        metadata = self.content.metadata
        return [words_of(item.item, metadata.get(item.item, {}).values()) for item in self.items]

    def vectors(self, numbers: Int[np.ndarray, " item"]) -> Float[np.ndarray, "item 256"]:
        """Return a unit vector of each of some items: of a long take the mean of its longest windows."""
        found = np.zeros((len(numbers), WIDTH), dtype=np.float32)
        for place, (segment, number) in enumerate(zip(*self._where(numbers), strict=True)):
            found[place] = _mean_window(self.content.segments[segment], int(number))
        return found

    def _where(self, numbers: Int[np.ndarray, " item"]) -> tuple[np.ndarray, np.ndarray]:
        """Return the segment of each of some items, and the item's number in it."""
        living = [np.flatnonzero(~segment.removed) for segment in self.content.segments]
        segment = np.repeat(np.arange(len(living)), [len(some) for some in living])
        return segment[numbers], np.concatenate([np.zeros(0, dtype=np.int64), *living])[numbers]

    def __len__(self) -> int:
        return len(self.content)


def _mean_window(segment: Segment, number: int) -> Float[np.ndarray, " 256"]:
    rows = segment.rows_of(number)
    if rows.stop - rows.start == 1:
        return segment.embeddings[rows.start]
    lengths = segment.rows["end_seconds"][rows] - segment.rows["start_seconds"][rows]
    mean = segment.embeddings[rows][lengths > 0.99 * lengths.max()].mean(axis=0, dtype=np.float64)
    return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
