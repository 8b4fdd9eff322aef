"""Beginning again when what was planned with is not there any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from ...errors import Code, DocumentError
from ...store import Stale
from ..environment import Environment

__all__ = ["steadily", "until_steady"]

T = TypeVar("T")


async def steadily(environment: Environment, begin: Callable[[], AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """What ``begin`` gives, begun again if it was planned with what is old, as long as nothing was given out.

    Raises:
        DocumentError: ``QueryPlanKilled``: something was given out, or it was tried often enough.
    """
    given = False
    for _ in range(environment.limits.attempts):
        try:
            async with aclosing(begin()) as parts:
                async for part in parts:
                    given = True
                    yield part
            return
        except Stale:
            if given:
                break
            await environment.catalog.reload()
    raise _killed()


async def until_steady(environment: Environment, begin: Callable[[], Awaitable[T]]) -> T:
    """:func:`steadily`, of one answer."""
    for _ in range(environment.limits.attempts):
        try:
            return await begin()
        except Stale:
            await environment.catalog.reload()
    raise _killed()


def _killed() -> DocumentError:
    return DocumentError(Code.QueryPlanKilled, "query plan killed :: the collection or an index of it was dropped")
