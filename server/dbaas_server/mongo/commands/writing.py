"""``insert``, ``update``, ``delete``, ``findAndModify``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from bson.raw_bson import RawBSONDocument

from ...documents.codec import Document, Raw, decode, encode
from ...documents.errors import Code, DocumentError
from ...documents.requests import DeleteSpec, FindAndModify, UpdateSpec, WriteContext
from ...documents.steps import breathe
from ..answers import as_document_error
from ..arguments import Fields, integer, unknown_field
from ..registry import Call, command

__all__ = ["parse_delete", "parse_find_and_modify", "parse_update"]

T = TypeVar("T")

MOST_STATEMENTS: Final = 100_000
_BREATH: Final = 64

_UPDATE: Final = frozenset(["q", "u", "multi", "upsert", "arrayFilters", "collation", "hint", "c", "sampleId"])
_DELETE: Final = frozenset(["q", "limit", "collation", "hint", "sampleId"])
_WRITES: Final = "ordered bypassDocumentValidation isTimeseriesNamespace"
_FIND_AND_MODIFY: Final = (
    "query sort remove update new upsert fields arrayFilters bypassDocumentValidation collation hint let sampleId"
)


@command("insert", f"documents maxTimeMS {_WRITES}", retries=True, stable=True)
async def insert(call: Call) -> Document:
    """Insert documents, which stay bytes on their way."""
    namespace = call.namespace()
    fields = call.fields
    documents = _raw_documents(call, fields)
    engine = await call.engine(create=True, adds=True)
    written = await engine.insert(
        namespace, documents, ordered=fields.flag("ordered", True), context=_context(call, fields)
    )
    return {"n": written.n, **_failed(written.errors), **_retried(written.retried)}


@command("update", f"updates let {_WRITES}", retries=True, stable=True)
async def update(call: Call) -> Document:
    """Change documents, replace them, or insert where there is none."""
    namespace = call.namespace()
    fields = call.fields
    variables = fields.variables()
    updates = await _statements(call, fields, "updates", lambda one: parse_update(one, variables))
    if call.retry is not None and any(one.multi for one in updates):
        raise DocumentError(Code.InvalidOptions, "Cannot use retryable writes with multi=true")
    engine = await call.engine(create=any(one.upsert for one in updates), adds=True)
    updated = await engine.update(
        namespace, updates, ordered=fields.flag("ordered", True), context=_context(call, fields)
    )
    found: Document = {"n": updated.n, "nModified": updated.modified}
    if updated.upserted:
        found["upserted"] = [{"index": place, "_id": id} for place, id in updated.upserted]
    return {**found, **_failed(updated.errors), **_retried(updated.retried)}


@command("delete", f"deletes let {_WRITES}", retries=True, stable=True)
async def delete(call: Call) -> Document:
    """Delete documents."""
    namespace = call.namespace()
    fields = call.fields
    variables = fields.variables()
    deletes = await _statements(call, fields, "deletes", lambda one: parse_delete(one, variables))
    if call.retry is not None and any(one.limit == 0 for one in deletes):
        raise DocumentError(Code.InvalidOptions, "Cannot use retryable writes with limit=0")
    engine = await call.engine()
    deleted = await engine.delete(
        namespace, deletes, ordered=fields.flag("ordered", True), context=_context(call, fields)
    )
    return {"n": deleted.n, **_failed(deleted.errors), **_retried(deleted.retried)}


@command("findAndModify findandmodify", _FIND_AND_MODIFY, retries=True, stable=True)
async def find_and_modify(call: Call) -> Document:
    """Change or delete one document, and give it as it was or is."""
    namespace = call.namespace()
    fields = call.fields
    request = parse_find_and_modify(fields)
    engine = await call.engine(create=request.upsert, adds=request.update is not None)
    modified = await engine.find_and_modify(namespace, request, context=_context(call, fields))
    last: Document = {"n": modified.n}
    if request.update is not None:
        last["updatedExisting"] = modified.updated_existing
    if modified.is_upsert:
        last["upserted"] = modified.upserted
    value = None if modified.value is None else RawBSONDocument(modified.value)  # goes as it is
    return {"lastErrorObject": last, "value": value}


def parse_update(statement: Document, variables: Any) -> UpdateSpec:
    """One of ``updates``."""
    fields = Fields("update.updates", statement).only(_UPDATE)
    change = statement.get("u")
    if type(change) is list:
        fields.documents("u")
    elif type(change) is not dict:
        if "u" not in statement:
            fields.required_document("u")
        raise DocumentError(Code.FailedToParse, "Update argument must be either an object or an array")
    return UpdateSpec(
        q=fields.required_document("q"),
        u=change,
        multi=fields.flag("multi"),
        upsert=fields.flag("upsert"),
        array_filters=fields.documents("arrayFilters") or (),
        collation=fields.document("collation"),
        hint=fields.hint(),
        let=variables,
        c=fields.variables("c"),
    )


def parse_delete(statement: Document, variables: Any) -> DeleteSpec:
    """One of ``deletes``.

    Raises:
        DocumentError: ``FailedToParse`` for another limit than 0 or 1.
    """
    fields = Fields("delete.deletes", statement).only(_DELETE)
    query = fields.required_document("q")
    if "limit" not in statement:
        fields.required_text("limit")
    limit = integer(statement["limit"])
    if limit not in (0, 1):
        raise DocumentError(
            Code.FailedToParse,
            f"The limit field in delete objects must be 0 or 1. Got {statement['limit']}",
        )
    return DeleteSpec(q=query, limit=limit, collation=fields.document("collation"), hint=fields.hint(), let=variables)


def parse_find_and_modify(fields: Fields) -> FindAndModify:
    """``findAndModify``'s arguments.

    Raises:
        DocumentError: ``FailedToParse`` for what cannot go together.
    """
    removes = fields.flag("remove")
    change = fields.value("update")
    if type(change) is list:
        fields.documents("update")
    elif change is not None and type(change) is not dict:
        raise DocumentError(Code.FailedToParse, "Update argument must be either an object or an array")
    if removes and change is not None:
        raise DocumentError(Code.FailedToParse, "Cannot specify both an update and remove=true")
    if removes and fields.flag("upsert"):
        raise DocumentError(Code.FailedToParse, "Cannot specify both upsert=true and remove=true")
    if removes and fields.flag("new"):
        raise DocumentError(
            Code.FailedToParse,
            "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
        )
    if not removes and change is None:
        raise DocumentError(Code.FailedToParse, "Either an update or remove=true must be specified")
    return FindAndModify(
        query=fields.document("query") or {},
        update=change,
        new=fields.flag("new"),
        upsert=fields.flag("upsert"),
        fields=fields.document("fields") or None,
        sort=fields.document("sort") or None,
        array_filters=fields.documents("arrayFilters") or (),
        collation=fields.document("collation"),
        hint=fields.hint(),
        let=fields.variables(),
    )


def _raw_documents(call: Call, fields: Fields) -> Sequence[Raw]:
    documents = call.sequences.get("documents")
    if documents is None:
        documents = [encode(one) for one in fields.required_documents("documents")]
    _refuse_others(call, "documents")
    return _counted(documents)


async def _statements(call: Call, fields: Fields, name: str, parse: Callable[[Document], T]) -> Sequence[T]:
    """A command's statements, read; others run in between."""
    beside = call.sequences.get(name)
    _refuse_others(call, name)
    found: list[T] = []
    for one in _counted(fields.required_documents(name) if beside is None else beside):
        found.append(parse(decode(one) if type(one) is bytes else one))
        if len(found) % _BREATH == 0:
            await breathe()
    return found


def _refuse_others(call: Call, name: str) -> None:
    for other in call.sequences:
        if other != name:
            raise unknown_field(call.command.name, other)


def _counted(statements: Sequence[Any]) -> Sequence[Any]:
    if not 1 <= len(statements) <= MOST_STATEMENTS:
        raise DocumentError(
            Code.InvalidLength,
            f"Write batch sizes must be between 1 and {MOST_STATEMENTS}. Got {len(statements)} operations.",
        )
    return statements


def _context(call: Call, fields: Fields) -> WriteContext:
    return call.context(bypass_validation=fields.flag("bypassDocumentValidation"))


def _failed(errors: Sequence[tuple[int, DocumentError]]) -> Document:
    """What went wrong with single statements; the others are done."""
    if not errors:
        return {}
    return {"writeErrors": [_write_error(place, error) for place, error in errors]}


def _write_error(place: int, error: DocumentError) -> Document:
    known = as_document_error(error)
    return {"index": place, "code": known.number, "errmsg": known.message, **known.info}


def _retried(statements: Sequence[int]) -> Document:
    return {"retriedStmtIds": list(statements)} if statements else {}
