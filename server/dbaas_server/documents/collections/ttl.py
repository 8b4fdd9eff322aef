"""Documents whose time is over: indexes with ``expireAfterSeconds``.

MongoDB's manual, "TTL Indexes": a document goes when the date in the indexed field is older than that; of an array, the
earliest of its dates; what is no date never expires. That is a range of the index, so they are deleted as by anybody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from bson import DatetimeMS

from dbaas_provisioning.errors import DbaasError

from ..codec import Document
from ..requests import DeleteSpec, WriteContext
from .deleting import delete
from .environment import Environment
from .metadata import Collection, Index

__all__ = ["Reaper"]

log = logging.getLogger(__name__)


class Reaper:
    """Removes them every ``reap_seconds``."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._environment.limits.reap_seconds)
            try:
                await self._environment.sessions.sweep(self._environment)
            except DbaasError:
                log.warning("old records of sessions could not be removed", exc_info=True)
            for collection in self._environment.catalog.all():
                for index in collection.indexes:
                    if index.state == "ready" and index.expire_after is not None:
                        await self._reap(collection, index, index.expire_after)

    async def _reap(self, collection: Collection, index: Index, seconds: float) -> None:
        (field,) = index.fields
        latest = DatetimeMS(int((time.time() - seconds) * 1_000))
        expired: Document = {field: {"$lte": latest}}
        if "partialFilterExpression" in index.spec:
            expired = {"$and": [index.spec["partialFilterExpression"], expired]}
        spec = DeleteSpec(
            q=expired,
            limit=0,
            collation=index.collation.as_document(),
            hint=None if index.is_hidden else index.name,
        )
        try:
            done = await delete(self._environment, collection.namespace, [spec], ordered=True, context=WriteContext())
        except Exception:  # the next one is another matter
            log.warning("what expired in %s could not be deleted", collection.namespace, exc_info=True)
            return
        for _, error in done.errors:
            log.warning("what expired in %s could not be deleted: %s", collection.namespace, error)
