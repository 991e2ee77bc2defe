"""The routes that tell how the service is: for people, for load balancers and for Prometheus."""

import asyncio
from pathlib import Path

from starlette.responses import Response

from tmr import __version__
from tmr.model.card import licence_of
from tmr.model.checkpoint import DEFAULT, folder_in_package
from tmr.search.bands import bands_of
from tmr.search.service.answers import BandsAnswer, Health, IndexAnswer, Indexes, Status, readable
from tmr.search.service.desk import Desk
from tmr.search.service.metrics import CONTENT_TYPE
from tmr.search.service.opened import Snapshot
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
        named = [(name, opened.latest) for name, opened in self._desk.indexes.items()]
        return Indexes(indexes=[_described(name, snapshot) for name, snapshot in named])

    async def metrics(self) -> Response:
        """Give the service's counters to Prometheus."""
        return Response(self._desk.metrics.text(), media_type=CONTENT_TYPE)


def _described(name: str, snapshot: Snapshot) -> IndexAnswer:
    model = snapshot.index.model_name
    folder = folder_in_package(model) or Path(model or DEFAULT)
    bands = bands_of(snapshot.index.checkpoint_hash)
    return IndexAnswer(
        name=name,
        items=len(snapshot.items),
        checkpoint=snapshot.index.checkpoint_hash[:12],
        # Where a model lies on this machine is nobody's business.
        model=DEFAULT if model is None else readable(folder.name if folder.is_absolute() else model),
        licence=licence_of(folder),
        bands=None if bands is None else BandsAnswer(strong=bands.strong, fair=bands.fair, queries=bands.queries),
    )
