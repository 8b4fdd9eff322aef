"""Following a feed in a test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from dbaas_server.changes import Change
from dbaas_server.feeds import Feed
from dbaas_server.nouns import Position

__all__ = ["Follower"]


class Follower:
    """Follows from a position, or from now on, and keeps what it is told."""

    def __init__(self, feed: Feed, after: Position | None = None) -> None:
        self.changes: list[Change] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._follow(feed, after))

    async def _follow(self, feed: Feed, after: Position | None) -> None:
        try:
            async with contextlib.aclosing(feed.follow(after)) as batches:
                async for batch in batches:
                    self.changes += batch
                    self._news.set()
        finally:
            self._news.set()

    async def until(self, wanted: int | Callable[[list[Change]], bool], seconds: float = 30.0) -> list[Change]:
        """Wait for so many changes, or for what a condition wants; raises what the feed raises."""
        good = (lambda changes: len(changes) >= wanted) if isinstance(wanted, int) else wanted
        async with asyncio.timeout(seconds):
            while not good(self.changes):
                if self._task.done():
                    self._task.result()
                    raise AssertionError("the feed ended")
                self._news.clear()
                await self._news.wait()
        return self.changes

    async def ended(self, seconds: float = 30.0) -> BaseException:
        """What the feed raised in the end."""
        done, _ = await asyncio.wait({self._task}, timeout=seconds)
        assert done, f"the feed goes on, after {len(self.changes)} changes"
        error = self._task.exception()
        assert error is not None
        return error

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
