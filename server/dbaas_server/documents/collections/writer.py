"""Changes of documents carried out: under the collection's latest metadata, told in the session's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..codec import Document
from ..errors import Code, DocumentError
from ..store import Batch, Entry, Refused, Space, Stale
from .changes import Change, Plan, plan
from .duplicates import duplicate_key
from .entries import keys_of
from .environment import Environment
from .metadata import Collection, Index
from .retrying import Record

__all__ = ["Denied", "Gone", "Repeated", "Writer", "conflict"]


class Denied(Exception):
    """A document is not what was read any more, or a key is taken. Nothing was written.

    Attributes:
        space: where.
        key: of what is there, or of what two of the changes want.
        found: what is there, if anything is.
    """

    def __init__(self, space: Space, key: bytes, found: Entry | None) -> None:
        super().__init__(f"{space}: what is there is not as it was read")
        self.space, self.key, self.found = space, key, found


class Gone(Exception):
    """The collection was dropped, or has another name by now."""


class Repeated(Exception):
    """Somebody else carried out one of the statements; the record says what it did."""


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
            Denied: at the first thing that is not as it has to be.
            Gone: there is no such collection any more.
            Repeated: see there.
            DocumentError: an index cannot hold a document; ``WriteConflict``, after many attempts.
        """
        record = self.record if results else None
        for _ in range(self.environment.limits.attempts):
            planned = plan(self.collection, changes)
            if planned.collides:
                raise Denied(self.collection.documents, b"", None)
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
        writes = planned.writes if record is None else [record.put(results), *planned.writes]
        try:
            versions = await self.environment.store.write(Batch(self.collection.id, self.collection.version, writes))
        except Refused as refused:
            write = writes[refused.place]
            if record is not None and refused.place == 0:
                await record.read()
                record.check()
                if any(record.result(place) is not None for place in results):
                    raise Repeated from None
                return False
            raise Denied(write.space, write.key, refused.found) from None
        if record is not None:
            record.written(results, versions[0])
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

    def index_of(self, denied: Denied) -> Index | None:
        """The index whose key was denied; None is that of ``_id``."""
        collection = self.collection
        return next((one for one in collection.indexes if one.space(collection.id) == denied.space), None)

    def duplicate(self, denied: Denied, document: Document) -> DocumentError:
        """The error of a document that is the only one changed, and was denied a key in an index."""
        return duplicate_key(self.collection, self.index_of(denied), document, denied.key)


def conflict() -> DocumentError:
    """Others were faster each time."""
    return DocumentError(Code.WriteConflict, "Others keep changing what this write is about; try again.")
