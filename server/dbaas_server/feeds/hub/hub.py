"""One database's changes, told to everyone in this process who subscribed to some of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing

from dbaas_provisioning.errors import DbaasError, NotFound, Unavailable

from ...changes import Change
from ...engine import Session
from ...nouns import Caller, Position
from .. import Feed, Resync, resync
from .asking import RETRY_SECONDS, Asking, retry_seconds
from .audience import Audience, Binding, Index, Member, Sink, Style, tables_of
from .catching import DRAIN_SECONDS, Catching, Pass, Turns
from .judging import Judged, Judging, too_slow
from .names import Names, Notice
from .payload import Kept
from .sending import BACKLOG_BYTES, Sending

__all__ = ["BACKLOG_BYTES", "Hub", "Member"]

log = logging.getLogger(__name__)

SLICE_CHANGES = 500
SLICE_BYTES = 2 * 1024 * 1024
KEPT_BYTES = 8 * 1024 * 1024
"""Of what is rendered of a slice: the rest is rendered again for each audience."""

REST = 3.0
"""After telling, this many times as long goes by before more is told: changes that come thick and fast go out together,
in few sends, and a change that comes after a while goes out at once."""

LONGEST_REST_SECONDS = 0.004
SHORTEST_REST_SECONDS = 0.0005

DEEPEST = 2
_PATIENCE_SECONDS = 0.5
_ATTEMPTS = 10  # at what the engine refuses


class Hub:
    """See the package's principles.

    There may be another hub behind this one, for those who cannot be judged here: behind the first one filters are
    evaluated that only the engine can decide, behind the second one nobody is in a hurry.

    Args:
        feed: the database's changes.
        session: the open database; called again whenever it may have been opened anew.
        most: bytes of one change's payload.
        on_idle: called when the last member left.
        on_end: called when the hub ended by a fault of its own; everyone was told.
        turns: of those who catch up, in the whole process.
        depth: how many hubs are before this one.
    """

    def __init__(
        self,
        feed: Feed,
        session: Callable[[], Awaitable[Session]],
        *,
        most: int,
        on_idle: Callable[[], None],
        on_end: Callable[[], None] = lambda: None,
        turns: Turns | None = None,
        depth: int = 0,
    ) -> None:
        self._feed = feed
        self._session = session
        self._most = most
        self._on_idle = on_idle
        self._on_end = on_end
        self._turns = turns or asyncio.Semaphore(1)
        self._depth = depth
        self._asking_engine = Asking(session, most)
        self._judging = Judging(self._asking_engine, filters=depth > 0, hurry=depth < DEEPEST)
        self._sending = Sending(self.leave)
        self._index = Index()
        self._names = Names(self._index.by_name, self._index.on)
        self._admitted: Position | None = None  # whoever comes is told what lies behind
        self._told: Position | None = None
        self._following: asyncio.Task[None] | None = None
        self._catching = Catching(self._catch_up, self._turns, self._lose)
        self._telling = False
        self._moves: list[tuple[Member, Caller]] = []
        self._ended: str | None = None
        self._asking: asyncio.Future[Position] | None = None
        self._further: Hub | None = None
        self._closing: set[asyncio.Task[None]] = set()

    # --- subscribers --------------------------------------------------------------------------------------------

    async def prepare(self, since: Position | None = None) -> Position:
        """Wait until changes flow: what is committed from now on lies behind the position returned.

        Args:
            since: where the subscriber wants to go on.

        Raises:
            Unavailable: they do not.
        """
        if self._asking is None:  # those who come together ask once
            self._asking = asyncio.ensure_future(self._feed.live())
            self._asking.add_done_callback(self._asked)
        position = await asyncio.shield(self._asking)
        if since is not None and since > position:  # it may have been told after the others asked
            position = await self._feed.live()
        if self._ended is not None:
            raise Unavailable("feed_ended", self._ended, hint="Subscribe again.")
        if self._following is None:
            self._start(position)
        assert self._admitted is not None
        return max(position, self._admitted)

    def _asked(self, task: asyncio.Future[Position]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # told to those who asked, if they are still there

    def _start(self, position: Position) -> None:
        self._admitted = self._told = position
        self._following = asyncio.get_running_loop().create_task(self._follow())
        self._following.add_done_callback(self._followed)

    def admit(
        self,
        bindings: tuple[Binding, ...],
        caller: Caller,
        style: Style,
        sink: Sink,
        *,
        after: Position,
        since: Position | None = None,
    ) -> Member:
        """A new subscriber, after ``prepare``.

        Args:
            after: what ``prepare`` returned.
            since: tell what lies behind this position first. One that is still to come is of another history: the
                sink hears of a gap a moment later.
        """
        member = Member(bindings, caller, style, sink)
        assert self._admitted is not None
        if since is not None and since > after:
            asyncio.get_running_loop().call_soon(self._ahead, member, after)
            since = None
        self._place(member, after, since)
        return member

    def _ahead(self, member: Member, position: Position) -> None:
        if not member.gone:
            member.sink.gap(resync("the position is ahead of all that happened"), position)

    def _place(self, member: Member, after: Position, since: Position | None) -> None:
        assert self._admitted is not None
        if since is not None and since < self._admitted:
            self._catching.add(member, since, after)
        else:
            member.after = max(after, self._admitted) if since is None else since
            self._index.add(member)

    def leave(self, member: Member) -> None:
        """A subscriber wants no more. Safe to repeat."""
        member.gone = True
        if member.depth > self._depth and self._further is not None:
            self._further.leave(member)
        self._index.remove(member)
        self._catching.remove(member)
        if self.idle:
            self._on_idle()

    def become(self, member: Member, caller: Caller) -> None:
        """A subscriber has other rights from now on."""
        if member.depth > self._depth and self._further is not None:
            self._further.become(member, caller)
        elif self._telling:
            self._moves.append((member, caller))  # what is being told was committed before
        else:
            self._move(member, caller)

    @property
    def idle(self) -> bool:
        """Nobody subscribes."""
        return not self._catching and not len(self._index) and (self._further is None or self._further.idle)

    async def close(self, reason: str | None = None) -> None:
        """Stop; members are told the reason, if there is one."""
        self._ended = reason or "The server is ending."
        members = [*self._index.members(), *self._catching.members()]
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self._catching.close()
        if self._further is not None:
            await self._further.close(reason)
        await asyncio.gather(*self._closing, return_exceptions=True)
        if reason is not None:
            for member in members:
                self._end(member, Unavailable("database_dropped", reason), None)

    def _end(self, member: Member, error: DbaasError, position: Position | None) -> None:
        """A member gets nothing more, and hears why."""
        if not member.gone:
            self.leave(member)
            try:
                member.sink.ended(error, position)
            except Exception:
                log.exception("a subscriber could not be told that it ended")

    def _lose(self, member: Member) -> None:
        """Something went wrong on our side that nobody foresaw."""
        error = Unavailable("feed_failed", "The server could not go on telling changes.", hint="Subscribe again.")
        self._end(member, error, member.sent)

    def _move(self, member: Member, caller: Caller) -> None:
        if member.depth > self._depth:
            self.become(member, caller)
            return
        member.caller = caller
        if member.audience is not None and member not in self._catching:
            self._index.remove(member)
            self._index.add(member)

    # --- those who cannot be judged here --------------------------------------------------------------------------

    def _set_aside(self, audience: Audience, told: Position) -> None:
        """An audience goes on behind this hub; it was told everything up to ``told``."""
        for member in list(audience.members):
            self._index.remove(member)
            self._catching.remove(member)
            audience.members.pop(member, None)
            member.audience = None
            if not member.gone:
                since = told if member.after is None else max(told, member.after)
                self._behind().take(member, since)

    def _behind(self) -> Hub:
        if self._further is None:
            self._further = hub = Hub(
                self._feed, self._session, most=self._most, on_idle=lambda: self._further_idle(hub),
                on_end=lambda: self._further_over(hub), turns=self._turns, depth=self._depth + 1,
            )  # fmt: skip
        return self._further

    def take(self, member: Member, since: Position) -> None:
        """A member of the hub before this one goes on here."""
        if self._following is None:
            self._start(since)
        member.depth = self._depth
        assert self._admitted is not None
        self._place(member, self._admitted, since)

    def _further_idle(self, hub: Hub) -> None:
        if hub.idle:
            self._further_over(hub)
            task = asyncio.get_running_loop().create_task(hub.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _further_over(self, hub: Hub) -> None:
        if self._further is hub:
            self._further = None
            if self.idle:
                self._on_idle()

    # --- following ----------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Tell everyone what comes, for as long as the database exists."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            try:
                async with aclosing(_closable(self._feed.follow(self._told))) as batches:
                    async for batch in batches:
                        began = loop.time()
                        for part in _slices(batch):
                            await self._tell_all(part)
                        failures = 0
                        rest = min((loop.time() - began) * REST, LONGEST_REST_SECONDS)
                        if rest > SHORTEST_REST_SECONDS:
                            await asyncio.sleep(rest)
            except Resync as error:
                await self._lost(error)
            except DbaasError as error:
                failures = await _again(error, failures)

    def _followed(self, task: asyncio.Task[None]) -> None:
        """Following ends only with the hub, or by a fault: then nobody may believe that it goes on."""
        if task.cancelled() or self._ended is not None:
            return
        log.error("a hub failed", exc_info=task.exception())
        self._ended = "The server could not go on telling changes."
        for member in [*self._index.members(), *self._catching.members()]:
            self._lose(member)
        self._on_end()

    async def _lost(self, error: Resync) -> None:
        """A part of the log is gone: everyone learns from where on it is complete again."""
        while True:
            try:
                self._admitted = self._told = await self._feed.live()
                break
            except DbaasError:
                await asyncio.sleep(RETRY_SECONDS[-1])
        for member in list(self._index.members()):
            member.after = member.sent = self._admitted
            member.sink.gap(error, self._admitted)
        self._names = Names(self._index.by_name, self._index.on)

    async def _tell_all(self, changes: Sequence[Change]) -> None:
        assert self._told is not None
        self._telling = True
        # Whoever comes from here on is told what lies behind this position.
        self._admitted = changes[-1].position
        try:
            await self._tell(self._index, self._names, changes, self._told)
            self._told = changes[-1].position
        finally:
            self._telling = False
            moves, self._moves = self._moves, []
            for member, caller in moves:
                self._move(member, caller)

    async def _tell(self, index: Index, names: Names, changes: Sequence[Change], told: Position) -> None:
        """Judge, render and send changes; everything up to ``told`` was told."""
        versions = tables_of(changes)
        for places in versions.values():
            if renamed := names.learn(changes[places[0]].table):
                await self._warn(renamed, [changes[place] for place in places])
        wanted = [
            (audiences, places)
            for places in versions.values()
            if (audiences := index.about(changes[places[0]].table.ref))
        ]
        judged, kept = Judged(), Kept(KEPT_BYTES)
        for audiences, places in wanted:
            await self._judging.of_table(audiences, [changes[place] for place in places], places, kept, judged)
        for audience in judged.aside:
            judged.told.pop(audience, None)
            self._set_aside(audience, told)
        for audience in judged.refused - judged.aside:
            judged.told.pop(audience, None)
            for member in list(audience.members):
                self._end(member, too_slow(), told if member.after is None else max(told, member.after))
        if names.replaced:
            _warn_told(names, changes, judged)
        await self._sending.send(changes, judged.told, self._lose)

    async def _warn(self, notice: Notice, changes: Sequence[Change]) -> None:
        """Tell those who may see one of these changes what their table is called now."""
        callers = list({member.caller for member in notice.waiting})
        sees = {
            caller
            for caller, row in zip(callers, await self._judging.visible(changes, callers), strict=True)
            if row is not None and any(seen is not None for seen in row)
        }
        for member in notice.waiting:
            if member.caller in sees and not member.gone:
                _gap(member, notice.error, changes)

    # --- catching up --------------------------------------------------------------------------------------------

    async def _catch_up(self, one: Pass) -> None:
        """Tell members what they missed, then let them join the others."""
        failures = 0
        alone = Index(self._index.conditions)
        names = Names(alone.by_name, alone.on)
        while True:
            try:
                async with aclosing(_closable(self._feed.follow(one.after))) as batches:
                    async for batch in batches:
                        for part in _slices(batch):
                            for member in list(one.members):
                                alone.add(member)
                            try:
                                await self._tell(alone, names, part, one.after)
                            finally:
                                for member in list(alone.members()):
                                    alone.remove(member)
                            one.after = part[-1].position
                            if self._join(one, names):
                                return
                            await self._drained(one)
                            await one.breathe()
                        failures = 0
                        if not batch:  # nothing is missing of what was there when they came
                            one.after = max(one.after, one.now)
                            if self._join(one, names):
                                return
            except Resync as error:
                assert self._admitted is not None
                one.after = max(one.now, self._admitted)
                for member in list(one.members):
                    member.sink.gap(error, one.after)
                self._join(one, names)
                return
            except DbaasError as error:
                failures = await _again(error, failures)

    async def _drained(self, one: Pass) -> None:
        """Wait a while for who takes little; then it goes on by itself."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_SECONDS
        while one.slow() and loop.time() < until:  # noqa: ASYNC110  (sinks do not tell)
            await asyncio.sleep(DRAIN_SECONDS)
        for member in one.slow():
            self._catching.split(one, member)

    def _join(self, one: Pass, names: Names) -> bool:
        """Let members join once they know all that the others were told; whether the pass is over."""
        assert self._admitted is not None
        if one.members and one.after < self._admitted:
            return False
        for member in list(one.members):
            self._catching.remove(member)
            if not member.gone:
                member.after = one.after
                self._index.add(member)
        self._names.take(names)
        return True


