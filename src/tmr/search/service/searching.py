"""The routes that search: by a sentence, an item, an embedding, a mix, a file, and many at once."""

import asyncio
from typing import Annotated

import numpy as np
from fastapi import Query as Parameter
from jaxtyping import Float
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tmr.errors import IndexFolderError, ModelError, TMRError
from tmr.motion.motion import Motion
from tmr.search.index import Index
from tmr.search.mix import Like, mixed
from tmr.search.service.answers import (
    BatchResult,
    BatchResults,
    EmbeddedFile,
    HitAnswer,
    Hits,
    PlaybackAnswer,
    readable,
)
from tmr.search.service.desk import Desk
from tmr.search.service.gather import Terms
from tmr.search.service.opened import Snapshot
from tmr.search.service.playback import playback_json
from tmr.search.service.questions import (
    MOST_CHARACTERS,
    Count,
    FileName,
    Fold,
    IndexName,
    Moments,
    Offset,
    SearchQuestion,
    SearchQuestions,
    Seconds,
    Spread,
    Where,
)
from tmr.search.service.uploads import only_motion

# A query is embedded a window at a time; a whole take is no query.
MOST_FILE_SECONDS = 120.0


class Searching:
    """Answers searches.

    Args:
        desk: What all routes share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def search(
        self,
        q: Annotated[
            str,
            Parameter(
                min_length=1,
                max_length=MOST_CHARACTERS,
                description="What the motion shows, in a sentence.",
                examples=["a person waves with the left hand"],
            ),
        ],
        k: Count = 12,
        offset: Offset = 0,
        where: Where = None,
        fold: Fold = False,
        moments: Moments = 1,
        spread: Spread = False,
        index: IndexName = None,
    ) -> Hits:
        """Find the motions that show a sentence, best first."""
        snapshot = await self._desk.snapshot(index)
        return await self._desk.hits(snapshot, q, Terms(k, offset, where, fold, moments, spread=spread))

    async def similar(
        self,
        item: Annotated[str, Parameter(max_length=64, description="An item's id.", examples=["1f0c8a2e94d7b35a60c1"])],
        start: Seconds = 0.0,
        k: Count = 12,
        offset: Offset = 0,
        where: Where = None,
        fold: Fold = False,
        moments: Moments = 1,
        spread: Spread = False,
        index: IndexName = None,
    ) -> Hits:
        """Find the motions most like an item, or like the part of a long take that begins near `start`.

        The item itself is left out.
        """
        snapshot = await self._desk.snapshot(index)
        query = Like(snapshot.item(item).item, start)
        # Moments of the item are among the hits that are asked for, so more are needed, and from the first on.
        terms = Terms(offset + k + moments, 0, where, fold, moments, spread=spread)
        found = await self._desk.hits(snapshot, query, terms)
        return found.model_copy(update={"hits": _without(found.hits, item)[offset : offset + k]})

    async def ask(self, question: SearchQuestion, index: IndexName = None) -> Hits:
        """Find the motions that fit a sentence, an item, an embedding, or a weighted mix of such.

        A negative weight leads away from what it stands at.
        """
        snapshot = await self._desk.snapshot(index)
        return await self._desk.hits(snapshot, question.query(snapshot), question.terms())

    async def batch(self, questions: SearchQuestions, index: IndexName = None) -> BatchResults:
        """Answer several queries at once; one that is wrong does not stop the others."""
        snapshot = await self._desk.snapshot(index)
        answers = await asyncio.gather(*(self._result(snapshot, question) for question in questions.queries))
        return BatchResults(results=list(answers))

    async def by_file(
        self,
        request: Request,
        filename: FileName = None,
        start: Seconds = 0.0,
        end: Seconds | None = None,
        k: Count = 12,
        offset: Offset = 0,
        where: Where = None,
        fold: Fold = False,
        moments: Moments = 1,
        spread: Spread = False,
        index: IndexName = None,
    ) -> Hits:
        """Find the motions most like the one in a file that is sent, or like its part from `start` to `end`.

        Send one motion file as a form (an AMC file together with its ASF), or its content with `filename`.
        """
        snapshot = await self._desk.snapshot(index)
        async with self._desk.uploads.received(request, filename) as paths:
            motion = await self._desk.reader.motion(only_motion(paths))
        query = _part(motion, start, end)
        return await self._desk.hits(snapshot, query, Terms(k, offset, where, fold, moments, spread=spread))

    async def embed_file(
        self,
        request: Request,
        filename: FileName = None,
        start: Seconds = 0.0,
        end: Seconds | None = None,
        index: IndexName = None,
    ) -> EmbeddedFile:
        """Embed the motion of a file that is sent, or its part from `start` to `end`, to search with it or to mix it.

        Without `end` the 120 s from `start` on count.

        Send one motion file as a form (an AMC file together with its ASF), or its content with `filename`.
        """
        snapshot = await self._desk.snapshot(index)
        async with self._desk.uploads.received(request, filename) as paths:
            path = only_motion(paths)
            reading, motion = await self._desk.reader.sent(path)
        # Whoever drops a long take on a page means a motion, and cannot say yet which part of it.
        part = _part(motion, start, start + MOST_FILE_SECONDS if end is None else end)
        vector = await self._desk.embedding.run(_embedded, snapshot.index, part)
        return EmbeddedFile(
            name=path.name,
            seconds=round(reading.seconds, 3),
            fps=reading.fps,
            skeleton=readable(reading.skeleton),
            notes=[readable(note) for note in motion.notes],
            embedding=[round(float(number), 7) for number in vector],
            motion=PlaybackAnswer.model_validate(playback_json(part, 0.0, part.seconds)),
        )

    async def _result(self, snapshot: Snapshot, question: SearchQuestion) -> BatchResult:
        try:
            found = await self._desk.hits(snapshot, question.query(snapshot), question.terms())
        except (IndexFolderError, ModelError):
            # Not the query's fault: the whole request fails.
            raise
        except TMRError as error:
            return BatchResult(error=str(error))
        except HTTPException as error:
            return BatchResult(error=str(error.detail))
        return BatchResult(**dict(found))


def _part(motion: Motion, start_seconds: float, end_seconds: float | None) -> Motion:
    end = motion.seconds if end_seconds is None else min(end_seconds, motion.seconds)
    if end <= start_seconds:
        raise HTTPException(422, f"there is nothing between start and end; the motion lasts {motion.seconds:.3f} s")
    if end - start_seconds > MOST_FILE_SECONDS:
        raise HTTPException(
            422,
            f"the motion lasts {motion.seconds:.1f} s; at most {MOST_FILE_SECONDS:g} s of it can be searched for: "
            "choose a part with start and end",
        )
    return motion.cut(start_seconds, end)


def _embedded(index: Index, motion: Motion) -> Float[np.ndarray, " 256"]:
    return mixed([1.0], index.query_vectors([motion]))[0]


def _without(hits: list[HitAnswer], item_id: str) -> list[HitAnswer]:
    others = [hit for hit in hits if hit.id != item_id]
    return [hit.model_copy(update={"rank": rank}) for rank, hit in enumerate(others, start=1)]
