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

FILTERS = ("limit", "before", "actor", "action", "database", "outcome", "since")
MOST = 10_000
"""Entries of a page."""

_LARGEST = 2**63 - 1


async def of_tenant(request: Request, services: Services) -> Response:
    """What was done to a tenant and with its data, newest first.

    Its members see nothing of an earlier tenant of that name, which was somebody else's.
    """
    asker = await services.auth.asker(request)
    asker.require(name := request.params["tenant"], Right.own)
    made_at = None if asker.standing.operator else (await services.platform.tenant(name)).created_at
    return await _page(request, services, name, made_at)


async def of_platform(request: Request, services: Services) -> Response:
    """What was done to all tenants, also those that are gone, and to the platform; newest first."""
    await services.auth.operator(request)
    return await _page(request, services, None, None)


async def _page(request: Request, services: Services, tenant: str | None, made_at: datetime | None) -> Response:
    fields = query_fields(request, frozenset(FILTERS))
    times = [each for each in (made_at, instant(fields["since"]) if "since" in fields else None) if each is not None]
    entries = await services.platform.audit(
        tenant=tenant,
        actor=fields.get("actor"),
        action=fields.get("action"),
        database=fields.get("database"),
        outcome=fields.get("outcome"),
        since=max(times, default=None),
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
