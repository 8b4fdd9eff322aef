"""Whoever was overtaken at a document waits for the others who were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Lines"]


class Lines:
    """A line before each document that several tasks want to change at once; of all others nothing is kept.

    Compare-and-set alone lets one of many through and has all others read again, over and over.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[str, bytes], tuple[asyncio.Lock, int]] = {}

    def is_waited_for(self, space: str, key: bytes) -> bool:
        """Whether there is a line."""
        return (space, key) in self._lines

    @asynccontextmanager
    async def turn(self, space: str, key: bytes) -> AsyncIterator[None]:
        """Wait in line, and be alone in its front for the duration of the block."""
        name = (space, key)
        lock, waiting = self._lines.get(name, (None, 0))
        lock = lock or asyncio.Lock()
        self._lines[name] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            waiting = self._lines[name][1] - 1
            if waiting:
                self._lines[name] = (lock, waiting)
            else:
                del self._lines[name]
