"""``…/editor/history``: the statements that somebody ran on a database, for nobody else to see."""

from __future__ import annotations

import getpass
import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from dbaas_provisioning.errors import DbaasError, Invalid, NotFound
from dbaas_provisioning.nouns import HistoryEntry
from dbaas_provisioning.persons import local_person

from ..body import integer, query_fields
from ..http import Request, Response, json_response
from ..nouns import Caller
from ..services import Services

__all__ = ["clear", "delete", "person_of", "read", "remember"]

log = logging.getLogger(__name__)

_MOST = 200
_LONGEST_SEARCH = 1_000
_FIELDS = frozenset({"search", "limit", "before"})


def person_of(caller: Caller) -> str:
    """Whose history a caller has: a person's, or a key's own, which no person's name can be taken for.

    Who runs the platform has theirs under the name of their login, which no other person is called: the others' names
    begin with who vouches for them.
    """
    if caller.key is not None:
        return f"key {caller.key}"
    return f"person {getpass.getuser() if caller.actor == local_person() else caller.actor}"


async def remember(
    services: Services,
    *,
    tenant: str,
    database: str,
    person: str,
    text: str,
    started: datetime,
    duration_ms: float,
    rows: int | None,
    error: str | None,
) -> None:
    """Have a statement kept; it is written after this returned. Nothing of it fails what was done.

    Args:
        person: from :func:`person_of`.
        text: as it was typed, without the values of its parameters.
        rows: that it gave or changed, None where that means nothing.
        error: the code of what went wrong, and not its message: those quote values.
    """
    try:
        found = await services.sessions.database(tenant, database)
    except DbaasError as failed:
        log.warning("A statement is missing in the history: %s", failed.message)
        return
    services.platform.history.note(
        found.id, person, text=text, started=started, duration_ms=duration_ms, rows=rows, error=error
    )


async def read(request: Request, services: Services) -> Response:
    """A page of the caller's own entries, newest first."""
    person, database = await _whose(request, services)
    fields = query_fields(request, _FIELDS)
    if len(search := fields.get("search", "")) > _LONGEST_SEARCH:
        raise Invalid("invalid_field", f"`search` has at most {_LONGEST_SEARCH:,} characters.")
    before = _identity(fields["before"]) if "before" in fields else None
    if "before" in fields and before is None:
        raise Invalid("invalid_field", "`before` must be the id of an entry.")
    entries, more = await services.platform.history.entries(
        database,
        person,
        search=search or None,
        before=before,
        limit=integer(fields.get("limit", "50"), "limit", least=1, most=_MOST),
    )
    return json_response(
        {"entries": [_shown(each) for each in entries], "more": more}, headers=[("Cache-Control", "no-store")]
    )


async def delete(request: Request, services: Services) -> Response:
    """Remove one of the caller's own entries. 404 ``entry_not_found``."""
    person, database = await _whose(request, services)
    entry = _identity(request.params["entry"])
    if entry is None:
        raise NotFound("entry_not_found", "There is no such entry in your history.")
    await services.platform.history.forget(database, person, entry)
    return Response(204)


async def clear(request: Request, services: Services) -> Response:
    """Remove all of the caller's own entries of this database."""
    person, database = await _whose(request, services)
    await services.platform.history.forget(database, person)
    return Response(204)


async def _whose(request: Request, services: Services) -> tuple[str, UUID]:
    tenant = request.params["tenant"]
    caller = await services.auth.owner_or_secret(request, tenant)
    return person_of(caller), (await services.sessions.database(tenant, request.params["database"])).id


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "text": entry.text,
        "at": entry.at,
        "duration_ms": entry.duration_ms,
        "rows": entry.rows,
        "error": entry.error,
    }
