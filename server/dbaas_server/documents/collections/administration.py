"""Collections come, change and go: ``create``, ``drop``, ``renameCollection``, ``collMod`` and what lists them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from bson import Binary

from ..codec import Document
from ..errors import Code, DocumentError
from ..store import Stale
from ..values import SIMPLE, equal
from .duplicates import shown
from .environment import Environment
from .index_specs import check_expiring
from .metadata import ID_INDEX, Collection, Index
from .namespace import Namespace
from .options import is_general, of_create, validation

__all__ = ["change", "create", "describe", "drop", "drop_database", "indexes", "rename"]

_OF_INDEX: Final = frozenset({"name", "keyPattern", "expireAfterSeconds", "hidden"})


async def create(environment: Environment, namespace: Namespace, options: Document) -> None:
    """``create``; one that is there with the same options is none the worse for it.

    Args:
        options: the command's fields but its name.

    Raises:
        DocumentError: ``NamespaceExists``; ``InvalidNamespace``; what is wrong with the options.
    """
    namespace.check_writable()
    wanted = of_create(options)
    try:
        await environment.catalog.create(namespace, wanted)
    except DocumentError:
        known = environment.catalog.get(namespace)
        if known is None or not equal(known.options, wanted):
            raise


async def drop(environment: Environment, namespace: Namespace) -> int | None:
    """``drop``: how many indexes went with it; None where there was no such collection."""
    collection = await _latest(environment, namespace)
    if collection is None or not await environment.catalog.drop(collection):
        return None
    return len(collection.indexes) + 1


async def drop_database(environment: Environment, database: str) -> None:
    """``dropDatabase``: every collection."""
    await environment.catalog.reload()
    for collection in environment.catalog.all(database):
        await drop(environment, collection.namespace)


async def rename(environment: Environment, namespace: Namespace, to: Namespace, *, drop_target: bool = False) -> None:
    """``renameCollection``.

    Args:
        drop_target: a collection of the new name goes first; it is gone even if this is cut short right after.

    Raises:
        DocumentError: ``NamespaceNotFound``, ``NamespaceExists``, ``InvalidNamespace``; ``IllegalOperation`` for a
            collection's own name, or a name in another database.
    """
    namespace.check_writable()
    to.check_writable()
    if namespace == to:
        raise DocumentError(Code.IllegalOperation, "Can't rename a collection to itself")
    if namespace.database != to.database:
        raise DocumentError(Code.IllegalOperation, "A collection cannot be renamed into another database.")

    async def attempt() -> None:
        collection = await _latest(environment, namespace)
        if collection is None:
            raise DocumentError(Code.NamespaceNotFound, f"Source collection {namespace} does not exist")
        target = environment.catalog.get(to)
        if target is not None and not drop_target:
            raise DocumentError(Code.NamespaceExists, "target namespace exists")
        if target is not None:
            await environment.catalog.drop(target)
        await environment.catalog.change(replace(collection, namespace=to))

    await _until_done(environment, namespace, attempt)


async def change(environment: Environment, namespace: Namespace, options: Document) -> Document:
    """``collMod``: what documents are held to; when those of an index expire; whether plans use it.

    Args:
        options: the command's fields but its name.

    Returns:
        ``expireAfterSeconds_old``, ``expireAfterSeconds_new``, ``hidden_old`` and ``hidden_new`` of an index that was
        changed.

    Raises:
        DocumentError: ``NamespaceNotFound``, ``IndexNotFound``, ``InvalidOptions``, ``TypeMismatch``, ``BadValue``;
            40415 for what is unknown.
    """
    for name in options:
        if name not in {"index", "validator", "validationLevel", "validationAction"} and not is_general(name):
            raise DocumentError(40415, f"BSON field 'collMod.{name}' is an unknown field.")
    answer: Document = {}

    async def attempt() -> None:
        collection = await _latest(environment, namespace)
        if collection is None:
            raise _not_found(namespace)
        answer.clear()
        held = validation(options, collection.options, collection.collation, "collMod")
        rest = {name: value for name, value in collection.options.items() if name == "collation"}
        changed = replace(collection, options=rest | held)
        if "index" in options:
            changed = changed.with_index(_changed_index(changed, options["index"], answer))
        if changed != collection:
            await environment.catalog.change(changed)

    await _until_done(environment, namespace, attempt)
    return answer


def describe(environment: Environment, database: str) -> list[Document]:
    """``listCollections``' documents."""
    return [
        {
            "name": one.namespace.collection,
            "type": "collection",
            "options": one.options,
            "info": {"readOnly": False, "uuid": Binary.from_uuid(one.id)},
            "idIndex": _id_index(one),
        }
        for one in environment.catalog.all(database)
    ]


