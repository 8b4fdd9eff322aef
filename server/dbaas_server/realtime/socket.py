"""One connection: its topics, and what its client sends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from uuid import UUID

import orjson

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, Unavailable
from dbaas_provisioning.nouns import Plan

from ..attendance import Seat
from ..changes import format_position
from ..http import WebSocket
from ..nouns import Caller, Position
from ..services import Services
from .channel import Channel
from .joining import parse_join
from .wire import Message, decode, message_frame

__all__ = ["Connection"]

log = logging.getLogger(__name__)

POLICY_VIOLATION, TRY_AGAIN_LATER, PROTOCOL_ERROR, GOING_AWAY = 1008, 1013, 1002, 1001


class Connection:
    """Implements :class:`~.channel.Host`.

    Args:
        credential: what the socket was opened with, and decides the role.
        key: what opened the door for it; may be the same.
        plan: the tenant's, whose limits hold.
    """

    def __init__(
        self,
        ws: WebSocket,
        services: Services,
        *,
        tenant: str,
        database: str,
        database_id: UUID,
        version: str,
        credential: str,
        key: str,
        plan: Plan,
    ) -> None:
        self.ws = ws
        self.services = services
        self.tenant = tenant
        self.database = database
        self.database_id = database_id
        self.version = version
        self.most_bytes = plan.realtime_payload_bytes
        self._credential = credential
        self._key = key
        self._plan = plan
        self._seat: Seat | None = None
        self._channels: dict[str, Channel] = {}
        self._joining: dict[str, asyncio.Task[None]] = {}
        self._checks = 0
        self._over = False

    async def serve(self) -> None:
        """Everything that the client sends, until it goes."""
        try:
            self._seat = self.services.attendance.enter(self.tenant, self._plan, self.recheck)
        except Invalid as error:
            self.ws.close(TRY_AGAIN_LATER, error.message)
            return
        try:
            while (data := await self.ws.receive()) is not None:
                if self._over:  # it was sent away; what it had sent before counts no more
                    return
                try:
                    message = decode(self.version, data)
                except Invalid as error:
                    self.ws.close(PROTOCOL_ERROR, f"{error.message} {error.details or ''}")
                    return
                await self._take(message)
        except asyncio.CancelledError:
            self.ws.close(GOING_AWAY, "The server is ending.")
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        self._over = True
        if self._seat is not None:
            self._seat.leave()
        for task in self._joining.values():
            task.cancel()
        for channel in list(self._channels.values()):
            channel.close()
        self._channels.clear()

    async def _take(self, message: Message) -> None:
        topic = message.topic
        if topic == "phoenix":
            self._answer(message, "ok" if message.event == "heartbeat" else "error", {})
        elif message.event == "phx_join":
            await self._join(message)
        elif message.event == "phx_leave":
            await self._part(topic)
            self._answer(message, "ok", {})
            self._push(topic, "phx_close", message.join_ref or message.ref)
        elif topic in self._channels:
            await self._channels[topic].take(message)
        else:
            self._answer(message, "error", {"reason": "unmatched topic"})

    # --- topics -------------------------------------------------------------------------------------------------

    async def _join(self, message: Message) -> None:
        """Begin to join; other topics need not wait for it."""
        await self._part(message.topic)
        task = asyncio.get_running_loop().create_task(self._open(message))
        self._joining[message.topic] = task
        task.add_done_callback(lambda done: self._joined(message.topic, done))

    async def _open(self, message: Message) -> None:
        try:
            if self._seat is None or not self._seat.may_join():
                raise Invalid("ClientJoinRateLimitReached", "Too many joins per second")
            if len(self._channels) + len(self._joining) > self._plan.realtime_channels:
                raise Invalid("ChannelRateLimitReached", "Too many channels")
            join = parse_join(message.topic, message.payload)
            if join.private:
                raise Forbidden("Unauthorized", "Private channels need policies, which cannot be made here yet.")
            channel = Channel(self, message, join, self._ended)
            checks = self._checks
            try:
                await channel.open()
            except BaseException:
                channel.close()
                raise
            self._channels[message.topic] = channel
            if checks != self._checks:
                await channel.recheck()
        except DbaasError as error:
            self._answer(message, "error", {"reason": _reason(error), "code": error.code, "hint": error.hint})

    def _joined(self, topic: str, task: asyncio.Task[None]) -> None:
        if self._joining.get(topic) is task:
            del self._joining[topic]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a join failed", exc_info=error)
            self._push(topic, "phx_error", None)

    async def _part(self, topic: str) -> None:
        """Leave a topic, if it was joined or is being joined."""
        task = self._joining.pop(topic, None)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        channel = self._channels.pop(topic, None)
        if channel is not None:
            channel.close()

    def _ended(self, channel: Channel) -> None:
        if self._channels.get(channel.topic) is channel:
            del self._channels[channel.topic]

    def _answer(self, message: Message, status: str, response: dict[str, object]) -> None:
        if message.ref is not None:
            payload = orjson.dumps({"status": status, "response": response})
            join_ref = message.join_ref
            self.ws.send(message_frame(self.version, message.topic, "phx_reply", payload, message.ref, join_ref))

    def _push(self, topic: str, event: str, ref: str | None) -> None:
        self.ws.send(message_frame(self.version, topic, event, b"{}", ref))

    # --- what channels need of it -------------------------------------------------------------------------------

    async def identify(self, token: str | None) -> tuple[Caller, float | None]:
        """Whose a token is; without one, whose the socket is."""
        return await self.services.auth.identify(token or self._credential, self.tenant, key=self._key)

    def subscribe(self, weight: int) -> None:
        """Have each change compared so many times more. Raises ``Invalid``."""
        assert self._seat is not None
        self._seat.subscribe(weight)

    def unsubscribe(self, weight: int) -> None:
        """What was subscribed to is over."""
        assert self._seat is not None
        self._seat.unsubscribe(weight)

    def may_send(self) -> bool:
        """Whether one more message is allowed now."""
        return self._seat is not None and self._seat.may_send()

    def slow(self, position: Position | None) -> None:
        """The client takes too little: it is told, and has to come back and resume."""
        if self._over:
            return
        self._leave()
        resume = f" Resume since {format_position(position)}." if position is not None else ""
        self.ws.close(TRY_AGAIN_LATER, f"Too slow: too much was waiting for this client.{resume}")

    async def recheck(self) -> None:
        """Keys, tokens or tenants changed. Raises ``Unavailable`` when nobody can tell."""
        self._checks += 1
        try:
            for one in {self._key, self._credential} - {""}:
                await self.services.auth.identify(one, self.tenant, key=self._key)
        except Unavailable:
            raise
        except DbaasError as error:
            if error.code != "PGRST303":  # a signed token that expired ends its channels, which may have others
                self._leave()
                self.ws.close(POLICY_VIOLATION, error.message)
                return
        for channel in list(self._channels.values()):
            await channel.recheck()


def _reason(error: DbaasError) -> str:
    """``Code: text``, with codes that clients know."""
    code = {"PGRST301": "InvalidJWTToken", "PGRST303": "InvalidJWTToken"}.get(error.code, error.code)
    return f"{code}: {error.message}"
