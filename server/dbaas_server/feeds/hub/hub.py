"""One database's changes, told to everyone in this process who subscribed to some of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import TypeVar

from dbaas_provisioning.errors import DbaasError, NotFound, Unavailable

from ...changes import Change, Mask, Visible
from ...engine import Session
from ...nouns import Caller, Position
from .. import Feed, Resync
from .audience import Audience, Binding, Index, Member, Sink, Style, Told, tables_of
from .names import Names, Notice
from .payload import Payload, Renderer

__all__ = ["Hub", "Member"]

log = logging.getLogger(__name__)

SLICE_CHANGES = 500
SLICE_BYTES = 2 * 1024 * 1024
TOGETHER = 64  # groups of callers judged at a time
BREATH = 128  # sends between two turns of the event loop
RENDERED = 2_000  # changes of audiences gone through between two turns of the event loop
BACKLOG_BYTES = 8 * 1024 * 1024
"""What a subscriber may leave untaken before it is let go."""

CATCH_UP_BYTES = 512 * 1024
"""What a subscriber that catches up may leave untaken before it is given more."""

REST = 3.0
"""After telling, this many times as long goes by before more is told: changes that come thick and fast go out together,
in few sends, and a change that comes after a while goes out at once."""

LONGEST_REST_SECONDS = 0.008
SHORTEST_REST_SECONDS = 0.0005

_DRAIN_SECONDS = 0.02
_RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)

_T = TypeVar("_T")

Places = tuple[tuple[int, tuple[int, ...]], ...]
"""Changes (by place), each with the bindings (by place) that want it."""


class Hub:
    """See the package's principles.

    Args:
        feed: the database's changes.
        session: the open database; called again whenever it may have been opened anew.
        most: bytes of one change's payload.
        on_idle: called when the last member left.
    """

    def __init__(
        self, feed: Feed, session: Callable[[], Awaitable[Session]], *, most: int, on_idle: Callable[[], None]
    ) -> None:
        self._feed = feed
        self._session = session
        self._most = most
        self._on_idle = on_idle
        self._index = Index()
        self._names = Names(self._index.by_name, self._index.on)
        self._renderer: tuple[Session, Renderer] | None = None
        self._position: Position | None = None
        self._following: asyncio.Task[None] | None = None
        self._catching_up: dict[Member, asyncio.Task[None]] = {}
        self._telling = False
        self._moves: list[tuple[Member, Caller]] = []
        self._ended: str | None = None
        self._asking: asyncio.Future[Position] | None = None

    # --- subscribers --------------------------------------------------------------------------------------------

    async def prepare(self) -> Position:
        """Wait until changes flow: what is committed from now on lies behind the position returned.

        Raises:
            Unavailable: they do not.
        """
        if self._asking is None:  # those who come together ask once
            self._asking = asyncio.ensure_future(self._feed.live())
            self._asking.add_done_callback(self._asked)
        position = await asyncio.shield(self._asking)
        if self._ended is not None:
            raise Unavailable("feed_ended", self._ended, hint="Subscribe again.")
        if self._following is None:
            self._position = position
            self._following = asyncio.get_running_loop().create_task(self._follow())
        assert self._position is not None
        return max(position, self._position)

    def _asked(self, task: asyncio.Future[Position]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # told to those who asked, if they are still there

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
            since: tell what lies behind this position first.
        """
        member = Member(bindings, caller, style, sink)
        assert self._position is not None
        if since is not None and since < self._position:
            task = asyncio.get_running_loop().create_task(self._catch_up(member, since, after))
            self._catching_up[member] = task
            task.add_done_callback(lambda done: self._caught_up(member, done))
        else:
            member.after = max(after, self._position) if since is None else since
            self._index.add(member)
        return member

    def leave(self, member: Member) -> None:
        """A subscriber wants no more. Safe to repeat."""
        member.gone = True
        self._index.remove(member)
        task = self._catching_up.pop(member, None)
        if task is not None:
            task.cancel()
        if self.idle:
            self._on_idle()

    def become(self, member: Member, caller: Caller) -> None:
        """A subscriber has other rights from now on."""
        if self._telling:
            self._moves.append((member, caller))  # what is being told was committed before
        else:
            self._move(member, caller)

    @property
    def idle(self) -> bool:
        """Nobody subscribes."""
        return not self._catching_up and not len(self._index)

    async def close(self, reason: str | None = None) -> None:
        """Stop; members are told the reason, if there is one."""
        self._ended = reason or "The server is ending."
        tasks = [task for task in (self._following, *self._catching_up.values()) if task is not None]
        for task in tasks:
            task.cancel()
        members = [*self._index.members(), *self._catching_up]
        await asyncio.gather(*tasks, return_exceptions=True)
        for member in members:
            if not member.gone:
                member.gone = True
                if reason is not None:
                    member.sink.ended(reason)

    def _move(self, member: Member, caller: Caller) -> None:
        member.caller = caller
        if member.audience is not None and member not in self._catching_up:
            self._index.remove(member)
            self._index.add(member)

    # --- following ----------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Tell everyone what comes, for as long as the database exists."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            assert self._position is not None
            try:
                async with aclosing(_closable(self._feed.follow(self._position))) as batches:
                    async for batch in batches:
                        failures = 0
                        began = loop.time()
                        for part in _slices(batch):
                            await self._tell(self._index, self._names, part)
                        rest = min((loop.time() - began) * REST, LONGEST_REST_SECONDS)
                        if rest > SHORTEST_REST_SECONDS:
                            await asyncio.sleep(rest)
            except Resync as error:
                await self._lost(error)
            except DbaasError as error:
                log.warning("a feed broke off: %s", error.as_dict())
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    async def _lost(self, error: Resync) -> None:
        """A part of the log is gone: everyone learns from where on it is complete again."""
        while True:
            try:
                self._position = await self._feed.live()
                break
            except DbaasError:
                await asyncio.sleep(_RETRY_SECONDS[-1])
        for member in list(self._index.members()):
            member.after = member.sent = self._position
            member.sink.gap(error, self._position)
        self._names = Names(self._index.by_name, self._index.on)

    async def _tell(self, index: Index, names: Names, changes: Sequence[Change]) -> None:
        """Judge, render and send changes."""
        if index is self._index:
            self._telling = True
            # Whoever comes from here on is told what lies behind this position.
            self._position = changes[-1].position
        try:
            told: dict[Audience, list[tuple[int, Told]]] = {}
            versions = tables_of(changes)
            for places in versions.values():
                if renamed := names.learn(changes[places[0]].table):
                    await self._warn(renamed, [changes[place] for place in places])
            wanted = [
                (audiences, places)
                for places in versions.values()
                if (audiences := index.about(changes[places[0]].table.ref))
            ]
            for audiences, places in wanted:
                await self._of_table(audiences, [changes[place] for place in places], places, told)
            if names.replaced:
                _warn_told(names, changes, told)
            await self._send(changes, told)
        finally:
            if index is self._index:
                self._telling = False
                moves, self._moves = self._moves, []
                for member, caller in moves:
                    self._move(member, caller)

    async def _warn(self, notice: Notice, changes: Sequence[Change]) -> None:
        """Tell those who may see one of these changes what their table is called now."""
        callers = list({member.caller for member in notice.waiting})
        sees = {
            caller
            for caller, row in zip(callers, await self._visible(changes, callers), strict=True)
            if any(seen is not None for seen in row)
        }
        for member in notice.waiting:
            if member.caller in sees and not member.gone:
                _gap(member, notice.error, changes)

    async def _of_table(
        self,
        audiences: Sequence[Audience],
        changes: Sequence[Change],
        places: Sequence[int],
        told: dict[Audience, list[tuple[int, Told]]],
    ) -> None:
        """What each audience is told of changes of one version of one table."""
        groups: dict[Places, list[Audience]] = {}
        for audience in audiences:
            found = await self._wanted(audience, changes)
            if found:
                groups.setdefault(found, []).append(audience)
        pending = list(groups.items())
        renderer = await self._render()
        rendered: dict[tuple[int, Visible, frozenset[str] | None], Payload] = {}
        gone_through = 0
        for start in range(0, len(pending), TOGETHER):
            together = pending[start : start + TOGETHER]
            asked = [
                self._visible([changes[place] for place, _ in found], [audience.caller for audience in members])
                for found, members in together
            ]
            masks = await asyncio.gather(*asked) if len(asked) > 1 else [await asked[0]]
            for (found, members), mask in zip(together, masks, strict=True):
                for audience, row in zip(members, mask, strict=True):
                    gone_through += len(found)
                    if gone_through > RENDERED:
                        gone_through = 0
                        await asyncio.sleep(0)
                    mine = told.setdefault(audience, [])
                    for (place, bindings), seen in zip(found, row, strict=True):
                        if seen is None:
                            continue
                        for select, numbers in _by_select(audience, bindings).items():
                            key = (place, seen, select)
                            payload = rendered.get(key)
                            if payload is None:
                                payload = rendered[key] = renderer.render(changes[place], seen, select)
                            mine.append((places[place], Told(numbers, payload)))

    async def _wanted(self, audience: Audience, changes: Sequence[Change]) -> Places:
        """The changes that an audience's bindings want."""
        table = changes[0].table
        found: dict[int, list[int]] = {}
        for number in audience.on(table.ref):
            binding = audience.bindings[number]
            fitting = [place for place, change in enumerate(changes) if binding.wants(change)]
            if binding.where and fitting:
                session = await self._opened()
                passes = audience.sieve(number, table, session.value_type)
                if passes is not None:
                    fitting = [place for place in fitting if passes(changes[place])]
                else:
                    fitting = await self._by_engine(binding, [changes[place] for place in fitting], fitting, audience)
            for place in fitting:
                found.setdefault(place, []).append(number)
        return tuple((place, tuple(found[place])) for place in sorted(found))

    async def _by_engine(
        self, binding: Binding, changes: Sequence[Change], places: Sequence[int], audience: Audience
    ) -> list[int]:
        role = audience.caller.role
        (answer,) = await self._patiently(
            lambda session: session.matching(changes, [(binding.where, binding.args)], role)
        )
        return [place for place, passes in zip(places, answer, strict=True) if passes]

    async def _visible(self, changes: Sequence[Change], callers: Sequence[Caller]) -> Mask:
        return await self._patiently(lambda session: session.visible(changes, callers))

    async def _patiently(self, ask: Callable[[Session], Awaitable[_T]]) -> _T:
        """Ask the engine until it answers. A database that is gone ends this by ending the hub."""
        failures = 0
        while True:
            try:
                return await ask(await self._opened())
            except (Unavailable, NotFound) as error:
                if failures == len(_RETRY_SECONDS):
                    log.warning("changes wait for their database: %s", error.message)
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    async def _opened(self) -> Session:
        failures = 0
        while True:
            try:
                return await self._session()
            except (Unavailable, NotFound):
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    async def _render(self) -> Renderer:
        session = await self._opened()
        if self._renderer is None or self._renderer[0] is not session:
            self._renderer = (session, Renderer(session.value_type, self._most))
        return self._renderer[1]

    async def _send(self, changes: Sequence[Change], told: dict[Audience, list[tuple[int, Told]]]) -> None:
        """Every member of an audience gets the same bytes, all of these changes in one send."""
        sent = rendered = 0
        last = changes[-1].position
        for audience, items in told.items():
            if not items:
                continue
            items.sort(key=_place)
            frames = [(place, audience.style.frame(one)) for place, one in items]
            data = b"".join(frame for _, frame in frames)
            rendered += len(frames)
            if rendered > RENDERED:
                rendered = 0
                await asyncio.sleep(0)
            for member in list(audience.members):
                if member.gone:
                    continue
                if member.waits and member.sink.backlog > BACKLOG_BYTES:
                    self.leave(member)
                    member.sink.overrun(member.sent)
                    continue
                if member.after is None:
                    member.waits = not member.send(data)
                else:
                    after = member.after
                    mine = b"".join(frame for place, frame in frames if changes[place].position > after)
                    if last > after:
                        member.after = None
                    if mine:
                        member.waits = not member.send(mine)
                member.sent = last
                sent += 1
                if not sent % BREATH:
                    await asyncio.sleep(0)

    # --- catching up --------------------------------------------------------------------------------------------

    async def _catch_up(self, member: Member, since: Position, now: Position) -> None:
        """Tell a member what it missed, then let it join the others; ``now`` is where changes were when it came."""
        after = since
        failures = 0
        alone = Index()
        names = Names(alone.by_name, alone.on)
        while True:
            try:
                async with aclosing(_closable(self._feed.follow(after))) as batches:
                    async for batch in batches:
                        failures = 0
                        for part in _slices(batch):
                            alone.add(member)
                            await self._tell(alone, names, part)
                            alone.remove(member)
                            after = part[-1].position
                            if member.gone or self._join(member, after, names):
                                return
                            while member.sink.backlog > CATCH_UP_BYTES:
                                await asyncio.sleep(_DRAIN_SECONDS)
                                if member.gone:
                                    return
                        if not batch:  # nothing is missing of what was there when it came
                            after = max(after, now)
                            if member.gone or self._join(member, after, names):
                                return
            except Resync as error:
                assert self._position is not None
                now = max(now, self._position)
                member.sink.gap(error, now)
                if not member.gone:
                    self._join(member, now, names)
                return
            except DbaasError as error:
                log.warning("a feed broke off: %s", error.as_dict())
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1

    def _join(self, member: Member, after: Position, names: Names) -> bool:
        """Let a member join once it knows all that the others were told."""
        assert self._position is not None
        if after < self._position:
            return False
        member.after = after
        self._index.add(member)
        self._names.take(names)
        return True

    def _caught_up(self, member: Member, task: asyncio.Task[None]) -> None:
        self._catching_up.pop(member, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("catching up failed", exc_info=task.exception())
            member.gone = True
            member.sink.ended("The server could not catch up.")


def _warn_told(names: Names, changes: Sequence[Change], told: dict[Audience, list[tuple[int, Told]]]) -> None:
    """Tell those who are told of a table that it is another one than before."""
    for audience, items in told.items():
        for identity in {changes[place].table.identity for place, _ in items} & names.replaced.keys():
            for member, error in names.tell_replaced(identity, list(audience.members)):
                _gap(member, error, changes)


def _gap(member: Member, error: Resync, changes: Sequence[Change]) -> None:
    """Before these changes, unless they are not for this member."""
    if member.after is None or changes[-1].position > member.after:
        first = changes[0].position
        member.sink.gap(error, Position(first.epoch, first.order - 1))


def _place(item: tuple[int, Told]) -> int:
    return item[0]


def _by_select(audience: Audience, bindings: Sequence[int]) -> dict[frozenset[str] | None, tuple[int, ...]]:
    """Bindings that want the same columns are told together."""
    if len(bindings) == 1:
        return {audience.bindings[bindings[0]].select: (bindings[0],)}
    found: dict[frozenset[str] | None, tuple[int, ...]] = {}
    for number in bindings:
        select = audience.bindings[number].select
        found[select] = (*found.get(select, ()), number)
    return found


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
