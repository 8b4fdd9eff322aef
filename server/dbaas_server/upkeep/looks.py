"""Looking at many servers at once, of which one that does not answer holds up nobody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.platform import Watched

__all__ = ["Looks"]

log = logging.getLogger("dbaas.upkeep")

T = TypeVar("T")

PATIENCE_SECONDS = 5.0


class Looks(Generic[T]):
    """Rounds of looks. Who answered last time is waited for; who did not is asked again, and not waited for.

    A look that is still under way is not begun again. What it finds after its round is lost: the next look tells.
    """

    def __init__(self, look: Callable[[Watched], Awaitable[T]], patience: float = PATIENCE_SECONDS) -> None:
        self._look = look
        self._patience = patience
        self._under_way: dict[tuple[UUID, UUID], asyncio.Task[T]] = {}
        self._silent: set[tuple[UUID, UUID]] = set()

    async def at(self, watched: Sequence[Watched], known: Sequence[Watched] = ()) -> list[T]:
        """One round; what those found who could look. What is no ``DbaasError`` is raised, after the round.

        Cancelled, it ends what is under way.

        Args:
            known: what runs, too, and is not looked at this time: what is under way there goes on.
        """
        try:
            return await self._round(watched, known)
        except asyncio.CancelledError:
            self._forget(set())
            raise

    async def _round(self, watched: Sequence[Watched], known: Sequence[Watched]) -> list[T]:
        self._forget({one.key for one in (*watched, *known)})
        for one in watched:
            if one.key not in self._under_way:
                self._under_way[one.key] = asyncio.ensure_future(self._look(one))
        awaited = [task for key, task in self._under_way.items() if key not in self._silent]
        if awaited:
            await asyncio.wait(awaited, timeout=self._patience)
        self._silent |= self._under_way.keys()
        ended = {key: task for key, task in self._under_way.items() if task.done()}
        self._under_way = {key: task for key, task in self._under_way.items() if key not in ended}
        found, failures = [], []
        for key, task in ended.items():
            error = task.exception()
            if isinstance(error, DbaasError):
                log.debug("cluster %s cannot be looked at now: %s", key[0], error.message)
                continue
            self._silent.discard(key)
            if error is None:
                found.append(task.result())
            else:
                failures.append(error)
        for failure in failures:
            raise failure
        return found

    def _forget(self, keys: set[tuple[UUID, UUID]]) -> None:
        """What does not run any more. Its watch is closed, and what was asked over it ends."""
        self._silent &= keys
        for gone in self._under_way.keys() - keys:
            self._under_way.pop(gone).cancel()
