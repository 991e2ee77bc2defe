"""What all routes share: the open indexes, who gathers queries, who reads files, and what may be done."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException

from tmr.errors import TMRError
from tmr.search.identifier import identifier
from tmr.search.index import Index
from tmr.search.item import Hit
from tmr.search.query import Query
from tmr.search.reading import ReadingOptions
from tmr.search.service.answers import HitAnswer, Hits, hit_answer, spread_answer
from tmr.search.service.gather import Gatherer, Question, Terms
from tmr.search.service.metrics import Metrics
from tmr.search.service.opened import OpenIndex, Snapshot
from tmr.search.service.playback import Playback, Source
from tmr.search.service.reader import Reader
from tmr.search.service.threads import Threads
from tmr.search.service.uploads import Uploads

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Settings:
    """How a service is run.

    Args:
        options: What is known of files that are sent and do not say it themselves.
        hosts: The names under which it may be asked; None for any.
        tokens: Whoever knows one may ask; empty if everyone may.
        writable: Whether items may be added and removed; needs a token.
        origins: Other sites whose pages may ask.
        requests_per_second: How often a client may ask in the long run, and four times as much at once; None for any.
        upload_bytes: The longest body that is taken.
        log: `none`, `paths` for a line a request, `queries` for what is asked as well.
        reading_processes: How many processes read files; 0 reads in this one, without a time limit.

    Raises:
        TMRError: If items may be changed without a token.
    """

    options: ReadingOptions = field(default_factory=ReadingOptions)
    hosts: frozenset[str] | None = None
    tokens: tuple[str, ...] = ()
    writable: bool = False
    origins: tuple[str, ...] = ()
    requests_per_second: float | None = None
    upload_bytes: int = 32 * MEGABYTE
    log: str = "none"
    reading_processes: int = 2

    def __post_init__(self) -> None:
        if self.writable and not self.tokens:
            raise TMRError("a service that can be written to needs a token; give one with --token-file")


class Desk:
    """What all routes share. Used from the event loop only.

    Args:
        indexes: The indexes by their names; the first one is meant where none is named.
        settings: How the service is run.
    """

    def __init__(self, indexes: Mapping[str, Index], settings: Settings) -> None:
        self.settings = settings
        self.indexes = {name: OpenIndex(name, index) for name, index in indexes.items()}
        self.metrics = Metrics(
            waiting=lambda: self.gatherer.num_waiting,
            items=lambda: {name: len(index.latest.items) for name, index in self.indexes.items()},
        )
        self.gatherer = Gatherer(seen=self.metrics.searched)
        self.reader = Reader(settings.options, settings.reading_processes)
        self.playback = Playback(self.reader)
        self.uploads = Uploads()
        # One at a time: the motion side of a model uses all processors itself.
        self.embedding = Threads(1, most_waiting=8, timeout_seconds=60.0, doing="embedding")
        # One at a time: an index has one writer.
        self.writing = Threads(1, most_waiting=8, timeout_seconds=120.0, doing="writing")

    async def snapshot(self, name: str | None, *, look: bool = False) -> Snapshot:
        """Return an index as it is now.

        Raises:
            HTTPException: 404 if there is none of that name, 503 if it cannot be opened.
        """
        return await self.open_index(name).now(look=look)

    def open_index(self, name: str | None) -> OpenIndex:
        """Return an index by its name, the first one for None.

        Raises:
            HTTPException: 404 if there is none of that name.
        """
        if name is None:
            return next(iter(self.indexes.values()))
        if name not in self.indexes:
            raise HTTPException(404, "there is no such index; /api/indexes names them")
        return self.indexes[name]

    async def hits(self, snapshot: Snapshot, query: Query, terms: Terms) -> Hits:
        """Return the hits of a query.

        Raises:
            HTTPException: 503 if too much is waiting already, or if no answer came in time.
            TMRError: What is wrong with the query, the filter, or the index.
        """
        answer = await self.gatherer.ask(Question(snapshot, query, terms))
        found = await asyncio.to_thread(_hit_answers, snapshot, answer.hits)
        wording = snapshot.index.wording(query)
        return Hits(
            total=answer.total,
            hits=found,
            spread=spread_answer(answer.spread),
            read_as=wording.read_as,
            not_english=wording.not_english,
            unknown_words=wording.unknown_words,
        )

    def source(self, snapshot: Snapshot, item_id: str) -> Source:
        """Return where an item's motion is, and how it was read; an early index does not tell, the settings then do.

        Raises:
            HTTPException: 404 if there is no such item.
        """
        item = snapshot.item(item_id)
        options = snapshot.index.content.readings.get(item.reading, self.settings.options)
        return Source(snapshot.index.root, item.item, item.sha256, item.from_file, options)

    async def close(self) -> None:
        """Begin nothing more, and end the reading processes."""
        self.gatherer.close()
        self.embedding.close()
        self.writing.close()
        await asyncio.to_thread(self.reader.close)


def _hit_answers(snapshot: Snapshot, hits: Sequence[Hit]) -> list[HitAnswer]:
    """Return hits as the service gives them; in a thread, as it may have to look where their files are."""
    named = [(hit, identifier(hit.item)) for hit in hits]
    return [hit_answer(hit, name, snapshot.measured(name), has_file=snapshot.has_file(name)) for hit, name in named]
