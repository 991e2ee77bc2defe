"""What a service answers, as types; and what may be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np


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
        has_file: False for a motion without a file: there is nothing to download.
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


# A sentence, an item (of a long take the part that it stands for), or an embedding of the index's model.
RemoteQuery = str | RemoteItem | Sequence[float] | np.ndarray


def id_of(item: RemoteItem | str) -> str:
    """Return the id that a request names an item by."""
    return item.id if isinstance(item, RemoteItem) else item


def query_json(query: RemoteQuery) -> dict[str, object]:
    """Return a query as the service takes it."""
    if isinstance(query, str):
        return {"text": query}
    if isinstance(query, RemoteItem):
        return {"item": query.id, "start_seconds": query.start_seconds}
    return {"embedding": [float(number) for number in query]}


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


def change_from(answer: dict[str, Any]) -> RemoteChange:
    """Return what a change did from the service's answer."""
    names = {name: tuple(answer[name]) for name in ("added", "replaced", "unchanged", "removed")}
    return RemoteChange(**names, skipped={skip["item"]: skip["reason"] for skip in answer["skipped"]})
