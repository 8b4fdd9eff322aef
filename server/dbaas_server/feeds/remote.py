"""Following in another process than the daemon's, over its socket.

One connection a follower: a line of JSON that says what is wanted, then records without end.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from dbaas_provisioning.nouns import Home

from ..changes import Change, format_position, parse_position
from ..daemon_link import ask_awake, open_stream, unreachable
from ..nouns import Position
from . import Feed
from .figures import Figures
from .following import followed

__all__ = ["SocketFeed", "SocketFeeds"]

_CHUNK = 256 * 1024


class SocketFeeds:
    """The feeds of every database of a platform, for a process beside its daemon."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def of(self, tenant: str, database: str | None = None) -> Feed:
        """A database's changes; those of the tenant's default one without a name. Asks nobody yet."""
        return SocketFeed(self._home, tenant, database)

    async def close(self) -> None:
        """Nothing is held."""


class SocketFeed:
    """Implements :class:`dbaas_server.feeds.Feed` over the daemon's socket."""

    def __init__(self, home: Home, tenant: str, database: str | None) -> None:
        self._home = home
        self._wanted = {"tenant": tenant, "database": database}

    async def live(self) -> Position:
        """See :meth:`dbaas_server.feeds.Feed.live`. Starts the daemon when there is none."""
        return parse_position((await self._ask("live"))["position"])

    async def figures(self) -> Figures:
        """See :meth:`dbaas_server.feeds.Feed.figures`. Starts the daemon when there is none."""
        return Figures.of(await self._ask("figures"))

    async def _ask(self, what: str) -> dict[str, Any]:
        return await ask_awake(self._home, {"do": what, **self._wanted})

    async def follow(self, after: Position | None = None) -> AsyncGenerator[Sequence[Change], None]:
        """See :meth:`dbaas_server.feeds.Feed.follow`."""
        async with contextlib.aclosing(followed(self.live, self._records, after)) as batches:
            async for changes in batches:
                yield changes

    async def _records(self, after: Position) -> AsyncGenerator[bytes, None]:
        try:
            reader, writer = await open_stream(self._home, limit=_CHUNK)
        except OSError as error:
            raise unreachable(error) from None
        try:
            message = {"do": "follow", **self._wanted, "after": format_position(after)}
            writer.write(json.dumps(message).encode() + b"\n")
            while data := await reader.read(_CHUNK):
                yield data
        except ConnectionError:
            return
        finally:
            writer.close()