def indexes(environment: Environment, namespace: Namespace) -> list[Document]:
    """``listIndexes``' documents; those being built are among them.

    Raises:
        DocumentError: ``NamespaceNotFound``.
    """
    collection = environment.catalog.get(namespace)
    if collection is None:
        raise _not_found(namespace)
    return [_id_index(collection), *(index.spec for index in collection.indexes)]


async def _latest(environment: Environment, namespace: Namespace) -> Collection | None:
    """A collection as the store has it now."""
    await environment.catalog.reload()
    return environment.catalog.get(namespace)


async def _until_done(environment: Environment, namespace: Namespace, attempt: Callable[[], Awaitable[None]]) -> None:
    """Change a collection, again each time that somebody else was faster."""
    for _ in range(environment.limits.attempts):
        try:
            return await attempt()
        except Stale:
            continue
    raise DocumentError(Code.WriteConflict, f"Others keep changing {namespace}; try again.")


def _id_index(collection: Collection) -> Document:
    if collection.collation == SIMPLE:
        return ID_INDEX
    return {**ID_INDEX, "collation": collection.collation.as_document()}


def _changed_index(collection: Collection, given: Any, answer: Document) -> Index:
    """The index as ``collMod`` wants it; what is new of it is told in ``answer``."""
    if not isinstance(given, dict):
        raise DocumentError(Code.TypeMismatch, "BSON field 'collMod.index' is the wrong type, expected type 'object'")
    for name in given:
        if name not in _OF_INDEX:
            raise DocumentError(40415, f"BSON field 'collMod.index.{name}' is an unknown field.")
    index = _meant(collection, given)
    if "expireAfterSeconds" not in given and "hidden" not in given:
        raise DocumentError(Code.InvalidOptions, "no expireAfterSeconds or hidden field")
    spec = dict(index.spec)
    if "expireAfterSeconds" in given:
        seconds = check_expiring(given["expireAfterSeconds"], {**spec, **given})
        if "expireAfterSeconds" in spec:
            answer["expireAfterSeconds_old"] = spec["expireAfterSeconds"]
        answer["expireAfterSeconds_new"] = spec["expireAfterSeconds"] = seconds
    if "hidden" in given:
        hidden = given["hidden"]
        if not isinstance(hidden, bool):
            raise DocumentError(
                Code.TypeMismatch, "BSON field 'collMod.index.hidden' is the wrong type, expected type 'bool'"
            )
        if hidden != index.is_hidden:
            answer["hidden_old"], answer["hidden_new"] = index.is_hidden, hidden
        spec.pop("hidden", None)
        if hidden:
            spec["hidden"] = True
    return replace(index, spec=spec)


def _meant(collection: Collection, given: Document) -> Index:
    name, pattern = given.get("name"), given.get("keyPattern")
    if (name is None) == (pattern is None):
        both = name is not None
        sentence = (
            "Cannot specify both key pattern and name." if both else "Must specify either index name or key pattern."
        )
        raise DocumentError(Code.InvalidOptions, sentence)
    if name == ID_INDEX["name"] or (pattern is not None and equal(pattern, ID_INDEX["key"])):
        if "hidden" in given:
            raise DocumentError(Code.BadValue, "can't hide _id index")
        raise DocumentError(Code.InvalidOptions, "the _id field does not support TTL indexes")
    found = [one for one in collection.indexes if one.name == name or equal(one.spec["key"], pattern)]
    if not found:
        raise DocumentError(
            Code.IndexNotFound, f"cannot find index {name or shown(pattern)} for ns {collection.namespace}"
        )
    if len(found) > 1:
        raise DocumentError(
            Code.AmbiguousIndexKeyPattern,
            f"index keyPattern {shown(pattern)} matches {len(found)} indexes, must use "
            "index name. Conflicting indexes: " + ", ".join(shown(one.spec) for one in found),
        )
    return found[0]


def _not_found(namespace: Namespace) -> DocumentError:
    return DocumentError(Code.NamespaceNotFound, f"ns does not exist: {namespace}")
