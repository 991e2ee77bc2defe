"""The answers of the service as types, with the examples of its OpenAPI description."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from tmr.search.columns import Field as IndexField
from tmr.search.identifier import identifier
from tmr.search.item import Folded, Hit, Item, Value
from tmr.search.query import NO_ENGLISH, NOT_KNOWN
from tmr.search.spread import Spread

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
    "fields": {"speed": 0.12, "hand": "left", "style": "tired"},
    "folded": [],
}
# Fields that have a place of their own in an answer.
_TOLD = frozenset({"item", "seconds", "fps", "skeleton"})


class Health(BaseModel):
    """That the service is there, and what it searches."""

    status: str
    version: str
    items: int = Field(description="How many items the index has.")
    checkpoint: str = Field(description="First 12 digits of the hash of the model that made the index.")


class Status(BaseModel):
    """An answer to whoever looks whether the service is well."""

    status: str


class BandsAnswer(BaseModel):
    """From which similarity on the best hit of a sentence was right, as `runs/measure_bands.py` measured it."""

    strong: float = Field(description="In nine of ten cases or more.")
    fair: float = Field(description="In half of the cases or more.")
    queries: int = Field(description="How many sentences that was measured with.")


class IndexAnswer(BaseModel):
    """One of the indexes behind the service."""

    name: str = Field(description="What the parameter `index` calls it.")
    items: int = Field(description="How many items it has.")
    checkpoint: str = Field(description="First 12 digits of the hash of the model that made it.")
    model: str = Field(description="What that model is called; `default` is the one in the package.")
    licence: str | None = Field(description="What the model's card says under `license`, if it says something.")
    bands: BandsAnswer | None = Field(description="What its similarities mean, if that was measured for the model.")


class Indexes(BaseModel):
    """The indexes behind the service; the first one is meant where none is named."""

    indexes: list[IndexAnswer]


class FieldAnswer(BaseModel):
    """A field that a filter may name."""

    name: str
    kind: str = Field(description="`number` or `text`.")
    items: int = Field(description="How many items have it.")
    lowest: float | None = Field(description="Of numbers: the smallest.")
    highest: float | None = Field(description="Of numbers: the largest.")
    values: dict[str, int] = Field(description="Of texts: the most frequent first, each with the number of its items.")


class Fields(BaseModel):
    """What a filter may name."""

    fields: list[FieldAnswer]


class ItemAnswer(BaseModel):
    """One motion of the index."""

    model_config = ConfigDict(json_schema_extra={"examples": [{k: _HIT[k] for k in list(_HIT)[2:-1]}]})

    id: str = Field(description="Names the item in addresses.")
    item: str = Field(description="Its name: the path from the library's folder.")
    start_seconds: float = Field(description="Where in the item the hit begins.")
    end_seconds: float = Field(description="Where it ends.")
    seconds: float = Field(description="How long the whole item lasts.")
    fps: float = Field(description="Frames per second of the source.")
    skeleton: str = Field(description="What the source's skeleton is called.")
    has_file: bool = Field(
        description="False if there is nothing to play or download: it was added from memory, or its file lies outside "
        "the library's folder, be it by a link."
    )
    fields: dict[str, float | str | list[str]] = Field(
        description="What else is known of it: what was measured, and what the library's metadata says."
    )


class FoldedAnswer(BaseModel):
    """An item that shows what a better hit shows."""

    id: str
    item: str
    why: str = Field(description="`same content`, `near duplicate` or `mirror image`.")
    similarity: float = Field(description="Cosine with the hit that it stands under.")


class HitAnswer(ItemAnswer):
    """One answer of a search."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HIT]})

    rank: int = Field(description="Place in the ranking, from 1.")
    similarity: float = Field(description="Cosine of query and hit, -1 to 1.")
    folded: list[FoldedAnswer] = Field(description="Near duplicates and mirror images, if they were to be folded.")


class SpreadAnswer(BaseModel):
    """How similar the whole index is to a query, so that one similarity can be judged. Filters do not count."""

    items: int = Field(description="How many items were looked at: all of them, or 20,000 here and there.")
    median: float = Field(description="Half of them are less similar.")
    highest: float = Field(description="The largest similarity among them.")
    counts: list[int] = Field(description="How many fall into each of 40 bins of equal width from -1 to 1.")


