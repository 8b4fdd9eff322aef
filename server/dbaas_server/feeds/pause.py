"""Waiting for something, but not for ever."""

from __future__ import annotations

import asyncio

__all__ = ["happens"]


async def happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set within so many seconds.

    Unlike ``asyncio.wait_for`` of Python 3.11, it never swallows a cancellation that comes together with the event.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
