"""``POST …/editor/run``: what a person typed, run once; its result stays open to be read on."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from dbaas_provisioning.errors import DbaasError, Invalid

from ..engine import QueryError, Scroll
from ..http import Request, Response, json_response
from ..nouns import QueryColumn
from ..services import Services
from .history import remember
from .results.asked import Asked, asked, bounded
from .results.marks import marked

__all__ = ["columns_json", "run"]

_MOST_ROWS = 10_000
_MOST_CELLS = 1_000_000
_WOULD_WRITE = "25006"
_NOT_SCROLLED = frozenset({"not_pageable", _WOULD_WRITE})


async def run(request: Request, services: Services) -> Response:
    """Run a text and answer with its first rows.

    One statement that only reads opens a result, which is read on in pages. Anything else runs once; of its last
    statement's rows those within ``limit`` are answered.

    Raises:
        QueryError: the engine refused; ``position`` tells where in the text.
    """
    question = await asked(request, services, {"limit": int, "record": bool})
    limit = bounded(question.fields, "limit", 200, 1, _MOST_ROWS)
    if question.question.arrangement or "columns" in question.fields:
        raise Invalid("unknown_field", "A text runs as it is.", hint="Order and filter its result with /editor/rows.")
    started, clock = datetime.now(UTC), time.monotonic()
    rows: int | None = None
    failure: str | None = "canceled"
    try:
        with question.acting(services, "query") as act:
            answer = await _answer(services, question, limit)
            act.rows = answer["row_count"]
        rows, failure = answer["row_count"], None
    except DbaasError as error:
        failure = error.code
        raise (await marked(error, question) if isinstance(error, QueryError) else error) from None
    finally:
        took = (time.monotonic() - clock) * 1000
        if question.fields.get("record", True):
            await remember(
                services,
                tenant=question.tenant,
                database=question.database,
                person=question.person,
                text=question.text,
                started=started,
                duration_ms=took,
                rows=rows,
                error=failure,
            )
    return json_response({**answer, "duration_ms": round(took, 2)})


async def _answer(services: Services, asked: Asked, limit: int) -> dict[str, Any]:
    try:
        if (answer := await _opened(services, asked, limit)) is not None:
            return answer
    except DbaasError as error:
        if error.code not in _NOT_SCROLLED:
            raise
    return await _once(asked, limit)


async def _opened(services: Services, asked: Asked, limit: int) -> dict[str, Any] | None:
    """The first page of a result that stays open if there is more; None for what is not to be read in pages.

    A function of somebody's own may write for a row behind the first page: a result that is only read would never get
    there.
    """
    text, args = asked.question.text, asked.question.args
    await services.results.make_room(asked.reader, asked.session.limits.scroll_connections)
    scroll = await asked.session.scroll(text, args, asked.caller)
    kept = False
    try:
        if scroll.acts:
            return None
        page = await scroll.fetch(0, min(limit, max(1, _MOST_CELLS // max(len(scroll.columns), 1))))
        identity = None
        if not page.complete:
            identity = services.results.keep(asked.reader, asked.question, scroll).identity
            kept = True
    finally:
        if not kept:
            await _let_go(scroll)
    return {
        "kind": "rows",
        "result": identity,
        "columns": columns_json(scroll.columns),
        "rows": page.rows,
        "complete": page.complete,
        "total": len(page.rows) if page.complete else None,
        "command": f"SELECT {len(page.rows)}" if page.complete else "SELECT",
        "row_count": len(page.rows),
        "notices": scroll.notices,
        "pageable": True,
    }


async def _once(asked: Asked, limit: int) -> dict[str, Any]:
    text, args = asked.question.text, asked.question.args
    result = await asked.session.run(text, args, asked.caller, max_rows=limit, cells=True)
    return {
        "kind": "rows" if result.columns else "command",
        "result": None,
        "columns": columns_json(result.columns),
        "rows": result.rows,
        "complete": not result.truncated,
        "total": None if result.truncated else len(result.rows),
        "command": result.command,
        "row_count": result.row_count,
        "notices": result.notices,
        "pageable": False,
    }


async def _let_go(scroll: Scroll) -> None:
    # The answer does not wait for the connection to be tidied up.
    closing = asyncio.ensure_future(scroll.close())
    closing.add_done_callback(lambda done: done.cancelled() or done.exception())
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)


_closing: set[asyncio.Future[None]] = set()


def columns_json(columns: tuple[QueryColumn, ...]) -> list[dict[str, str]]:
    """Columns as the results' doors show them."""
    return [{"name": column.name, "type": column.type} for column in columns]
