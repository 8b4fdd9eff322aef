"""The token of whoever runs this process, for others that they run: made again when their tokens were ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.persons import local_person
from dbaas_provisioning.platform import Platform

__all__ = ["LocalToken"]

log = logging.getLogger(__name__)


class LocalToken:
    """Belongs to one event loop.

    Args:
        ttl_seconds: how long each token holds.
    """

    def __init__(self, platform: Platform, *, ttl_seconds: int) -> None:
        self._platform = platform
        self._ttl = ttl_seconds
        self._epoch: int | None = None
        self._tell: Callable[[str], None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._again = False
        platform.on_change(self._heard)

    async def make(self) -> str:
        """A new one. Raises ``Unavailable``."""
        token = await self._platform.members.token(local_person(), ttl_seconds=self._ttl)
        self._epoch = self._platform.members.read_token(token).epoch
        return token

    def keep(self, tell: Callable[[str], None]) -> None:
        """Say ``tell(token)`` whenever there has to be another one, until closed."""
        self._tell = tell
        self._look()

    async def close(self) -> None:
        """Say nothing any more. Safe to repeat."""
        self._tell = None
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _heard(self, kind: str, identity: str) -> None:
        if not identity:
            self._look()

    def _look(self) -> None:
        self._again = True
        if self._looking is None and self._tell is not None:
            self._looking = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        try:
            while self._again and self._tell is not None:
                self._again = False
                if (await self._platform.members.standing(local_person())).epoch != self._epoch:
                    self._tell(await self.make())
        except DbaasError as error:
            log.warning("whether our token still holds cannot be looked up: %s", error.message)
        finally:
            self._looking = None
