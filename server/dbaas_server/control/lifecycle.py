"""``/v1/{tenant}/databases/{database}/dump | dumps | restore | branch``, ``/v1/{tenant}/undrop | import``.

Files come and go over HTTP as bodies; no path of the server's machine can be named here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_provisioning.nouns import Dump, Right

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from .creating import answered
from .databases import with_secret
from .render import dump_json

__all__ = [
    "TAR", "branch", "delete_dump", "dump", "dumps", "read_dump", "restore", "take_in_dump", "take_over", "undrop",
    "undroppable",
]  # fmt: skip

TAR = "application/x-tar"


async def dump(request: Request, services: Services) -> Response:
    """Dump a database; the platform keeps it. Told as creating one is."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    await body_fields(request, {})
    make = partial(services.platform.lifecycle.dump, tenant, database, actor=actor)
    return await answered(request, make, _as_dump, outcome="dump", status=201)


async def dumps(request: Request, services: Services) -> Response:
    """The dumps that are kept of a database, newest first."""
    tenant = request.params["tenant"]
    await services.auth.member(request, tenant, Right.own)
    found = await services.platform.lifecycle.dumps(tenant, request.params["database"])
    return json_response([dump_json(each) for each in found])


async def read_dump(request: Request, services: Services) -> Response:
    """A dump as one file, streamed."""
    tenant, database = request.params["tenant"], request.params["database"]
    await services.auth.member(request, tenant, Right.own)
    found, _, chunks = await services.platform.lifecycle.read_dump(tenant, database, _dump_id(request))
    name = quote(f"{found.database_name}-{found.made_at:%Y%m%dT%H%M%S}.dump", safe="")
    headers = [
        ("Content-Type", TAR),
        ("Content-Disposition", f"attachment; filename*=UTF-8''{name}"),
        ("Cache-Control", "no-store"),
    ]
    return Response(200, _generated(chunks), headers)


async def take_in_dump(request: Request, services: Services) -> Response:
    """Keep a dump that somebody brings as one file, streamed. Its checksums are verified."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    kind = request.header("content-type", TAR).partition(";")[0].strip()
    if kind not in (TAR, "application/octet-stream"):
        raise Invalid("unsupported_format", f"A dump is sent as {TAR}, not as {kind}.")
    found = await services.platform.lifecycle.take_in_dump(tenant, database, request.stream(), actor=actor)
    return json_response(dump_json(found), 201)


async def delete_dump(request: Request, services: Services) -> Response:
    """Remove a dump."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    await services.platform.lifecycle.delete_dump(tenant, database, _dump_id(request), actor=actor)
    return Response(204)


async def restore(request: Request, services: Services) -> Response:
    """Bring a kept dump of the tenant's back: into the database, or as a new one. Told as creating one is."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    fields = await body_fields(request, {"dump": str, "as": str})
    make = partial(
        services.platform.lifecycle.restore,
        tenant, database, _uuid(required(fields, "dump")), as_new=fields.get("as"), actor=actor,
    )  # fmt: skip
    return await answered(request, make, partial(with_secret, request, services))


async def branch(request: Request, services: Services) -> Response:
    """A copy of a database, with logins of its own. Told as creating one is."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    fields = await body_fields(request, {"name": str, "schema_only": bool})
    make = partial(
        services.platform.lifecycle.branch,
        tenant, database, required(fields, "name"), schema_only=fields.get("schema_only", False), actor=actor,
    )  # fmt: skip
    return await answered(request, make, partial(with_secret, request, services), status=201)


async def undroppable(request: Request, services: Services) -> Response:
    """The last dumps of databases that were dropped, newest first."""
    tenant = request.params["tenant"]
    await services.auth.member(request, tenant, Right.own)
    return json_response([dump_json(each) for each in await services.platform.lifecycle.undroppable(tenant)])


async def undrop(request: Request, services: Services) -> Response:
    """Bring a dropped database back, with new logins. Told as creating one is."""
    tenant = request.params["tenant"]
    actor = await services.auth.member(request, tenant, Right.own)
    fields = await body_fields(request, {"database": str, "as": str})
    make = partial(
        services.platform.lifecycle.undrop,
        tenant, required(fields, "database"), as_new=fields.get("as"), actor=actor,
    )  # fmt: skip
    return await answered(request, make, partial(with_secret, request, services), status=201)


async def take_over(request: Request, services: Services) -> Response:
    """A new database with what a database elsewhere has. The connection string is neither kept nor logged."""
    tenant = request.params["tenant"]
    actor = await services.auth.member(request, tenant, Right.own)
    fields = await body_fields(request, {"name": str, "dsn": str, "expose": str})
    make = partial(
        services.platform.lifecycle.take_over,
        tenant, required(fields, "name"), required(fields, "dsn"), exposure=fields.get("expose", "policies"),
        foreign=True, actor=actor,
    )  # fmt: skip
    return await answered(request, make, partial(with_secret, request, services), status=201)


async def _as_dump(found: Dump) -> dict[str, Any]:
    return dump_json(found)


def _dump_id(request: Request) -> UUID:
    return _uuid(request.params["dump"])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("dump_not_found", "There is no such dump.") from None


async def _generated(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    async for chunk in chunks:
        yield chunk
