"""LibraryMap: a place in the plane for every item of an index and names for regions, and the file it is kept in."""

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from tmr.errors import IndexFolderError
from tmr.search.map.labels import Label
from tmr.search.map.source import ID_BYTES

# In the index's folder. It may be deleted: it is made anew when somebody asks for it.
FILE_NAME = "map"
_FORMAT, _VERSION = "tmr-map", 1


@dataclass(frozen=True, eq=False)
class LibraryMap:
    """The map of an index as it was at one moment.

    Args:
        made_from: `manifest_digest` of the index.
        checkpoint_hash: Of the model that made the index.
        ids: The items' ids as ten bytes, in the order of the segments.
        stamps: What differs when an item's content differs.
        places: In the unit square.
        laid_out: How many items there were when all were laid out; the others were placed among them.
        labels: The names, the widest regions first.
    """

    made_from: str
    checkpoint_hash: str
    ids: np.ndarray
    stamps: np.ndarray
    places: Float[np.ndarray, "item 2"]
    laid_out: int
    labels: list[Label]

    def to_bytes(self) -> bytes:
        """Return the map as its file holds it; the same for the same map."""
        head = {
            "format": _FORMAT,
            "version": _VERSION,
            "made_from": self.made_from,
            "checkpoint_hash": self.checkpoint_hash,
            "laid_out": self.laid_out,
            "labels": [asdict(label) for label in self.labels],
        }
        file = io.BytesIO()
        np.savez(
            file,
            head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8),
            ids=self.ids.view(np.uint8).reshape(-1, ID_BYTES),
            stamps=self.stamps.astype("<u8"),
            places=self.places.astype("<f4"),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "LibraryMap":
        """Return a map from what `to_bytes` gave.

        Raises:
            IndexFolderError: If it is something else, or was cut short.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                head: dict[str, Any] = json.loads(arrays["head"].tobytes())
                ids, stamps, places = arrays["ids"], arrays["stamps"], arrays["places"]
            if (head.pop("format"), head.pop("version")) != (_FORMAT, _VERSION):
                raise ValueError("it is of another version")
            labels = [Label(**label) for label in head.pop("labels")]
            _check(ids, stamps, places)
            flat = np.ascontiguousarray(ids).view(f"V{ID_BYTES}").ravel()
            return cls(ids=flat, stamps=stamps, places=places, labels=labels, **head)
        except (ValueError, TypeError, KeyError, OSError, EOFError, RecursionError, zipfile.BadZipFile) as error:
            raise IndexFolderError(f"the map is broken ({error}); it is made anew") from error


def _check(ids: np.ndarray, stamps: np.ndarray, places: np.ndarray) -> None:
    kinds = (ids.dtype, stamps.dtype, places.dtype) == (np.uint8, np.dtype("<u8"), np.dtype("<f4"))
    shapes = (ids.shape, stamps.shape, places.shape) == ((len(ids), ID_BYTES), (len(ids),), (len(ids), 2))
    if not (kinds and shapes and ((places >= 0) & (places <= 1)).all()):
        raise ValueError("its arrays do not fit together")
