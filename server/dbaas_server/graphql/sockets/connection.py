"""One connection: who it is, and what it asks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dbaas_provisioning.errors import DbaasError, Invalid, Unavailable
from dbaas_provisioning.nouns import Plan

from ...attendance import Seat
from ...auth import Hidden, NotAllowed
from ...changes import parse_position
from ...feeds.hub import Binding
from ...http import WebSocket
from ...nouns import Caller
from ...services import Services
from ..errors import Refused, dbaas_error, error_of
from ..exchange import LIMITS, Exchange, Question, open_exchange
from ..plan.streams import StreamPlan
from ..requests import Asked
from .messages import (
    ACK,
    FORBIDDEN,
    GOING_AWAY,
    LATE,
    PING,
    TOO_MANY_INITS,
    TRY_AGAIN_LATER,
    TWICE,
    UNAUTHORIZED,
    Message,
    Violation,
    parse,
    pong_frame,
)
from .operation import Operation
from .style import StreamStyle

__all__ = ["Connection", "Credentials"]

log = logging.getLogger(__name__)

INIT_SECONDS = 10.0
"""What a client may take until it says who it is."""

BEAT_SECONDS = 30.0
"""After this long without a message the client is pinged, so that nothing between takes the connection for dead."""

LIVE_SECONDS = 8.5
"""What a subscription may take until it is live."""

ANSWERS_AT_ONCE = 8
"""Queries and mutations of one connection that run at the same time; others wait."""

UNTAKEN_BYTES = 8 * 1024 * 1024
"""While the client leaves more than this untaken, nothing of what it asks is looked at."""

PATIENCE_SECONDS = 30.0
WAITING_PINGS = 16

_DRAIN_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens the door: a key, and the value of an ``Authorization`` header."""

    key: str = ""
    authorization: str = ""

    def over(self, payload: Mapping[str, Any]) -> Credentials:
        """With what ``connection_init`` brings, which counts more than what the socket was opened with."""
        found = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
        return Credentials(found.get("apikey", self.key), found.get("authorization", self.authorization))


