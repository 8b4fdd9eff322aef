"""``/v1/plans``: what tenants may use. The operator's alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from dbaas_provisioning.nouns import Plan, Tenant
from dbaas_provisioning.platform import BOUNDS

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from .render import tenant_json

__all__ = ["OF_TENANTS", "create", "limited_json", "list_all", "plan_json", "read", "remove", "update"]

OF_TENANTS: Mapping[str, type] = MappingProxyType(
    {"plan": str, "max_connections": int, "max_storage_gb": float, "restart": bool}
)
"""Fields with which a tenant is put on a plan, or has limits of its own: the operator's to say."""

_LIMITS: Mapping[str, type] = MappingProxyType(dict.fromkeys(BOUNDS, int) | {"max_storage_gb": float})


async def list_all(request: Request, services: Services) -> Response:
    """Every plan; those with fewer connections first."""
    await services.auth.operator(request)
    return json_response([plan_json(plan) for plan in await services.platform.plans.all()])


async def read(request: Request, services: Services) -> Response:
    """One plan."""
    await services.auth.operator(request)
    return json_response(plan_json(await services.platform.plan(request.params["plan"])))


async def create(request: Request, services: Services) -> Response:
    """A new plan, as another one (``like``) but for what is given. 409 ``plan_exists``."""
    actor = await services.auth.operator(request)
    fields = await body_fields(request, {"name": str, "like": str, **_LIMITS})
    name, like = required(fields, "name"), fields.pop("like", "free")
    del fields["name"]
    plan = await services.platform.plans.create(name, fields, like=like, actor=actor)
    return json_response(plan_json(plan), 201, [("Location", f"{request.base_url}/v1/plans/{plan.name}")])


async def update(request: Request, services: Services) -> Response:
    """Change what is given; it holds for the tenants on the plan at once."""
    actor = await services.auth.operator(request)
    fields = await body_fields(request, _LIMITS)
    return json_response(plan_json(await services.platform.plans.update(request.params["plan"], fields, actor=actor)))


async def remove(request: Request, services: Services) -> Response:
    """Remove a plan that no tenant has. 409 ``plan_in_use``."""
    actor = await services.auth.operator(request)
    await services.platform.plans.remove(request.params["plan"], actor=actor)
    return Response(204)


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan with its limits; ``idle_stop_seconds`` is 0 where servers are never stopped, as one sets it."""
    return {**asdict(plan), "idle_stop_seconds": plan.idle_stop_seconds or 0}


async def limited_json(services: Services, tenant: Tenant) -> dict[str, Any]:
    """A tenant whose limits were changed.

    ``restart_needed``: a server of its own has room for fewer connections than it may have now, until it is started
    again: after nobody was connected for a while, or with ``restart``.
    """
    return {**tenant_json(tenant), "restart_needed": await services.platform.plans.short(tenant)}
