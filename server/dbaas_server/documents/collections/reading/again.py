"""Beginning again when what was planned with is not there any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from ...errors import Code, DocumentError
from ...store import Stale
from ..environment import Environment
from ..metadata import Collection
from ..namespace import Namespace

__all__ = ["steadily", "until_steady"]

P = TypeVar("P")
T = TypeVar("T")


def steadily(
    environment: Environment,
    namespace: Namespace,
    prepare: Callable[[Collection | None], P],
    run: Callable[[P], AsyncGenerator[T, None]],
) -> AsyncGenerator[T, None]:
    """What ``run`` gives, begun again if it was prepared with what is old, as long as nothing was given out.

    Args:
        prepare: makes of the collection, or of its absence, what ``run`` takes; called at once, and again only where
            the collection is another one by then.

    Raises:
        DocumentError: at once: what ``prepare`` raises. Later: ``QueryPlanKilled``: something was given out, or it was
            tried often enough.
    """
    known = environment.catalog.get(namespace)
    prepared = prepare(known)

    async def parts() -> AsyncGenerator[T, None]:
        nonlocal known, prepared
        given = False
        for _ in range(environment.limits.attempts):
            collection = environment.catalog.get(namespace)
            if collection is not known:
                known, prepared = collection, prepare(collection)
            try:
                async with aclosing(run(prepared)) as found:
                    async for part in found:
                        given = True
                        yield part
                return
            except Stale:
                if given:
                    break
                await environment.catalog.reload()
        raise _killed()

    return parts()


async def until_steady(environment: Environment, begin: Callable[[], Awaitable[T]]) -> T:
    """What ``begin`` answers, begun again if it was planned with what is old.

    Raises:
        DocumentError: ``QueryPlanKilled``: it was tried often enough.
    """
    for _ in range(environment.limits.attempts):
        try:
            return await begin()
        except Stale:
            await environment.catalog.reload()
    raise _killed()


def _killed() -> DocumentError:
    return DocumentError(Code.QueryPlanKilled, "query plan killed :: the collection or an index of it was dropped")
