"""Calls that write documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bson import ObjectId
from pymongo.errors import OperationFailure

from ..errors import ShellError
from ..plan import Answer, Body, Given, Plan, Start

__all__ = ["delete", "find_and", "insert_many", "insert_one", "replace_one", "update"]


def insert_one(given: Given, collection: str) -> Plan:
    """``insertOne(document, options)``."""
    document = given.object("a document")
    document.setdefault("_id", ObjectId())
    options = given.object("options", optional=True)

    def made(reply: Body) -> Body:
        _check(reply)
        return {"acknowledged": True, "insertedId": document["_id"]}

    return Plan({"insert": collection, "documents": [document], **options}, made=made)


def insert_many(given: Given, collection: str) -> Plan:
    """``insertMany(documents, options)``; a DataFrame is a list of documents, too."""
    documents = given.next("documents")
    if hasattr(documents, "to_dict"):  # a DataFrame
        documents = documents.to_dict("records")
    if not isinstance(documents, Iterable) or isinstance(documents, Mapping | str):
        raise ShellError("insertMany() takes a list of documents, or a DataFrame.")
    listed = [{str(key): _own(value) for key, value in dict(one).items()} for one in documents]
    ordered = given.object("options", optional=True).get("ordered", True)

    def made(keys: list[Any]) -> Body:
        return {"acknowledged": True, "insertedCount": len(keys), "insertedIds": keys}

    return Plan({"insert": collection, "documents": listed, "ordered": bool(ordered)}, Answer.inserted, made)


def _own(value: Any) -> Any:
    """numpy's and pandas' values as Python's."""
    if type(value).__module__.split(".")[0] not in ("numpy", "pandas"):
        return value
    for name in ("to_pydatetime", "item", "tolist"):
        if hasattr(value, name):
            value = getattr(value, name)()
            break
    return None if value != value else value  # NaT


def update(multi: bool) -> Start:
    """``updateOne`` or ``updateMany(filter, update, options)``."""

    def start(given: Given, collection: str) -> Plan:
        filter, change = given.object("a filter"), given.next("an update")
        return _changed(collection, filter, change, multi, given.object("options", optional=True))

    return start


def replace_one(given: Given, collection: str) -> Plan:
    """``replaceOne(filter, document, options)``."""
    filter, document = given.object("a filter"), given.object("a document")
    if any(name.startswith("$") for name in document):
        raise ShellError("replaceOne() takes a document, not operators.", hint="updateOne() takes operators.")
    return _changed(collection, filter, document, False, given.object("options", optional=True))


_OF_STATEMENT = ("upsert", "arrayFilters", "collation", "hint", "sort")


def _changed(collection: str, filter: Body, change: Any, multi: bool, options: Body) -> Plan:
    statement = {"q": filter, "u": change, "multi": multi}
    statement |= {name: options.pop(name) for name in _OF_STATEMENT if name in options}

    def made(reply: Body) -> Body:
        upserted = _check(reply).get("upserted") or []
        return {
            "acknowledged": True,
            "matchedCount": reply["n"] - len(upserted),
            "modifiedCount": reply.get("nModified", 0),
            "upsertedCount": len(upserted),
            "upsertedId": upserted[0]["_id"] if upserted else None,
        }

    return Plan({"update": collection, "updates": [statement], **options}, made=made)


def delete(limit: int) -> Start:
    """``deleteOne`` (limit 1) or ``deleteMany(filter, options)`` (0)."""

    def start(given: Given, collection: str) -> Plan:
        statement = {"q": given.object("a filter"), "limit": limit}
        options = given.object("options", optional=True)
        statement |= {name: options.pop(name) for name in ("collation", "hint") if name in options}

        def made(reply: Body) -> Body:
            return {"acknowledged": True, "deletedCount": _check(reply)["n"]}

        return Plan({"delete": collection, "deletes": [statement], **options}, made=made)

    return start


def find_and(what: str) -> Start:
    """``findOneAndUpdate``, ``findOneAndReplace`` or ``findOneAndDelete``; the document, or None."""

    def start(given: Given, collection: str) -> Plan:
        body: Body = {"findAndModify": collection, "query": given.object("a filter")}
        if what == "delete":
            body["remove"] = True
        else:
            body["update"] = given.next("an update")
        options = given.object("options", optional=True)
        if "projection" in options:
            options["fields"] = options.pop("projection")
        if options.pop("returnDocument", "before") == "after" or options.pop("returnNewDocument", False):
            options["new"] = True
        return Plan(body | options, made=lambda reply: reply.get("value"))

    return start


def _check(reply: Body) -> Body:
    """A write's reply. Raises ``OperationFailure`` when a statement of it failed."""
    for failed in reply.get("writeErrors") or ():
        raise OperationFailure(failed["errmsg"], failed["code"], {**failed, "codeName": f"mongo_{failed['code']}"})
    return reply
