"""Indexes: what there are, making and removing them."""

from __future__ import annotations

from typing import Any

from ...documents.codec import Document, Raw, encode
from ...documents.errors import Code, DocumentError
from ..answers import cursor_answer
from ..registry import Call, command

__all__: list[str] = []


@command("listIndexes", "cursor includeBuildUUIDs includeIndexBuildInfo", stable=True)
async def list_indexes(call: Call) -> Raw:
    """A collection's indexes."""
    namespace = call.namespace()
    found = (await call.engine()).indexes(namespace)
    return cursor_answer([encode(one) for one in found], 0, str(namespace), first=True)


@command("createIndexes", "indexes commitQuorum ignoreUnknownIndexOptions", writes=True, stable=True)
async def create_indexes(call: Call) -> Document:
    """Make indexes; answered once they are built."""
    namespace = call.namespace()
    specs = call.fields.required_documents("indexes")
    if not specs:
        raise DocumentError(Code.BadValue, "Must specify at least one index to create")
    created = await (await call.engine(create=True, adds=True)).create_indexes(namespace, specs)
    found: Document = {
        "numIndexesBefore": created.before,
        "numIndexesAfter": created.after,
        "createdCollectionAutomatically": created.created_collection,
    }
    if created.before == created.after:
        found["note"] = "all indexes already exist"
    return found


@command("dropIndexes deleteIndexes", "index", writes=True, stable=True)
async def drop_indexes(call: Call) -> Document:
    """Remove indexes, by name, by pattern, or all of them with ``*``."""
    namespace = call.namespace()
    which: Any = call.body.get("index")
    if not isinstance(which, str | dict | list):
        raise DocumentError(Code.TypeMismatch, "BSON field 'dropIndexes.index' must be a string, an object or an array")
    return {"nIndexesWas": await (await call.engine()).drop_indexes(namespace, which)}
