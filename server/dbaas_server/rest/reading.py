"""GET and HEAD of a table: a page, a row by its id, a keyset page, a stream of CSV, the engine's plan."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, NotFound

from ..engine import Session
from ..http import Request, Response
from ..nouns import ArgValue, Caller, Format, TableRef
from .names import split_record_id
from .negotiate import negotiate
from .parameters import Parameters
from .plan import ReadPlan, plan_read
from .prefer import parse_prefer
from .ranges import parse_range
from .respond import respond_read
from .shapes import Shapes

__all__ = ["absent", "carry_out", "explain", "key_for", "primary_key", "read_table"]

_shapes: Shapes[ReadPlan] = Shapes()


async def read_table(
    request: Request, session: Session, caller: Caller, ref: TableRef, record_id: str | None
) -> Response:
    """Answer a GET or HEAD: parse → plan → read → respond."""
    headers = request.headers
    accept, prefer = headers.get("accept", ""), headers.get("prefer", "")
    row_range = headers.get("range") if record_id is None and request.method == "GET" else None
    parts: Sequence[str] = ()
    key: tuple[str, ...] = ()
    if record_id is not None:
        parts = split_record_id(record_id)
        key = await key_for(ref, session, len(parts))
    elif "cursor=" in request.query:
        key = await primary_key(ref, session)

    def build(parameters: Parameters) -> ReadPlan:
        return plan_read(
            ref,
            parameters,
            negotiate(accept),
            parse_prefer(prefer),
            row_range=parse_range(row_range) if row_range is not None else None,
            key=key,
            record=record_id is not None,
        )

    about = (ref, key, accept, prefer, record_id is None)
    plan, args = _shapes.resolve(about, request.query, build, parts=parts, remember=row_range is None)
    return await carry_out(request, session, caller, plan, args, record_id)


async def carry_out(
    request: Request, session: Session, caller: Caller, plan: ReadPlan, args: Sequence[ArgValue], record: str | None
) -> Response:
    """Run a read in the way its media type wants, and render the answer.

    Args:
        record: the id in the URL, when one row is asked for by it.
    """
    read = plan.read
    head = request.method == "HEAD"
    if plan.media.plan is not None:
        return await explain(session, caller, plan, args)
    if plan.media.format is Format.csv and not (
        head or record is not None or plan.limited or plan.counted or plan.keyset or read.stages
    ):
        return await _export(session, caller, plan, args)
    try:
        rows = await session.read(read, args, caller)
    except DbaasError as error:
        if record is not None and error.code == "not_single":
            raise absent(read.source, record) from None
        raise
    if record is not None and not rows.returned:
        raise absent(read.source, record)
    offset = int(str(args[read.offset.index])) if read.offset is not None else 0
    return respond_read(plan, rows, offset, head=head, record=record is not None)


async def _export(session: Session, caller: Caller, plan: ReadPlan, args: Sequence[ArgValue]) -> Response:
    """Every row, streamed. The first chunk is waited for, so that a refusal still gets its own status."""
    chunks = session.export(plan.read, args, caller, Format.csv)
    first = await anext(chunks, b"")

    async def body() -> AsyncGenerator[bytes]:
        # Closed here and now when the client goes away: the engine's connection must not wait for a collector.
        async with aclosing(cast("AsyncGenerator[bytes]", chunks)):
            yield first
            async for chunk in chunks:
                yield chunk

    headers = [("Content-Type", plan.media.content_type)]
    if plan.applied:
        headers.append(("Preference-Applied", plan.applied))
    return Response(200, body(), headers)


async def explain(session: Session, caller: Caller, plan: ReadPlan, args: Sequence[ArgValue]) -> Response:
    """The engine's plan. It tells of rows that policies hide, so it is for secret keys.

    Raises:
        Forbidden: ``plan_refused``.
    """
    if caller.role != "service_role":
        raise Forbidden(
            "plan_refused", "Query plans tell of rows that policies hide.", hint="Ask with a secret key (service_role)."
        )
    text = plan.media.plan == "text"
    body = await session.explain(plan.read, args, caller, analyze=plan.media.analyze, text=text)
    return Response(200, body, [("Content-Type", plan.media.content_type)])


def absent(table: object, record: str) -> NotFound:
    """No such row, or not for this caller."""
    name = table.name if isinstance(table, TableRef) else "the table"
    return NotFound("not_found", f"'{name}' has no row with the id '{record[:200]}'.")


async def primary_key(ref: TableRef, session: Session) -> tuple[str, ...]:
    """The primary key's columns, in key order; none where there is none. Raises ``NotFound`` (``unknown_table``)."""
    table = (await session.catalog()).tables.get(ref)
    if table is None:  # it may have been made a moment ago
        table = (await session.catalog(fresh=True)).tables.get(ref)
    if table is None:
        raise NotFound("unknown_table", f"Could not find the table '{ref.schema}.{ref.name}' in the schema cache")
    return table.primary_key


async def key_for(ref: TableRef, session: Session, parts: int) -> tuple[str, ...]:
    """The primary key's columns, as many as the id has parts.

    Raises:
        NotFound: ``unknown_table``.
        Invalid: ``no_primary_key``, ``invalid_id``.
    """
    key = await primary_key(ref, session)
    if not key:
        raise Invalid(
            "no_primary_key",
            f"'{ref.name}' has no primary key, so a row cannot be named in the path.",
            hint=f"Filter instead: {ref.name}?column=eq.value",
        )
    if len(key) != parts:
        raise Invalid(
            "invalid_id",
            f"The id has {parts} part(s), the primary key of '{ref.name}' has {len(key)}: {', '.join(key)}.",
            hint="Join the parts with commas in key order; put a part that holds a comma in double quotes.",
        )
    return key
