"""Calls on collections and indexes as such, and commands as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UsageError
from ..found import Outcome
from .plan import Body, Given, Mongo, Plan, Start, answer, cursor_of

__all__ = [
    "collection_names", "command", "create_collection", "create_index", "create_indexes", "drop_index", "listed",
    "of_command", "rename", "run_command",
]  # fmt: skip


def create_index(given: Given, collection: str) -> Plan:
    """``createIndex(fields, options)``; the index's name."""
    keys = given.object("the index's fields")
    index = {"key": keys, "name": _index_name(keys), **given.object("options", optional=True)}

    def finish(database: Mongo, body: Body) -> str:
        database.command(body)
        return str(index["name"])

    return Plan({"createIndexes": collection, "indexes": [index]}, finish)


def create_indexes(given: Given, collection: str) -> Plan:
    """``createIndexes([fields, …], options)``; their names."""
    wanted = given.next("a list of fields")
    options = given.object("options", optional=True)
    if not isinstance(wanted, list) or not all(isinstance(keys, Mapping) for keys in wanted):
        raise UsageError("createIndexes() takes a list of objects.")
    indexes = [{"key": dict(keys), "name": _index_name(keys), **options} for keys in wanted]

    def finish(database: Mongo, body: Body) -> list[str]:
        database.command(body)
        return [str(index["name"]) for index in indexes]

    return Plan({"createIndexes": collection, "indexes": indexes}, finish)


def _index_name(keys: Mapping[str, Any]) -> str:
    return "_".join(f"{name}_{direction}" for name, direction in keys.items())


def drop_index(given: Given, collection: str) -> Plan:
    """``dropIndex(name or fields)``."""
    which = given.next("an index's name or fields")
    return Plan({"dropIndexes": collection, "index": which}, answer)


def rename(given: Given, collection: str) -> Plan:
    """``renameCollection(name, dropTarget)``."""
    to, replaces = given.next("a name"), bool((given.rest() or [False])[0])

    def finish(database: Mongo, body: Body) -> Outcome:
        names = {"renameCollection": f"{database.name}.{collection}", "to": f"{database.name}.{to}"}
        return Outcome(database.client.admin.command({**names, "dropTarget": replaces}))

    return Plan({}, finish)


def command(name: str, **fields: Any) -> Start:
    """A command on the collection, with whatever options were given."""

    def start(given: Given, collection: str) -> Plan:
        return Plan({name: collection or 1, **fields, **given.object("options", optional=True)}, answer)

    return start


def listed(name: str) -> Start:
    """Documents of a command that lists."""

    def start(given: Given, collection: str) -> Plan:
        filter = given.object("a filter", optional=True) if not collection else {}
        return Plan({name: collection or 1, **({"filter": filter} if filter else {})}, cursor_of)

    return start


def collection_names(given: Given, _: str) -> Plan:
    """``getCollectionNames()``."""

    def finish(database: Mongo, body: Body) -> list[str]:
        return sorted(database.list_collection_names())

    return Plan({}, finish)


def create_collection(given: Given, _: str) -> Plan:
    """``createCollection(name, options)``."""
    return Plan({"create": given.next("a name"), **given.object("options", optional=True)}, answer)


def run_command(given: Given, _: str) -> Plan:
    """``runCommand({…})``."""
    return of_command(given.object("a command"))


def of_command(body: Body) -> Plan:
    """A command as it was written: the documents of its cursor, or its answer."""
    if next(iter(body), "") not in ("find", "aggregate", "listCollections", "listIndexes"):
        return Plan(body, answer)
    return Plan({**body, "cursor": {}} if "aggregate" in body and "cursor" not in body else body, cursor_of)
