"""One client's connection: bytes in, one command after the other, bytes out, and never more of them than is bounded."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, cast

from . import wire
from .answers import error_answer
from .budget import Budget
from .client import Client
from .dispatch import answer
from .failpoints import HangUp
from .registry import COMMANDS

if TYPE_CHECKING:
    from .server import MongoServer

__all__ = ["Connection"]

log = logging.getLogger("dbaas.mongo")

SMALL_BYTES: Final = 64 * 1024
"""A message up to this size is not counted; before a login there are only such."""

_AHEAD_BYTES: Final = 64 * 1024  # of messages behind the one at work
_THREAD_BYTES: Final = 1024 * 1024  # from this size on, (un)packing is for a thread
_PACE_BYTES: Final = 8 * 1024  # a second, of a message half sent or half taken


class Connection(asyncio.Protocol):
    """Owned by its :class:`~.server.MongoServer`, which looks at it now and then for having stalled.

    Args:
        server: whose client this is.
        id: ``connectionId``.
    """

    def __init__(self, server: MongoServer, id: int) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, None)
        self._task = cast("asyncio.Task[None]", None)
        self.client = Client(id, "")
        self.host = ""
        self._budget: Budget | None = None  # the tenant's, after a login
        self._taken = 0  # bytes of the budget
        self._buffer: bytes | bytearray = b""
        self._wanted = 0  # bytes that the reader waits for
        self._arrived: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._writing = 0  # bytes of the answer that is not taken yet
        self._is_paused = False
        self._is_gone = False
        self._goes_on = False  # what is at work is ended by nobody but itself, even if the client is gone
        self._active_at = self._began_at = self._loop.time()

    # --- asyncio.Protocol -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=SMALL_BYTES)
        peer = transport.get_extra_info("peername") or ("", 0)
        self.host = str(peer[0])
        self.client.address = f"{peer[0]}:{peer[1]}"
        if not self._server.opened(self):
            self._is_gone = True
            self._transport.abort()
            return
        self._task = self._loop.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        if self._buffer:
            if type(self._buffer) is bytes:
                self._buffer = bytearray(self._buffer)
            self._buffer += data
        else:
            self._buffer = data
            self._began_at = self._loop.time()
        self._active_at = self._loop.time()
        size = len(self._buffer)
        if self._arrived is not None and size >= self._wanted:
            self._wake()
        elif self._arrived is None and size > _AHEAD_BYTES:
            self._pause()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        if self._drained is None:
            self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, and with it a read under way; a write is ended by nobody but itself."""
        self._is_gone = True
        self._server.closed(self)
        self.resume_writing()
        self._wake()
        if self._task is not None and not self._goes_on:
            self._task.cancel()

    # --- the server's side ------------------------------------------------------------------------------------------

    def end(self) -> None:
        """End it now."""
        self._is_gone = True
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What serves it."""
        return self._task

    @property
    def is_idle(self) -> bool:
        """Between two commands."""
        return self._arrived is not None and not self._buffer

    def look(self, now: float) -> None:
        """End it when it has stalled, or said nothing for too long."""
        settings = self._server.settings
        if self._drained is not None or (self._arrived is not None and self._buffer):
            lasted = now - self._began_at
            moved = len(self._buffer)
            if self._drained is not None:
                moved = self._writing - self._transport.get_write_buffer_size()
            if lasted > settings.stalled_seconds and moved < _PACE_BYTES * lasted:
                log.info("connection %d stalled", self.client.id)
                self._transport.abort()
        elif self._arrived is not None:
            limit = settings.idle_seconds if self.client.account is not None else settings.stranger_seconds
            if now - self._active_at > limit:
                self._transport.abort()

    # --- the story --------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        """Answer message after message."""
        try:
            while (message := await self._next()) is not None:
                await self._respond(message)
                self._release()
        except wire.Malformed as error:
            log.info("connection %d sent no message: %s", self.client.id, error)
        except HangUp:
            log.info("connection %d is closed by a fail point", self.client.id)
        except asyncio.CancelledError:
            if not self._is_gone:
                raise
        except Exception:
            log.exception("connection %d failed", self.client.id)
        finally:
            self._release()
            self._buffer = b""
            self._transport.close()

    async def _respond(self, message: bytes) -> None:
        """Run one message's command and send its answer, if one is wanted."""
        client = self.client
        self._goes_on = True
        try:
            if client.compressors and len(message) + self._taken > _THREAD_BYTES:
                request = await asyncio.to_thread(wire.parse, message, compressors=client.compressors)
            else:
                request = wire.parse(message, compressors=client.compressors)
        except wire.Uninterpretable as error:
            await self._send(error.request, error_answer(error))
            return
        if self._is_gone and request.wants_reply:
            return  # nobody will know, and nobody was told that it was begun
        command = COMMANDS.get(next(iter(request.body), ""))
        self._goes_on = command is not None and command.writes
        found = await answer(self._server, client, request)
        self._goes_on = False
        del message
        await self._send(request, found)

    async def _send(self, request: wire.Request, found: bytes) -> None:
        """Send an answer, and wait until the client has taken most of it."""
        if not request.wants_reply or self._is_gone:
            return
        if request.compressor is not None and len(found) > _THREAD_BYTES:
            reply = await asyncio.to_thread(wire.reply, request, found)
        else:
            reply = wire.reply(request, found)
        self._transport.write(reply)
        if self._drained is None:
            return
        self._writing = self._transport.get_write_buffer_size()
        self._began_at = self._loop.time()
        del found, reply, request
        self._release()
        self._count(self._writing)
        await self._drained

    async def _next(self) -> bytes | None:
        """The next whole message; None after the last."""
        if not await self._bytes(wire.HEADER.size):
            return None
        length = wire.length_of(self._buffer)
        self._admit(length)
        if not await self._bytes(min(length, wire.HEAD_BYTES)):
            return None
        weight = wire.weight_of(self._buffer)
        self._admit(weight)
        if weight > SMALL_BYTES and self._budget is not None:
            self._pause()
            self._taken = await self._budget.take(weight)
            self._began_at = self._loop.time()
        if not await self._bytes(length):
            return None
        return self._cut(length)

    def _admit(self, size: int) -> None:
        if size > SMALL_BYTES and self._budget is None:
            raise wire.Malformed(f"{size} bytes before a login")

    async def _bytes(self, wanted: int) -> bool:
        """Wait until so many bytes are there; False when they will never be."""
        while len(self._buffer) < wanted:
            if self._is_gone:
                return False
            self._wanted = wanted
            self._arrived = self._loop.create_future()
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
            await self._arrived
            self._arrived = None
        return True

    def _cut(self, length: int) -> bytes:
        """Take a message out of the buffer."""
        buffer = self._buffer
        if len(buffer) == length:
            self._buffer = b""
            return bytes(buffer)
        if type(buffer) is bytes:
            buffer = self._buffer = bytearray(buffer)
        with memoryview(buffer) as view:
            message = bytes(view[:length])
        del buffer[:length]  # type: ignore[union-attr]
        self._began_at = self._loop.time()
        return message

    def _pause(self) -> None:
        if not self._is_paused and not self._is_gone:
            self._is_paused = True
            self._transport.pause_reading()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def use(self, budget: Budget | None) -> None:
        """From now on a tenant's bytes are taken; None: nobody's."""
        self._release()
        self._budget = budget

    def _count(self, bytes_held: int) -> None:
        if self._budget is not None:
            self._taken = self._budget.overdraw(bytes_held)

    def _release(self) -> None:
        if self._taken and self._budget is not None:
            self._budget.give(self._taken)
        self._taken = 0
