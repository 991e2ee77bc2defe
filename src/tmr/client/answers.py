"""What a service answers, as types; and what may be asked of it."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError


@dataclass(frozen=True)
class RemoteItem:
    """One motion of an index behind a service.

    Args:
        id: Names it in requests.
        item: Its name in the index.
        start_seconds: Where the part begins that is meant; 0 for an item as such.
        end_seconds: Where it ends.
        seconds: How long the whole item lasts.
        fps: Frames per second of the source.
        skeleton: What the source's skeleton is called.
        has_file: False for a motion without a file, or with one outside the library: there is nothing to download.
        fields: What else is known of it.
    """

    id: str
    item: str
    start_seconds: float
    end_seconds: float
    seconds: float
    fps: float
    skeleton: str
    has_file: bool
    fields: Mapping[str, float | str | list[str]]


@dataclass(frozen=True)
class RemoteHit(RemoteItem):
    """One answer of a search.

    Args:
        rank: Place in the ranking, from 1.
        similarity: Cosine of query and hit, −1 … 1.
        folded: Names of near duplicates and mirror images that stand under it, if they were to be folded.
    """

    rank: int
    similarity: float
    folded: tuple[str, ...]


@dataclass(frozen=True)
class RemoteChange:
    """What a change did, items by their ids.

    Args:
        added: Items that are new.
        replaced: Items of which the file is another now.
        unchanged: Items of which it is not.
        removed: Items that are gone.
        skipped: Files that could not be taken, with their reasons.
    """

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class RemoteMap:
    """The map of an index behind a service.

    Args:
        ids: The items' ids.
        places: Where each stands, 0 to 1, y upwards; like ones are near each other.
        labels: Names of regions, each with `text`, `x`, `y`, `level` (0 the widest), `count` and `guessed`.
    """

    ids: tuple[str, ...]
    places: Float[np.ndarray, "item 2"]
    labels: tuple[Mapping[str, Any], ...]


# A sentence, an item (of a long take the part that it stands for), or an embedding of the index's model.
RemoteQuery = str | RemoteItem | Sequence[float] | np.ndarray


def id_of(item: RemoteItem | str) -> str:
    """Return the id that a request names an item by."""
    return item.id if isinstance(item, RemoteItem) else item


def query_json(query: RemoteQuery) -> dict[str, object]:
    """Return a query as the service takes it.

    Raises:
        TMRError: If it is none.
    """
    if isinstance(query, str):
        return {"text": query}
    if isinstance(query, RemoteItem):
        return {"item": query.id, "start_seconds": query.start_seconds}
    try:
        return {"embedding": [float(number) for number in query]}
    except (TypeError, ValueError) as error:
        raise TMRError(
            f"cannot ask for a {type(query).__name__}; expected a sentence, an item, a hit or one embedding, a row of "
            "numbers (several at once: search_many; a motion's file: search_file)"
        ) from error


def item_from(row: dict[str, Any]) -> RemoteItem:
    """Return an item from the service's answer."""
    return RemoteItem(**{field.name: row[field.name] for field in fields(RemoteItem)})


def hits_from(answer: dict[str, Any]) -> list[RemoteHit]:
    """Return the hits of the service's answer."""
    hits = []
    for row in answer["hits"]:
        given = {field.name: row[field.name] for field in fields(RemoteHit)}
        hits.append(RemoteHit(**{**given, "folded": tuple(folded["item"] for folded in row["folded"])}))
    return hits


def map_from(answer: dict[str, Any]) -> RemoteMap:
    """Return the map of the service's answer."""
    ids = b64decode(answer["ids"]).hex()
    axes = [np.frombuffer(b64decode(answer[axis]), "<u2") / 65_535 for axis in ("x", "y")]
    return RemoteMap(
        ids=tuple(ids[at : at + 20] for at in range(0, len(ids), 20)),
        places=np.stack(axes, axis=1),
        labels=tuple(answer["labels"]),
    )


def change_from(answer: dict[str, Any]) -> RemoteChange:
    """Return what a change did from the service's answer."""
    names = {name: tuple(answer[name]) for name in ("added", "replaced", "unchanged", "removed")}
    return RemoteChange(**names, skipped={skip["item"]: skip["reason"] for skip in answer["skipped"]})
