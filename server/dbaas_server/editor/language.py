"""``/v1/{tenant}/databases/{database}/editor/{complete|hover|diagnose|format|statements}``: help for who types.

The database's engine decides who answers. A text has at most a million letters; it is looked at in a thread.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, cast

from dbaas_provisioning import engines
from dbaas_provisioning.errors import Invalid, Unsupported
from dbaas_provisioning.nouns import Database

from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services
from . import rendering
from .sql.schema import Schema, arranged

__all__ = ["MAX_BODY", "complete", "diagnose", "format_text", "hover", "statements"]

MAX_BODY = 6 * 1024 * 1024
"""Bytes: a text of the greatest length as JSON, as it is mostly written."""

_LONGEST = 1_000_000
_MOST_ITEMS = 1_000
_WORKERS = ThreadPoolExecutor(2, "dbaas-language")  # of their own: what takes long here leaves others their threads

Fields: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = dict[str, Any]


async def complete(request: Request, services: Services) -> Response:
    """What may be written at the cursor, best first."""
    fields = await _fields(request, services, {"position": int, "limit": int}, "position")
    if not 1 <= fields.get("limit", 100) <= _MOST_ITEMS:
        raise Invalid("invalid_field", f"`limit` must be from 1 to {_MOST_ITEMS:,}.")
    return await _answered(request, services, "complete", fields)


async def hover(request: Request, services: Services) -> Response:
    """What the name at the cursor is; null where it is nothing."""
    return await _answered(
        request, services, "hover", await _fields(request, services, {"position": int}, "position")
    )  # fmt: skip


async def diagnose(request: Request, services: Services) -> Response:
    """What is wrong for sure, with repairs where there are some."""
    return await _answered(request, services, "diagnose", await _fields(request, services, {}))


async def format_text(request: Request, services: Services) -> Response:
    """The text, or a part of it, as it is written well.

    Raises:
        Invalid: ``not_formattable``: it cannot be read, so it stays as it is.
    """
    return await _answered(request, services, "format", await _fields(request, services, {"from": int, "to": int}))


async def statements(request: Request, services: Services) -> Response:
    """The statements of the text, and the parameters of each."""
    return await _answered(request, services, "statements", await _fields(request, services, {}))


async def _fields(request: Request, services: Services, more: Mapping[str, type], *needed: str) -> Fields:
    """Who may, then what is asked."""
    await services.auth.owner_or_secret(request, request.params["tenant"])
    fields = await body_fields(request, {"text": str, **more})
    for name in ("text", *needed):
        required(fields, name)
    if len(fields["text"]) > _LONGEST:
        raise Invalid("text_too_long", f"The text is longer than {_LONGEST:,} letters.", hint="Open a part of it.")
    return fields


async def _answered(request: Request, services: Services, what: str, fields: Fields) -> Response:
    tenant = request.params["tenant"]
    database = await services.sessions.database(tenant, request.params["database"])
    can = engines.engine(database.engine).can
    if can.documents:
        answer = await _documents(database, what)(services, tenant, database.name, fields)
    elif can.sql:
        schema = await _schema(services, tenant, database) if what in rendering.WITH_SCHEMA else None
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(_WORKERS, rendering.ANSWERS[what], fields, schema)
    else:
        raise _nobody(database)
    return json_response(answer)


async def _schema(services: Services, tenant: str, database: Database) -> Schema:
    session = await services.sessions.session(tenant, database.name)
    catalog = await session.catalog()
    return await asyncio.to_thread(arranged, catalog)


def _documents(database: Database, what: str) -> Callable[[Services, str, str, Fields], Awaitable[Answer]]:
    """Who answers for documents: a function of the same name, of (services, tenant, database, fields)."""
    found = getattr(importlib.import_module(f"{__package__}.documents"), what, None)
    if found is None:
        raise _nobody(database)
    return cast("Callable[[Services, str, str, Fields], Awaitable[Answer]]", found)


def _nobody(database: Database) -> Unsupported:
    return Unsupported(
        "wrong_engine", f"Nobody here reads the language of {database.engine}.", hint="This door reads SQL."
    )
