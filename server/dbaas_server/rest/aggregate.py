"""``POST /data/{table}/aggregate``: a pipeline over a table's rows. It only reads."""

from __future__ import annotations

from dbaas_provisioning.errors import DbaasError, Invalid

from ..engine import Session
from ..http import Request, Response
from ..nouns import ArgValue, Caller, Read, TableRef
from ..pipeline import parse_pipeline
from .errors import error_response
from .negotiate import content_type, negotiate
from .payload import parse_json
from .plan import SHARED, ReadPlan
from .prefer import parse_prefer
from .profiles import schema_of
from .reading import carry_out

__all__ = ["MAX_PIPELINE", "handle_aggregate"]

MAX_PIPELINE = 1024 * 1024
"""Bytes of a body."""


async def handle_aggregate(request: Request, session: Session, caller: Caller, *, table: str) -> Response:
    """Answer with the pipeline's rows: body → stages → read → respond. Errors of the core become responses here.

    The body is the list of stages, or an object that has it as ``pipeline``.
    """
    if request.method == "OPTIONS":
        return Response(200, b"", [("Allow", "OPTIONS,POST")])
    try:
        ref = TableRef(table, await schema_of(request, session, either=True))
        prefer = parse_prefer(request.header("prefer"))
        media = negotiate(request.header("accept"))
        args: list[ArgValue] = []
        read = Read(
            source=ref,
            stages=parse_pipeline(_pipeline(request, await request.body()), args),
            count=prefer.count,
            format=media.format,
            single=media.single,
            numbers_as_text=prefer.numbers_as_text,
            time_zone=prefer.time_zone,
        )
        applied = prefer.applied("count", "numbers", *SHARED)
        plan = ReadPlan(read, media, applied, counted=prefer.count is not None)
        return await carry_out(request, session, caller, plan, args, None)
    except DbaasError as error:
        return error_response(error, caller.role)


def _pipeline(request: Request, raw: bytes) -> object:
    if request.query:
        raise Invalid(
            "PGRST100", "An aggregate takes no parameters in its URL.", hint="Filter, order and limit in the pipeline."
        )
    if content_type(request.header("content-type")) != "json":
        raise Invalid("unsupported_media_type", "A pipeline is sent as JSON")
    if len(raw) > MAX_PIPELINE:
        raise Invalid("body_too_large", f"A pipeline has at most {MAX_PIPELINE:,} bytes.")
    value = parse_json(raw)
    if isinstance(value, dict) and value.keys() == {"pipeline"}:
        return value["pipeline"]
    return value
