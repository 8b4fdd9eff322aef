"""Collections with documents and indexes in a store, put there without an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from dbaas_server.documents.codec import Document, Raw, decode, encode
from dbaas_server.documents.collections.catalog import Catalog
from dbaas_server.documents.collections.entries import LONGEST_KEY, id_key, keys_of
from dbaas_server.documents.collections.environment import EngineLimits, Environment
from dbaas_server.documents.collections.explain import explain
from dbaas_server.documents.collections.metadata import Collection, Index
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.collections.reading import aggregate, count, distinct, find
from dbaas_server.documents.requests import Aggregate, Count, Distinct, Find
from dbaas_server.documents.store import Batch, Put, Store
from dbaas_server.documents.values import encode_value

__all__ = ["Stocked", "environment_of", "stages", "stock"]


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


class Stocked:
    """A collection's environment, asked with values instead of bytes."""

    def __init__(self, environment: Environment, namespace: Namespace) -> None:
        self.environment = environment
        self.namespace = namespace

    async def find(self, filter: Document | None = None, **how: Any) -> list[Document]:
        """A find's documents."""
        return await _values(find(self.environment, self.namespace, Find(filter=filter or {}, **how)))

    async def aggregate(self, *stages: Document, **how: Any) -> list[Document]:
        """A pipeline's."""
        return await _values(aggregate(self.environment, self.namespace, Aggregate(list(stages), **how)))

    async def count(self, query: Document | None = None, **how: Any) -> int:
        """How many match."""
        return await count(self.environment, self.namespace, Count(query=query or {}, **how))

    async def distinct(self, key: str, query: Document | None = None, **how: Any) -> list[Any]:
        """A field's values."""
        return await distinct(self.environment, self.namespace, Distinct(key, query=query or {}, **how))

    async def explain(self, request: Any, verbosity: str = "executionStats") -> Document:
        """How a command is carried out."""
        return await explain(self.environment, self.namespace, request, verbosity)


async def _values(batches: AsyncIterator[list[Raw]]) -> list[Document]:
    found = []
    async for batch in batches:
        assert batch, "a batch is never empty"
        found += map(decode, batch)
    return found


def stages(tree: Document) -> list[str]:
    """The names of a plan's stages, from the last that is done to the first."""
    names = [tree["stage"]]
    if "inputStage" in tree:
        names += stages(tree["inputStage"])
    for inner in tree.get("inputStages", ()):
        names += stages(inner)
    return names
