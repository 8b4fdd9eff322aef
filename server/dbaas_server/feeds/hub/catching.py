"""Those who catch up: few at a time, and those who begin at the same place together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from ...nouns import Position
from .audience import Member

__all__ = ["DRAIN_SECONDS", "OF_THE_PROCESS", "Catching", "Pass", "Turns"]

log = logging.getLogger(__name__)

OF_A_DATABASE = 2
"""Passes through one database's history at a time; others wait their turn."""

OF_THE_PROCESS = 6
TURN_SECONDS = 0.5
"""After this long others who wait have their turn."""

BACKLOG_BYTES = 512 * 1024
"""What a member may leave untaken before it is given more."""

DRAIN_SECONDS = 0.02

Turns = asyncio.Semaphore


class _Turn:
    """The right to go on, which many share."""

    def __init__(self, own: asyncio.Semaphore, of_all: asyncio.Semaphore) -> None:
        self._own = own
        self._all = of_all
        self._held = False

    async def take(self) -> None:
        await self._own.acquire()
        try:
            await self._all.acquire()
        except BaseException:
            self._own.release()
            raise
        self._held = True

    def give(self) -> None:
        if self._held:
            self._held = False
            self._all.release()
            self._own.release()


@dataclass(eq=False, slots=True)
class Pass:
    """Members on their way through the history, all at the same place.

    Attributes:
        after: they were told everything up to here.
        now: where changes were when the last of them came.
    """

    after: Position
    now: Position
    turn: _Turn
    members: dict[Member, None] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    since: float = 0.0

    def slow(self) -> list[Member]:
        """Members that leave too much untaken."""
        return [member for member in self.members if member.sink.backlog > BACKLOG_BYTES]

    async def breathe(self) -> None:
        """Let others who wait go first, now and then."""
        loop = asyncio.get_running_loop()
        if loop.time() - self.since > TURN_SECONDS:
            self.turn.give()
            await self.turn.take()
            self.since = loop.time()


class Catching:
    """The passes of one hub.

    Args:
        run: tells a pass's members what they missed; may raise anything.
        turns: of all hubs of the process.
        failed: a member's pass failed.
    """

    def __init__(self, run: Callable[[Pass], Awaitable[None]], turns: Turns, failed: Callable[[Member], None]) -> None:
        self._run = run
        self._all = turns
        self._own = asyncio.Semaphore(OF_A_DATABASE)
        self._failed = failed
        self._waiting: dict[Position, Pass] = {}
        self._passes: dict[Member, Pass] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._passes)

    def __contains__(self, member: Member) -> bool:
        return member in self._passes

    def members(self) -> list[Member]:
        """Everyone who catches up."""
        return list(self._passes)

    def add(self, member: Member, after: Position, now: Position, *, alone: bool = False) -> None:
        """A member is to be told what lies behind ``after``.

        Args:
            alone: others who come do not wait for it.
        """
        one = None if alone else self._waiting.get(after)
        if one is None:
            one = Pass(after, now, _Turn(self._own, self._all))
            if not alone:
                self._waiting[after] = one
            one.task = asyncio.get_running_loop().create_task(self._begin(one))
            self._tasks.add(one.task)
            one.task.add_done_callback(partial(self._over, one))
        one.now = max(one.now, now)
        one.members[member] = None
        self._passes[member] = one

    def split(self, one: Pass, member: Member) -> None:
        """A member goes on by itself, as fast as it takes what it is told."""
        one.members.pop(member, None)
        self.add(member, one.after, one.now, alone=True)

    def remove(self, member: Member) -> None:
        """A member left, or is among the others. Safe to repeat."""
        one = self._passes.pop(member, None)
        if one is not None:
            one.members.pop(member, None)
            if not one.members and one.task is not None and one.task is not asyncio.current_task():
                one.task.cancel()
                self._forget(one)

    async def close(self) -> None:
        """Nobody catches up any more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self, one: Pass) -> None:
        while one.members and len(one.slow()) == len(one.members):  # noqa: ASYNC110  (sinks do not tell)
            await asyncio.sleep(DRAIN_SECONDS)
        try:
            await one.turn.take()
            one.since = asyncio.get_running_loop().time()
            self._forget(one)
            await self._run(one)
        finally:
            one.turn.give()

    def _forget(self, one: Pass) -> None:
        if self._waiting.get(one.after) is one:
            del self._waiting[one.after]

    def _over(self, one: Pass, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._forget(one)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("catching up failed", exc_info=error)
            for member in list(one.members):
                self.remove(member)
                self._failed(member)
