"""``/rpc/{function}``: POST with a body, GET with the arguments in the query."""

from __future__ import annotations

from collections.abc import Sequence

from dbaas_provisioning.errors import DbaasError, Invalid

from ..engine import Session
from ..http import Request, Response
from ..nouns import Arg, ArgValue, Call, Caller, Function, TableRef
from .errors import error_response
from .negotiate import content_type, negotiate
from .parameters import Parameters
from .payload import call_payload
from .plan import ReadPlan, plan_call
from .prefer import parse_prefer
from .profiles import schema_of
from .ranges import parse_range
from .reading import explain
from .respond import respond_read
from .shapes import Shapes

__all__ = ["handle_function"]

_shapes: Shapes[ReadPlan] = Shapes()


async def handle_function(request: Request, session: Session, caller: Caller, *, function: str) -> Response:
    """Answer any request to ``/rpc/{function}``. Errors of the core become responses here."""
    try:
        ref = TableRef(function, await schema_of(request, session))
        if request.method in ("GET", "HEAD"):
            return await _get(request, session, caller, ref)
        if request.method == "POST":
            return await _post(request, session, caller, ref)
        if request.method == "OPTIONS":
            return Response(200, b"", [("Allow", "OPTIONS,GET,HEAD,POST")])
        raise Invalid(
            "PGRST101", "Cannot use the method on RPC", hint="Use POST, or GET for a function that only reads."
        )
    except DbaasError as error:
        return error_response(error, caller.role)


async def _get(request: Request, session: Session, caller: Caller, ref: TableRef) -> Response:
    accept, prefer = request.header("accept"), request.header("prefer")
    row_range = request.headers.get("range") if request.method == "GET" else None

    def build(parameters: Parameters) -> ReadPlan:
        return plan_call(
            ref,
            parameters,
            negotiate(accept),
            parse_prefer(prefer),
            row_range=parse_range(row_range) if row_range is not None else None,
            read_only=True,
        )

    about = (ref, accept, prefer)
    plan, args = _shapes.resolve(about, request.query, build, function=True, remember=row_range is None)
    return await _carry_out(request, session, caller, plan, args, writes=False)


async def _post(request: Request, session: Session, caller: Caller, ref: TableRef) -> Response:
    accept, prefer = request.header("accept"), request.header("prefer")
    kind = content_type(request.header("content-type"))
    raw = await request.body()
    names: tuple[str, ...] = ()
    body: ArgValue
    if kind in ("text", "bytes"):
        single = True
        body = _text(raw) if kind == "text" else "\\x" + raw.hex()
    else:
        body, found = call_payload(kind, raw)
        names = found or ()
        overloads = (await session.catalog()).functions.get(ref, ())
        single = found is None or (_choose(overloads, names) is None and any(map(_takes_whole_body, overloads)))

    def build(parameters: Parameters) -> ReadPlan:
        return plan_call(
            ref,
            parameters,
            negotiate(accept),
            parse_prefer(prefer),
            body=Arg(len(parameters.args.values)),
            body_names=() if single else names,
            single_parameter=single,
            read_only=False,
        )

    plan, args = _shapes.resolve((ref, accept, prefer, names, single), request.query, build)
    return await _carry_out(request, session, caller, plan, [*args, body], writes=True)


async def _carry_out(
    request: Request, session: Session, caller: Caller, plan: ReadPlan, args: Sequence[ArgValue], *, writes: bool
) -> Response:
    read = plan.read
    if plan.media.plan is not None:
        return await explain(session, caller, plan, args)
    rows = await (session.call(read, args, caller) if writes else session.read(read, args, caller))
    call = read.source
    assert isinstance(call, Call)
    overloads = (await session.catalog()).functions.get(call.function, ())
    chosen = _choose(overloads, tuple(name for name, _ in call.arguments) or call.body_names)
    if (chosen or (overloads[0] if overloads else None)) is not None and (chosen or overloads[0]).returns == "void":
        headers = [("Preference-Applied", plan.applied)] if plan.applied else []
        return Response(rows.status or 204, b"", [*headers, *rows.headers])
    offset = int(str(args[read.offset.index])) if read.offset is not None else 0
    return respond_read(plan, rows, offset, head=request.method == "HEAD")


def _choose(overloads: Sequence[Function], names: Sequence[str]) -> Function | None:
    """The overload that takes exactly these names, defaults left out."""
    given = set(names)
    for function in overloads:
        known = {parameter.name for parameter in function.parameters}
        needed = {parameter.name for parameter in function.parameters if parameter.required}
        if needed <= given <= known and not (function.parameters and _takes_whole_body(function)):
            return function
    return None


def _takes_whole_body(function: Function) -> bool:
    """Its one parameter has no name, so that it takes the body as it is."""
    return len(function.parameters) == 1 and not function.parameters[0].name


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("PGRST102", "The body is not UTF-8 text") from None
    if "\0" in text:
        raise Invalid("PGRST102", "The body holds a NUL character")
    return text
