"""The routes that tell how the service is: for people, for load balancers and for Prometheus."""

import asyncio

from starlette.responses import Response

from tmr import __version__
from tmr.search.service.answers import Health, IndexAnswer, Indexes, Status
from tmr.search.service.desk import Desk
from tmr.search.service.metrics import CONTENT_TYPE
from tmr.search.service.questions import IndexName


class StatusRoutes:
    """Tells how the service is.

    Args:
        desk: What all routes share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def health(self, index: IndexName = None) -> Health:
        """Say what is searched."""
        snapshot = await self._desk.snapshot(index)
        return Health(
            status="ok",
            version=__version__,
            items=len(snapshot.items),
            checkpoint=snapshot.index.checkpoint_hash[:12],
        )

    async def live(self) -> Status:
        """Say that the service is there. No token is needed."""
        return Status(status="ok")

    async def ready(self) -> Status:
        """Say that every index can be searched; 503 if one cannot. No token is needed."""
        await asyncio.gather(*(opened.now() for opened in self._desk.indexes.values()))
        return Status(status="ready")

    async def indexes(self) -> Indexes:
        """Name the indexes; the first one is meant where none is named."""
        return Indexes(
            indexes=[
                IndexAnswer(
                    name=name,
                    items=len(opened.latest.items),
                    checkpoint=opened.latest.index.checkpoint_hash[:12],
                )
                for name, opened in self._desk.indexes.items()
            ]
        )

    async def metrics(self) -> Response:
        """Give the service's counters to Prometheus."""
        return Response(self._desk.metrics.text(), media_type=CONTENT_TYPE)
