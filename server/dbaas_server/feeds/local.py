"""Following inside the daemon."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from ..changes import Change
from ..nouns import Position
from .figures import Figures
from .following import followed
from .tap import Tap

__all__ = ["LocalFeed"]


class LocalFeed:
    """Implements :class:`dbaas_server.feeds.Feed` over the daemon's own history.

    Args:
        find: the database's tap, as it is now. Raises ``NotFound``.
    """

    def __init__(self, find: Callable[[], Awaitable[Tap]]) -> None:
        self._find = find

    async def live(self) -> Position:
        """See :meth:`dbaas_server.feeds.Feed.live`."""
        return await (await self._find()).live()

    async def follow(self, after: Position | None = None) -> AsyncGenerator[Sequence[Change], None]:
        """See :meth:`dbaas_server.feeds.Feed.follow`."""
        async with contextlib.aclosing(followed(self.live, self._records, after)) as batches:
            async for changes in batches:
                yield changes

    async def figures(self) -> Figures:
        """See :meth:`dbaas_server.feeds.Feed.figures`."""
        return await (await self._find()).figures()

    async def _records(self, after: Position) -> AsyncGenerator[bytes, None]:
        tap = await self._find()
        async with contextlib.aclosing(tap.records(after)) as records:
            async for data in records:
                yield data
