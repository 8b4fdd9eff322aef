"""``GET /v1/{tenant}/changes?table=…``: changes as server-sent events, for curl and browsers.

Each event is named for what happened and has its position as id, so that a browser resumes by itself
(``Last-Event-ID``). ``live`` says that changes flow from its id on, ``resync`` that some were lost before its id,
``error`` that the stream ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from urllib.parse import parse_qs

import orjson

from dbaas_provisioning.errors import DbaasError, Invalid, Unavailable
from dbaas_provisioning.nouns import Plan

from ..changes import format_position, parse_position
from ..cors import origins_of, preflight, with_cors
from ..feeds import Resync
from ..feeds.hub import Binding, Hub, Member
from ..http import Request, Response, error_response
from ..nouns import Caller, Position
from ..services import Services
from .checking import check_binding
from .filters import parse_filter
from .joining import EVENTS
from .styles import EventStyle

__all__ = ["changes"]

BEAT_SECONDS = 15.0
LOOK_SECONDS = 1.0
START_SECONDS = 30.0


async def changes(request: Request, services: Services) -> Response:
    """The stream. Parameters: table (``{database}.{table}`` names another database), schema, event, filter, select."""
    tenant = request.params["tenant"]
    origins = await origins_of(request, services, tenant)
    asked = preflight(request, origins)
    if asked is not None:
        return asked
    try:
        response = await _open(request, services, tenant)
    except DbaasError as error:
        response = error_response(error)
    return with_cors(response, request, origins)


async def _open(request: Request, services: Services, tenant: str) -> Response:
    query = {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    if query.get("apikey") and "apikey" not in request.headers:
        request.headers = {**request.headers, "apikey": query["apikey"]}  # a browser's EventSource sends no such header
    caller = await services.auth.caller(request, tenant)
    plan = (await services.sessions.known(tenant)).plan
    database, binding = _wanted(query)
    since = request.header("last-event-id") or query.get("since")
    after = parse_position(since) if since else None
    session = await services.sessions.session(tenant, database)
    await check_binding(session, binding, caller)
    services.attendance.check(tenant, plan)
    if not services.attendance.may_join(tenant, plan):
        raise Invalid("too_many_requests", "ClientJoinRateLimitReached: Too many joins per second")
    hub = await services.hubs.hub(tenant, database, most=plan.realtime_payload_bytes)
    try:
        async with asyncio.timeout(START_SECONDS):
            await hub.prepare()
    except TimeoutError:
        raise Unavailable("realtime_starting", "Changes do not flow yet.") from None
    stream = _Stream(request, services, tenant, caller, plan)
    headers = [
        ("Content-Type", "text/event-stream; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Accel-Buffering", "no"),
    ]
    return Response(200, stream.events(hub, binding, after), headers)


def _wanted(query: dict[str, str]) -> tuple[str | None, Binding]:
    """The database and the subscription that the parameters name. Raises ``Invalid``."""
    table = query.get("table", "")
    database: str | None = None
    if not table.startswith('"') and "." in table:
        database, _, table = table.partition(".")
    table = table.strip('"')
    event = query.get("event", "*").upper()
    if not table or database == "":
        raise Invalid("table_needed", "This needs a table.", hint="Ask for ?table=orders, or for ?table=* for all.")
    if event not in EVENTS:
        raise Invalid("invalid_event", f"`event` is none of {', '.join(sorted(EVENTS))}.")
    where, args = parse_filter(query["filter"]) if query.get("filter") else ((), ())
    select = frozenset(name.strip() for name in query["select"].split(",")) if query.get("select") else None
    return database, Binding(event, query.get("schema") or "public", table, where, args, select)


class _Stream:
    """One client's events, as they wait to be sent. Implements :class:`~dbaas_server.feeds.hub.Sink`."""

    def __init__(self, request: Request, services: Services, tenant: str, caller: Caller, plan: Plan) -> None:
        self._request = request
        self._services = services
        self._tenant = tenant
        self._caller = caller
        self._plan = plan
        self._waiting: list[bytes] = []
        self._size = 0
        self._more = asyncio.Event()
        self._over = False

    async def events(self, hub: Hub, binding: Binding, since: Position | None) -> AsyncGenerator[bytes]:
        """Everything, for as long as the client listens."""
        try:
            seat = self._services.attendance.enter(self._tenant, self._plan, self.recheck)
        except DbaasError as error:
            yield _event("error", None, error.as_dict())
            return
        member: Member | None = None
        try:
            seat.subscribe(binding.weight)
            await self.recheck()
            position = await hub.prepare(since)
            if not self._over:
                member = hub.admit((binding,), self._caller, EventStyle(), self, after=position, since=since)
                start = since if since is not None else position
                yield _event("live", start, {"position": format_position(start)})
            async for data in self._sent():
                yield data
        except DbaasError as error:
            yield _event("error", None, error.as_dict())
        finally:
            if member is not None:
                hub.leave(member)
            seat.leave()

    async def _sent(self) -> AsyncIterator[bytes]:
        """What waits, and a sign of life where nothing does; rights are looked at on the way."""
        loop = asyncio.get_running_loop()
        looked_at = loop.time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self._over else BEAT_SECONDS):
                    await self._more.wait()
            self._more.clear()
            data, self._waiting, self._size = b"".join(self._waiting), [], 0
            if data or not self._over:
                yield data or b": still here\n\n"
            if self._over and not self._waiting:
                return
            if loop.time() - looked_at > LOOK_SECONDS:
                looked_at = loop.time()
                with suppress(Unavailable):
                    await self.recheck()

    async def recheck(self) -> None:
        """Do the rights still hold? If not, the stream ends. Raises ``Unavailable`` when nobody can tell."""
        try:
            self._caller = await self._services.auth.caller(self._request, self._tenant)
        except Unavailable:
            raise
        except DbaasError as error:
            self._end(error)

    def _end(self, error: DbaasError, position: Position | None = None) -> None:
        self._put(_event("error", position, error.as_dict()))
        self._over = True

    def _put(self, data: bytes) -> None:
        if not self._over:
            self._waiting.append(data)
            self._size += len(data)
            self._more.set()

    # --- dbaas_server.feeds.hub.Sink ----------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Bytes that wait to be sent."""
        return self._size

    def send(self, data: bytes) -> None:
        """Changes, as events."""
        self._put(data)

    def gap(self, error: Resync, position: Position) -> None:
        """Changes were lost: the client has to read its tables again."""
        self._put(_event("resync", position, {**error.as_dict(), "position": format_position(position)}))

    def overrun(self, position: Position | None) -> None:
        """The client is too slow: it is told, and resumes when it connects again."""
        self._end(Unavailable("too_slow", "Too much was waiting for this client.", hint="Connect again to resume."))

    def ended(self, error: DbaasError, position: Position | None) -> None:
        """It gets nothing more."""
        self._end(error, position)


def _event(name: str, position: Position | None, data: object) -> bytes:
    head = b"" if position is None else b"id: %b\n" % format_position(position).encode()
    return b"%bevent: %b\ndata: %b\n\n" % (head, name.encode(), orjson.dumps(data))
