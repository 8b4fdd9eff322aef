"""What may stand where: each place in a statement has a kind, and so have the places within it. Pure.

A kind is a word, in some cases with what it is about behind a colon: ``values:price`` are values of the field price.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .vocabulary import words

__all__ = ["ARGUMENTS", "KEYS", "argument", "item", "member"]

_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "find": {
        "sort": "sort", "limit": "number", "skip": "number", "projection": "projection", "hint": "sort",
        "collation": "collation", "maxTimeMS": "number", "batchSize": "number", "comment": "text", "let": "variables",
    },
    "aggregate": {
        "allowDiskUse": "bool", "collation": "collation", "hint": "sort", "maxTimeMS": "number", "let": "variables",
        "comment": "text",
    },
    "count": {"limit": "number", "skip": "number", "hint": "sort", "collation": "collation", "maxTimeMS": "number"},
    "insert": {"ordered": "bool", "comment": "text"},
    "update": {"upsert": "bool", "arrayFilters": "filters", "collation": "collation", "hint": "sort", "sort": "sort"},
    "delete": {"collation": "collation", "hint": "sort"},
    "change": {
        "returnDocument": "moment", "upsert": "bool", "sort": "sort", "projection": "projection",
        "arrayFilters": "filters", "collation": "collation", "hint": "sort",
    },
    "index": {
        "unique": "bool", "name": "text", "sparse": "bool", "expireAfterSeconds": "number",
        "partialFilterExpression": "filter", "collation": "collation", "hidden": "bool",
    },
    "collection": {"validator": "filter", "validationLevel": "text", "validationAction": "text",
                   "collation": "collation"},
})  # fmt: skip

KEYS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    **{f"options:{name}": found for name, found in _OPTIONS.items()},
    "collation": {"locale": "locale", "strength": "number", "caseLevel": "bool", "numericOrdering": "bool"},
    "lookup": {
        "from": "collection", "localField": "path", "foreignField": "foreign", "as": "new", "let": "variables",
        "pipeline": "pipeline:foreign",
    },
    "unwind": {"path": "reference", "preserveNullAndEmptyArrays": "bool", "includeArrayIndex": "new"},
    "sample": {"size": "number"},
    "root": {"newRoot": "expression"},
    "cond": {"if": "expression", "then": "expression", "else": "expression"},
    "switch": {"branches": "branches", "default": "expression"},
    "branch": {"case": "expression", "then": "expression"},
    "command": {
        "find": "collection", "aggregate": "collection", "filter": "filter", "pipeline": "pipeline", "sort": "sort",
        "projection": "projection", "limit": "number", "skip": "number", "cursor": "any", "count": "collection",
        "query": "filter", "distinct": "collection", "key": "path", "ping": "number", "collStats": "collection",
        "dbStats": "number", "drop": "collection", "create": "new", "listCollections": "number",
        "listIndexes": "collection", "hint": "sort", "collation": "collation", "maxTimeMS": "number",
    },
})  # fmt: skip
"""Kinds whose keys are fixed: key → the kind of its value."""

ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "find": ("filter", "projection", "options:find"),
    "findOne": ("filter", "projection", "options:find"),
    "aggregate": ("pipeline", "options:aggregate"),
    "countDocuments": ("filter", "options:count"),
    "count": ("filter", "options:count"),
    "distinct": ("path", "filter", "options:count"),
    "insertOne": ("document", "options:insert"),
    "insertMany": ("documents", "options:insert"),
    "updateOne": ("filter", "update", "options:update"),
    "updateMany": ("filter", "update", "options:update"),
    "replaceOne": ("filter", "document", "options:update"),
    "deleteOne": ("filter", "options:delete"),
    "deleteMany": ("filter", "options:delete"),
    "findOneAndUpdate": ("filter", "update", "options:change"),
    "findOneAndReplace": ("filter", "document", "options:change"),
    "findOneAndDelete": ("filter", "options:change"),
    "createIndex": ("index", "options:index"),
    "createIndexes": ("indexes", "options:index"),
    "renameCollection": ("new", "bool"),
    "sort": ("sort",),
    "projection": ("projection",),
    "hint": ("sort",),
    "min": ("document",),
    "max": ("document",),
    "collation": ("collation",),
    "explain": ("verbosity",),
    "limit": ("number",),
    "skip": ("number",),
    "getCollection": ("collection",),
    "createCollection": ("new", "options:collection"),
    "runCommand": ("command",),
})  # fmt: skip
"""Call → the kinds of its arguments."""

_STAGES: Final[Mapping[str, str]] = MappingProxyType({
    "$match": "filter", "$group": "group", "$project": "projection", "$sort": "sort", "$limit": "number",
    "$skip": "number", "$lookup": "lookup", "$unwind": "unwind", "$addFields": "computed", "$set": "computed",
    "$unset": "paths", "$count": "new", "$sortByCount": "expression", "$facet": "facet", "$replaceRoot": "root",
    "$replaceWith": "expression", "$sample": "sample",
})  # fmt: skip

_VALUES = ("$in", "$nin", "$all")


def argument(call: str, place: int) -> str:
    """The kind of a call's argument."""
    kinds = ARGUMENTS.get(call, ())
    return kinds[place] if place < len(kinds) else "any"


