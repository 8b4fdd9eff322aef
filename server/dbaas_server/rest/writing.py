"""POST, PATCH, PUT and DELETE of a table, as a collection or a row by its id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dbaas_provisioning.errors import DbaasError, Invalid

from ..engine import Session
from ..http import Request, Response
from ..nouns import Arg, ArgValue, Caller, Rows, TableRef, Write, WriteKind
from .csv_body import copy_nulls, read_header
from .names import split_record_id
from .negotiate import Media, content_type, negotiate
from .parameters import Parameters, parse_parameters
from .payload import Payload, rows_payload, with_key
from .plan import plan_replace_key, plan_write
from .prefer import Preferences, parse_prefer
from .query import pairs
from .reading import absent, key_for, primary_key
from .respond import respond_write
from .shapes import Shapes

__all__ = ["write_table"]

_Plan: TypeAlias = tuple[Write, Media, Preferences]

LARGE_DIGITS = 5
"""Of Content-Length: a longer body is not read for those who may not write it."""

_shapes: Shapes[_Plan] = Shapes()


async def write_table(
    request: Request, session: Session, caller: Caller, ref: TableRef, record_id: str | None
) -> Response:
    """Answer a write: parse → plan → write → respond. It is answered after the commit."""
    if request.method != "DELETE" and _is_large(request):
        await session.check_write(ref, _kind(request.method, request.header("prefer")), caller)
    if request.method == "PUT":
        return await _replace(request, session, caller, ref, record_id)
    accept, prefer_header = request.header("accept"), request.header("prefer")
    kind = _kind(request.method, prefer_header)
    parts: Sequence[str] = ()
    key: tuple[str, ...] = ()
    if record_id is not None:
        parts = split_record_id(record_id)
        key = await key_for(ref, session, len(parts))
    payload: Payload | None = None
    if kind is not WriteKind.delete:
        body_kind = content_type(request.header("content-type"))
        if body_kind == "csv" and await _streams(request, session, caller, ref, kind, prefer_header):
            return await _load(request, session, caller, ref, parse_prefer(prefer_header))
        columns = _columns_of(request.query)
        payload = rows_payload(body_kind, await request.body(), columns, one=kind is WriteKind.update)

    written = payload.columns if payload is not None else ()

    def build(parameters: Parameters) -> _Plan:
        media, prefer = negotiate(accept), parse_prefer(prefer_header)
        write = plan_write(
            kind,
            ref,
            parameters,
            media,
            prefer,
            body=Arg(len(parameters.args.values)) if payload is not None else None,
            columns=written,
            key=key,
            record=record_id is not None,
        )
        return write, media, prefer

    about = (kind, ref, key, accept, prefer_header, written, record_id is None)
    plan, args = _shapes.resolve(about, request.query, build, parts=parts)
    if payload is not None:
        if not payload.rows or (kind is WriteKind.update and not payload.columns):
            return _nothing(request, plan, record_id)
        args = [*args, payload.body]
    return await _carry_out(request, session, caller, plan, args, record_id)


async def _carry_out(
    request: Request, session: Session, caller: Caller, plan: _Plan, args: Sequence[ArgValue], record: str | None
) -> Response:
    write, media, prefer = plan
    try:
        rows = (await session.write([(write, args)], caller))[0]
    except DbaasError as error:
        if record is not None and error.code == "not_single":
            raise absent(write.table, record) from None
        raise
    if record is not None and not rows.returned:
        raise absent(write.table, record)
    return respond_write(
        write, prefer, rows, content_type=media.content_type, path=request.path, record=record is not None
    )


def _is_large(request: Request) -> bool:
    """Whether a body is large, or might be: its length is not told."""
    return "transfer-encoding" in request.headers or len(request.header("content-length")) > LARGE_DIGITS


def _kind(method: str, prefer: str) -> WriteKind:
    if method == "DELETE":
        return WriteKind.delete
    if method == "PATCH":
        return WriteKind.update
    return WriteKind.insert if parse_prefer(prefer).resolution is None else WriteKind.upsert


def _columns_of(query: str) -> tuple[str, ...] | None:
    """The ``columns`` parameter, which decides how the body is read."""
    if "columns=" not in query:
        return None
    return parse_parameters([pair for pair in pairs(query) if pair[0] == "columns"]).columns


def _nothing(request: Request, plan: _Plan, record: str | None) -> Response:
    """The answer where the body holds no rows, or an update no columns."""
    write, media, prefer = plan
    if record is not None:
        raise Invalid("PGRST102", "The body has no columns to change")
    if write.returning is not None and write.returning.single:
        raise Invalid(
            "not_single", "Cannot coerce the result to a single JSON object", details="The result contains 0 rows"
        )
    rows = Rows(b"[]" if "json" in media.content_type else b"", 0)
    return respond_write(write, prefer, rows, content_type=media.content_type, path=request.path, record=False)


async def _replace(
    request: Request, session: Session, caller: Caller, ref: TableRef, record_id: str | None
) -> Response:
    """PUT: the row with the key in the URL is exactly the one in the body."""
    parameters = parse_parameters(pairs(request.query))
    if record_id is not None:
        values = split_record_id(record_id)
        key = await key_for(ref, session, len(values))
        if parameters.root.where:
            raise Invalid("PGRST105", "A row that the path names takes no filters")
        for value in values:
            parameters.args.add(value)
    else:
        key = await primary_key(ref, session)
        values = plan_replace_key(parameters, key)
    raw = await request.body()
    payload = rows_payload(content_type(request.header("content-type")), raw, parameters.columns, one=True)
    if not payload.rows:
        raise Invalid("PGRST102", "The body must hold one object")
    if record_id is None and not set(key) <= set(payload.columns):
        raise Invalid("PGRST115", "Payload values do not match URL in primary key column(s)")
    payload = with_key(payload, key, values)
    media, prefer = negotiate(request.header("accept")), parse_prefer(request.header("prefer"))
    write = plan_write(
        WriteKind.replace,
        ref,
        parameters,
        media,
        prefer,
        body=Arg(len(parameters.args.values)),
        columns=payload.columns,
        key=key,
        record=record_id is not None,
    )
    args = [*parameters.args.values, payload.body]
    return await _carry_out(request, session, caller, (write, media, prefer), args, record_id)


async def _streams(
    request: Request, session: Session, caller: Caller, ref: TableRef, kind: WriteKind, prefer: str
) -> bool:
    """Whether a CSV goes into the table while it arrives.

    It does where that means the same as an insert: nothing is returned, no column is left out, the caller is not
    held by row policies (which a bulk load cannot ask), and the target is a table and not a view.
    """
    wished = parse_prefer(prefer)
    if (
        kind is not WriteKind.insert
        or caller.role != "service_role"
        or request.query
        or wished.representation not in (None, "minimal")
        or wished.rollback
        or not session.can.bulk_load
    ):
        return False
    table = (await session.catalog()).tables.get(ref)
    return table is not None and table.kind == "table"


async def _load(request: Request, session: Session, caller: Caller, ref: TableRef, prefer: Preferences) -> Response:
    stream = request.stream()
    columns, taken = await read_header(stream)
    count = await session.load(ref, columns, copy_nulls(taken, stream), caller)
    write = Write(WriteKind.insert, ref)
    return respond_write(write, prefer, Rows(b"", count), content_type="", path=request.path, record=False)
