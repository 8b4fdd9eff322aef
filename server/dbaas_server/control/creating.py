"""Long work on databases while telling how far it is: one JSON value a line."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import orjson

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.platform import Step

from ..http import Request, Response, json_response

__all__ = ["NDJSON", "answered"]

log = logging.getLogger(__name__)

Made = TypeVar("Made")

NDJSON = "application/x-ndjson"


async def answered(
    request: Request,
    work: Callable[..., Awaitable[Made]],
    show: Callable[[Made], Awaitable[dict[str, Any]]],
    *,
    outcome: str = "database",
    status: int = 200,
) -> Response:
    """Do it; who accepts ``application/x-ndjson`` is told each step, and the outcome in the last line.

    Args:
        work: takes ``progress``.
        outcome: what the last line calls it.
        status: of the answer to those who are told nothing.
    """
    if NDJSON in request.header("accept"):
        lines = told(request, lambda tell: work(progress=tell), show, outcome)
        return Response(200, lines, [("Content-Type", NDJSON), ("Cache-Control", "no-store")])
    return json_response(await show(await work()), status)


async def told(
    request: Request,
    work: Callable[[Callable[[Step], None]], Awaitable[Made]],
    show: Callable[[Made], Awaitable[dict[str, Any]]],
    outcome: str,
) -> AsyncGenerator[bytes]:
    """Each step as it begins, where it goes through tables how far it is, then the outcome, or the error.

    Who goes away meanwhile ends it, as it does for those who are told nothing: what was made is taken away again, and
    this generator's end waits for that.
    """
    steps: asyncio.Queue[Step | None] = asyncio.Queue()

    async def outcome_of() -> dict[str, Any]:
        try:
            return {outcome: await show(await work(steps.put_nowait))}
        except DbaasError as error:
            return {"error": error.as_dict()}
        except Exception:
            log.exception("request %s failed", request.request_id)
            message = "Something went wrong on our side."
            details = f"request {request.request_id}"
            return {"error": {"code": "internal_error", "message": message, "details": details, "hint": None}}
        finally:
            steps.put_nowait(None)

    working = asyncio.create_task(outcome_of())
    try:
        while (step := await steps.get()) is not None:
            yield _line(_shown(step))
        yield _line(await working)
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


def _shown(step: Step) -> dict[str, Any]:
    shown: dict[str, Any] = {"step": step.number, "of": step.of, "doing": step.doing}
    if step.tables is not None:
        shown |= {"tables": step.tables[0], "of_tables": step.tables[1]}
    if step.size_bytes is not None:
        shown["size_bytes"] = step.size_bytes
    return shown


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=str) + b"\n"
