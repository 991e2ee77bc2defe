"""Queries that come at the same time are embedded and searched together: one pass of the model for all of them."""

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np

from tmr.errors import TMRError
from tmr.search.index import Hit
from tmr.search.mix import Mix
from tmr.search.query import Query
from tmr.search.service.opened import Snapshot
from tmr.search.service.threads import too_busy, too_slow
from tmr.search.spread import Spread

MOST_WAITING = 128
# Eight take twice the time of one (docs/serve.md); of more than these the first would wait too long for the last.
MOST_TOGETHER = 32
PAUSE_SECONDS = 0.003
TIMEOUT_SECONDS = 20.0
_KEPT_VECTORS = 4096


@dataclass(frozen=True)
class Terms:
    """Which hits are asked for; `Index.search` says what each means. Equal terms are answered together.

    `spread` asks how similar the whole index is to the query.
    """

    k: int
    offset: int = 0
    where: str | None = None
    fold: bool = False
    moments: int = 1
    all_windows: bool = False
    spread: bool = False


@dataclass(frozen=True, eq=False)
class Question:
    """A query, what it is asked of, and which hits are asked for."""

    snapshot: Snapshot
    query: Query
    terms: Terms


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Args:
        hits: Best first.
        total: How many items the filter lets through.
        spread: How similar the whole index is to the query, if that was asked for.
    """

    hits: list[Hit]
    total: int
    spread: Spread | None = None


class Gatherer:
    """Answers questions in a few threads, several questions at a time. Used from the event loop only.

    A question that comes alone is answered at once. Only after several came together it is waited a few milliseconds
    for more.

    Args:
        threads: How many batches may be worked on at a time.
        most_waiting: How many questions may wait or be worked on.
        timeout_seconds: How long a caller waits for an answer.
        seen: Told the number of each batch's questions.
    """

    def __init__(
        self,
        *,
        threads: int = 2,
        most_waiting: int = MOST_WAITING,
        timeout_seconds: float = TIMEOUT_SECONDS,
        seen: Callable[[int], None] | None = None,
    ) -> None:
        self._most_waiting, self._timeout_seconds, self._seen = most_waiting, timeout_seconds, seen
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._num_running, self._num_threads = 0, threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tmr-searching")
        self._vectors = _TextVectors(_KEPT_VECTORS)

    @property
    def num_waiting(self) -> int:
        """How many questions have no answer yet."""
        return len(self._waiting) + self._num_running

    async def ask(self, question: Question) -> Answer:
        """Return the hits of a question.

        Raises:
            HTTPException: 503 if too much is waiting already, or if no answer came in time.
            TMRError: What is wrong with the query, or with the index.
        """
        if self.num_waiting >= self._most_waiting:
            raise too_busy(self.num_waiting)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if len(self._running) < self._num_threads:
            running = asyncio.create_task(self._run())
            self._running.add(running)
            running.add_done_callback(self._running.discard)
        try:
            return await asyncio.wait_for(future, self._timeout_seconds)
        except TimeoutError:
            raise too_slow("searching", self._timeout_seconds) from None

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        several = False
        while self._waiting:
            if several and len(self._waiting) < MOST_TOGETHER:
                await asyncio.sleep(PAUSE_SECONDS)
            batch = self._next_batch()
            several = len(batch) > 1
            if batch:
                await self._answer(batch)

    def _next_batch(self) -> list[tuple[Question, "asyncio.Future[Answer]"]]:
        batch = []
        while self._waiting and len(batch) < MOST_TOGETHER:
            question, future = self._waiting.popleft()
            # Whoever gave up waiting needs no answer.
            if not future.done():
                batch.append((question, future))
        return batch

    async def _answer(self, batch: list[tuple[Question, "asyncio.Future[Answer]"]]) -> None:
        self._num_running += len(batch)
        if self._seen is not None:
            self._seen(len(batch))
        questions = [question for question, _ in batch]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(
                self._threads, answer_together, questions, self._vectors
            )
        except BaseException as error:
            # A bug, or the service stops: it is told to everyone who waits.
            for _, future in batch:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else RuntimeError("stopped"))
            if not isinstance(error, Exception):
                raise
            return
        finally:
            self._num_running -= len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


class _TextVectors:
    """The vectors of the sentences that were asked last. Used from several threads.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._guard = threading.Lock()

    def embed(self, questions: Sequence[Question]) -> dict[tuple[str, str], np.ndarray]:
        """Return the vectors of all sentences of questions by the model's hash and the sentence."""
        found: dict[tuple[str, str], np.ndarray] = {}
        missing: dict[str, tuple[Snapshot, dict[str, None]]] = {}
        for question in questions:
            checkpoint = question.snapshot.index.checkpoint_hash
            for text in _texts(question.query):
                vector = self._known((checkpoint, text))
                if vector is None:
                    missing.setdefault(checkpoint, (question.snapshot, {}))[1][text] = None
                else:
                    found[checkpoint, text] = vector
        for checkpoint, (snapshot, texts) in missing.items():
            for text, vector in zip(texts, snapshot.index.embed_texts(list(texts)), strict=True):
                found[checkpoint, text] = vector
                self._keep((checkpoint, text), vector)
        return found

    def _known(self, key: tuple[str, str]) -> np.ndarray | None:
        with self._guard:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def _keep(self, key: tuple[str, str], vector: np.ndarray) -> None:
        with self._guard:
            self._kept[key] = vector
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def answer_together(questions: Sequence[Question], vectors: _TextVectors) -> list[Answer | Exception]:
    """Return the hits of each question, or what is wrong with it; one that is wrong does not stop the others."""
    try:
        return list(_answers(questions, vectors))
    except TMRError as error:
        if len(questions) == 1:
            return [error]
        return [answer for question in questions for answer in answer_together([question], vectors)]


def _answers(questions: Sequence[Question], vectors: _TextVectors) -> list[Answer]:
    for snapshot in {id(question.snapshot): question.snapshot for question in questions}.values():
        snapshot.check()
    embedded = vectors.embed(questions)
    groups: dict[tuple[int, Terms], list[int]] = {}
    for place, question in enumerate(questions):
        groups.setdefault((id(question.snapshot), question.terms), []).append(place)
    answers: dict[int, Answer] = {}
    for places in groups.values():
        index, terms = questions[places[0]].snapshot.index, questions[places[0]].terms
        queries = [_with_vectors(questions[place].query, index.checkpoint_hash, embedded) for place in places]
        total = index.count(terms.where)
        wanted = {name: value for name, value in asdict(terms).items() if name != "spread"}
        results = index.search_many(queries, **wanted)
        for place, query, hits in zip(places, queries, results, strict=True):
            answers[place] = Answer(hits, total, index.spread(query) if terms.spread else None)
    return [answers[place] for place in range(len(questions))]


def _texts(query: Query) -> list[str]:
    if isinstance(query, str):
        return [query]
    return [part for _, part in query.parts if isinstance(part, str)] if isinstance(query, Mix) else []


def _with_vectors(query: Query, checkpoint: str, embedded: dict[tuple[str, str], np.ndarray]) -> Query:
    """Return a query with vectors in the places of its sentences."""
    if isinstance(query, str):
        return embedded[checkpoint, query]
    if isinstance(query, Mix):
        return Mix(
            [(weight, embedded[checkpoint, part] if isinstance(part, str) else part) for weight, part in query.parts]
        )
    return query
