"""Results that stay open for the person who reads them, in one process.

An id is worth something to the person who opened the result, for the same question, and nothing to anybody else. It is
a convenience only: where it is not known any more, the statement is opened again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import orjson

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.platform import Platform

from .engine import Scroll
from .nouns import Arrangement

__all__ = ["OpenResult", "OpenResults", "Question", "Reader"]

IDLE_SECONDS = 300.0
LOOK_SECONDS = 15.0
MOST_SECONDS = 1_800.0
"""A result that is read on and on is opened anew after so long: its snapshot keeps the engine from tidying up."""
PER_PERSON = 8
GRACE_SECONDS = 2.0
"""What is read for somebody who went away may take so long yet: who scrolls on through a grid leaves pages behind, and
the next one would have to begin anew."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and where.

    Attributes:
        person: a name that no other person or key of the tenant has.
    """

    tenant: UUID
    database: UUID
    person: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: two that are equal have the same rows in the same order.

    Raises ``Invalid`` (``too_deep``) where the values are nested too deeply to be compared.
    """

    text: str
    args: tuple[Any, ...] = field(compare=False)
    arrangement: Arrangement
    _sent: bytes = field(init=False, repr=False)  # the values told apart: in Python 1, 1.0 and true are equal

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_sent", orjson.dumps(self.args))
        except orjson.JSONEncodeError:
            raise Invalid("too_deep", "`params` are nested too deeply.") from None


class OpenResult:
    """One of them.

    Attributes:
        opened: when it was, in the loop's time.
        used: when it was last read, in the same.
    """

    def __init__(self, identity: str, reader: Reader, question: Question, scroll: Scroll) -> None:
        self.identity = identity
        self.reader = reader
        self.question = question
        self.scroll = scroll
        self.opened = self.used = asyncio.get_running_loop().time()
        self._lock = asyncio.Lock()
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """Somebody reads just now."""
        return self._waiting > 0

    async def read(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """What some work on the scroll gives, after what others asked of it before. Cancelled, it ends soon."""
        begun = False

        async def reading() -> _T:
            nonlocal begun
            async with self._lock:
                begun = True
                return await work()

        self._waiting += 1
        task = asyncio.ensure_future(reading())
        task.add_done_callback(self._done)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if begun and not task.done():
                asyncio.get_running_loop().call_later(GRACE_SECONDS, task.cancel)
            else:
                task.cancel()
            raise

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        self.used = asyncio.get_running_loop().time()
        if not task.cancelled():
            task.exception()  # who waited for it has it; who went away does not want it


class OpenResults:
    """All of this process, bounded per person and per database; what was idle for a while is closed."""

    def __init__(self, platform: Platform) -> None:
        self._results: dict[str, OpenResult] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        platform.on_change(self._changed)

    def __len__(self) -> int:
        return len(self._results)

    def find(self, identity: str | None, reader: Reader, question: Question) -> OpenResult | None:
        """A result that is open, if it is this reader's and answers this question."""
        found = self._results.get(identity or "")
        if found is None or found.reader != reader or found.question != question:
            return None
        if found.scroll.closed:
            self._drop(found)
            return None
        return found

    async def make_room(self, reader: Reader, most: int) -> None:
        """Close what was not read for longest, so that one more fits: first the reader's own, then the database's.

        Args:
            most: results of a database.
        """
        for result in [each for each in self._results.values() if each.scroll.closed]:
            self._drop(result)
        own = [each for each in self._results.values() if each.reader.person == reader.person]
        beside = [each for each in self._results.values() if each.reader.database == reader.database]
        leaving: list[OpenResult] = []
        if len(own) >= PER_PERSON:
            leaving += _idle_first(own)[: len(own) - PER_PERSON + 1]
        if len(beside) - len(leaving) >= most:
            rest = sorted(_idle_first(beside), key=lambda each: each.reader.person != reader.person)
            leaving += [each for each in rest if each not in leaving][: len(beside) - most + 1]
        await asyncio.gather(*(self._close(each) for each in leaving))

    def keep(self, reader: Reader, question: Question, scroll: Scroll) -> OpenResult:
        """Keep a result open, under a new id."""
        result = OpenResult(secrets.token_urlsafe(16), reader, question, scroll)
        self._results[result.identity] = result
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)
        return result

    async def discard(self, identity: str, reader: Reader) -> None:
        """Close a result of this reader's; nothing where there is none."""
        found = self._results.get(identity)
        if found is not None and found.reader == reader:
            await self._close(found)

    async def close(self) -> None:
        """Close all of them."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*(self._close(each) for each in list(self._results.values())), *self._closing)

    async def _close(self, result: OpenResult) -> None:
        self._results.pop(result.identity, None)
        await result.scroll.close()

    def _drop(self, result: OpenResult) -> None:
        """Close one soon."""
        self._results.pop(result.identity, None)
        self._closing.add(task := asyncio.get_running_loop().create_task(result.scroll.close()))
        task.add_done_callback(self._closing.discard)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        for result in list(self._results.values()):
            idle, old = loop.time() - result.used >= IDLE_SECONDS, loop.time() - result.opened >= MOST_SECONDS
            if result.scroll.closed or (not result.busy and (idle or old)):
                self._drop(result)
        self._timer = loop.call_later(LOOK_SECONDS, self._look) if self._results else None

    def _changed(self, kind: str, identity: str) -> None:
        """Passwords or keys may be others now. A key's id does not tell whose it is: all begin anew then."""
        if kind in ("document", "member"):
            return
        for result in list(self._results.values()):
            if kind == "key" or identity in ("", str(result.reader.tenant), str(result.reader.database)):
                self._drop(result)


def _idle_first(results: list[OpenResult]) -> list[OpenResult]:
    """Those that nobody reads just now, the one first that was not read for longest."""
    return sorted((each for each in results if not each.busy), key=lambda each: each.used)
