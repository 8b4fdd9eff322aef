"""Documents that an engine hands out in its own portions, taken in the client's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from ..documents.codec import Raw
from .answers import MAX_REPLY_BYTES

__all__ = ["Results"]

_OVERHEAD: Final = 12  # bytes of a document's place in an array, at most
_NOTHING: Final[list[Raw]] = []


class Results:
    """What a cursor has still to give.

    Args:
        batches: the engine's iterator; closed with this.
        limit: of documents altogether; None: all there are.

    Attributes:
        done: there is nothing more; while it is False there may be.
    """

    __slots__ = ("_at", "_batches", "_left", "_ready", "done")

    def __init__(self, batches: AsyncIterator[list[Raw]], limit: int | None = None) -> None:
        self._batches = batches
        self._left = limit
        self._ready = _NOTHING
        self._at = 0
        self.done = False

    @property
    def waiting_bytes(self) -> int:
        """Of documents that were read and not taken."""
        return sum(len(raw) for raw in self._ready[self._at :])

    async def take(self, wanted: int | None) -> list[Raw]:
        """The next documents: at most so many (None: no matter), and no more than one reply holds."""
        most = self._left if wanted is None or (self._left is not None and self._left < wanted) else wanted
        taken: list[Raw] = []
        room = MAX_REPLY_BYTES
        while most is None or len(taken) < most:
            if self._at >= len(self._ready) and not await self.read():
                break
            portion = self._ready[self._at :] if most is None else self._ready[self._at : self._at + most - len(taken)]
            size = sum(map(len, portion)) + _OVERHEAD * len(portion)
            if size > room:
                portion = _fitting(portion, room, even_if_large=not taken)
                size = room
            taken = taken + portion if taken else portion
            self._at += len(portion)
            room -= size
            if room <= 0:
                break
        if self._left is not None:
            self._left -= len(taken)
            if self._left == 0:
                await self.close()
        return taken

    async def read(self) -> bool:
        """Have the engine read a portion, in place of the last; False at the end."""
        if self.done:
            return False
        self._at = 0
        try:
            self._ready = await anext(self._batches)
        except StopAsyncIteration:
            self._ready = _NOTHING
            self.done = True
            return False
        return True

    async def close(self) -> None:
        """Let go of the engine's iterator."""
        self.done = True
        self._ready = _NOTHING
        aclose = getattr(self._batches, "aclose", None)
        if aclose is not None:
            await aclose()


def _fitting(portion: list[Raw], room: int, *, even_if_large: bool) -> list[Raw]:
    """As many of the first documents as fit; one at least where the client must get on."""
    for count, raw in enumerate(portion):
        room -= len(raw) + _OVERHEAD
        if room < 0:
            return portion[: max(count, int(even_if_large))]
    return portion