class Hits(BaseModel):
    """The answers of a search, best first."""

    total: int = Field(description="How many items there are to find, after the filter.")
    hits: list[HitAnswer]
    spread: SpreadAnswer | None = Field(None, description="If it was asked for with `spread`.")
    read_as: dict[str, str] = Field(
        {}, description="The sentences that the model read in other words, and how: it tells things in words it learnt."
    )
    not_english: list[str] = Field([], description=f"The sentences without a Latin letter; each has {NO_ENGLISH}.")
    unknown_words: dict[str, list[str]] = Field(
        {},
        description=f"Of the others, those with words that the model does not know. Such a word is {NOT_KNOWN}.",
    )


class BatchResult(BaseModel):
    """What came of one query of several."""

    total: int = 0
    hits: list[HitAnswer] = []
    spread: SpreadAnswer | None = None
    read_as: dict[str, str] = {}
    not_english: list[str] = []
    unknown_words: dict[str, list[str]] = {}
    error: str | None = Field(default=None, description="What is wrong with this query; the others are answered.")


class BatchResults(BaseModel):
    """What came of several queries, in their order."""

    results: list[BatchResult]


class Items(BaseModel):
    """Some of the index's items, in the order of their names."""

    total: int = Field(description="How many there are, after the filter.")
    items: list[ItemAnswer]


class Skip(BaseModel):
    """A file that could not be taken."""

    item: str
    reason: str


class Change(BaseModel):
    """What a change did, by the ids of items."""

    added: list[str] = []
    replaced: list[str] = []
    unchanged: list[str] = []
    removed: list[str] = []
    skipped: list[Skip] = []


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


class EmbeddedFile(BaseModel):
    """What was understood of a motion file that was sent, and its embedding to search with."""

    name: str
    seconds: float = Field(description="How long the whole motion lasts.")
    fps: float = Field(description="Frames per second of the file.")
    skeleton: str = Field(description="What its skeleton is called.")
    notes: list[str] = Field(description="What was assumed where the file says nothing.")
    embedding: list[float] = Field(description="256 numbers of length 1; of a long motion the mean direction.")
    motion: PlaybackAnswer


class ErrorAnswer(BaseModel):
    """What went wrong and what to do, in one sentence."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"error": "there is no such item"}]})

    error: str


def hit_answer(hit: Hit, item_id: str, measured: Mapping[str, Value], *, has_file: bool) -> HitAnswer:
    """Return a hit, what was measured of its item, and whether its file may be had, as the service gives them."""
    return HitAnswer(
        rank=hit.rank,
        similarity=hit.similarity,
        id=item_id,
        item=readable(hit.item),
        start_seconds=hit.start_seconds,
        end_seconds=hit.end_seconds,
        seconds=hit.seconds,
        fps=hit.fps,
        skeleton=readable(hit.skeleton),
        has_file=has_file,
        fields=_fields({**measured, **hit.metadata}),
        folded=[_folded_answer(folded) for folded in hit.folded],
    )


def item_answer(item: Item, window_seconds: float, known: Mapping[str, Value], *, has_file: bool) -> ItemAnswer:
    """Return an item, and all that is known of it, as the service gives it; of a long take its beginning is shown."""
    return ItemAnswer(
        id=identifier(item.item),
        item=readable(item.item),
        start_seconds=0.0,
        end_seconds=round(min(item.seconds, window_seconds), 3),
        seconds=item.seconds,
        fps=item.fps,
        skeleton=readable(item.skeleton),
        has_file=has_file,
        fields=_fields(known),
    )


def field_answer(field: IndexField) -> FieldAnswer:
    """Return a field as the service gives it."""
    return FieldAnswer(
        name=readable(field.name),
        kind=field.kind,
        items=field.items,
        lowest=field.lowest,
        highest=field.highest,
        values={readable(text): count for text, count in field.values},
    )


def spread_answer(spread: Spread | None) -> SpreadAnswer | None:
    """Return a spread, if there is one, as the service gives it."""
    if spread is None:
        return None
    return SpreadAnswer(items=spread.items, median=spread.median, highest=spread.highest, counts=list(spread.counts))


def readable(name: str) -> str:
    """Return a name that can be sent as UTF-8; bytes of a file name that are no text become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _folded_answer(folded: Folded) -> FoldedAnswer:
    return FoldedAnswer(
        id=identifier(folded.item), item=readable(folded.item), why=folded.why, similarity=folded.similarity
    )


def _fields(known: Mapping[str, Value]) -> dict[str, float | str | list[str]]:
    """Return what the answer does not have a place for already, as JSON takes it."""
    return {readable(name): _sendable(value) for name, value in known.items() if name not in _TOLD}


def _sendable(value: Value) -> float | str | list[str]:
    if isinstance(value, tuple):
        return [readable(text) for text in value]
    return readable(value) if isinstance(value, str) else value
