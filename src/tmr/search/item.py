"""Item: one motion of an index. Hit: an answer of a search."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Item:
    """One motion of an index, whole.

    Args:
        item: Its name: the path from the library's folder with forward slashes, or the name of an added motion.
        sha256: Digest of the file's content.
        reading: Fingerprint of the options it was read with.
        from_file: False for a motion that was added from memory.
        seconds: How long it lasts.
        fps: Frames per second of the source.
        skeleton: What the source's skeleton is called.
        notes: What the reader found or assumed, one sentence each.
    """

    item: str
    sha256: str
    reading: str
    from_file: bool
    seconds: float
    fps: float
    skeleton: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """One answer of a search.

    Args:
        rank: Place in the ranking, from 1.
        similarity: Cosine of query and hit, −1 … 1, rounded to six places: float32 carries no more.
        item: The item's name in the index.
        path: Where the file is; None for a motion that was added from memory.
        start_seconds: Where in the item the hit begins; 0 for an item of one window.
        end_seconds: Where it ends.
        seconds: How long the whole item lasts.
        fps: Frames per second of the source.
        skeleton: What the source's skeleton is called.
        notes: What the reader found or assumed, one sentence each.
    """

    rank: int
    similarity: float
    item: str
    path: Path | None
    start_seconds: float
    end_seconds: float
    seconds: float
    fps: float
    skeleton: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the hit as a table that `json.dumps` takes."""
        path = None if self.path is None else str(self.path)
        return {**asdict(self), "path": path, "notes": list(self.notes)}
