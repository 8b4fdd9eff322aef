"""Doing what takes its time while telling how far it is: one JSON value a line."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import orjson

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.platform import Step

from ..http import Request

__all__ = ["NDJSON", "told"]

log = logging.getLogger(__name__)

NDJSON = "application/x-ndjson"

Done = TypeVar("Done")


async def told(
    request: Request,
    do: Callable[[Callable[[Step], None]], Awaitable[Done]],
    show: Callable[[Done], Awaitable[dict[str, Any]]],
    what: str = "database",
) -> AsyncGenerator[bytes]:
    """Each step as it begins, then what it comes to (under the name ``what``), or the error.

    Who goes away meanwhile ends it, as it does for those who are told nothing: what was made is taken away again, and
    this generator's end waits for that.
    """
    steps: asyncio.Queue[Step | None] = asyncio.Queue()

    async def work() -> dict[str, Any]:
        try:
            return {what: await show(await do(steps.put_nowait))}
        except DbaasError as error:
            return {"error": error.as_dict()}
        except Exception:
            log.exception("request %s failed", request.request_id)
            message = "Something went wrong on our side."
            details = f"request {request.request_id}"
            return {"error": {"code": "internal_error", "message": message, "details": details, "hint": None}}
        finally:
            steps.put_nowait(None)

    working = asyncio.create_task(work())
    try:
        while (step := await steps.get()) is not None:
            yield _line({"step": step.number, "of": step.of, "doing": step.doing})
        yield _line(await working)
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=str) + b"\n"
