"""``/v1/audit`` and ``/v1/{tenant}/audit``: who did what, and how it went."""

from __future__ import annotations

from datetime import UTC, datetime

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.nouns import Right

from ..body import integer, query_fields
from ..http import Request, Response, json_response
from ..services import Services
from .render import audit_json

__all__ = ["FILTERS", "MOST", "instant", "of_platform", "of_tenant"]

FILTERS = ("limit", "before", "actor", "action", "since")
MOST = 10_000
"""Entries of a page."""

_LARGEST = 2**63 - 1


async def of_tenant(request: Request, services: Services) -> Response:
    """What was done to a tenant, newest first."""
    await services.auth.member(request, request.params["tenant"], Right.own)
    return await _page(request, services, request.params["tenant"])


async def of_platform(request: Request, services: Services) -> Response:
    """What was done to all tenants, also those that are gone, and to the platform; newest first."""
    await services.auth.operator(request)
    return await _page(request, services, None)


async def _page(request: Request, services: Services, tenant: str | None) -> Response:
    fields = query_fields(request, frozenset(FILTERS))
    entries = await services.platform.audit(
        tenant=tenant,
        actor=fields.get("actor"),
        action=fields.get("action"),
        since=instant(fields["since"]) if "since" in fields else None,
        before=integer(fields["before"], "before", least=1, most=_LARGEST) if "before" in fields else None,
        limit=integer(fields.get("limit", "100"), "limit", least=1, most=MOST),
    )
    return json_response([audit_json(entry) for entry in entries], headers=[("Cache-Control", "no-store")])


def instant(text: str) -> datetime:
    """A time as ISO 8601 has it, of UTC where it names no zone. Raises ``Invalid`` (``invalid_field``)."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("invalid_field", "`since` is a time like 2026-01-31T12:00:00Z, or a day.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
