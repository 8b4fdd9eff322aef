"""From a request to a response: the one place where errors become answers and requests become log lines."""

from __future__ import annotations

import itertools
import logging
import os
import time

import orjson

from dbaas_provisioning.errors import DbaasError, Invalid

from .actions import action_of
from .auth import Hidden, NotAllowed, Refusal
from .cors import with_cors
from .http import Request, Response, Upgrade, WebSocket, error_response, json_response
from .routing import Guard, MethodNotAllowed, Route
from .services import Services

__all__ = ["MAX_URI", "dispatch", "next_request_id", "refuse", "serve_socket"]

log = logging.getLogger("dbaas.http")

MAX_URI = 16 * 1024
"""Bytes of path and query. Longer ones are answered 414."""

_TARGETS = (
    "database",
    "person",
    "invitation",
    "key",
    "engine",
    "sha256",
    "cluster",
    "plan",
)
"""What something is tried with: the first one that a URL names."""

_numbers = itertools.count(1)


def next_request_id() -> str:
    """Unique among the processes of a machine while they live."""
    return f"{os.getpid():x}-{next(_numbers):x}"


async def dispatch(route: Route, request: Request, services: Services) -> Response:
    """Answer a request. Raises nothing but cancellation."""
    started = time.monotonic()
    try:
        response = await _audited(route, request, services)
    except DbaasError as error:
        response = refuse(error)
    except Exception:
        log.exception(_line(request, 500, started))
        response = _internal(request)
    else:
        if response.status < 500 and route.guard is Guard.caller:
            return response
    log.log(logging.WARNING if response.status >= 500 else logging.INFO, _line(request, response.status, started))
    return response


async def _audited(route: Route, request: Request, services: Services) -> Response:
    """The answer; who was refused what is told to the audit log, whether the door answers that itself or not."""
    try:
        return await _answer(route, request, services)
    except (Hidden, NotAllowed) as error:
        request.refused = error
        raise
    finally:
        if isinstance(request.refused, Hidden | NotAllowed):
            _note(request.refused, route, request, services)


def _note(refused: Refusal, route: Route, request: Request, services: Services) -> None:
    handler, params = route.methods[request.method], request.params
    target = next((params[name] for name in _TARGETS if name in params), None)
    action = action_of(handler, request.method)
    services.platform.acts.refused(refused.actor, action, params.get("tenant"), target, refused.code)


async def _answer(route: Route, request: Request, services: Services) -> Response:
    if len(request.path) + len(request.query) > MAX_URI:
        raise Invalid("uri_too_long", f"The URL is longer than {MAX_URI:,} bytes.", hint="Ask for less.")
    request.max_body = route.max_body
    handler = route.methods.get(request.method)
    if handler is None:
        raise MethodNotAllowed(", ".join(sorted(route.methods)))
    if not route.metered:
        return await handler(request, services)
    tenant = request.params["tenant"]
    known = services.sessions.known_now(tenant)
    if known is None:  # the handler finds out whether there is such a tenant
        return await handler(request, services)
    try:
        entered = services.turnstile.enter(tenant, known.plan)
    except DbaasError as error:
        return with_cors(refuse(error), request, known.tenant.cors_origins)
    try:
        return await handler(request, services)
    finally:
        services.turnstile.leave(entered)


def refuse(error: DbaasError) -> Response:
    """An error as an answer."""
    response = error_response(error)
    if isinstance(error, MethodNotAllowed):
        response.headers.append(("Allow", error.allow))
    return response


async def serve_socket(upgrade: Upgrade, socket: WebSocket, request_id: str) -> None:
    """What happens on a WebSocket from its opening to its closing; a fault of ours is logged, and closes it as such."""
    try:
        await upgrade.serve(socket)
    except Exception:
        log.exception("the WebSocket of request %s failed", request_id)
        socket.close(1011, f"Something went wrong on our side: {request_id}.")
    else:
        socket.close()


def _internal(request: Request) -> Response:
    """What a client learns of a fault of ours: that it was logged, and under which id."""
    body = {
        "code": "internal_error",
        "message": "Something went wrong on our side.",
        "details": f"request {request.request_id}",
        "hint": "The server's log has the reason under this request id.",
    }
    return json_response(body, 500)


def _line(request: Request, status: int, started: float) -> str:
    """One JSON log line: never a query string, a header or a body, since those carry keys and data."""
    return orjson.dumps(
        {
            "request": request.request_id,
            "method": request.method,
            "path": request.path,
            "status": status,
            "ms": round((time.monotonic() - started) * 1000, 2),
        }
    ).decode()
