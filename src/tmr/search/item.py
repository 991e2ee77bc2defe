"""Item: one motion of an index. Hit: an answer of a search."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Value = float | str | tuple[str, ...]


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
        speed: Mean speed of the hips over the floor in metres a second, on the body of the encoder's skeleton; None
            for an item of an index that was made before this was measured. See `tmr.search.measures`.
        hand: Which hand moves more, `left`, `right`, `both` or `none`; empty if that is not known.
        foot: The same of the feet.
    """

    item: str
    sha256: str
    reading: str
    from_file: bool
    seconds: float
    fps: float
    skeleton: str
    notes: tuple[str, ...] = ()
    speed: float | None = None
    hand: str = ""
    foot: str = ""


@dataclass(frozen=True)
class Folded:
    """An item that shows what a better hit shows, and so has no place of its own.

    Args:
        item: Its name.
        why: `same content`, `near duplicate` or `mirror image`.
        similarity: Cosine of it, or of its mirror image, with the hit that it is folded under.
    """

    item: str
    why: str
    similarity: float


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
        folded: Items that are near duplicates or mirror images of this one, if they were to be folded.
        metadata: What the user's metadata says of the item, by field.
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
    folded: tuple[Folded, ...] = ()
    metadata: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """Return the hit as a table that `json.dumps` takes."""
        path = None if self.path is None else str(self.path)
        metadata = {name: list(value) if isinstance(value, tuple) else value for name, value in self.metadata.items()}
        folded = [asdict(folded) for folded in self.folded]
        return {**asdict(self), "path": path, "notes": list(self.notes), "folded": folded, "metadata": metadata}
