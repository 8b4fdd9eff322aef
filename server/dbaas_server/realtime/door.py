"""``/p/{tenant}/{database}/realtime/v1/…``: the WebSocket's handshake, and broadcasts over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs
from uuid import UUID

import orjson

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, NotFound, Unauthorized

from ..cors import check_origin, origins_of, preflight, with_cors
from ..http import Request, Response, Upgrade, WebSocket, json_response, status_of
from ..rooms import Broadcast
from ..services import Services
from .socket import Connection
from .styles import PREFIX
from .wire import VERSIONS

__all__ = ["broadcast_batch", "broadcast_one", "websocket"]

FRAMING_BYTES = 64 * 1024
"""What a message may have around its payload."""

MOST_MESSAGES = 1000


async def websocket(request: Request, services: Services) -> Response:
    """``GET …/websocket?apikey=…&vsn=…``: a refusal is plain HTTP with ``{"error": …}``."""
    tenant, database = request.params["tenant"], request.params["database"]
    try:
        query = parse_qs(request.query)
        version = query.get("vsn", [VERSIONS[0]])[-1]
        if version not in VERSIONS:
            raise Invalid("unsupported_version", f"`vsn` is none of {', '.join(VERSIONS)}.")
        key, bearer = query.get("apikey", [request.header("apikey")])[-1], _bearer(request)
        credential = bearer or key  # as over REST: a token decides the role, the key only opens the door
        if not credential:
            raise Unauthorized("PGRST302", "This needs a key.", hint="Send one as `apikey`.")
        for one in {key, bearer} - {""}:
            await services.auth.identify(one, tenant, key=key)
        await check_origin(request, services, tenant)
        plan = (await services.sessions.known(tenant)).plan
        found = await services.sessions.database(tenant, database)
        services.attendance.check(tenant, plan)
    except DbaasError as error:
        request.refused = error
        return _refusal(error)

    async def serve(ws: WebSocket) -> None:
        connection = Connection(
            ws,
            services,
            tenant=tenant,
            database=found.name,
            database_id=found.id,
            version=version,
            credential=credential,
            key=key,
            plan=plan,
        )
        await connection.serve()

    return Upgrade(serve=serve, max_message=plan.realtime_payload_bytes + FRAMING_BYTES)


async def broadcast_batch(request: Request, services: Services) -> Response:
    """``POST …/api/broadcast`` with ``{messages: [{topic, event, payload, private}]}``."""

    async def say(database: UUID, most: int, allow: Callable[[int], None]) -> None:
        body = await request.json()
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list) or not 0 < len(messages) <= MOST_MESSAGES:
            raise Invalid("invalid_broadcast", f"`messages` is not a list of 1 to {MOST_MESSAGES}.")
        allow(len(messages))
        broadcasts = []
        for message in messages:
            if not isinstance(message, dict):
                raise Invalid("invalid_broadcast", "A message is not an object.")
            topic, event = message.get("topic"), message.get("event")
            if not isinstance(topic, str) or not topic or not isinstance(event, str) or not event:
                raise Invalid("invalid_broadcast", "A message needs a `topic` and an `event`.")
            if message.get("private") is True:
                raise _private()
            broadcasts.append((topic, Broadcast(event, orjson.dumps(message.get("payload", {})))))
        for _, broadcast in broadcasts:
            _check_size(broadcast, most)
        for topic, broadcast in broadcasts:
            services.rooms.say(database, PREFIX + topic, broadcast)

    return await _answer(request, services, say)


async def broadcast_one(request: Request, services: Services) -> Response:
    """``POST …/api/broadcast/{topic}/events/{event}``: the body is the payload, JSON or octets."""

    async def say(database: UUID, most: int, allow: Callable[[int], None]) -> None:
        allow(1)
        if "true" in parse_qs(request.query).get("private", ()):
            raise _private()
        binary = request.header("content-type").partition(";")[0].strip().lower() == "application/octet-stream"
        data = await request.body()
        if not binary:
            data = orjson.dumps(await _json(data))
        broadcast = Broadcast(request.params["event"], data, binary)
        _check_size(broadcast, most)
        services.rooms.say(database, PREFIX + request.params["topic"], broadcast)

    return await _answer(request, services, say)


Say = Callable[[UUID, int, Callable[[int], None]], Awaitable[None]]
"""Broadcasts in a database, given the most bytes of a payload, and what refuses too many messages."""


async def _answer(request: Request, services: Services, say: Say) -> Response:
    tenant = request.params["tenant"]
    origins = await origins_of(request, services, tenant)
    asked = preflight(request, origins)
    if asked is not None:
        return asked
    try:
        await services.auth.caller(request, tenant)
        plan = (await services.sessions.known(tenant)).plan
        found = await services.sessions.database(tenant, request.params["database"])

        def allow(many: int) -> None:
            if not services.attendance.may_send(tenant, plan, many):
                raise Invalid("too_many_requests", "MessagePerSecondRateLimitReached: Too many messages per second")

        await say(found.id, plan.realtime_payload_bytes, allow)
        response = Response(202)
    except DbaasError as error:
        response = _refusal(error)
    return with_cors(response, request, origins)


async def _json(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Invalid("invalid_json", "The body is not valid JSON.", details=str(error)) from None


def _check_size(broadcast: Broadcast, most: int) -> None:
    if len(broadcast.payload) > most:
        raise Invalid("body_too_large", f"A payload may have {most:,} bytes.")


def _private() -> Forbidden:
    return Forbidden("Unauthorized", "Private channels need policies, which cannot be made here yet.")


def _bearer(request: Request) -> str:
    scheme, _, token = request.header("authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refusal(error: DbaasError) -> Response:
    """An error in the words of the original, which clients show as ``error``."""
    status = 404 if isinstance(error, NotFound) else status_of(error)
    return json_response({"error": error.message, **error.as_dict()}, status)
