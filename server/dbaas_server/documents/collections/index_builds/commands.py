"""``createIndexes`` and ``dropIndexes``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...codec import Document
from ...errors import Code, DocumentError
from ...requests import CreatedIndexes
from ...store import Stale
from ...values import SIMPLE, alias, equal
from ..duplicates import shown
from ..environment import Environment
from ..index_specs import check_room, existing, normalized
from ..metadata import ID_INDEX, Collection, Index
from ..namespace import Namespace
from .builds import Builds

__all__ = ["create", "drop"]


async def create(
    environment: Environment, builds: Builds, namespace: Namespace, specs: Sequence[Document]
) -> CreatedIndexes:
    """Create indexes, and the collection if it is not there; those that are there already are waited for.

    Raises:
        DocumentError: a specification is wrong or in conflict with an index; a document cannot be in one of them, or
            two have the same values in a unique one (then none is made); ``IndexBuildAborted``.
    """
    namespace.check_writable()
    if not specs:
        raise DocumentError(Code.BadValue, "Must specify at least one index to create")
    known = environment.catalog.get(namespace)
    for spec in specs:  # before a collection is made for them
        normalized(spec, SIMPLE if known is None else known.collation)
    for _ in range(environment.limits.attempts):
        collection = await environment.catalog.ensure(namespace)
        before = len(collection.indexes) + 1
        after, wanted = _with_indexes(collection, specs)
        new = after.indexes[len(collection.indexes) :]
        try:
            if new:
                await environment.catalog.change(after, make=[index.space(collection.id) for index in new])
        except Stale:
            continue
        await builds.finish(collection.id, [index.id for index in wanted if index.state != "ready"])
        return CreatedIndexes(before, before + len(new), known is None)
    raise _overtaken(namespace)


async def drop(environment: Environment, builds: Builds, namespace: Namespace, which: Any) -> int:
    """Drop indexes, being built or not.

    Args:
        which: a name, a pattern, a list of names, or ``*`` for all but that of ``_id``.

    Returns:
        How many there were.

    Raises:
        DocumentError: ``NamespaceNotFound``, ``IndexNotFound``, ``AmbiguousIndexKeyPattern``; ``InvalidOptions`` for
            that of ``_id``; ``TypeMismatch``.
    """
    for _ in range(environment.limits.attempts):
        collection = environment.catalog.get(namespace)
        if collection is None:
            raise DocumentError(Code.NamespaceNotFound, f"ns not found {namespace}")
        gone = _chosen(collection, which)
        after = collection
        for index in gone:
            after = after.without_index(index.id)
        try:
            if gone:
                await environment.catalog.change(after, drop=[index.space(collection.id) for index in gone])
        except Stale:
            continue
        return len(collection.indexes) + 1
    raise _overtaken(namespace)


def _with_indexes(collection: Collection, specs: Sequence[Document]) -> tuple[Collection, list[Index]]:
    """A collection with the indexes that are asked for, those that are new at the end; and all that are asked for."""
    after, wanted = collection, []
    for given in specs:
        spec = normalized(given, collection.collation)
        if spec == ID_INDEX:
            continue
        index = existing(spec, after.indexes)
        if index is None:
            check_room(after, spec)
            index = Index(after.next_index, spec, state="building")
            after = replace(after.with_index(index), next_index=after.next_index + 1)
        wanted.append(index)
    return after, wanted


def _chosen(collection: Collection, which: Any) -> list[Index]:
    match which:
        case "*":
            return list(collection.indexes)
        case str():
            return [_named(collection, which)]
        case dict():
            return [_of_pattern(collection, which)]
        case list():
            for name in which:
                if not isinstance(name, str):
                    raise _wrong_type(name)
            return [_named(collection, name) for name in dict.fromkeys(which)]
        case _:
            raise _wrong_type(which)


def _named(collection: Collection, name: str) -> Index:
    if name == ID_INDEX["name"]:
        raise _keep_id()
    found = collection.index(name)
    if found is None:
        raise DocumentError(Code.IndexNotFound, f"index not found with name [{name}]")
    return found


def _of_pattern(collection: Collection, pattern: Document) -> Index:
    if equal(pattern, ID_INDEX["key"]):
        raise _keep_id()
    found = [index for index in collection.indexes if equal(index.spec["key"], pattern)]
    if not found:
        raise DocumentError(Code.IndexNotFound, f"can't find index with key: {shown(pattern)}")
    if len(found) > 1:
        raise DocumentError(
            Code.AmbiguousIndexKeyPattern,
            f"{len(found)} indexes found for key: {shown(pattern)}, identify by name instead. Conflicting indexes: "
            + ", ".join(shown(index.spec) for index in found),
        )
    return found[0]


def _keep_id() -> DocumentError:
    return DocumentError(Code.InvalidOptions, "cannot drop _id index")


def _wrong_type(value: Any) -> DocumentError:
    return DocumentError(
        Code.TypeMismatch,
        f"BSON field 'dropIndexes.index' is the wrong type '{alias(value)}', expected types '[string, object, array]'",
    )


def _overtaken(namespace: Namespace) -> DocumentError:
    return DocumentError(Code.WriteConflict, f"Others keep changing {namespace}; try again.")
