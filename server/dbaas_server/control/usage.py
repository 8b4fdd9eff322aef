"""``/v1/{tenant}/usage``: what a tenant used, by the hour."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dbaas_provisioning.nouns import Right, Tenant, UsageHour

from ..body import integer, query_fields
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["hour_json", "read", "usage_of"]


async def read(request: Request, services: Services) -> Response:
    """The limits, whether the storage is full, and the hours, newest first."""
    name = request.params["tenant"]
    await services.auth.member(request, name, Right.view)
    fields = query_fields(request, frozenset({"days"}))
    days = integer(fields.get("days", "7"), "days", least=1, most=90)
    tenant = await services.platform.tenant(name)
    return json_response(usage_of(tenant, await services.platform.consumption.of(name, days=days)))


def usage_of(tenant: Tenant, hours: Any) -> dict[str, Any]:
    """A tenant's use; bytes, seconds and counts."""
    return {
        "tenant": tenant.subdomain,
        "plan": tenant.plan_type,
        "max_connections": tenant.max_connections,
        "max_storage_gb": tenant.max_storage_gb,
        "storage_full": tenant.storage_full,
        "hours": [hour_json(hour) for hour in hours],
    }


def hour_json(hour: UsageHour) -> dict[str, Any]:
    """One hour of one database, or of the tenant as a whole, whose ``database`` is null."""
    return {**asdict(hour), "database": hour.database or None, "awake_seconds": round(hour.awake_seconds, 1)}
