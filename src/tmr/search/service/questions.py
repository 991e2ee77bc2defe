"""What is sent to the service: a query in one of its forms, a mix of them, and which hits are wanted."""

from typing import Annotated

import numpy as np
from fastapi import Query as Parameter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tmr.search.mix import MOST_PARTS, Like, Mix, Part
from tmr.search.moments import MOST_MOMENTS
from tmr.search.query import Query
from tmr.search.service.gather import Terms
from tmr.search.service.opened import Snapshot
from tmr.search.storage.segment import WIDTH

MOST_CHARACTERS = 1_000
MOST_HITS = 100
MOST_OFFSET = 100_000
MOST_QUERIES = 32
_EXAMPLE_ID = "1f0c8a2e94d7b35a60c1"
_EXAMPLE_FILTER = "seconds > 2 and speed < 1.5"

Count = Annotated[int, Parameter(ge=1, le=MOST_HITS, description="How many answers.")]
Offset = Annotated[int, Parameter(ge=0, le=MOST_OFFSET, description="How many of the first to leave out.")]
Seconds = Annotated[float, Parameter(ge=0, allow_inf_nan=False, description="Seconds from the item's start.")]
FileName = Annotated[
    str | None, Parameter(max_length=200, description="What a raw body is called; its ending tells the format.")
]
IndexName = Annotated[
    str | None, Parameter(max_length=64, description="Which index; the first one if left out. See /api/indexes.")
]
Where = Annotated[
    str | None,
    Parameter(max_length=MOST_CHARACTERS, description="Only items that pass this filter.", examples=[_EXAMPLE_FILTER]),
]
Fold = Annotated[
    bool, Parameter(description="Near duplicates and mirror images stand under the best of them, not beside it.")
]
Spread = Annotated[
    bool, Parameter(description="Tell how similar the whole index is, so that a hit's similarity can be judged.")
]
Moments = Annotated[int, Parameter(ge=1, le=MOST_MOMENTS, description="How many moments of one take may be hits.")]


class Strict(BaseModel):
    """A body in which a misspelt name is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class OneQuery(Strict):
    """A sentence, an item, or an embedding: exactly one of them."""

    text: str | None = Field(
        None, min_length=1, max_length=MOST_CHARACTERS, description="What the motion shows, in a sentence."
    )
    item: str | None = Field(None, max_length=64, description="An item's id.")
    start_seconds: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="Of a long take the part that begins near this is meant."
    )
    embedding: list[float] | None = Field(
        None, min_length=WIDTH, max_length=WIDTH, description="A vector of the index's model."
    )

    def _given(self) -> list[object]:
        return [given for given in (self.text, self.item, self.embedding) if given is not None]

    @model_validator(mode="after")
    def check_one(self) -> "OneQuery":
        """Refuse none and several."""
        if len(self._given()) != 1:
            raise ValueError(f"expected exactly one of {', '.join(self.forms())}")
        return self

    @staticmethod
    def forms() -> tuple[str, ...]:
        """Return what a query may be."""
        return "text", "item", "embedding"

    def part(self, snapshot: Snapshot) -> Part:
        """Return the query as the index takes it.

        Raises:
            HTTPException: 404 if there is no such item.
        """
        if self.text is not None:
            return self.text
        if self.item is not None:
            return Like(snapshot.item(self.item).item, self.start_seconds)
        return np.array(self.embedding, dtype=np.float64)


class WeightedQuery(OneQuery):
    """A part of a mix."""

    weight: float = Field(
        1.0, ge=-1e6, le=1e6, allow_inf_nan=False, description="Only ratios matter; a negative one leads away."
    )


class SearchQuestion(OneQuery):
    """A query, or a mix of several, and which hits are wanted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "mix": [
                        {"weight": 1, "text": "a person walks"},
                        {"weight": 0.7, "text": "a person is tired"},
                        {"weight": -0.5, "text": "a person limps"},
                    ],
                    "where": _EXAMPLE_FILTER,
                    "k": 12,
                },
                {"item": _EXAMPLE_ID, "start_seconds": 2.5},
            ]
        },
    )

    mix: list[WeightedQuery] | None = Field(None, min_length=1, max_length=MOST_PARTS, description="Several as one.")
    k: int = Field(12, ge=1, le=MOST_HITS, description="How many hits.")
    offset: int = Field(0, ge=0, le=MOST_OFFSET, description="How many of the best to leave out.")
    where: str | None = Field(None, max_length=MOST_CHARACTERS, description="Only items that pass this filter.")
    fold: bool = Field(False, description="Near duplicates and mirror images stand under the best of them.")
    moments: int = Field(1, ge=1, le=MOST_MOMENTS, description="How many moments of one take may be hits.")
    spread: bool = Field(False, description="Tell how similar the whole index is to the query.")

    def _given(self) -> list[object]:
        return [*super()._given(), *([] if self.mix is None else [self.mix])]

    @staticmethod
    def forms() -> tuple[str, ...]:
        """Return what a query may be."""
        return "text", "item", "embedding", "mix"

    def query(self, snapshot: Snapshot) -> Query:
        """Return the query as the index takes it.

        Raises:
            HTTPException: 404 if there is no such item.
            TMRError: If the mix cannot be used.
        """
        if self.mix is not None:
            return Mix([(part.weight, part.part(snapshot)) for part in self.mix])
        return self.part(snapshot)

    def terms(self) -> Terms:
        """Return which hits are wanted."""
        return Terms(self.k, self.offset, self.where, self.fold, self.moments, spread=self.spread)


class SearchQuestions(Strict):
    """Several queries at once."""

    queries: list[SearchQuestion] = Field(
        min_length=1,
        max_length=MOST_QUERIES,
        examples=[[{"text": "a person waves"}, {"text": "a person jumps", "k": 3}]],
    )
