"""``…/editor/rows``, ``count``, ``cell`` and ``results``: a result read on, in any place and in any order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from dbaas_provisioning.errors import Unavailable

from ..engine import QueryError, Scroll
from ..http import Request, Response, json_response
from ..open_results import OpenResult, Reader
from ..services import Services
from .history import person_of
from .results.asked import Asked, asked, bounded
from .results.marks import marked
from .running import columns_json

__all__ = ["cell", "count", "discard", "rows"]

_MOST_ROWS = 1_000
_FURTHEST = 2**31 - 2  # what the engine's FETCH can be told, and the row behind it

_T = TypeVar("_T")


async def rows(request: Request, services: Services) -> Response:
    """A page of rows. A result that is not open here any more is opened again, and the answer says so."""
    question = await asked(request, services, {"result": str, "offset": int, "limit": int})
    offset = bounded(question.fields, "offset", 0, 0, _FURTHEST)
    limit = bounded(question.fields, "limit", 200, 1, _MOST_ROWS)
    result, page, reopened = await _read(services, question, lambda scroll: scroll.fetch(offset, limit))
    whole = page.complete and offset == 0
    if whole:  # nothing is left to read on
        await services.results.discard(result.identity, question.reader)
    return json_response(
        {
            "result": None if whole else result.identity,
            "columns": columns_json(result.scroll.columns),
            "rows": page.rows,
            "offset": offset,
            "complete": page.complete,
            "reopened": reopened,
        }
    )


async def count(request: Request, services: Services) -> Response:
    """How many rows the statement gives, counted by the engine."""
    question = await asked(request, services, {})
    try:
        with question.acting(services, "query", purpose="count"):
            total = await question.session.count(
                question.question.text,
                question.question.args,
                question.caller,
                arrangement=question.question.arrangement,
            )
    except QueryError as error:
        raise await marked(error, question) from None
    return json_response({"total": total})


async def cell(request: Request, services: Services) -> Response:
    """A whole value of which a page showed the beginning."""
    question = await asked(request, services, {"result": str, "row": int, "column": int})
    row = bounded(question.fields, "row", None, 0, _FURTHEST)
    column = bounded(question.fields, "column", None, 0, 10_000)
    _, (value, length), _ = await _read(services, question, lambda scroll: scroll.value(row, column))
    return json_response({"value": value, "length": length})


async def discard(request: Request, services: Services) -> Response:
    """Close a result; one that is not open is closed already."""
    tenant = request.params["tenant"]
    caller = await services.auth.owner_or_secret(request, tenant)
    found = await services.sessions.database(tenant, request.params["database"])
    reader = Reader(caller.tenant, found.id, f"{caller.role} {person_of(caller)}")
    await services.results.discard(request.params["result"], reader)
    return Response(204)


async def _read(
    services: Services, asked: Asked, work: Callable[[Scroll], Awaitable[_T]]
) -> tuple[OpenResult, _T, bool]:
    """What some work on the open result gives, or on one opened again; and whether it had to be."""
    identity: str | None = asked.fields.get("result")
    result = services.results.find(identity, asked.reader, asked.question)
    try:
        if result is not None:
            found = result
            try:
                return found, await found.read(lambda: work(found.scroll)), False
            except Unavailable:
                if not found.scroll.closed:
                    raise
        fresh = await _open(services, asked)
        return fresh, await fresh.read(lambda: work(fresh.scroll)), identity is not None
    except QueryError as error:
        raise await marked(error, asked) from None


async def _open(services: Services, asked: Asked) -> OpenResult:
    question = asked.question
    await services.results.make_room(asked.reader, asked.session.limits.scroll_connections)
    with asked.acting(services, "query", purpose="page"):
        scroll = await asked.session.scroll(
            question.text, question.args, asked.caller, arrangement=question.arrangement
        )
    return services.results.keep(asked.reader, question, scroll)