class Connection:
    """Serves one socket.

    Args:
        database: of the tenant's; None for all of them.
        credentials: what the socket was opened with.
        plan: the tenant's, whose limits hold.
    """

    def __init__(
        self,
        ws: WebSocket,
        services: Services,
        *,
        tenant: str,
        database: str | None,
        credentials: Credentials,
        plan: Plan,
    ) -> None:
        self._ws = ws
        self._services = services
        self._tenant = tenant
        self._database = database
        self._credentials = credentials
        self._plan = plan
        self._caller: Caller | None = None
        self._seat: Seat | None = None
        self._operations: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pongs = 0
        self._answering = asyncio.Semaphore(ANSWERS_AT_ONCE)
        self._look: asyncio.TimerHandle | None = None
        self._over = False

    async def serve(self) -> None:
        """Everything that the client sends, until it goes."""
        try:
            if await self._greet():
                while (data := await self._receive()) is not None and not self._over:
                    await self._take(parse(data, LIMITS))
        except Violation as violation:
            self._ws.close(violation.code, violation.reason)
        except asyncio.CancelledError:
            self._ws.close(GOING_AWAY, "The server is ending.")
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        self._over = True
        if self._seat is not None:
            self._seat.leave()
        if self._look is not None:
            self._look.cancel()
        for operation in list(self._operations.values()):
            operation.close()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    # --- who it is ----------------------------------------------------------------------------------------------

    async def _greet(self) -> bool:
        """Wait for ``connection_init`` and look at its credentials; False when the client left before."""
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while True:
                    data = await self._ws.receive()
                    if data is None:
                        return False
                    message = parse(data, LIMITS)
                    if message.kind == "connection_init":
                        break
                    if message.kind == "subscribe":
                        raise Violation(UNAUTHORIZED, "Unauthorized")
                    if message.kind == "ping":
                        self._ws.send(pong_frame(message.payload))
        except TimeoutError:
            raise Violation(LATE, "Connection initialisation timeout") from None
        self._credentials = self._credentials.over(message.payload or {})
        try:
            # The seat first: what changes from here on is looked at again.
            await self._identify()
            self._seat = self._services.attendance.enter(self._tenant, self._plan, self.recheck)
            await self._identify()
        except DbaasError as error:
            if isinstance(error, Hidden | NotAllowed):
                self._services.platform.acts.refused(error.actor, "graphql", self._tenant, None, error.code)
            raise _refusal(error) from None
        self._ws.send(ACK)
        return True

    async def _identify(self) -> None:
        """Whose the credentials are now. Raises ``DbaasError``."""
        caller, until = await self._services.auth.attend(
            self._credentials.key, self._credentials.authorization, self._tenant
        )
        if self._over:
            return
        self._caller = caller
        for operation in list(self._operations.values()):
            operation.become(caller)
        if self._look is not None:
            self._look.cancel()
        seconds = max(0.05, until - time.time())
        self._look = asyncio.get_running_loop().call_later(seconds, self._start, self._look_again)

    async def _look_again(self) -> None:
        """The rights may be at their end. What cannot be known now does not go on."""
        try:
            await self._identify()
        except DbaasError as error:
            self._end(error)

    async def recheck(self) -> None:
        """Keys, tokens or tenants changed. Raises ``Unavailable`` when nobody can tell."""
        try:
            await self._identify()
        except Unavailable:
            raise
        except DbaasError as error:
            self._end(error)

    def _end(self, error: DbaasError) -> None:
        """The client may do nothing more: everything that it asked ends with the reason, and so does the connection."""
        if self._over:
            return
        for operation in list(self._operations.values()):
            operation.fail([dbaas_error(error)])
        self._leave()
        refusal = _refusal(error)
        self._ws.close(refusal.code, refusal.reason)

    # --- what it asks -------------------------------------------------------------------------------------------

    async def _receive(self) -> str | bytes | None:
        """The next message, once the client has taken enough of what it was sent."""
        await self._drained()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    return await self._ws.receive()
            self._ws.send(PING)

    async def _drained(self) -> None:
        waited = 0.0
        while self._ws.buffered > UNTAKEN_BYTES:
            if waited > PATIENCE_SECONDS:
                raise Violation(TRY_AGAIN_LATER, "Too slow: too much was waiting for this client.")
            await asyncio.sleep(_DRAIN_SECONDS)
            waited += _DRAIN_SECONDS

    async def _take(self, message: Message) -> None:
        if message.kind == "subscribe":
            assert message.asked is not None
            self._subscribe(message.id, message.asked)
        elif message.kind == "complete":
            operation = self._operations.get(message.id)
            if operation is not None:
                operation.close()
        elif message.kind == "ping":
            await self._ping(message)
        elif message.kind == "connection_init":
            raise Violation(TOO_MANY_INITS, "Too many initialisation requests")

    async def _ping(self, message: Message) -> None:
        """Answer once all that was asked for before is live."""
        waiting = [one for one in self._operations.values() if not one.settled.is_set()]

        async def pong() -> None:
            for operation in waiting:
                await operation.settled.wait()
            self._ws.send(pong_frame(message.payload))

        if not waiting or self._pongs >= WAITING_PINGS:
            await pong()
            return
        self._pongs += 1
        self._start(pong).add_done_callback(self._ponged)

    def _ponged(self, task: asyncio.Task[None]) -> None:
        self._pongs -= 1

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _subscribe(self, identity: str, asked: Asked) -> None:
        if identity in self._operations:
            raise Violation(TWICE, f"Subscriber for {identity} already exists")
        operation = Operation(self._ws, identity, self._forget)
        if len(self._operations) >= self._plan.realtime_channels:
            operation = Operation(self._ws, identity, lambda refused: None)
            operation.fail([_too_many("too_many_subscriptions", "subscriptions at once", self._plan.realtime_channels)])
            return
        self._operations[identity] = operation
        operation.task = asyncio.get_running_loop().create_task(self._run(operation, asked))

    def _forget(self, operation: Operation) -> None:
        del self._operations[operation.id]
        if operation.weight and self._seat is not None:
            self._seat.unsubscribe(operation.weight)

    async def _run(self, operation: Operation, asked: Asked) -> None:
        try:
            assert self._caller is not None
            exchange = await open_exchange(self._services, self._tenant, self._database, self._caller)
            question = await exchange.prepare(asked)
            if question.prepared.subscription:
                await self._stream(operation, exchange, question)
                return
            operation.settled.set()
            async with self._answering:
                operation.answer(await exchange.answer(question))
        except Refused as refused:
            operation.fail(refused.errors)
        except DbaasError as error:
            operation.fail([dbaas_error(error)])
        except Exception:
            log.exception("an operation failed")
            operation.fail([error_of("internal_error", "Something went wrong on our side.")])

    async def _stream(self, operation: Operation, exchange: Exchange, question: Question) -> None:
        """Let a subscription go live. Raises ``DbaasError``, ``Refused``."""
        assert self._seat is not None
        if not self._seat.may_join():
            raise Refused([_too_many("too_many_joins", "subscriptions a second", self._plan.realtime_joins_per_second)])
        variables, plan = await exchange.plan(question)
        assert plan.stream is not None
        stream: StreamPlan = plan.stream
        since = _since(stream.cursor(variables))
        ref, most = stream.model.ref, self._plan.realtime_payload_bytes
        args = tuple(stream.arguments.values(variables))
        session = exchange.session(stream.model.database)
        assert self._caller is not None
        binding = Binding("*", ref.schema or "public", ref.name, stream.where, args)
        self._seat.subscribe(binding.weight)
        operation.weight = binding.weight
        try:
            async with asyncio.timeout(LIVE_SECONDS):
                if stream.where:
                    await session.check_filter(ref, stream.where, args, self._caller)
                hub = await self._services.hubs.hub(self._tenant, stream.model.database, most=most)
                position = await hub.prepare(since)
        except TimeoutError:
            raise Unavailable(
                "realtime_starting", "Changes do not flow yet.", hint="An open transaction may hold them back."
            ) from None
        # From here on nothing waits, so that nothing is missed, and the rights are those of now.
        caller = self._caller
        style = StreamStyle(stream.key, stream.shown, most, session.value_type)
        operation.stream(
            hub,
            position if since is None else since,
            lambda sink: hub.admit((binding,), caller, style, sink, after=position, since=since),
        )


def _since(cursor: str | None) -> Any:
    if cursor is None:
        return None
    try:
        return parse_position(cursor)
    except Invalid:
        raise Invalid(
            "invalid_cursor", "That is no `cursor` that a change had.", hint="Send it as it was received."
        ) from None


def _too_many(code: str, what: str, most: int) -> dict[str, Any]:
    return error_of(code, f"The tenant's plan allows {most:,} {what}.", hint="End some, or wait a moment.")


def _refusal(error: DbaasError) -> Violation:
    again = isinstance(error, Unavailable) or error.code == "too_many_requests"
    return Violation(TRY_AGAIN_LATER if again else FORBIDDEN, f"{error.code}: {error.message}")
