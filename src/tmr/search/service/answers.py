"""The answers of the service as types, with the examples of its OpenAPI description."""

import hashlib

from pydantic import BaseModel, ConfigDict, Field

from tmr.search.item import Hit, Item

_HIT = {
    "rank": 1,
    "similarity": 0.613274,
    "id": "1f0c8a2e94d7b35a60c1",
    "item": "waves/wave_left.bvh",
    "start_seconds": 0.0,
    "end_seconds": 3.2,
    "seconds": 3.2,
    "fps": 120.0,
    "skeleton": "bvh:Hips",
    "has_file": True,
}


class Health(BaseModel):
    """That the service is there, and what it searches."""

    status: str
    version: str
    items: int = Field(description="How many items the index has.")
    checkpoint: str = Field(description="First 12 digits of the hash of the model that made the index.")


class ItemAnswer(BaseModel):
    """One motion of the index."""

    model_config = ConfigDict(json_schema_extra={"examples": [{k: _HIT[k] for k in list(_HIT)[2:]}]})

    id: str = Field(description="Names the item in addresses.")
    item: str = Field(description="Its name: the path from the library's folder.")
    start_seconds: float = Field(description="Where in the item the hit begins.")
    end_seconds: float = Field(description="Where it ends.")
    seconds: float = Field(description="How long the whole item lasts.")
    fps: float = Field(description="Frames per second of the source.")
    skeleton: str = Field(description="What the source's skeleton is called.")
    has_file: bool = Field(description="False for a motion that was added from memory: nothing to play or download.")


class HitAnswer(ItemAnswer):
    """One answer of a search."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HIT]})

    rank: int = Field(description="Place in the ranking, from 1.")
    similarity: float = Field(description="Cosine of query and hit, -1 to 1.")


class Hits(BaseModel):
    """The answers of a search, best first."""

    hits: list[HitAnswer]


class Items(BaseModel):
    """Some of the index's items, in the order of their names."""

    total: int = Field(description="How many items the index has.")
    items: list[ItemAnswer]


class PlaybackAnswer(BaseModel):
    """A part of a motion for a player: y up, +z forward, the floor at y = 0, moved so that it lies about x = z = 0."""

    fps: float
    num_frames: int
    start_seconds: float
    end_seconds: float = Field(description="At most 60 s after the start; ask again for the rest.")
    joint_names: list[str]
    parents: list[int] = Field(description="Index of each joint's parent; -1 for the root.")
    unit_metres: float = Field(description="What one unit of `joints` is worth.")
    joints: str = Field(description="Base64 of little-endian 16-bit whole numbers (frame, joint, 3).")


class ErrorAnswer(BaseModel):
    """What went wrong and what to do, in one sentence."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"error": "there is no such item"}]})

    error: str


def identifier(name: str) -> str:
    """Return what an item is called in addresses: 20 hexadecimal digits, always the same for the same name.

    Names themselves may hold slashes, question marks and bytes that are no text.
    """
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def hit_answer(hit: Hit) -> HitAnswer:
    """Return a hit as the service gives it."""
    return HitAnswer(
        rank=hit.rank,
        similarity=hit.similarity,
        id=identifier(hit.item),
        item=_readable(hit.item),
        start_seconds=hit.start_seconds,
        end_seconds=hit.end_seconds,
        seconds=hit.seconds,
        fps=hit.fps,
        skeleton=_readable(hit.skeleton),
        has_file=hit.path is not None,
    )


def item_answer(item: Item, window_seconds: float) -> ItemAnswer:
    """Return an item as the service gives it; of a long take its beginning is shown."""
    return ItemAnswer(
        id=identifier(item.item),
        item=_readable(item.item),
        start_seconds=0.0,
        end_seconds=round(min(item.seconds, window_seconds), 3),
        seconds=item.seconds,
        fps=item.fps,
        skeleton=_readable(item.skeleton),
        has_file=item.from_file,
    )


def _readable(name: str) -> str:
    """Return a name that can be sent as UTF-8; bytes of a file name that are no text become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")
