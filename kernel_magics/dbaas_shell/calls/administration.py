"""Calls on collections and indexes as such, and commands as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ShellError
from ..plan import Answer, Body, Given, Plan, Start

__all__ = [
    "collection_names", "command", "create_collection", "create_index", "create_indexes", "drop_index", "listed",
    "of_command", "rename", "run_command",
]  # fmt: skip


def create_index(given: Given, collection: str) -> Plan:
    """``createIndex(fields, options)``; the index's name."""
    keys = given.object("the index's fields")
    index = {"key": keys, "name": _index_name(keys), **given.object("options", optional=True)}
    return Plan({"createIndexes": collection, "indexes": [index]}, made=lambda _: str(index["name"]))


def create_indexes(given: Given, collection: str) -> Plan:
    """``createIndexes([fields, …], options)``; their names."""
    wanted = given.next("a list of fields")
    options = given.object("options", optional=True)
    if not isinstance(wanted, list) or not all(isinstance(keys, Mapping) for keys in wanted):
        raise ShellError("createIndexes() takes a list of objects.")
    indexes = [{"key": dict(keys), "name": _index_name(keys), **options} for keys in wanted]
    names = [str(index["name"]) for index in indexes]
    return Plan({"createIndexes": collection, "indexes": indexes}, made=lambda _: names)


def _index_name(keys: Mapping[str, Any]) -> str:
    return "_".join(f"{name}_{direction}" for name, direction in keys.items())


def drop_index(given: Given, collection: str) -> Plan:
    """``dropIndex(name or fields)``."""
    which = given.next("an index's name or fields")
    return Plan({"dropIndexes": collection, "index": which})


def rename(given: Given, collection: str) -> Plan:
    """``renameCollection(name, dropTarget)``."""
    to, replaces = given.next("a name"), bool((given.rest() or [False])[0])
    names = {"renameCollection": f"{given.database}.{collection}", "to": f"{given.database}.{to}"}
    return Plan({**names, "dropTarget": replaces}, of_server=True)


def command(name: str, **fields: Any) -> Start:
    """A command on the collection, with whatever options were given."""

    def start(given: Given, collection: str) -> Plan:
        return Plan({name: collection or 1, **fields, **given.object("options", optional=True)})

    return start


def listed(name: str) -> Start:
    """Documents of a command that lists."""

    def start(given: Given, collection: str) -> Plan:
        filter = given.object("a filter", optional=True) if not collection else {}
        return Plan({name: collection or 1, **({"filter": filter} if filter else {})}, Answer.documents)

    return start


def collection_names(given: Given, _: str) -> Plan:
    """``getCollectionNames()``."""
    body = {"listCollections": 1, "nameOnly": True}
    return Plan(body, Answer.every, lambda found: sorted(str(one["name"]) for one in found))


def create_collection(given: Given, _: str) -> Plan:
    """``createCollection(name, options)``."""
    return Plan({"create": given.next("a name"), **given.object("options", optional=True)})


def run_command(given: Given, _: str) -> Plan:
    """``runCommand({…})``."""
    return of_command(given.object("a command"))


def of_command(body: Body) -> Plan:
    """A command as it was written: the documents of its cursor, or its answer."""
    if next(iter(body), "") not in ("find", "aggregate", "listCollections", "listIndexes"):
        return Plan(body)
    return Plan({**body, "cursor": {}} if "aggregate" in body and "cursor" not in body else body, Answer.documents)
