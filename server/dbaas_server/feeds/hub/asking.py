"""Asking the engine until it answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dbaas_provisioning.errors import NotFound, Unavailable

from ...engine import Session
from .payload import Renderer

__all__ = ["RETRY_SECONDS", "Asking", "retry_seconds"]

log = logging.getLogger(__name__)

RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)

_T = TypeVar("_T")


def retry_seconds(failures: int) -> float:
    """How long to wait after so many failures."""
    return RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]


class Asking:
    """A database's session, whoever opens it anew meanwhile.

    Args:
        session: the open database; called again whenever it may have been opened anew.
        most: bytes of one change's payload.
    """

    def __init__(self, session: Callable[[], Awaitable[Session]], most: int) -> None:
        self._session = session
        self._most = most
        self._renderer: tuple[Session, Renderer] | None = None

    async def patiently(self, ask: Callable[[Session], Awaitable[_T]]) -> _T:
        """Ask until there is an answer. Who waits for a database that is gone is cancelled.

        Raises:
            DbaasError: another one than ``Unavailable`` and ``NotFound``.
        """
        failures = 0
        while True:
            try:
                return await ask(await self._session())
            except (Unavailable, NotFound) as error:
                if failures == len(RETRY_SECONDS):
                    log.warning("changes wait for their database: %s", error.message)
                await asyncio.sleep(retry_seconds(failures))
                failures += 1

    async def renderer(self) -> Renderer:
        """What renders this database's changes."""
        session = await self.patiently(_same)
        if self._renderer is None or self._renderer[0] is not session:
            self._renderer = (session, Renderer(session.value_type, self._most))
        return self._renderer[1]


async def _same(session: Session) -> Session:
    return session
