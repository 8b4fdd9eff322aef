"""The door's handlers as routes see them: who asks, of which database, and then the grammar.

One set serves both URLs of a table: ``/v1/{tenant}/data/{database}.{table}`` and the Supabase-shaped
``/p/{tenant}/{database}/rest/v1/{table}``. Functions are named alike, below ``rpc/``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import orjson

from dbaas_provisioning.errors import DbaasError

from ..acting import Acting
from ..cors import origins_of, preflight, with_cors
from ..engine import Session
from ..http import Request, Response
from ..nouns import Caller
from ..routing import MethodNotAllowed
from ..services import Services
from .aggregate import handle_aggregate
from .errors import error_response
from .functions import handle_function
from .names import split_database
from .openapi import handle_root
from .tables import handle_table

__all__ = ["aggregate", "description", "function", "post_below_table", "record", "table"]

_OF_TABLES = {"POST": "insert", "PATCH": "update", "PUT": "upsert", "DELETE": "delete"}  # what members write is audited
_OF_FUNCTIONS = {"POST": "call"}

_Handle: TypeAlias = Callable[[Session, Caller], Awaitable[Response]]


async def table(request: Request, services: Services) -> Response:
    """Rows of a table: read, insert, update, upsert, delete."""

    async def handle(session: Session, caller: Caller) -> Response:
        return await handle_table(request, session, caller, table=_name(request, "table"))

    return await _answer(request, services, handle, _OF_TABLES)


async def aggregate(request: Request, services: Services) -> Response:
    """A pipeline over a table's rows."""

    async def handle(session: Session, caller: Caller) -> Response:
        return await handle_aggregate(request, session, caller, table=_name(request, "table"))

    return await _answer(request, services, handle)


async def post_below_table(request: Request, services: Services) -> Response:
    """``POST …/{table}/aggregate``. A row may have that id, so that the other methods are the row's."""
    if request.params["record"] != "aggregate":
        raise MethodNotAllowed("DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
    return await aggregate(request, services)


async def record(request: Request, services: Services) -> Response:
    """One row by its key."""

    async def handle(session: Session, caller: Caller) -> Response:
        return await handle_table(
            request, session, caller, table=_name(request, "table"), record_id=request.params["record"]
        )

    return await _answer(request, services, handle, _OF_TABLES)


async def function(request: Request, services: Services) -> Response:
    """A function call."""

    async def handle(session: Session, caller: Caller) -> Response:
        return await handle_function(request, session, caller, function=_name(request, "function"))

    return await _answer(request, services, handle, _OF_FUNCTIONS)


async def description(request: Request, services: Services) -> Response:
    """OpenAPI of what this caller may reach."""

    async def handle(session: Session, caller: Caller) -> Response:
        return await handle_root(request, session, caller)

    return await _answer(request, services, handle)


async def _answer(
    request: Request, services: Services, handle: _Handle, writes: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Authenticate, open, handle; errors in PostgREST's words.

    Args:
        writes: what a method does, for those that write.
    """
    tenant = request.params["tenant"]
    if request.method == "OPTIONS":
        asked = preflight(request, await origins_of(request, services, tenant))
        if asked is not None:
            return asked
    role = "anon"
    try:
        caller = services.auth.caller_now(request, tenant) or await services.auth.caller(request, tenant)
        role = caller.role
        database = _database_name(request)
        sessions = services.sessions
        session = sessions.session_now(tenant, database) or await sessions.session(tenant, database)
        if caller.member and (action := writes.get(request.method)) is not None:
            response = await _noted(request, services, caller, action, lambda: handle(session, caller))
        else:
            response = await handle(session, caller)
    except DbaasError as error:
        response = error_response(error, role)
    known = services.sessions.known_now(tenant)
    origins = known.tenant.cors_origins if known is not None else await origins_of(request, services, tenant)
    return with_cors(response, request, origins)


async def _noted(
    request: Request, services: Services, caller: Caller, action: str, work: Callable[[], Awaitable[Response]]
) -> Response:
    """What some work answers, noted for the audit log."""
    kind = "function" if "function" in request.params else "table"
    told = {kind: _name(request, kind)}
    if profile := request.header("content-profile"):
        told["schema"] = profile
    with Acting(services, caller, request.params["tenant"], _database_name(request), action, None, **told) as act:
        response = await work()
        if response.status >= 400 and isinstance(response.body, bytes):
            act.outcome = str(orjson.loads(response.body).get("code") or response.status)
    return response


def _database_name(request: Request) -> str | None:
    """The database in the URL; None for the tenant's default one."""
    params = request.params
    if "database" in params:
        return params["database"]
    segment = params.get("table") or params.get("function")
    return split_database(segment)[0] if segment is not None else None


def _name(request: Request, kind: str) -> str:
    """The table or function in the URL, without its database."""
    if "database" in request.params:
        return request.params[kind]
    return split_database(request.params[kind])[1]
