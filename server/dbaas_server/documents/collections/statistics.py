"""What a collection or a database takes, and whether it is sound.

Fields are those of ``collStats``, ``dbStats`` and ``validate`` in MongoDB's manual, as far as they mean something here.
Sizes are bytes, the store's estimate; the order of ``_id`` is that of the documents themselves and takes nothing.
"""

from __future__ import annotations

from ..checker import check
from ..codec import Document
from ..errors import Code, DocumentError
from ..store import Span, Stale
from .environment import Environment
from .metadata import ID_INDEX, Collection
from .namespace import Namespace

__all__ = ["of_collection", "of_database", "validate"]


async def of_collection(environment: Environment, namespace: Namespace) -> Document:
    """``collStats``; of a collection that is not there all is zero."""
    collection = environment.catalog.get(namespace)
    if collection is None:
        return {"ns": str(namespace), **_sizes(0, 0, {}), "nindexes": 0, "indexBuilds": []}
    store = environment.store
    try:
        count = await store.count(collection.documents, Span())
        size = await store.size([collection.documents])
        indexes = {str(ID_INDEX["name"]): 0}
        for index in collection.indexes:
            indexes[index.name] = await store.size([index.space(collection.id)])
    except Stale:
        await environment.catalog.reload()
        return await of_collection(environment, namespace)
    return {
        "ns": str(namespace),
        **_sizes(count, size, indexes),
        "nindexes": len(indexes),
        "indexBuilds": [index.name for index in collection.indexes if index.state != "ready"],
    }


async def of_database(environment: Environment, database: str) -> Document:
    """``dbStats``."""
    each = [await of_collection(environment, one.namespace) for one in environment.catalog.all(database)]
    objects, size = sum(one["count"] for one in each), sum(one["size"] for one in each)
    in_indexes = sum(one["totalIndexSize"] for one in each)
    return {
        "db": database,
        "collections": len(each),
        "views": 0,
        "objects": objects,
        "avgObjSize": size / objects if objects else 0.0,
        "dataSize": size,
        "storageSize": size,
        "indexes": sum(one["nindexes"] for one in each),
        "indexSize": in_indexes,
        "totalSize": size + in_indexes,
        "scaleFactor": 1,
    }


async def validate(environment: Environment, namespace: Namespace) -> Document:
    """``validate``: every document and every entry is looked at.

    Raises:
        DocumentError: ``NamespaceNotFound``.
    """
    collection = environment.catalog.get(namespace)
    if collection is None:
        raise DocumentError(Code.NamespaceNotFound, f"Collection '{namespace}' does not exist to validate.")
    try:
        wrong = await check(environment, collection)
        return {"ns": str(namespace), **await _counted(environment, collection), **_verdict(wrong)}
    except Stale:
        await environment.catalog.reload()
        return await validate(environment, namespace)


def _sizes(count: int, size: int, indexes: dict[str, int]) -> Document:
    in_indexes = sum(indexes.values())
    return {
        "size": size,
        "count": count,
        **({"avgObjSize": size // count} if count else {}),
        "numOrphanDocs": 0,
        "storageSize": size,
        "freeStorageSize": 0,
        "capped": False,
        "totalIndexSize": in_indexes,
        "totalSize": size + in_indexes,
        "indexSizes": indexes,
        "scaleFactor": 1,
    }


async def _counted(environment: Environment, collection: Collection) -> Document:
    store = environment.store
    documents = await store.count(collection.documents, Span())
    keys = {str(ID_INDEX["name"]): documents}
    for index in collection.indexes:
        keys[index.name] = await store.count(index.space(collection.id), Span())
    return {
        "nrecords": documents,
        "nIndexes": len(keys),
        "keysPerIndex": keys,
        "indexDetails": {name: {"valid": True} for name in keys},
    }


def _verdict(wrong: list[str]) -> Document:
    return {
        "nInvalidDocuments": 0,
        "nNonCompliantDocuments": 0,
        "valid": not wrong,
        "repaired": False,
        "warnings": [],
        "errors": wrong,
        "extraIndexEntries": [],
        "missingIndexEntries": [],
        "corruptRecords": [],
    }
