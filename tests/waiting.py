"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["until", "until_true"]

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = 20.0) -> T:
    """Look again and again until what is seen is good. Fails after the deadline, showing what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if good(seen):
            return seen
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        await asyncio.sleep(0.02)


async def until_true(good: Callable[[], bool], seen: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until a condition of this process holds. Fails after the deadline, showing what is seen then."""
    deadline = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < deadline, f"still {seen()!r} after {seconds} s"
        await asyncio.sleep(0.01)
