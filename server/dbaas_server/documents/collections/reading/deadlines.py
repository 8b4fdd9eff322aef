"""Asking a store no longer than a command may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from ...errors import Code, DocumentError
from ...scope import Scope

__all__ = ["in_time", "next_of"]

T = TypeVar("T")


async def in_time(scope: Scope, answer: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns, if it does so before the command's deadline.

    Raises:
        DocumentError: ``MaxTimeMSExpired``; the coroutine was cancelled, or not begun.
    """
    if scope.deadline is None:
        return await answer
    try:
        scope.look_at_the_clock()
    except DocumentError:
        answer.close()
        raise
    try:
        async with asyncio.timeout_at(scope.deadline):  # the loop's clock is time.monotonic()
            return await answer
    except TimeoutError:
        raise DocumentError(Code.MaxTimeMSExpired, "operation exceeded time limit") from None


async def next_of(parts: AsyncIterator[T]) -> T | None:
    """The next of several; None at the end."""
    return await anext(parts, None)
