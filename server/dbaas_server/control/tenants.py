"""``/v1/tenants``: who owns databases."""

from __future__ import annotations

from dbaas_provisioning.nouns import Right

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from .plans import OF_TENANTS, limited_json
from .render import tenant_json

__all__ = ["create", "drop", "list_all", "read", "update"]


async def list_all(request: Request, services: Services) -> Response:
    """The tenants that somebody has a right on, with that right; every one for operators."""
    standing = (await services.auth.asker(request)).standing
    found = [(tenant, standing.on(tenant.subdomain)) for tenant in await services.platform.tenants()]
    return json_response([{**tenant_json(tenant), "right": right} for tenant, right in found if right is not None])


async def create(request: Request, services: Services) -> Response:
    """Make a tenant. 409 ``tenant_exists``.

    Who is no operator becomes its administrator, and may make as many as the platform gives to everybody.
    """
    asker = await services.auth.asker(request)
    asker.require_unbound()
    if not await services.platform.members.tenants_each():
        asker.require_operator()
    fields = await body_fields(request, {"name": str, "subdomain": str, "plan": str, "administrator": str})
    if "plan" in fields or "administrator" in fields:
        asker.require_operator()
    tenant = await services.platform.create_tenant(
        required(fields, "name"),
        subdomain=fields.get("subdomain"),
        plan=fields.get("plan", "free"),
        administrator=fields.get("administrator") if asker.standing.operator else asker.person,
        for_themself=not asker.standing.operator,
        actor=asker.actor,
    )
    return json_response(tenant_json(tenant), 201, [("Location", f"{request.base_url}/v1/tenants/{tenant.subdomain}")])


async def read(request: Request, services: Services) -> Response:
    """One tenant, and the right that who asks has on it."""
    right = (await services.auth.asker(request)).right_on(request.params["tenant"])
    return json_response({**tenant_json(await services.platform.tenant(request.params["tenant"])), "right": right})


async def update(request: Request, services: Services) -> Response:
    """Change the default database, the origins whose pages may read the data, or introspection.

    The plan or limits are the operator's to change.
    """
    asker = await services.auth.asker(request)
    asker.require(request.params["tenant"], Right.administer)
    fields = await body_fields(
        request, {"default_database": str, "cors_origins": list, "graphql_introspection": bool, **OF_TENANTS}
    )
    limited = not OF_TENANTS.keys().isdisjoint(fields)
    if limited:
        asker.require_operator()
    tenant = await services.platform.update_tenant(
        request.params["tenant"],
        default_database=fields.get("default_database"),
        plan=fields.get("plan"),
        max_connections=fields.get("max_connections"),
        max_storage_gb=fields.get("max_storage_gb"),
        restart=fields.get("restart", False),
        cors_origins=fields.get("cors_origins"),
        graphql_introspection=fields.get("graphql_introspection"),
        actor=asker.actor,
    )
    return json_response(await limited_json(services, tenant) if limited else tenant_json(tenant))


async def drop(request: Request, services: Services) -> Response:
    """Remove a tenant with all its databases."""
    actor = await services.auth.member(request, request.params["tenant"], Right.administer)
    await services.platform.drop_tenant(request.params["tenant"], actor=actor)
    return Response(204)
