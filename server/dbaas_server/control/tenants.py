"""``/v1/tenants``: who owns databases."""

from __future__ import annotations

from ..body import body_fields, integer, query_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from .plans import OF_TENANTS, limited_json
from .render import audit_json, tenant_json

__all__ = ["audit", "create", "drop", "list_all", "read", "update"]


async def list_all(request: Request, services: Services) -> Response:
    """Every tenant."""
    await services.auth.operator(request)
    return json_response([tenant_json(tenant) for tenant in await services.platform.tenants()])


async def create(request: Request, services: Services) -> Response:
    """Make a tenant. 409 ``tenant_exists``."""
    actor = await services.auth.operator(request)
    fields = await body_fields(request, {"name": str, "subdomain": str, "plan": str})
    tenant = await services.platform.create_tenant(
        required(fields, "name"),
        subdomain=fields.get("subdomain"),
        plan=fields.get("plan", "free"),
        actor=actor,
    )
    return json_response(tenant_json(tenant), 201, [("Location", f"{request.base_url}/v1/tenants/{tenant.subdomain}")])


async def read(request: Request, services: Services) -> Response:
    """One tenant."""
    await services.auth.operator(request)
    return json_response(tenant_json(await services.platform.tenant(request.params["tenant"])))


async def update(request: Request, services: Services) -> Response:
    """Change the default database, the origins whose pages may read the data, introspection, the plan or limits."""
    actor = await services.auth.operator(request)
    fields = await body_fields(
        request, {"default_database": str, "cors_origins": list, "graphql_introspection": bool, **OF_TENANTS}
    )
    limited = not OF_TENANTS.keys().isdisjoint(fields)
    if limited:
        await services.auth.operator(request)
    tenant = await services.platform.update_tenant(
        request.params["tenant"],
        default_database=fields.get("default_database"),
        plan=fields.get("plan"),
        max_connections=fields.get("max_connections"),
        max_storage_gb=fields.get("max_storage_gb"),
        restart=fields.get("restart", False),
        cors_origins=fields.get("cors_origins"),
        graphql_introspection=fields.get("graphql_introspection"),
        actor=actor,
    )
    return json_response(await limited_json(services, tenant) if limited else tenant_json(tenant))


async def drop(request: Request, services: Services) -> Response:
    """Remove a tenant with all its databases."""
    actor = await services.auth.operator(request)
    await services.platform.drop_tenant(request.params["tenant"], actor=actor)
    return Response(204)


async def audit(request: Request, services: Services) -> Response:
    """The newest control actions on a tenant, newest first."""
    await services.auth.operator(request)
    fields = query_fields(request, frozenset({"limit"}))
    limit = integer(fields.get("limit", "100"), "limit", least=1, most=10_000)
    entries = await services.platform.audit(tenant=request.params["tenant"], limit=limit)
    return json_response([audit_json(entry) for entry in entries])
