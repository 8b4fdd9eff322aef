"""Calls that read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ShellError
from ..plan import Answer, Body, Given, Plan

__all__ = ["aggregate", "count", "count_documents", "distinct", "find", "find_one"]


def find(given: Given, collection: str) -> Plan:
    """``find(filter, projection, options)``."""
    filter, projection = given.object("a filter", optional=True), given.object("a projection", optional=True)
    body = {"find": collection, "filter": filter, **({"projection": projection} if projection else {})}
    return Plan(body | given.object("options", optional=True), Answer.documents, is_cursor=True)


def find_one(given: Given, collection: str) -> Plan:
    """``findOne(filter, projection, options)``; None where there is none."""
    body = find(given, collection).body
    return Plan({**body, "limit": 1, "singleBatch": True}, Answer.first)


def aggregate(given: Given, collection: str) -> Plan:
    """``aggregate([stage, …], options)`` or ``aggregate(stage, …)``; without a collection, of the database."""
    stages = given.rest()
    options: Body = {}
    if stages and isinstance(stages[0], list):
        if len(stages) > 2:
            raise ShellError("aggregate() takes a pipeline and options.")
        if len(stages) == 2:
            options = Given("aggregate", stages[1:]).object("options")
        stages = stages[0]
    if not all(isinstance(stage, Mapping) for stage in stages):
        raise ShellError("aggregate() takes stages, each an object.")
    target: Any = collection or 1
    return Plan({"aggregate": target, "pipeline": stages, "cursor": {}, **options}, Answer.documents, is_cursor=True)


def count_documents(given: Given, collection: str) -> Plan:
    """``countDocuments(filter, options)``."""
    filter, options = given.object("a filter", optional=True), given.object("options", optional=True)
    stages: list[Body] = [{"$match": filter}]
    stages += [{f"${name}": options.pop(name)} for name in ("skip", "limit") if name in options]
    stages.append({"$group": {"_id": 1, "n": {"$sum": 1}}})
    body = {"aggregate": collection, "pipeline": stages, "cursor": {}, **options}
    return Plan(body, Answer.first, lambda found: int(found["n"]) if found else 0)


def count(given: Given, collection: str) -> Plan:
    """``estimatedDocumentCount()`` and the old ``count(filter)``."""
    body = {"count": collection, "query": given.object("a filter", optional=True)}
    return Plan(body | given.object("options", optional=True), made=lambda reply: reply["n"])


def distinct(given: Given, collection: str) -> Plan:
    """``distinct(field, filter, options)``."""
    body = {"distinct": collection, "key": given.next("a field"), "query": given.object("a filter", optional=True)}
    return Plan(body | given.object("options", optional=True), made=lambda reply: reply["values"])
