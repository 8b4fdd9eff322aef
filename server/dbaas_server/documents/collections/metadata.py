"""What is known of a collection: its options and its indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal
from uuid import UUID

from ..codec import Document, decode, encode
from ..match import Node, Predicate, compile_filter, parse_filter
from ..paths import Path, split
from ..scope import Scope
from ..store import CollectionRecord, Space
from ..values import SIMPLE, Collation, parse_collation
from .namespace import Namespace

__all__ = ["ID_INDEX", "Collection", "Index"]

ID_INDEX: Final[Document] = {"v": 2, "key": {"_id": 1}, "name": "_id_"}
"""The index that every collection has: the order of its documents."""


@dataclass(frozen=True)
class Index:
    """An index other than that of ``_id``.

    Attributes:
        id: its number within the collection, never given twice.
        spec: as ``listIndexes`` shows it: ``v``, ``key``, ``name``, ``unique`` and so on.
        state: one that is not ready is written but not read; see :mod:`.index_builds`.
        multikey: the paths on which an array lay in some document, ever.
        cut: some key was too long to be kept whole; the index gives no order.
    """

    id: int
    spec: Document
    state: Literal["building", "settling", "ready"] = "ready"
    multikey: frozenset[str] = frozenset()
    cut: bool = False

    @property
    def name(self) -> str:
        """Its name, unique within the collection."""
        return str(self.spec["name"])

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """What it is of, in order."""
        return tuple(split(name) for name in self.spec["key"])

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The same as written, with dots."""
        return tuple(self.spec["key"])

    @cached_property
    def descending(self) -> tuple[bool, ...]:
        """Of each path, whether it descends."""
        return tuple(direction < 0 for direction in self.spec["key"].values())

    @cached_property
    def collation(self) -> Collation:
        """How its strings are compared."""
        return parse_collation(self.spec["collation"]) if "collation" in self.spec else SIMPLE

    @cached_property
    def partial(self) -> Node | None:
        """What a document has to match to be in it; None: every one is."""
        spec = self.spec.get("partialFilterExpression")
        return None if spec is None else parse_filter(spec, Scope(collation=self.collation))

    @cached_property
    def holds(self) -> Predicate | None:
        """:attr:`partial`, as a test of a document."""
        return None if self.partial is None else compile_filter(self.partial, Scope(collation=self.collation))

    @property
    def is_unique(self) -> bool:
        """No two documents have the same key."""
        return bool(self.spec.get("unique"))

    @property
    def refuses(self) -> bool:
        """It is unique, and its entries have the keys of a unique index: those that are there refuse others."""
        return self.is_unique and self.state != "building"

    @property
    def is_sparse(self) -> bool:
        """Documents without any of its fields are not in it."""
        return bool(self.spec.get("sparse"))

    @property
    def is_hidden(self) -> bool:
        """It is kept, but no plan uses it."""
        return bool(self.spec.get("hidden"))

    @property
    def expire_after(self) -> float | None:
        """Seconds after the indexed date when a document goes; None: never."""
        seconds = self.spec.get("expireAfterSeconds")
        return None if seconds is None else float(seconds)

    def space(self, collection: UUID) -> Space:
        """Where its entries are."""
        return f"i_{collection.hex}_{self.id}"


@dataclass(frozen=True)
class Collection:
    """A collection as of one version of its metadata.

    Attributes:
        options: as ``create`` was given them, validated (``validator``, ``validationLevel``, ``validationAction``,
            ``collation``).
        indexes: all but that of ``_id``.
        next_index: the number that the next index gets.
        long_ids: some ``_id`` was too long for a key to be kept whole; the documents' space gives no order.
    """

    id: UUID
    namespace: Namespace
    version: int = 1
    options: Document = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    next_index: int = 1
    long_ids: bool = False

    @property
    def documents(self) -> Space:
        """Where its documents are, by the key of their ``_id``."""
        return f"d_{self.id.hex}"

    @property
    def spaces(self) -> list[Space]:
        """All that it has."""
        return [self.documents, *(index.space(self.id) for index in self.indexes)]

    @cached_property
    def collation(self) -> Collation:
        """What its commands and indexes are under unless they say otherwise."""
        return parse_collation(self.options["collation"]) if "collation" in self.options else SIMPLE

    @cached_property
    def validator(self) -> tuple[Node, Predicate] | None:
        """What its documents have to match."""
        spec = self.options.get("validator")
        if not spec:
            return None
        scope = Scope(collation=self.collation)
        node = parse_filter(spec, scope)
        return node, compile_filter(node, scope)

    @property
    def readable(self) -> tuple[Index, ...]:
        """Indexes that a plan may use."""
        return tuple(index for index in self.indexes if index.state == "ready" and not index.is_hidden)

    def index(self, name: str) -> Index | None:
        """One by its name."""
        return next((index for index in self.indexes if index.name == name), None)

    def with_index(self, changed: Index) -> Collection:
        """With one index as given, in the place of that of the same number, or at the end."""
        if all(index.id != changed.id for index in self.indexes):
            return replace(self, indexes=(*self.indexes, changed))
        return replace(self, indexes=tuple(changed if index.id == changed.id else index for index in self.indexes))

    def without_index(self, id: int) -> Collection:
        """Without one index."""
        return replace(self, indexes=tuple(index for index in self.indexes if index.id != id))

    def record(self) -> CollectionRecord:
        """As the store keeps it."""
        body = {
            "options": self.options,
            "next": self.next_index,
            "longIds": self.long_ids,
            "indexes": [
                {"id": one.id, "spec": one.spec, "state": one.state, "multikey": sorted(one.multikey), "cut": one.cut}
                for one in self.indexes
            ],
        }
        return CollectionRecord(self.id, self.namespace.database, self.namespace.collection, self.version, encode(body))

    @classmethod
    def of(cls, record: CollectionRecord) -> Collection:
        """From what the store keeps."""
        body = decode(record.body)
        return cls(
            id=record.id,
            namespace=Namespace(record.database, record.name),
            version=record.version,
            options=body["options"],
            next_index=body["next"],
            long_ids=body["longIds"],
            indexes=tuple(_index(one) for one in body["indexes"]),
        )


def _index(kept: Mapping[str, Any]) -> Index:
    return Index(kept["id"], kept["spec"], kept["state"], frozenset(kept["multikey"]), kept["cut"])
