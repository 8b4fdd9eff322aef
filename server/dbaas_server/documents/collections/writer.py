"""Changes of documents carried out: under the collection's latest metadata, told in the session's record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from dbaas_provisioning.errors import Unavailable

from ..codec import Document
from ..errors import Code, DocumentError
from ..store import Batch, Refused, Space, Stale
from .changes import Change, Plan, plan
from .duplicates import duplicate_key
from .entries import keys_of
from .environment import Environment
from .metadata import Collection, Index
from .retrying import Record

__all__ = ["Denied", "Gone", "Lost", "Repeated", "Writer", "conflict", "partly"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_UNKNOWN: Final = "outcome_unknown"


class Denied(Exception):
    """A document is not what was read any more, or a key is taken. Nothing was written."""


class Gone(Exception):
    """The collection was dropped, or has another name by now."""


class Repeated(Exception):
    """Somebody else carried out one of the statements; the record says what it did."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A key that another document has; ``index`` None is that of ``_id``."""

    collection: Collection
    index: Index | None
    key: bytes

    def error(self, document: Document) -> DocumentError:
        """What whoever wants the key for a document is told."""
        return duplicate_key(self.collection, self.index, document, self.key)


class Writer:
    """Writes to one collection for one command.

    Args:
        collection: as the catalog has it.

    Attributes:
        collection: as it was known at the latest write.
        record: None for a command that is not retried.
    """

    def __init__(self, environment: Environment, collection: Collection, record: Record | None = None) -> None:
        self.environment = environment
        self.collection = collection
        self.record = record

    async def write(self, changes: Sequence[Change], results: Mapping[int, Document]) -> None:
        """Carry out changes in one batch.

        Args:
            results: what the statements that they belong to answer, by place; kept if the command may be retried.

        Raises:
            Denied: something is not as it has to be.
            Gone: there is no such collection any more.
            Repeated: see there.
            DocumentError: an index cannot hold a document; ``WriteConflict``, after many attempts.
        """
        record = self.record if results else None
        for _ in range(self.environment.limits.attempts):
            planned = plan(self.collection, changes)
            if planned.collides:
                raise Denied
            try:
                if planned.grown is not self.collection:
                    self.collection = await self.environment.catalog.change(planned.grown)
                if await self._carry_out(planned, record, results):
                    return
            except Stale:
                await self.refresh()
        raise conflict()

    async def _carry_out(self, planned: Plan, record: Record | None, results: Mapping[int, Document]) -> bool:
        """Write a batch; False: what was remembered of the session's record was old."""
        telling = None if record is None else record.telling(results)
        writes = planned.writes if telling is None else [telling.head, *telling.beside, *planned.writes]
        batch = Batch(self.collection.id, self.collection.version, writes)
        try:
            versions = await to_its_end(self.environment.store.write(batch))
        except Refused as refused:
            if record is not None and refused.place == 0:
                await record.read()
                if any(record.result(place) is not None for place in results):
                    raise Repeated from None
                return False
            raise Denied from None
        if record is not None and telling is not None:
            record.told(telling, versions[0])
        return True

    async def refresh(self) -> None:
        """Know the collection as it is now. Raises ``Gone``."""
        catalog, before = self.environment.catalog, self.collection
        found = catalog.get(before.namespace)
        if found is None or found.id != before.id or found.version <= before.version:
            await catalog.reload()
            found = catalog.get(before.namespace)
        if found is None or found.id != before.id:
            raise Gone
        self.collection = found

    def claims(self, change: Change) -> list[tuple[Index | None, Space, bytes]]:
        """The keys that nobody may have if a new document is to come, each with its index; None is that of ``_id``."""
        assert change.after is not None
        found: list[tuple[Index | None, Space, bytes]] = [(None, self.collection.documents, change.key)]
        for index in self.collection.indexes:
            keys = keys_of(index, change.after, change.key).keys
            if index.refuses:
                space = index.space(self.collection.id)
                found += [(index, space, key) for key in keys]
        return found

    async def lost(self, change: Change) -> Lost | None:
        """Which key of a document, whose change was denied, is another's.

        Returns:
            None: none is, or the document is not what was read any more.
        """
        assert change.after is not None
        store, documents = self.environment.store, self.collection.documents
        try:
            there = (await store.get(documents, [change.key])).get(change.key)
            if (there.version if there is not None else 0) != change.version:
                return None if change.version else Lost(self.collection, None, change.key)
            for index, space, key in self.claims(change)[1:]:
                found = (await store.get(space, [key])).get(key)
                if found is not None and found.value != change.key:
                    return Lost(self.collection, index, key)
        except Stale:  # the next write is told so, too
            pass
        return None


def partly(error: Unavailable) -> Unavailable:
    """What is told instead of an error that says that nothing was written, when something was."""
    if error.code == _UNKNOWN:
        return error
    return Unavailable(
        _UNKNOWN,
        "The database was not to be reached any more when a part of this was written.",
        hint="Look before you try again.",
    )


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Wait for what must not be given up half way: who is cancelled meanwhile hears of it when that is over.

    A command that was ended would otherwise be answered before its last batch is, or is not, in the store.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # once is enough
                await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            log.debug("a write that nobody waits for any more failed: %s", error)
        raise


def conflict() -> DocumentError:
    """Others were faster each time."""
    return DocumentError(Code.WriteConflict, "Others keep changing what this write is about; try again.")
