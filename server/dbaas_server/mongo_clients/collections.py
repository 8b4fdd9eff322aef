"""The collections of a document database and what their documents look like, asked through its own door."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import bson
from bson.codec_options import DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo.errors import OperationFailure

from .clients import MongoClients, Opened
from .failures import told_plainly
from .shapes import FieldShape, shape

__all__ = ["CollectionShape", "fields_of", "names_of", "schema_of", "version_of"]

SAMPLED = 1_000
_AMONG = 10_000
_FEW = 100
_SAMPLE_BYTES = 8 * 1024 * 1024
_SAMPLE_MS = 1_500
_FIGURES_MS = 1_000
_SCHEMA_SECONDS = 6.0
_AT_ONCE = 4
_NAMES_HOLD_SECONDS = 5.0
_FIELDS_HOLD_SECONDS = 30.0
_SCHEMA_HOLDS_SECONDS = 5.0

_CODEC = bson.CodecOptions(  # type: ignore[var-annotated]
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)


@dataclass(frozen=True, slots=True)
class CollectionShape:
    """A collection. Figures that could not be had in time are None, fields then none.

    Attributes:
        type: as ``listCollections`` has it.
        documents: how many.
        size_bytes: of documents and indexes.
        indexes: name, key and whether it is unique.
    """

    name: str
    type: str
    documents: int | None
    size_bytes: int | None
    indexes: Sequence[Mapping[str, Any]]
    fields: Sequence[FieldShape]

    def as_json(self) -> dict[str, Any]:
        """As the schema of a database shows it."""
        fields = [{"path": one.path, "types": list(one.types), "share": one.share} for one in self.fields]
        return {**{name: value for name, value in asdict(self).items() if name != "fields"}, "fields": fields}


async def names_of(clients: MongoClients, tenant: str, database: str) -> list[tuple[str, str]]:
    """Name and type of each collection, in alphabetical order, as of some seconds ago. Raises as ``opened`` does."""
    async with clients.opened(tenant, database) as opened:
        key = ("names", opened.database.id)
        return await clients.remembered.get(key, _NAMES_HOLD_SECONDS, lambda: _names(opened))


async def fields_of(clients: MongoClients, tenant: str, database: str, collection: str) -> list[FieldShape]:
    """Fields of a sample: of all where there are few, else of the oldest and of the newest.

    At most 1,000 documents and 16 MiB, in so much time as there is for it; what was read by then counts. As of half a
    minute ago at most. Raises as ``opened`` does.
    """
    async with clients.opened(tenant, database) as opened:
        return await _remembered_fields(clients, opened, collection)


async def schema_of(clients: MongoClients, tenant: str, database: str) -> list[CollectionShape]:
    """All collections, each as far as there was time for it. Raises as ``opened`` does."""
    async with clients.opened(tenant, database) as opened:
        key = ("schema", opened.database.id)
        return await clients.remembered.get(key, _SCHEMA_HOLDS_SECONDS, lambda: _schema(clients, opened))


def version_of(collections: Sequence[CollectionShape]) -> str:
    """Another one when there is something to see that was not there before."""
    seen = [
        (one.name, one.type, one.indexes, sorted((each.path, sorted(each.types)) for each in one.fields))
        for one in collections
    ]
    return hashlib.sha256(repr(seen).encode("utf-8", "replace")).hexdigest()[:16]


async def _names(opened: Opened) -> list[tuple[str, str]]:
    with told_plainly():
        found = await opened.documents.list_collections()
        return sorted([(str(one["name"]), str(one.get("type", "collection"))) async for one in found])


async def _schema(clients: MongoClients, opened: Opened) -> list[CollectionShape]:
    names = await _names(opened)
    deadline = time.monotonic() + _SCHEMA_SECONDS
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str, kind: str) -> CollectionShape:
        async with room:
            if time.monotonic() > deadline:
                return CollectionShape(name, kind, None, None, [], [])
            return await _look(clients, opened, name, kind)

    return list(await asyncio.gather(*(one(name, kind) for name, kind in names)))


async def _look(clients: MongoClients, opened: Opened, name: str, kind: str) -> CollectionShape:
    documents = size = None
    indexes: list[Mapping[str, Any]] = []
    with told_plainly():
        try:
            stats = await opened.documents.command({"collStats": name, "maxTimeMS": _FIGURES_MS})
            documents, size = int(stats["count"]), int(stats["totalSize"])
            async for spec in await opened.documents[name].list_indexes():
                indexes.append({"name": spec["name"], "key": dict(spec["key"]), "unique": _is_unique(spec)})
        except OperationFailure:
            pass  # it was dropped meanwhile, or took too long to count
    return CollectionShape(name, kind, documents, size, indexes, await _remembered_fields(clients, opened, name))


async def _remembered_fields(clients: MongoClients, opened: Opened, collection: str) -> list[FieldShape]:
    key = ("fields", opened.database.id, collection)
    return await clients.remembered.get(key, _FIELDS_HOLD_SECONDS, lambda: _fields(opened, collection))


async def _fields(opened: Opened, collection: str) -> list[FieldShape]:
    by_age: list[dict[str, Any]] = [{"$limit": _AMONG}, {"$sample": {"size": SAMPLED}}, {"$sort": {"_id": 1}}]
    found = await _sampled(opened, collection, by_age, SAMPLED)
    if len(found) == SAMPLED:
        newest: list[dict[str, Any]] = [{"$sort": {"_id": -1}}, {"$limit": SAMPLED // 2}]
        found = [*found[: SAMPLED // 2], *await _sampled(opened, collection, newest, SAMPLED // 2)]
    elif not found:  # so large that no sample could be drawn
        found = await _sampled(opened, collection, [{"$limit": _FEW}], _FEW)
    return await asyncio.to_thread(_shape, found)


def _is_unique(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("unique")) or spec["name"] == "_id_"


async def _sampled(opened: Opened, collection: str, stages: list[dict[str, Any]], most: int) -> list[RawBSONDocument]:
    raw = opened.documents[collection].with_options(codec_options=bson.CodecOptions(RawBSONDocument))
    found: list[RawBSONDocument] = []
    size = 0
    with told_plainly():
        try:
            cursor = await raw.aggregate(stages, maxTimeMS=_SAMPLE_MS, batchSize=100)
            async with cursor:
                async for document in cursor:
                    found.append(document)
                    size += len(document.raw)
                    if size > _SAMPLE_BYTES or len(found) >= most:
                        break
        except OperationFailure:
            pass  # out of time, or dropped meanwhile
    return found


def _shape(documents: Sequence[RawBSONDocument]) -> list[FieldShape]:
    return shape(bson.decode(one.raw, _CODEC) for one in documents)
