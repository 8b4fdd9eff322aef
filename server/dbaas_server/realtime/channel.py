"""One topic on one connection: changes, broadcasts and presence."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID, uuid4

import orjson

from dbaas_provisioning.errors import DbaasError, Invalid, Unavailable

from ..changes import format_position
from ..feeds import Resync
from ..feeds.hub import Hub
from ..feeds.hub import Member as Subscription
from ..http import WebSocket
from ..nouns import Caller, Position
from ..rooms import Broadcast, Diff, Room
from ..rooms.room import Shared
from ..services import Services
from .checking import check_binding
from .joining import Join
from .styles import ChannelStyle, plain_topic
from .wire import Message, broadcast_frame, message_frame

__all__ = ["Channel", "Host"]

log = logging.getLogger(__name__)

JOIN_SECONDS = 8.5
"""Clients give up after 10."""

ROOM_BACKLOG_BYTES = 8 * 1024 * 1024
PRESENCE_BYTES = 16 * 1024
"""What one member may tell about being present, which everybody who comes is told."""

_Rights = tuple[Caller, "float | None"]


class Host(Protocol):
    """The connection that a channel is on."""

    services: Services
    ws: WebSocket
    version: str
    tenant: str
    database: str
    database_id: UUID
    most_bytes: int

    async def identify(self, token: str | None) -> _Rights:
        """Whose a token is; the connection's own credential without one. Raises ``Unauthorized``, ``Forbidden``."""
        ...

    def may_send(self) -> bool:
        """Whether one more message is allowed now."""
        ...

    def subscribe(self, weight: int) -> None:
        """Have each change compared so many times more. Raises ``Invalid``."""
        ...

    def unsubscribe(self, weight: int) -> None:
        """What was subscribed to is over."""
        ...

    def slow(self, position: Position | None) -> None:
        """The client takes too little of what it is sent."""
        ...


