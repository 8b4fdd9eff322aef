"""Stopping servers that nobody uses, where plans say so, and those that have to be started again for more connections.

Use is a session that is at something, a client of the tenant's own that is connected, somebody who follows the changes,
a request that is under way. The platform's own connections that wait for requests are none, nor is what it looks at by
itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from uuid import UUID

from dbaas_provisioning.engine import Sitting
from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.platform import Observation, Watched
from dbaas_provisioning.supervisor import Supervisor

from ..turnstile import Turnstile

__all__ = ["IdleStop", "unused_for"]

log = logging.getLogger("dbaas.upkeep")

_POOLS, _CATALOG = "jupyter-dbaas", "jupyter-dbaas catalog"

RESTART_SECONDS = 60.0  # without use, before a server is started again for its own good
_SETTLED_SECONDS = 0.05
_PATIENCE_SECONDS = 5.0  # with who came just before a server was closed
_POLL_SECONDS = 0.02


def unused_for(sittings: Iterable[Sitting]) -> float:
    """For how many seconds nobody has used a server, as far as those who are connected tell."""
    return min((_unused(one) for one in sittings), default=float("inf"))


def _unused(one: Sitting) -> float:
    if one.application == _CATALOG:
        return float("inf")
    waits = one.application == _POOLS and one.state == "idle" and not one.follows and one.login is not None
    return one.unchanged if waits else 0.0


class IdleStop:
    """The job."""

    def __init__(self, observation: Observation, supervisor: Supervisor, turnstile: Turnstile) -> None:
        self._observation = observation
        self._supervisor = supervisor
        self._turnstile = turnstile
        self._used: dict[tuple[UUID, int], float] = {}
        self._enough: dict[tuple[UUID, int], int] = {}  # connections for which a server has room, known once

    async def run(self) -> None:
        """Look at every server that runs, and stop those whose time has come."""
        watched = await self._observation.running()
        keys = {_key(one) for one in watched}
        self._used = {key: at for key, at in self._used.items() if key in keys}
        self._enough = {key: room for key, room in self._enough.items() if key in keys}
        await asyncio.gather(*(self._look(one) for one in watched))

    async def _look(self, watched: Watched) -> None:
        try:
            limit = watched.plan.idle_stop_seconds
            unused = await self._unused(watched)
            if limit is not None and unused >= limit:
                await self._rest(watched, limit, "nobody used it")
            elif unused >= RESTART_SECONDS and await self._short(watched):
                await self._rest(watched, RESTART_SECONDS, "it starts with room for more connections")
        except DbaasError as error:
            log.debug("cluster %s cannot be looked at now: %s", watched.cluster.data_dir.name, error.message)

    async def _unused(self, watched: Watched) -> float:
        """Seconds without use, from when it was first seen running."""
        now, key = time.monotonic(), _key(watched)
        ago = unused_for(await watched.watch.sessions())
        if self._turnstile.busy(watched.tenant.subdomain):
            ago = 0.0
        self._used[key] = max(self._used.get(key, now), now - ago)
        return now - self._used[key]

    async def _short(self, watched: Watched) -> bool:
        key, wanted = _key(watched), watched.plan.max_connections
        if self._enough.get(key, 0) >= wanted:
            return False
        if await self._observation.short(watched):
            return True
        self._enough[key] = wanted
        return False

    async def _rest(self, watched: Watched, seconds: float, why: str) -> None:
        """Stop a server, unless somebody came meanwhile. While a database is made or dropped, nothing is stopped."""
        async with self._observation.lock(watched.tenant):
            if await self._unused(watched) < seconds:
                return
            self._used.pop(_key(watched), None)
            await self._supervisor.rest(watched.cluster.id, lambda: self._leave(watched))
        log.info("stopped the %s server of %s: %s", watched.cluster.engine, watched.tenant.subdomain, why)

    async def _leave(self, watched: Watched) -> None:
        """Nobody new is let in. Who came in the last moment is served to the end."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            while time.monotonic() < deadline:
                await watched.watch.end_idle(_SETTLED_SECONDS)
                if not await watched.watch.sessions():
                    break
                await asyncio.sleep(_POLL_SECONDS)
        except DbaasError as error:
            log.debug("cluster %s went by itself: %s", watched.cluster.data_dir.name, error.message)
        finally:
            await self._observation.leave(watched)


def _key(watched: Watched) -> tuple[UUID, int]:
    return watched.cluster.id, watched.cluster.endpoint.port
