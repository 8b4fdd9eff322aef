"""Documents whose time is over: indexes with ``expireAfterSeconds``.

MongoDB's manual, "TTL Indexes": a document goes when the date in the indexed field is older than that; of an array, the
earliest of its dates; what is no date never expires. That is a range of the index, so they are found as by anybody. But
each batch is written under the metadata that says so: when somebody has changed the time, or made something else of the
collection or its index, what is there now is looked at in the next round.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from bson import DatetimeMS

from dbaas_provisioning.errors import DbaasError

from ..codec import Document
from ..errors import Code, DocumentError
from .deleting import remove
from .environment import Environment
from .metadata import Collection, Index
from .reading.question import scope_of
from .statements import Selection, change_all
from .writer import Gone, Writer

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
            for known in self._environment.catalog.all():
                for index in known.indexes:
                    await self._reap(known, index.id)

    async def _reap(self, known: Collection, number: int) -> None:
        """Remove what expired by one index of a collection, if both are there still."""
        collection = self._environment.catalog.get(known.namespace)
        if collection is None or collection.id != known.id:
            return
        index = _index(collection, number)
        if index is None or index.state != "ready" or index.expire_after is None:
            return
        try:
            await change_all(_Writer(self._environment, collection, index), _expired(collection, index), remove)
        except Gone:
            return
        except DocumentError as error:
            if error.number != Code.QueryPlanKilled:
                log.warning("what expired in %s could not be deleted: %s", collection.namespace, error)
        except Exception:  # the next one is another matter
            log.warning("what expired in %s could not be deleted", collection.namespace, exc_info=True)


class _Writer(Writer):
    """Writes as long as an index says the same."""

    def __init__(self, environment: Environment, collection: Collection, index: Index) -> None:
        super().__init__(environment, collection)
        self._index = index

    async def refresh(self) -> None:
        """Know the collection as it is now. Raises ``Gone`` also when the index expires something else."""
        await super().refresh()
        index = _index(self.collection, self._index.id)
        if index is None or index.spec != self._index.spec:
            raise Gone


def _index(collection: Collection, number: int) -> Index | None:
    return next((index for index in collection.indexes if index.id == number), None)


def _expired(collection: Collection, index: Index) -> Selection:
    assert index.expire_after is not None
    (field,) = index.fields
    latest = DatetimeMS(int((time.time() - index.expire_after) * 1_000))
    expired: Document = {field: {"$lte": latest}}
    if "partialFilterExpression" in index.spec:
        expired = {"$and": [index.spec["partialFilterExpression"], expired]}
    scope = scope_of(collection, index.collation.as_document())
    return Selection.of(expired, scope, None if index.is_hidden else index.name)
