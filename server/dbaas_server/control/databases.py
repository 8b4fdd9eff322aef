"""``/v1/{tenant}/databases``: create, list, rotate, drop; how one of them is doing."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from dbaas_provisioning import engines
from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.nouns import Database, Right, Tenant

from ..body import body_fields, query_fields, required
from ..http import Request, Response, json_response, tagged_response
from ..services import Services
from .creating import answered
from .render import database_json, mongo_door, usage_json

__all__ = [
    "connection_string", "create", "drop", "feed", "list_all", "mongo_connection_string", "read", "rotate",
    "rotate_mongo", "shown", "usage", "with_secret",
]  # fmt: skip


async def list_all(request: Request, services: Services) -> Response:
    """A tenant's databases, with an entity tag. Never wakes a sleeping cluster."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    tenant = await services.platform.tenant(request.params["tenant"])
    databases = await services.platform.databases(tenant.subdomain)
    found = await asyncio.gather(*(shown(request, services, tenant, each) for each in databases))
    return tagged_response(request, found)


async def create(request: Request, services: Services) -> Response:
    """Make a database; the answer has its connection string. 409 ``database_exists``.

    Who accepts ``application/x-ndjson`` is told each step as it begins, and the outcome in the last line.
    """
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    offered = {option.name for name in engines.names() for option in engines.engine(name).offer.options}
    fields = await body_fields(
        request, {"engine": str, "name": str, "cluster": str, **dict.fromkeys(sorted(offered), str)}
    )
    if "cluster" in fields:  # where something runs is the operator's to say
        await services.auth.operator(request)
    make = partial(
        services.platform.create_database,
        request.params["tenant"],
        fields.get("engine", "postgres"),
        required(fields, "name"),
        options={name: value for name, value in fields.items() if name in offered},
        cluster=fields.get("cluster"),
        actor=actor,
    )
    return await answered(request, make, partial(with_secret, request, services), status=201)


async def read(request: Request, services: Services) -> Response:
    """One database."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    tenant = await services.platform.tenant(request.params["tenant"])
    database = await services.platform.database(tenant.subdomain, request.params["database"])
    return json_response(await shown(request, services, tenant, database))


async def drop(request: Request, services: Services) -> Response:
    """Remove a database and its data; a last dump stays for a week, unless ``keep_dump=false``."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    keep = query_fields(request, frozenset({"keep_dump"})).get("keep_dump", "true")
    if keep not in ("true", "false"):
        raise Invalid("invalid_field", "`keep_dump` must be true or false.")
    tenant, database = request.params["tenant"], request.params["database"]
    await services.platform.drop_database(tenant, database, keep_dump=keep == "true", actor=actor)
    return Response(204)


async def rotate(request: Request, services: Services) -> Response:
    """New passwords; the old ones and their sessions end."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    database = await services.platform.rotate(request.params["tenant"], request.params["database"], actor=actor)
    return json_response(await with_secret(request, services, database))


async def connection_string(request: Request, services: Services) -> Response:
    """The owner's connection string."""
    tenant, database = request.params["tenant"], request.params["database"]
    actor = await services.auth.member(request, tenant, Right.own)
    text = await services.platform.connection_string(tenant, database)
    await services.platform.reveal(tenant, database, "connection_string", actor=actor)
    return json_response({"connection_string": text}, headers=[("Cache-Control", "no-store")])


async def mongo_connection_string(request: Request, services: Services) -> Response:
    """MongoDB's, of the user of all document databases of the tenant."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    await services.platform.reveal(request.params["tenant"], None, "connection_string", actor=actor)
    return await _mongo_string(request, services)


async def rotate_mongo(request: Request, services: Services) -> Response:
    """A new password for that user; the old one opens nothing any more."""
    actor = await services.auth.member(request, request.params["tenant"], Right.own)
    await services.platform.rotate_mongo_login(request.params["tenant"], actor=actor)
    return await _mongo_string(request, services)


async def _mongo_string(request: Request, services: Services) -> Response:
    text = await services.platform.mongo_connection_string(request.params["tenant"])
    return json_response({"connection_string": text}, headers=[("Cache-Control", "no-store")])


async def usage(request: Request, services: Services) -> Response:
    """Size and connections. Never wakes a sleeping cluster."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    found = await services.platform.usage(request.params["tenant"], request.params["database"])
    return json_response(usage_json(found))


async def feed(request: Request, services: Services) -> Response:
    """How its feed of changes is doing. Never wakes a sleeping cluster."""
    await services.auth.member(request, request.params["tenant"], Right.view)
    database = await services.platform.database(request.params["tenant"], request.params["database"])
    figures = await services.feeds.of(request.params["tenant"], database.name).figures()
    return json_response(figures.as_dict())


async def shown(request: Request, services: Services, tenant: Tenant, database: Database) -> dict[str, Any]:
    """A database as it is shown wherever it is; no secret. Never wakes a sleeping cluster."""
    cluster, used, door = await asyncio.gather(
        services.platform.cluster(database.cluster_id),
        services.platform.usage(tenant.subdomain, database.name),
        mongo_door(services.platform, database),
    )
    return database_json(database, tenant, cluster, used, request.base_url, door)


async def with_secret(request: Request, services: Services, database: Database) -> dict[str, Any]:
    """The same with its connection string, for who made it."""
    tenant = await services.platform.tenant(request.params["tenant"])
    about = await shown(request, services, tenant, database)
    text = await services.platform.connection_string(tenant.subdomain, database.name)
    return {**about, "connection_string": text}
