"""One question on a connection; of a subscription, the end at which its changes arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from dbaas_provisioning.errors import DbaasError, Unavailable

from ...changes import format_position
from ...feeds import Resync
from ...feeds.hub import Hub, Member
from ...frames import text_frame
from ...http import WebSocket
from ...nouns import Caller, Position
from ..errors import dbaas_error
from .messages import complete_frame, error_frame, next_frame, next_head
from .style import SIZE_BYTES

__all__ = ["Operation"]


class Operation:
    """Implements :class:`~dbaas_server.feeds.hub.Sink`.

    Args:
        over: called once, when it is over for whatever reason.

    Attributes:
        settled: it is live, or no subscription, or over: nothing has to wait for it.
        task: what prepares it, and answers what is no subscription.
        weight: how many comparisons its filters make of a change.
    """

    def __init__(self, ws: WebSocket, identity: str, over: Callable[[Operation], None]) -> None:
        self.id = identity
        self.settled = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.weight = 0
        self._ws = ws
        self._over: Callable[[Operation], None] | None = over
        self._head = next_head(identity)
        self._hub: Hub | None = None
        self._member: Member | None = None
        self._begin: Position | None = None

    def stream(self, hub: Hub, begin: Position, admit: Callable[[Operation], Member]) -> None:
        """Changes come from here on.

        Args:
            begin: the position that the first of them is behind.
        """
        self._hub, self._begin = hub, begin
        self._member = admit(self)
        self.settled.set()

    def become(self, caller: Caller) -> None:
        """Its client has other rights from now on."""
        if self._hub is not None and self._member is not None and self._member.caller != caller:
            self._hub.become(self._member, caller)

    def answer(self, payload: bytes) -> None:
        """The one result of a query or a mutation."""
        if self._over is not None:
            self._ws.send(next_frame(self.id, payload) + complete_frame(self.id))
            self.close()

    def fail(self, errors: Sequence[dict[str, Any]]) -> None:
        """It ends, and this is why."""
        if self._over is not None:
            self._ws.send(error_frame(self.id, errors))
            self.close()

    def close(self) -> None:
        """It is over. Safe to repeat."""
        over, self._over = self._over, None
        if over is None:
            return
        if self._hub is not None and self._member is not None:
            self._hub.leave(self._member)
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        self.settled.set()
        over(self)

    # --- dbaas_server.feeds.hub.Sink ----------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not taken yet."""
        return self._ws.buffered

    def send(self, data: bytes) -> None:
        """Changes, as :class:`~.style.StreamStyle` has them."""
        frames = []
        at = 0
        while at < len(data):
            start = at + SIZE_BYTES
            at = start + int.from_bytes(data[at:start])
            frames.append(text_frame(b"%b%b}" % (self._head, data[start:at])))
        self._ws.send(b"".join(frames))

    def gap(self, error: Resync, position: Position) -> None:
        """Changes were lost: the client has to read its tables again."""
        self._stop(error, position)

    def overrun(self, position: Position | None) -> None:
        """The client is too slow."""
        error = Unavailable(
            "too_slow", "Too much was waiting for this client.", hint="Subscribe again with this `cursor` to resume."
        )
        self._stop(error, position or self._begin)

    def ended(self, error: DbaasError, position: Position | None) -> None:
        """It gets nothing more."""
        self._stop(error, position)

    def _stop(self, error: DbaasError, position: Position | None) -> None:
        told = dbaas_error(error)
        if position is not None:
            told["extensions"]["cursor"] = format_position(position)
        self.fail([told])
