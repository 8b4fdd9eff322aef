"""Sizes and soundness: ``collStats``, ``dbStats``, ``validate``, and the stages that tell the same."""

from __future__ import annotations

import time
from typing import Any

from bson import DatetimeMS

from ...documents.codec import Document
from ...documents.collections.namespace import Namespace
from ...documents.errors import Code, DocumentError
from ...documents.requests import Count
from ..arguments import Fields
from ..registry import Call, command
from ..sources import source

__all__: list[str] = []


@command("collStats collstats", "scale verbose")
async def coll_stats(call: Call) -> Document:
    """What a collection takes."""
    namespace = call.namespace()
    stats = await (await call.engine()).collection_stats(namespace)
    return _scaled({"ns": str(namespace), **stats}, call.fields)


@command("dbStats dbstats", "scale freeStorage")
async def db_stats(call: Call) -> Document:
    """What a database takes."""
    stats = await (await call.engine()).database_stats(call.database)
    return _scaled({"db": call.database, **stats}, call.fields)


@command("dataSize datasize", "keyPattern min max estimate")
async def data_size(call: Call) -> Document:
    """Bytes of a collection's documents."""
    database, _, collection = call.fields.required_text("dataSize").partition(".")
    if database != call.database:
        raise DocumentError(Code.InvalidNamespace, "The collection is of another database.")
    stats = await (await call.engine()).collection_stats(Namespace(database, collection))
    return {"size": stats.get("size", 0), "numObjects": stats.get("count", 0)}


@command("validate", "full scandata repair metadata checkBSONConformance background fixMultikey enforceFastCount")
async def validate(call: Call) -> Document:
    """Whether a collection's indexes agree with its documents."""
    namespace = call.namespace()
    return {"ns": str(namespace), **await (await call.engine()).validate(namespace)}


@source("$collStats")
async def coll_stats_stage(call: Call, namespace: Namespace | None, operand: Any) -> list[Document]:
    """``$collStats``: one document with what was asked for."""
    namespace, fields = _of_collection("$collStats", namespace, operand)
    fields.only(frozenset({"storageStats", "count", "latencyStats", "queryExecStats"}))
    engine = await call.engine()
    found: Document = {"ns": str(namespace), "host": "dbaas", "localTime": DatetimeMS(int(time.time() * 1_000))}
    storage = fields.document("storageStats")
    if storage is not None:
        found["storageStats"] = _scaled(await engine.collection_stats(namespace), Fields("storageStats", storage))
    if fields.document("count") is not None:
        found["count"] = await engine.count(namespace, Count())
    return [found]


@source("$indexStats")
async def index_stats_stage(call: Call, namespace: Namespace | None, operand: Any) -> list[Document]:
    """``$indexStats``: the indexes; how often each was used is not counted."""
    namespace, _ = _of_collection("$indexStats", namespace, operand)
    return [
        {"name": spec["name"], "key": spec["key"], "host": "dbaas", "spec": spec}
        for spec in (await call.engine()).indexes(namespace)
    ]


def _of_collection(stage: str, namespace: Namespace | None, operand: Any) -> tuple[Namespace, Fields]:
    if namespace is None:
        raise DocumentError(Code.InvalidNamespace, f"{stage} is only valid on a collection.")
    if type(operand) is not dict:
        raise DocumentError(Code.TypeMismatch, f"{stage} must take a nested object")
    return namespace, Fields(stage, operand)


def _scaled(stats: Document, fields: Fields) -> Document:
    """Bytes as multiples of ``scale``."""
    scale = fields.number("scale") or 1
    if scale < 1:
        raise DocumentError(51024, f"BSON field 'scale' value must be >= 1, actual value '{scale}'")
    if scale == 1:
        return {**stats, "scaleFactor": 1}
    sizes = {name: value // scale for name, value in stats.items() if name in _SIZES and isinstance(value, int)}
    indexes = {name: value // scale for name, value in stats.get("indexSizes", {}).items()}
    return {**stats, **sizes, **({"indexSizes": indexes} if indexes else {}), "scaleFactor": scale}


_SIZES = frozenset(
    ["size", "storageSize", "totalIndexSize", "totalSize", "dataSize", "indexSize", "fsUsedSize", "fsTotalSize"]
)