async def _again(error: DbaasError, failures: int) -> int:
    """Wait before something is tried again; raises the error where that would help nobody."""
    if failures >= _ATTEMPTS and not isinstance(error, Unavailable | NotFound):
        raise error
    log.warning("a feed broke off: %s", error.code)
    await asyncio.sleep(retry_seconds(failures))
    return failures + 1


def _warn_told(names: Names, changes: Sequence[Change], judged: Judged) -> None:
    """Tell those who are told of a table that it is another one than before."""
    for audience, items in judged.told.items():
        for identity in {changes[place].table.identity for place, _ in items} & names.replaced.keys():
            for member, error in names.tell_replaced(identity, list(audience.members)):
                _gap(member, error, changes)


def _gap(member: Member, error: Resync, changes: Sequence[Change]) -> None:
    """Before these changes, unless they are not for this member."""
    if member.after is None or changes[-1].position > member.after:
        first = changes[0].position
        member.sink.gap(error, Position(first.epoch, first.order - 1))


def _slices(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Parts of a batch that are not too large to be rendered at once."""
    start = size = 0
    for place, change in enumerate(changes):
        size += sum(len(value) for value in (*(change.record or ()), *(change.old or ())) if isinstance(value, str))
        if place + 1 - start >= SLICE_CHANGES or size > SLICE_BYTES:
            yield changes[start : place + 1]
            start, size = place + 1, 0
    if start < len(changes):
        yield changes[start:]


async def _closable(batches: AsyncIterator[Sequence[Change]]) -> AsyncGenerator[Sequence[Change]]:
    """The same, closed with whoever iterates when it can be closed."""
    try:
        async for batch in batches:
            yield batch
    finally:
        close = getattr(batches, "aclose", None)
        if close is not None:
            await close()
