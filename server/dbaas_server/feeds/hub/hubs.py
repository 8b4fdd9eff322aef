"""The hubs of this process, made with the first subscriber and kept for a while after the last."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from dbaas_provisioning.errors import DbaasError, NotFound
from dbaas_provisioning.platform import Platform

from ...sessions import Sessions
from .. import Feeds
from .catching import OF_THE_PROCESS, Turns
from .hub import Hub

__all__ = ["Hubs"]

LINGER_SECONDS = 30.0


@dataclass(slots=True)
class _Open:
    database_id: UUID
    hub: Hub
    ending: asyncio.TimerHandle | None = None


class Hubs:
    """Opens a hub per database and closes it when nobody needs it."""

    def __init__(self, platform: Platform, sessions: Sessions, feeds: Feeds) -> None:
        self._platform = platform
        self._sessions = sessions
        self._feeds = feeds
        self._open: dict[tuple[str, str], _Open] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._turns = Turns(OF_THE_PROCESS)
        platform.on_change(self._changed)

    async def hub(self, tenant: str, database: str | None, *, most: int) -> Hub:
        """The hub of a tenant's database, the default one when ``database`` is None.

        Args:
            most: bytes of one change's payload, for a hub that is made now.

        Raises:
            NotFound: there is no such database.
            Unavailable: it cannot be reached.
        """
        found = await self._sessions.database(tenant, database)
        key = (tenant, found.name)
        opened = self._open.get(key)
        if opened is None or opened.database_id != found.id:
            opened = self._make(key, found.id, most)
        self._idle(key, opened)  # in case that nobody joins after all
        return opened.hub

    def _make(self, key: tuple[str, str], database_id: UUID, most: int) -> _Open:
        def on_idle() -> None:
            self._idle(key, opened)

        def on_end() -> None:
            if self._open.get(key) is opened:
                del self._open[key]
                self._end(opened)

        hub = Hub(
            self._feeds.of(*key), partial(self._sessions.session, *key), most=most, on_idle=on_idle, on_end=on_end,
            turns=self._turns,
        )  # fmt: skip
        self._open[key] = opened = _Open(database_id, hub)
        return opened

    def _idle(self, key: tuple[str, str], opened: _Open) -> None:
        if opened.ending is not None:
            opened.ending.cancel()
        opened.ending = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._end_idle, key, opened)

    def _end_idle(self, key: tuple[str, str], opened: _Open) -> None:
        opened.ending = None
        if opened.hub.idle and self._open.get(key) is opened:
            del self._open[key]
            self._end(opened)

    def _end(self, opened: _Open, reason: str | None = None) -> None:
        task = asyncio.get_running_loop().create_task(opened.hub.close(reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _changed(self, kind: str, identity: str) -> None:
        """A database or tenant was changed, and may be gone."""
        if kind == "member" or (kind == "key" and identity):
            return
        for key, opened in list(self._open.items()):
            task = asyncio.get_running_loop().create_task(self._verify(key, opened))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _verify(self, key: tuple[str, str], opened: _Open) -> None:
        try:
            gone = (await self._platform.database(*key)).id != opened.database_id
        except NotFound:
            gone = True
        except DbaasError:
            return
        if gone and self._open.get(key) is opened:
            del self._open[key]
            await opened.hub.close("The database was dropped.")

    async def close(self) -> None:
        """Close every hub."""
        opened, self._open = list(self._open.values()), {}
        for one in opened:
            if one.ending is not None:
                one.ending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(one.hub.close() for one in opened), *self._closing, return_exceptions=True)
