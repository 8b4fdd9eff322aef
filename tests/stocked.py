"""Collections with documents and indexes in a store, put there without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dbaas_server.documents.codec import Document, encode
from dbaas_server.documents.collections.catalog import Catalog
from dbaas_server.documents.collections.entries import LONGEST_KEY, id_key, keys_of
from dbaas_server.documents.collections.environment import EngineLimits, Environment
from dbaas_server.documents.collections.metadata import Collection, Index
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.store import Batch, Put, Store
from dbaas_server.documents.values import encode_value

__all__ = ["environment_of", "stock"]


def environment_of(store: Store, **limits: Any) -> Environment:
    """What operations work in."""
    return Environment(store, Catalog(store), limits=EngineLimits(**limits))


async def stock(
    environment: Environment,
    documents: Sequence[Document],
    indexes: Sequence[Document] = (),
    *,
    name: str = "orders",
    options: Document | None = None,
) -> Collection:
    """A collection ``app.<name>`` with documents, each with an ``_id``, and ready indexes.

    Args:
        indexes: as ``createIndexes`` has them; without a name, ``a_1`` and so on.
    """
    collection = await environment.catalog.create(Namespace("app", name), options or {})
    made = [
        Index(number, {"v": 2, "name": "_".join(f"{field}_{way}" for field, way in spec["key"].items()), **spec})
        for number, spec in enumerate(indexes, 1)
    ]
    writes = []
    for document in documents:
        id = id_key(document["_id"])
        writes.append(Put(collection.documents, id, encode(document), 0))
        for place, index in enumerate(made):
            keys = keys_of(index, document, id)
            made[place] = replace(index, multikey=index.multikey | keys.multikey, cut=index.cut or keys.cut)
            version = 0 if index.is_unique else None
            writes += [Put(index.space(collection.id), key, id, version) for key in sorted(keys.keys)]
    collection = await environment.catalog.change(
        replace(
            collection,
            indexes=tuple(made),
            long_ids=any(len(encode_value(document["_id"])) > LONGEST_KEY for document in documents),
        ),
        make=[index.space(collection.id) for index in made],
    )
    for start in range(0, len(writes), 2_000):
        await environment.store.write(Batch(collection.id, collection.version, writes[start : start + 2_000]))
    return collection
