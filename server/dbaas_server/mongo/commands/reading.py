"""``find``, ``aggregate``, ``count``, ``distinct``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from ...documents.codec import Document, Raw
from ...documents.errors import Code, DocumentError
from ...documents.requests import Aggregate, Count, Distinct, Find
from ..answers import cursor_answer
from ..arguments import Fields, integer, wrong_type
from ..cursors import FIRST_BATCH
from ..registry import Call, Needs, command
from ..results import Results
from ..sources import read_source, source_of

__all__ = ["parse_aggregate", "parse_count", "parse_distinct", "parse_find"]

FIND: Final = (
    "filter projection sort hint skip limit batchSize singleBatch max min returnKey showRecordId tailable oplogReplay "
    "noCursorTimeout awaitData allowPartialResults collation allowDiskUse let"
)
AGGREGATE: Final = (
    "pipeline explain allowDiskUse cursor bypassDocumentValidation hint collation let fromMongos needsMerge "
    "allowPartialResults"
)
COUNT: Final = "query limit skip hint collation fields"
DISTINCT: Final = "key query collation hint"

_COLLECTIONLESS: Final = "$cmd.aggregate"
_NEEDS_EXPLAIN: Final = "The 'cursor' option is required, except for aggregate with the explain argument"


_FIND_PARTS: Final[dict[str, tuple[str, Callable[[Fields, str], Any]]]] = {
    "filter": ("filter", lambda fields, name: fields.document(name) or {}),
    "projection": ("projection", lambda fields, name: fields.document(name) or None),
    "sort": ("sort", lambda fields, name: fields.document(name) or None),
    "skip": ("skip", lambda fields, name: fields.natural(name) or 0),
    "hint": ("hint", Fields.hint),
    "collation": ("collation", Fields.document),
    "let": ("let", Fields.variables),
    "min": ("min", lambda fields, name: fields.document(name) or None),
    "max": ("max", lambda fields, name: fields.document(name) or None),
    "returnKey": ("return_key", Fields.flag),
    "showRecordId": ("show_record_id", Fields.flag),
    "allowDiskUse": ("allow_disk_use", lambda fields, name: fields.flag(name, True)),
}
"""Of most of its fields, a ``find`` has none: only those that are there are looked at."""


@command("find", FIND, stable=True)
async def find(call: Call) -> Raw:
    """Documents that match, and a cursor on the rest."""
    namespace = call.namespace()
    fields = call.fields
    request = parse_find(fields)
    batch_size = fields.natural("batchSize")
    engine = await call.engine()
    results = Results(engine.find(namespace, request), request.limit or None)
    return await _begin(
        call,
        results,
        str(namespace),
        FIRST_BATCH if batch_size is None else batch_size,
        single=fields.flag("singleBatch"),
        stays=fields.flag("noCursorTimeout"),
    )


@command("aggregate", AGGREGATE, needs=Needs.login, stable=True)  # whose engine it gets is looked at there
async def aggregate(call: Call) -> Raw | Document:
    """What a pipeline makes of documents, and a cursor on the rest."""
    fields = call.fields
    if fields.flag("explain"):
        from .explain import explain_command  # which knows this module

        return await explain_command(call, {**call.body, "explain": False}, "queryPlanner")
    cursor = fields.document("cursor")
    if cursor is None:
        raise DocumentError(Code.FailedToParse, _NEEDS_EXPLAIN)
    batch_size = Fields("cursor", cursor).only(frozenset({"batchSize"})).natural("batchSize")
    request = parse_aggregate(fields)
    namespace = None if _is_collectionless(call) else call.namespace()
    source = source_of(request.pipeline)
    if source is not None:
        batches = await read_source(source, call, namespace, request)
    else:
        engine = await call.engine()
        batches = engine.aggregate(namespace, request)
    name = f"{call.database}.{_COLLECTIONLESS}" if namespace is None else str(namespace)
    return await _begin(call, Results(batches), name, FIRST_BATCH if batch_size is None else batch_size)


@command("count", COUNT, stable=True)
async def count(call: Call) -> Document:
    """How many documents match."""
    namespace = call.namespace()
    request = parse_count(call.fields, call.deadline)
    engine = await call.engine()
    return {"n": await engine.count(namespace, request)}


@command("distinct", DISTINCT, stable=True)
async def distinct(call: Call) -> Document:
    """A field's values, each once."""
    namespace = call.namespace()
    request = parse_distinct(call.fields, call.deadline)
    engine = await call.engine()
    return {"values": await engine.distinct(namespace, request)}


async def _begin(
    call: Call, results: Results, namespace: str, batch_size: int, *, single: bool = False, stays: bool = False
) -> Raw:
    """The first batch, and a cursor kept if there may be more."""
    try:
        if batch_size:
            batch = await results.take(batch_size)
        else:
            batch = []
            await results.read()  # whatever is wrong with the question shows now
        if single and not results.done:
            await results.close()
    except BaseException:
        await results.close()
        raise
    if results.done:
        return cursor_answer(batch, 0, namespace, first=True)
    cursor = call.server.cursors.open(call.client, namespace, results)
    cursor.session, cursor.stays = call.session, stays
    if call.seconds is not None:
        cursor.seconds_left = call.seconds - (time.monotonic() - call.operation.began)
    return cursor_answer(batch, cursor.id, namespace, first=True)


def parse_find(fields: Fields) -> Find:
    """``find``'s arguments.

    Raises:
        DocumentError: a wrong type; ``BadValue`` for a tailable cursor, which only capped collections have.
    """
    if fields.flag("tailable"):
        raise DocumentError(Code.BadValue, "error processing query: tailable cursor requested on non capped collection")
    if fields.flag("awaitData"):
        raise DocumentError(Code.FailedToParse, "Cannot set 'awaitData' without also setting 'tailable'")
    limit = fields.natural("limit") or 0
    batch = fields.natural("batchSize")
    hint = FIRST_BATCH if batch is None else batch
    given = {attribute: take(fields, name) for name, (attribute, take) in _FIND_PARTS.items() if fields.has(name)}
    return Find(limit=limit, batch_hint=min(hint, limit) if limit else hint, **given)


def parse_aggregate(fields: Fields) -> Aggregate:
    """``aggregate``'s arguments but ``cursor`` and ``explain``."""
    batch = Fields("cursor", fields.document("cursor") or {}).natural("batchSize")
    return Aggregate(
        pipeline=fields.required_documents("pipeline"),
        hint=fields.hint(),
        collation=fields.document("collation"),
        let=fields.variables(),
        allow_disk_use=fields.flag("allowDiskUse", True),
        batch_hint=FIRST_BATCH if batch is None else batch,
    )


def parse_count(fields: Fields, deadline: float | None) -> Count:
    """``count``'s arguments; a negative ``limit`` is as good as a positive one."""
    limit = fields.number("limit") or 0
    return Count(
        query=fields.document("query") or {},
        skip=fields.natural("skip") or 0,
        limit=abs(limit),
        hint=fields.hint(),
        collation=fields.document("collation"),
        deadline=deadline,
    )


def parse_distinct(fields: Fields, deadline: float | None) -> Distinct:
    """``distinct``'s arguments."""
    return Distinct(
        key=fields.required_text("key"),
        query=fields.document("query") or {},
        hint=fields.hint(),
        collation=fields.document("collation"),
        deadline=deadline,
    )


def _is_collectionless(call: Call) -> bool:
    """``aggregate: 1``, of a pipeline that begins with documents of its own."""
    subject = call.body[call.name]
    if type(subject) is str:
        return False
    if integer(subject) != 1:
        raise wrong_type("aggregate", subject, "string")
    return True
