"""A bounded number of bytes that many take from and give back to."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Budget"]


class Budget:
    """First come, first served: a large demand is not passed by small ones for ever.

    Args:
        size: bytes; a demand for more is cut to it, so that everybody's turn comes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def taken(self) -> int:
        """Bytes in use."""
        return self._size - self._free

    async def take(self, wanted: int) -> int:
        """Wait until there is room; how much was taken."""
        wanted = min(wanted, self._size)
        if not self._waiting and self._free >= wanted:
            self._free -= wanted
            return wanted
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(wanted)  # it was our turn just now
            else:
                self._waiting.remove((wanted, turn))
                self._serve()
            raise
        return wanted

    def overdraw(self, wanted: int) -> int:
        """Take what is in memory already, whether there is room or not: others wait the longer."""
        self._free -= wanted
        return wanted

    def give(self, taken: int) -> None:
        """Give back."""
        self._free += taken
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self._free >= self._waiting[0][0]:
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= wanted
                turn.set_result(None)
