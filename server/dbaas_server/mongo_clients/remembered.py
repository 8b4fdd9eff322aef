"""What was found out lately, so that not every key press asks for it again."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["Remembered"]

_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    value: Any = None
    until: float = 0.0


class Remembered:
    """Values by key, for a while; who asks for one that is just being found out waits for that.

    Args:
        most: keys; the ones that nobody asked for lately are forgotten first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def get(self, key: Hashable, seconds: float, find: Callable[[], Awaitable[_Value]]) -> _Value:
        """The value, not older than so many seconds."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        async with entry.lock:
            if entry.until <= time.monotonic():
                entry.value = await find()
                entry.until = time.monotonic() + seconds
            value: _Value = entry.value
            return value
