"""Worker threads with a bounded queue: too much work is refused at once instead of piling up."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.exceptions import HTTPException

Result = TypeVar("Result")


class Threads:
    """A few threads for work that would hold up the event loop. Used from the event loop only.

    Args:
        count: How many threads.
        most_waiting: How much work may wait or run at a time.
        timeout_seconds: How long a caller waits for an answer.
        doing: What the work is, for the messages.
    """

    def __init__(self, count: int, *, most_waiting: int, timeout_seconds: float, doing: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=f"tmr-{doing}")
        self._most_waiting, self._timeout_seconds, self._doing = most_waiting, timeout_seconds, doing
        self._unfinished: set[Future] = set()

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Return what the work returns.

        Raises:
            HTTPException: 503 if too much is waiting already, or if no answer came in time.
        """
        self._unfinished = {future for future in self._unfinished if not future.done()}
        if len(self._unfinished) >= self._most_waiting:
            raise too_busy(len(self._unfinished))
        future = self._pool.submit(work, *arguments)
        # A caller that gives up does not free the thread: the work counts until it has really ended.
        self._unfinished.add(future)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._timeout_seconds)
        except TimeoutError:
            raise too_slow(self._doing, self._timeout_seconds) from None

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def too_busy(waiting: int) -> HTTPException:
    """Return the refusal of one request too many."""
    return HTTPException(503, f"{waiting} requests are waiting already; try again soon", {"Retry-After": "1"})


def too_slow(doing: str, seconds: float) -> HTTPException:
    """Return what is said to a caller that waited too long."""
    return HTTPException(
        503, f"{doing} took more than {seconds:g} s and was given up; try again later", {"Retry-After": "5"}
    )
