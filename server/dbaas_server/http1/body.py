"""A request's body, while it arrives."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

__all__ = ["Body"]

HELD_BYTES = 256 * 1024
"""More than this unread, and the client is not read from."""


class Body:
    """Chunks between the parser, which feeds them, and a handler, which takes them.

    Args:
        wanted: called once, when somebody begins to read.
        pause, resume: stop and go on reading from the client.
    """

    __slots__ = ("_chunks", "_held", "_pause", "_paused", "_resume", "_waiter", "_wanted", "ended")

    def __init__(self, wanted: Callable[[], None], pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = wanted
        self._pause = pause
        self._resume = resume
        self.ended = False

    def feed(self, chunk: bytes) -> None:
        """Some of it arrived."""
        self._chunks.append(chunk)
        self._held += len(chunk)
        if self._held > HELD_BYTES and not self._paused:
            self._paused = True
            self._pause()
        self._wake()

    def end(self) -> None:
        """All of it is here."""
        self.ended = True
        self._wake()

    def forget(self) -> None:
        """Nobody reads it any more."""
        self._chunks.clear()
        self._held = 0
        self._go_on()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _go_on(self) -> None:
        if self._paused:
            self._paused = False
            self._resume()

    async def chunks(self) -> AsyncIterator[bytes]:
        """What arrives, until the end; once."""
        self._wanted()
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._held -= len(chunk)
                if not self._held:
                    self._go_on()
                yield chunk
            if self.ended:
                return
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
