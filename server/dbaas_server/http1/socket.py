"""A WebSocket on a connection that began as HTTP (RFC 6455)."""

from __future__ import annotations

import asyncio
import os
from collections import deque

from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError

from ..frames import close_reason

__all__ = ["Socket"]

TOO_LARGE = 1009
MAX_FRAMES = 4096  # of one message
LINGER_SECONDS = 2.0
UNHEARD_BYTES = 64 * 1024
UNHEARD_PONGS = 16
"""So many pings are answered while more than that many bytes wait: a client that is slow is there, one that sends pings
and reads nothing fills no memory."""

WAITING_MESSAGES = 64
"""More than this unread, and the client is not read from."""

SILENT_SECONDS = 45.0
"""After this long without a word the client is pinged; after twice as long it is taken for gone."""


class Socket:
    """:class:`~dbaas_server.http.WebSocket` on an asyncio transport.

    A change for 10,000 clients is 10,000 sends, so :meth:`send` has a short way: while nothing waits in the transport,
    bytes go to the system at once. All that is sent passes here, so the order holds.

    Args:
        max_message: bytes of a message; a larger one ends the connection.

    Attributes:
        sent: bytes so far.
    """

    __slots__ = ("_clear", "_descriptor", "_ended", "_frames", "_frames_of_one", "_heard_at", "_max_message",
                 "_messages", "_parts", "_paused", "_pinged", "_size", "_transport", "_unheard", "_waiter",
                 "sent")  # fmt: skip

    def __init__(self, transport: asyncio.Transport, max_message: int) -> None:
        self._transport = transport
        self._descriptor = _descriptor(transport)
        self._clear = False  # it is open, nothing waits in the transport, and the system may be asked
        self._frames = Frames(ConnectionType.SERVER)
        self._max_message = max_message
        self.sent = 0
        self._parts: list[str] | list[bytes] = []
        self._size = 0
        self._frames_of_one = 0
        self._messages: deque[str | bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._pinged = False
        self._unheard = 0
        self._ended = False
        self._heard_at = asyncio.get_running_loop().time()

    @property
    def buffered(self) -> int:
        """Bytes sent that the client has not taken yet."""
        return self._transport.get_write_buffer_size()

    def send(self, frames: bytes) -> bool:
        """Send prebuilt frames as they are; returns whether all of them are on their way."""
        if self._clear:
            try:
                done = os.write(self._descriptor, frames)
            except OSError:  # it takes no more, or is broken: the transport finds out what to do
                done = 0
            self.sent += done
            if done == len(frames):
                return True
            frames = frames[done:]
        if not self._ended:
            self._write(frames)
        return self._clear

    def _write(self, data: bytes) -> None:
        self.sent += len(data)
        self._transport.write(data)
        self._clear = self._descriptor >= 0 and not self.buffered and not self._transport.is_closing()

    async def receive(self) -> str | bytes | None:
        """The next message; None once the connection ended."""
        while not self._messages:
            if self._ended:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        message = self._messages.popleft()
        if self._paused and not self._messages and not self._ended:
            self._paused = False
            self._transport.resume_reading()
        return message

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say why, and end once what was sent has gone out.

        A client that is still sending gets time to read why, which a reset would take from it.
        """
        if self._ended:
            return
        if self._frames.state is ConnectionState.OPEN:
            self._write(self._frames.send(CloseConnection(code, close_reason(reason))))
        self.lost()
        if self._transport.can_write_eof():
            self._transport.write_eof()
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)
        else:
            self._transport.close()

    # --- from the connection ------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        self._heard_at = asyncio.get_running_loop().time()
        self._pinged = False
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                if not self._ended:
                    self._on_event(event)
                elif isinstance(event, CloseConnection):  # the client has read why
                    self._transport.close()
        except LocalProtocolError:  # frames after the closing one
            self.lost()
            self._transport.close()

    def _on_event(self, event: object) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._on_part(event)
        elif isinstance(event, Ping):
            self._unheard = 0 if self.buffered < UNHEARD_BYTES else self._unheard + 1
            if self._unheard <= UNHEARD_PONGS:
                self._write(self._frames.send(event.response()))
        elif isinstance(event, CloseConnection):
            if self._frames.state is ConnectionState.REMOTE_CLOSING:
                self._write(self._frames.send(event.response()))
            elif self._frames.state is ConnectionState.OPEN:  # it broke the protocol, and is told
                self._write(self._frames.send(CloseConnection(event.code, event.reason)))
            self.lost()
            self._transport.close()
        else:
            assert isinstance(event, Pong)

    def _on_part(self, event: TextMessage | BytesMessage) -> None:
        self._size += len(event.data)
        self._frames_of_one += 1
        if self._size > self._max_message or self._frames_of_one > MAX_FRAMES:
            self.close(TOO_LARGE, f"A message may have {self._max_message} bytes.")
            return
        self._parts.append(event.data)  # type: ignore[arg-type]
        if not event.message_finished:
            return
        parts, self._parts = self._parts, []
        self._size = self._frames_of_one = 0
        self._messages.append(parts[0] if len(parts) == 1 else type(event.data)().join(parts))  # type: ignore[arg-type]
        if len(self._messages) > WAITING_MESSAGES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def check(self, now: float) -> None:
        """Ping a silent client; end one that stays silent. ``now`` is the loop's time."""
        if self._paused or now - self._heard_at < SILENT_SECONDS:
            return
        if now - self._heard_at > 2 * SILENT_SECONDS:
            self.lost()
            self._transport.abort()
        elif not self._pinged and self._frames.state is ConnectionState.OPEN:
            self._pinged = True
            self._write(self._frames.send(Ping()))

    def lost(self) -> None:
        """The connection is gone, or as good as gone."""
        self._ended = True
        self._clear = False
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _descriptor(transport: asyncio.Transport) -> int:
    """Where bytes go out as they are; -1 where they do not, under TLS."""
    if transport.get_extra_info("sslcontext") is not None:
        return -1
    connected = transport.get_extra_info("socket")
    return -1 if connected is None else connected.fileno()