class Channel:
    """A joined topic. Implements the ends of a subscription and of a room.

    Args:
        closed: called once when the channel ends by itself.
    """

    def __init__(self, host: Host, message: Message, join: Join, closed: Callable[[Channel], None]) -> None:
        self._host = host
        self._join = join
        self._closed = closed
        self.topic = message.topic
        self.join_ref = message.join_ref or message.ref
        self._join_message = message
        self._token = join.token
        self._key = join.presence_key or str(uuid4())
        self._hub: Hub | None = None
        self._subscription: Subscription | None = None
        self._room: Room | None = None
        self._looking: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._over = False
        self._weight = 0
        self.send: Callable[[bytes], bool | None] = host.ws.send
        """Changes, as frames: straight to the socket, since there may be very many."""

    # --- coming and going ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Join: answer only when changes flow. Raises ``DbaasError``; nothing is left open then.

        The answer, and the ``system`` message behind it, carry the position from which on this channel is told
        everything. A client that was here before and does not resume sees its gap in that: from the last position that
        it had, up to this one. One that resumes (``since``) has none, unless it is told ``resync``.
        """
        caller, until = await self._host.identify(self._token)
        join = self._join
        after: Position | None = None
        if join.bindings:
            weight = sum(binding.weight for binding in join.bindings)
            self._host.subscribe(weight)
            self._weight = weight
            hub, after = await self._prepare(caller)
            self._hub = hub
        # From here on nothing waits, so that nothing is told before the answer and nothing is missed behind it.
        self._room = self._host.services.rooms.join(self._place(), self.topic, self)
        response: dict[str, Any] = {"postgres_changes": list(join.echo)}
        if self._hub is not None and after is not None:
            response["position"] = format_position(after)
        self._answer(self._join_message, "ok", response)
        if self._hub is not None and after is not None:
            self._system("ok", "postgres_changes", "Subscribed to PostgreSQL", position=format_position(after))
            style = ChannelStyle(self._host.version, self.topic)
            self._subscription = self._hub.admit(join.bindings, caller, style, self, after=after, since=join.since)
        if join.presence:
            state = orjson.dumps(self._room.presences.state())
            self._to_member(message_frame(self._host.version, self.topic, "presence_state", state))
        self._expire_at(until)

    async def _prepare(self, caller: Caller) -> tuple[Hub, Position]:
        host, services = self._host, self._host.services
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                session = await services.sessions.session(host.tenant, host.database)
                for binding in self._join.bindings:
                    await check_binding(session, binding, caller)
                hub = await services.hubs.hub(host.tenant, host.database, most=host.most_bytes)
                return hub, await hub.prepare(self._join.since)
        except TimeoutError:
            raise Unavailable(
                "RealtimeStarting", "Changes do not flow yet.", hint="An open transaction may hold them back."
            ) from None

    def _place(self) -> UUID:
        return self._host.database_id

    def close(self) -> None:
        """Leave everything. Safe to repeat."""
        self._over = True
        if self._expiry is not None:
            self._expiry.cancel()
        if self._hub is not None and self._subscription is not None:
            self._hub.leave(self._subscription)
        weight, self._weight = self._weight, 0
        if weight:
            self._host.unsubscribe(weight)
        self._host.services.rooms.leave(self._place(), self.topic, self)

    def end(self, extension: str, reason: str, **more: object) -> None:
        """The server ends the channel, and says why."""
        if not self._over:
            self._system("error", extension, reason, **more)
            self._push("phx_close", b"{}", self.join_ref)
            self.close()
            self._closed(self)

    # --- rights -------------------------------------------------------------------------------------------------

    async def renew(self, token: object) -> None:
        """A fresh token came: what follows is judged by it."""
        if not isinstance(token, str) or not token or token.startswith("sb_"):
            return
        try:
            caller, until = await self._host.identify(token)
        except DbaasError as error:
            self.end("system", error.message)
            return
        self._token = token
        self._become(caller, until)

    async def recheck(self) -> None:
        """Keys or tenants changed: do the rights still hold? Raises ``Unavailable`` when nobody can tell."""
        try:
            caller, until = await self._host.identify(self._token)
        except Unavailable:
            raise
        except DbaasError as error:
            self.end("system", error.message)
        else:
            self._become(caller, until)

    def _become(self, caller: Caller, until: float | None) -> None:
        if self._over:
            return
        if self._hub is not None and self._subscription is not None and self._subscription.caller != caller:
            self._hub.become(self._subscription, caller)
        self._expire_at(until)

    def _expire_at(self, until: float | None) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if until is not None:
            seconds = max(0.0, until - time.time())
            self._expiry = asyncio.get_running_loop().call_later(seconds, self._look_again)

    def _look_again(self) -> None:
        """The token's time is over, unless who vouched for it does so again."""

        async def look() -> None:
            try:
                caller, until = await self._host.identify(self._token)
            except DbaasError:
                self.end("system", "InvalidJWTToken: Token has expired")
            else:
                self._become(caller, until)

        self._looking = asyncio.get_running_loop().create_task(look())

    # --- from the client ----------------------------------------------------------------------------------------

    async def take(self, message: Message) -> None:
        """A message of the client's to this channel."""
        if message.event == "access_token":
            payload = message.payload
            await self.renew(payload.get("access_token") if isinstance(payload, dict) else None)
        elif message.event == "broadcast":
            self._broadcast(message)
        elif message.event == "presence":
            self._presence(message)
        else:
            self.refuse(message, Invalid("UnknownEvent", f"Channels know no event {message.event[:50]!r}."))

    def _broadcast(self, message: Message) -> None:
        broadcast = message.payload
        if not isinstance(broadcast, Broadcast):
            fields = broadcast if isinstance(broadcast, dict) else {}
            event = fields.get("event")
            if not isinstance(event, str):
                return self.refuse(message, Invalid("InvalidBroadcast", "A broadcast needs an `event`."))
            broadcast = Broadcast(event, orjson.dumps(fields.get("payload", {})))
        if not self._allowed(message, len(broadcast.payload)):
            return None
        assert self._room is not None
        self._room.say(broadcast, self, own=self._join.own)
        if self._join.ack:
            self._answer(message, "ok", {})
        return None

    def _presence(self, message: Message) -> None:
        fields = message.payload if isinstance(message.payload, dict) else {}
        event, payload = str(fields.get("event")).lower(), fields.get("payload") or {}
        if event not in ("track", "untrack") or not isinstance(payload, dict):
            return self.refuse(
                message, Invalid("InvalidPresence", "Presence knows track, with an object, and untrack.")
            )
        size = len(orjson.dumps(payload))
        if not self._allowed(message, size):
            return None
        if size > PRESENCE_BYTES:
            return self.refuse(message, Invalid("PayloadTooLarge", f"A presence may have {PRESENCE_BYTES:,} bytes."))
        assert self._room is not None
        if event == "track":
            self._room.track(self, self._key, payload)
        else:
            self._room.untrack(self)
        self._answer(message, "ok", {})
        return None

    def _allowed(self, message: Message, size: int) -> bool:
        """Whether the tenant's plan allows this message; it is refused otherwise."""
        error: Invalid | None = None
        if size > self._host.most_bytes:
            error = Invalid("PayloadTooLarge", f"A payload may have {self._host.most_bytes:,} bytes.")
        elif not self._host.may_send():
            error = Invalid("MessagePerSecondRateLimitReached", "Too many messages per second")
        if error is not None:
            self.refuse(message, error)
            if message.event == "broadcast" and not self._join.ack:
                self._system("error", "system", f"{error.code}: {error.message}")
        return error is None

    def refuse(self, message: Message, error: DbaasError) -> None:
        """Answer a message with an error."""
        self._answer(message, "error", {"reason": f"{error.code}: {error.message}"})

    def _answer(self, message: Message, status: str, response: dict[str, Any]) -> None:
        if message.ref is not None:
            payload = orjson.dumps({"status": status, "response": response})
            self._push("phx_reply", payload, message.ref, self.join_ref)

    def _push(self, event: str, payload: bytes, ref: str | None = None, join_ref: str | None = None) -> None:
        self._host.ws.send(message_frame(self._host.version, self.topic, event, payload, ref, join_ref))

    def _system(self, status: str, extension: str, message: str, **more: object) -> None:
        payload = {"channel": plain_topic(self.topic), "extension": extension, "status": status, "message": message}
        self._push("system", orjson.dumps({**payload, **more}))

    # --- from the hub: dbaas_server.feeds.hub.Sink ---------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not taken yet."""
        return self._host.ws.buffered

    def gap(self, error: Resync, position: Position) -> None:
        """Changes were lost: the client has to read its tables again."""
        self._system(
            "error", "postgres_changes", error.message,
            code="resync", details=error.details, hint=error.hint, position=format_position(position),
        )  # fmt: skip

    def overrun(self, position: Position | None) -> None:
        """The client is too slow."""
        self._host.slow(position)

    def ended(self, error: DbaasError, position: Position | None) -> None:
        """Changes come no more."""
        more = {} if position is None else {"position": format_position(position)}
        self.end("postgres_changes", error.message, code=error.code, hint=error.hint, **more)

    # --- from the room: dbaas_server.rooms.Member ------------------------------------------------------------------

    def hear(self, broadcast: Broadcast, shared: Shared) -> None:
        """Somebody said something."""
        version = self._host.version
        if version not in shared:
            shared[version] = broadcast_frame(version, self.topic, broadcast)
        self._to_member(shared[version])

    def notice(self, diff: Diff, shared: Shared) -> None:
        """Somebody came or went."""
        if not self._join.presence:
            return
        version = self._host.version
        if version not in shared:
            shared[version] = message_frame(version, self.topic, "presence_diff", orjson.dumps(diff.as_json()))
        self._to_member(shared[version])

    def _to_member(self, frame: bytes | None) -> None:
        if frame is None:
            return
        if self._host.ws.buffered > ROOM_BACKLOG_BYTES:
            self._host.slow(None)
        else:
            self._host.ws.send(frame)
