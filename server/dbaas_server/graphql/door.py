"""GraphQL over HTTP: who asks, of which databases, and then the document.

``/v1/{tenant}/graphql`` is about all of a tenant's databases, ``/p/{tenant}/{database}/graphql/v1`` about one. The same
addresses speak WebSocket.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError

from ..cors import origins_of, preflight, with_cors
from ..http import Request, Response, status_of
from ..services import Services
from .errors import Refused, dbaas_error
from .exchange import LIMITS, Exchange, open_exchange
from .negotiation import JSON, accepted, is_json
from .page import browser_asks, page
from .requests import Asked, from_body, from_query
from .sockets import asks_socket, open_socket

__all__ = ["MAX_BODY", "database", "tenant"]

MAX_BODY = LIMITS.body_bytes


async def tenant(request: Request, services: Services) -> Response:
    """All databases of a tenant."""
    return await _answer(request, services, None)


async def database(request: Request, services: Services) -> Response:
    """One database."""
    return await _answer(request, services, request.params["database"])


async def _answer(request: Request, services: Services, name: str | None) -> Response:
    if asks_socket(request):
        return await open_socket(request, services, name)
    if browser_asks(request):
        return page(request)
    subdomain = request.params["tenant"]
    if request.method == "OPTIONS":
        asked = preflight(request, await origins_of(request, services, subdomain))
        if asked is not None:
            return asked
    media = accepted(request.header("accept"))
    try:
        if media is None:
            raise Refused.because(
                "not_acceptable", "This answers in application/graphql-response+json or application/json.", status=406,
                malformed=True,
            )  # fmt: skip
        response = await _reply(request, services, media, subdomain, name)
    except Refused as refused:
        response = _refuse(refused, media or JSON)
    except DbaasError as error:
        status = status_of(error)
        headers = [("WWW-Authenticate", 'Bearer realm="dbaas"')] if status == 401 else []
        if status == 503:
            headers.append(("Retry-After", "1"))
        response = _response(status, _errors([dbaas_error(error)]), media or JSON, headers)
    return with_cors(response, request, await origins_of(request, services, subdomain))


async def _reply(request: Request, services: Services, media: str, subdomain: str, name: str | None) -> Response:
    get = request.method == "GET"
    if not get and not is_json(request.header("content-type")):
        raise Refused.because(
            "unsupported_media_type", "The body is to be application/json in UTF-8.", status=415, malformed=True
        )
    auth = services.auth
    caller = auth.caller_now(request, subdomain, documents=True)
    if caller is None:
        caller = await auth.caller(request, subdomain, documents=True)
    asked = from_query(request.query) if get else from_body(await request.body(), LIMITS)
    exchange = await open_exchange(services, subdomain, name, caller)
    trace = request.header("x-dbaas-trace") == "1"
    if isinstance(asked, list):
        bodies = []
        for one in asked:
            try:
                bodies.append(await _one(exchange, one, get=get, trace=trace))
            except Refused as refused:
                bodies.append(_errors(refused.errors))
        return _response(200, b"[" + b",".join(bodies) + b"]", media)
    return _response(200, await _one(exchange, asked, get=get, trace=trace), media)


async def _one(exchange: Exchange, asked: Asked, *, get: bool, trace: bool) -> bytes:
    """The answer to one question. Raises ``Refused``."""
    question = await exchange.prepare(asked)
    if question.prepared.mutation and get:
        raise _NotByGet()
    if question.prepared.subscription:
        raise Refused.because(
            "socket_needed",
            "Subscriptions are not answered over HTTP.",
            "Open a WebSocket at this address, with the sub-protocol graphql-transport-ws.",
        )
    return await exchange.answer(question, trace=trace)


class _NotByGet(Refused):
    """A mutation by GET."""

    def __init__(self) -> None:
        super().__init__(
            Refused.because("method_not_allowed", "A GET changes nothing.", "Send mutations by POST.").errors,
            status=405,
            malformed=True,
        )


def _refuse(refused: Refused, media: str) -> Response:
    status = refused.status if refused.malformed or media != JSON else 200
    headers = [("Allow", "POST")] if isinstance(refused, _NotByGet) else []
    return _response(status, _errors(refused.errors), media, headers)


def _errors(errors: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"errors": errors})


def _response(status: int, body: bytes, media: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    return Response(status, body, [("Content-Type", media), ("Vary", "Accept"), *headers])