def item(kind: str) -> str:
    """The kind of an array's items."""
    name, _, about = kind.partition(":")
    if name == "pipeline":
        return "stage"
    if name == "update":
        return "stage"  # a pipeline may be an update
    return {
        "filters": "filter", "documents": "document", "indexes": "index", "branches": "branch", "paths": "path",
        "expression": "expression", "values": f"value:{about}", "value": f"value:{about}",
    }.get(name, "any")  # fmt: skip


def member(kind: str, key: str) -> str:
    """The kind of what stands behind a key of an object."""
    name, _, about = kind.partition(":")
    if kind in KEYS:
        return KEYS[kind].get(key, "any")
    if name == "stage":
        return _STAGES.get(key, "any")
    if name == "filter":
        return _in_filter(key)
    if name == "condition":
        return _in_condition(key, about)
    if name in ("expression", "projected"):
        return _in_expression(key)
    if name == "changes":
        return _in_changes(key, about)
    return {
        "group": "expression" if key == "_id" else "accumulation",
        "accumulation": "expression",
        "computed": "expression",
        "variables": "expression",
        "facet": "pipeline",
        "projection": "projected",
        "sort": "direction",
        "index": "indexed",
        "document": f"value:{key}",
        "update": f"changes:{key}",
        "pushed": _in_pushed(key, about),
    }.get(name, "any")


def _in_filter(key: str) -> str:
    if key in ("$and", "$or", "$nor"):
        return "filters"
    if key == "$expr":
        return "expression"
    return "any" if key.startswith("$") else f"condition:{key}"


def _in_condition(key: str, field: str) -> str:
    if key in _VALUES:
        return f"values:{field}"
    if key == "$not":
        return f"condition:{field}"
    if key == "$elemMatch":
        return "filter"
    if key == "$exists":
        return "bool"
    if key == "$type":
        return "type"
    return f"value:{field}" if key in words("condition") and key not in ("$regex", "$options", "$size") else "any"


def _in_expression(key: str) -> str:
    if key in ("$cond", "$switch"):
        return key[1:]
    if key in ("$literal", "$const", "$meta"):
        return "any"
    return "expression"


def _in_changes(key: str, operator: str) -> str:
    """Behind a field's name, in an update's operator."""
    if operator in ("$push", "$addToSet"):
        return f"pushed:{key}"
    if operator == "$pull":
        return f"condition:{key}"
    if operator == "$pullAll":
        return f"values:{key}"
    if operator == "$currentDate":
        return "bool"
    return f"value:{key}" if operator in ("$set", "$setOnInsert", "$min", "$max") else "any"


def _in_pushed(key: str, field: str) -> str:
    if key == "$each":
        return f"values:{field}"
    return "sort" if key == "$sort" else "any"
