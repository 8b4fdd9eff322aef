"""The hub under those who ask for what is not theirs, for too much, or at the wrong time, and under its own faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from changed import Log, MemoryFeed, changed_table
from cpu_time import uncollected
from dbaas_server.engine import QueryError, Session
from dbaas_server.feeds.hub import Binding, Hub, Member
from dbaas_server.feeds.hub import catching as catching_module
from dbaas_server.feeds.hub import sending as sending_module
from dbaas_server.feeds.hub.catching import Turns
from dbaas_server.nouns import Arg, Caller, Compare, Path, Position
from opened_session import opened_session
from waiting import until_true

from .test_hub import SERVICE, TENANT, Ear, Lines, person, told

ANON = Caller(TENANT, "anon", '{"role":"anon"}')
ALL = (Binding("*", "public", "*"),)
PATTERN = r"^(.*)(.*)(.*)(.*)(.*)\1\2\3\4\5{1,%d}$"
SENTENCE = "the quick brown fox jumps over the lazy dog and some more of it"


def filtered(column: str, operator: str, *args: str, table: str = "*", event: str = "*") -> Binding:
    return Binding(event, "public", table, (Compare(Path(column), operator, Arg(0)),), args)


@dataclass
class Fault:
    """What goes wrong in the session, and how often."""

    errors: list[Exception] = field(default_factory=list)
    asked: int = 0


class Faulty:
    """A session whose visibility may fail."""

    def __init__(self, session: Session, fault: Fault) -> None:
        self._session = session
        self._fault = fault

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    async def visible(self, changes, callers, *, hurry=False):
        self._fault.asked += 1
        if self._fault.errors:
            raise self._fault.errors.pop(0)
        return await self._session.visible(changes, callers, hurry=hurry)


@dataclass
class Scene:
    hub: Hub
    feed: MemoryFeed
    log: Log
    execute: Callable[[str], Awaitable[object]]
    table: Callable[[str], Awaitable[object]]
    fault: Fault
    ends: list[int]

    async def join(self, bindings=ALL, caller: Caller = SERVICE, since: Position | None = None) -> tuple[Ear, Member]:
        after = await self.hub.prepare(since)
        ear = Ear()
        return ear, self.hub.admit(bindings, caller, Lines(), ear, after=after, since=since)


@asynccontextmanager
async def scene_of(access, connect) -> AsyncIterator[Scene]:
    owner = await connect(access)
    feed, fault, ends = MemoryFeed(), Fault(), []
    async with opened_session(access) as session:
        faulty = Faulty(session, fault)

        async def opened() -> Session:
            return faulty  # type: ignore[return-value]

        hub = Hub(feed, opened, most=1_000_000, on_idle=lambda: None, on_end=lambda: ends.append(1), turns=Turns(4))
        yield Scene(hub, feed, feed.log, owner.execute, lambda name: changed_table(owner, name), fault, ends)
        await hub.close()


@pytest.fixture
async def scene(reused, connect) -> AsyncIterator[Scene]:
    async with scene_of(reused, connect) as made:
        yield made


# --- what is not theirs ----------------------------------------------------------------------------------------


async def test_a_filter_says_nothing_of_columns_that_may_not_be_read(scene: Scene):
    await scene.execute(
        "create table emp (id int primary key, pub text, salary int, note text); grant select (id, pub) on emp to anon"
    )
    emp = await scene.table("emp")
    hidden = [
        filtered("salary", "gt", "1000", table="emp"), filtered("salary", "lte", "1000"),
        filtered("salary", "is", "x"), filtered("note", "like", "s%"), filtered("note", "match", "."),
    ]  # fmt: skip
    hidden[2] = Binding("*", "*", "*", (Compare(Path("salary"), "is", "not_null"),))
    spies = [(await scene.join((one,), ANON))[0] for one in hidden]
    spies.append((await scene.join((Binding("*", "public", "emp"), *hidden), ANON))[0])
    boss, _ = await scene.join((hidden[0],))
    open_filter, _ = await scene.join((filtered("pub", "like", "a%"), filtered("id", "gte", "1")), ANON)
    await scene.feed.commit(scene.log.insert(emp, 1, "a", 2000, "secret"), scene.log.delete(emp, 1, "a", 2000, "s"))
    await told(boss, [1, 1])
    await told(open_filter, [1, 1])
    await told(spies[-1], [1, 1])
    assert [line[:4] for line in spies[-1].data.splitlines()] == [b"[[0]", b"[[0]"], "none of its filters matched"
    assert not any(ear.data for ear in spies[:-1])


async def test_a_filter_on_a_column_that_was_revoked_matches_no_more(scene: Scene):
    await scene.execute("create table emp (id int primary key, salary int); grant select on emp to anon")
    emp = await scene.table("emp")
    ear, _ = await scene.join((filtered("salary", "gt", "1000"),), ANON)
    plain, _ = await scene.join((Binding("*", "public", "emp"),), ANON)
    await scene.feed.commit(scene.log.insert(emp, 1, 2000))
    await told(ear, [1])
    await scene.execute("revoke select on emp from anon; grant select (id) on emp to anon")
    await scene.feed.commit(scene.log.insert(emp, 2, 2000))
    await told(plain, [1, 2])
    assert ear.ids == [1]


# --- what takes long -------------------------------------------------------------------------------------------


async def test_patterns_that_take_long_end_with_a_reason_and_hold_up_nobody(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text); create table others (id int primary key)")
    await scene.execute("grant select on texts to anon")
    texts, others = await scene.table("texts"), await scene.table("others")
    slow, _ = await scene.join(tuple(filtered("v", "match", PATTERN % n) for n in range(50, 54)), ANON)
    quick, _ = await scene.join((filtered("v", "match", "^the"),), ANON)
    blind, _ = await scene.join((filtered("id", "like", "x"),), person("ann"))
    boss, _ = await scene.join()
    await scene.feed.commit(scene.log.insert(texts, 1, SENTENCE))
    await told(boss, [1])
    await scene.feed.commit(scene.log.insert(others, 2))
    await told(boss, [1, 2])
    await until_true(lambda: slow.reason is not None, lambda: "no reason given")
    assert "filters of this subscription take too long" in slow.reason
    assert slow.ended_at == [Position(1, 0)] and slow.data == b""
    await told(quick, [1])
    await scene.feed.commit(scene.log.insert(texts, 3, "the end"))
    await told(quick, [1, 3])
    assert blind.data == b"" and blind.reason is None


async def test_a_policy_that_takes_long_delays_those_whom_it_is_about(scene: Scene):
    await scene.execute(
        """create table slow (id int primary key, owner text); alter table slow enable row level security;
        create policy p on slow using (case when auth.sub() = 'slow' then pg_sleep(0.8) is not null else true end);
        create table others (id int primary key)"""
    )
    slow, others = await scene.table("slow"), await scene.table("others")
    late, leaving = await scene.join(caller=person("slow"))
    soon, staying = await scene.join(caller=person("ann"))
    boss, _ = await scene.join()
    order: list[str] = []
    for name, ear in (("late", late), ("soon", soon), ("boss", boss)):
        ear.send = lambda data, ear=ear, name=name: (order.append(name), Ear.send(ear, data))[1]
    for member in scene.hub._index.members():
        member.send = member.sink.send
    for number in range(3):
        await scene.feed.commit(scene.log.insert(slow, number, "x"), scene.log.insert(others, 10 + number))
    for ear, ids in ((boss, [0, 10, 1, 11, 2, 12]), (soon, [0, 1, 2]), (late, [0, 1, 2])):
        await told(ear, ids)
    assert order[::-1].index("late") < order[::-1].index("boss"), "who has nothing to do with it did not wait"
    assert not scene.hub.idle
    scene.hub.leave(leaving)
    await scene.feed.commit(scene.log.insert(slow, 5, "x"))
    await told(soon, [0, 1, 2, 5])
    assert late.ids == [0, 1, 2]
    scene.hub.leave(staying)
    await until_true(lambda: scene.feed.followers == 1, lambda: f"{scene.feed.followers} follow")


async def test_who_was_moved_out_of_the_way_catches_up_and_changes_rights_as_ever(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text); grant select on texts to anon")
    texts = await scene.table("texts")
    await scene.feed.commit(*(scene.log.insert(texts, number, "the") for number in range(5)))
    await scene.join()
    ear, member = await scene.join((filtered("v", "like", "t%"),), ANON, since=Position(1, 2))
    await told(ear, [2, 3, 4])
    again, _ = await scene.join((filtered("v", "like", "t%"),), ANON, since=Position(1, 1))
    await told(again, [1, 2, 3, 4])
    await scene.feed.commit(scene.log.insert(texts, 5, "the"))
    await told(ear, [2, 3, 4, 5])
    scene.hub.become(member, person("stranger"))
    await scene.feed.commit(scene.log.insert(texts, 6, "the"))
    await told(again, [1, 2, 3, 4, 5, 6])
    assert ear.ids == [2, 3, 4, 5]
    await scene.hub.close("The database was dropped.")
    assert ear.reason == again.reason == "The database was dropped."


async def test_many_comparisons_let_others_have_their_turn(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    where = tuple(Compare(Path("id"), "gte", Arg(number)) for number in range(20))
    for channel in range(3):
        args = [tuple(str(-channel * 10_000 - row * 100 - number) for number in range(20)) for row in range(100)]
        await scene.join(tuple(Binding("INSERT", "public", "texts", where, one) for one in args))
    turns: list[float] = []

    async def beat() -> None:
        while True:
            turns.append(time.thread_time())
            await asyncio.sleep(0)

    with uncollected():
        beating = asyncio.ensure_future(beat())
        await asyncio.sleep(0)
        before = scene.hub._told
        await scene.feed.commit(*(scene.log.insert(texts, number, "x") for number in range(100)))
        await until_true(lambda: scene.hub._told != before, lambda: "not told")
        beating.cancel()
    longest = max(after - before for before, after in pairwise(turns))
    assert longest < (turns[-1] - turns[0]) / 4, "of all that was done, no more than a part at a time"


# --- too much --------------------------------------------------------------------------------------------------


async def test_what_is_selected_in_many_ways_is_told_once_and_names_that_are_none_change_nothing(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    bogus = tuple(Binding("*", "public", "texts", select=frozenset({"id", f"no{n}"})) for n in range(50))
    ear, _ = await scene.join(bogus)
    await scene.feed.commit(scene.log.insert(texts, 1, "x"))
    await told(ear, [1])
    assert ear.data.startswith(b"[[0,1,2")


async def test_of_what_is_too_much_no_more_is_made_than_can_be_sent(scene: Scene, monkeypatch):
    columns = [f"c{n}" for n in range(40)]
    await scene.execute(f"create table wide (id int primary key, v text, {', '.join(f'{c} int' for c in columns)})")
    wide = await scene.table("wide")
    many = tuple(Binding("*", "public", "wide", select=frozenset({"id", "v", column})) for column in columns)
    ear, _ = await scene.join(many)
    made: list[int] = []
    frame = Lines.frame

    def counted(self, one):
        data = frame(self, one)
        made.append(len(data))
        return data

    def send(data: bytes) -> None:
        ear.backlog += len(data)

    monkeypatch.setattr(Lines, "frame", counted)
    next(iter(scene.hub._index.members())).send = send
    await scene.feed.commit(scene.log.insert(wide, 1, "x" * 900_000, *range(40)))
    await until_true(lambda: bool(ear.overrun_at), lambda: "it takes everything")
    assert sum(made) < sending_module.BACKLOG_BYTES + 4 * sending_module.PART_BYTES
    assert len(made) < 15


async def test_those_who_come_back_together_go_through_the_history_together(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    # On a busy machine whoever has gone on for long lets others begin, and is still on its way then.
    monkeypatch.setattr(catching_module, "TURN_SECONDS", float("inf"))
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    await scene.join((Binding("DELETE", "public", "texts"),))
    await scene.feed.commit(*(scene.log.insert(texts, number, "x") for number in range(2_000)))
    await until_true(lambda: scene.hub._told == Position(1, 2_000), lambda: "not told")
    most = scene.feed.followers
    before = scene.fault.asked
    after = await scene.hub.prepare()
    ears = [Ear() for _ in range(39)]
    for number, ear in enumerate(ears):  # at one moment
        scene.hub.admit(ALL, SERVICE, Lines(), ear, after=after, since=Position(1, max(0, number - 29)))
    while not all(ear.data.count(b"\n") >= 1_990 for ear in ears):
        most = max(most, scene.feed.followers)
        await asyncio.sleep(0)
    assert most <= 3, "the hub itself, and two who catch up"
    assert scene.fault.asked - before <= 60, "4 slices for each position"
    for ear in ears[:30]:
        assert ear.ids == list(range(2_000))


async def test_who_takes_nothing_while_it_catches_up_holds_up_nobody(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    await scene.join((Binding("DELETE", "public", "texts"),))
    await scene.feed.commit(*(scene.log.insert(texts, number, "x") for number in range(1_200)))
    await until_true(lambda: scene.hub._told == Position(1, 1_200), lambda: "not told")
    stuck = []
    for since in (0, 0, 1, 2, 3):
        ear, _ = await scene.join(since=Position(1, since))
        ear.backlog = 1024 * 1024
        stuck.append(ear)
    ear, _ = await scene.join(since=Position(1, 4))
    await told(ear, list(range(4, 1_200)))
    for one in stuck:
        one.backlog = 0
    for start, one in zip((0, 0, 1, 2, 3), stuck, strict=True):
        await told(one, list(range(start, 1_200)))


# --- its own faults --------------------------------------------------------------------------------------------


async def test_what_the_engine_refuses_is_asked_again_and_nothing_is_left_out(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    ear, _ = await scene.join()
    scene.fault.errors = [QueryError("57014", "canceled"), QueryError("XX000", "cache lookup failed")]
    await scene.feed.commit(scene.log.insert(texts, 1, "x"), scene.log.insert(texts, 2, "x"))
    await scene.feed.commit(scene.log.insert(texts, 3, "x"))
    await told(ear, [1, 2, 3])
    resumed, _ = await scene.join(since=Position(1, 0))
    scene.fault.errors = [QueryError("XX000", "cache lookup failed")]
    await told(resumed, [1, 2, 3])
    assert ear.reason is None and not scene.ends


async def test_a_hub_that_fails_tells_everyone_and_takes_nobody_more(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    ear, _ = await scene.join()
    await scene.feed.commit(scene.log.insert(texts, 1, "x"))
    await told(ear, [1])
    scene.fault.errors = [ZeroDivisionError()]
    await scene.feed.commit(scene.log.insert(texts, 2, "x"))
    await until_true(lambda: ear.reason is not None, lambda: "it looks alive")
    assert ear.ended_at == [Position(1, 1)] and scene.ends == [1]
    with pytest.raises(Exception, match="could not go on"):
        await scene.join()


async def test_an_audience_that_cannot_be_told_is_the_only_one_that_ends(scene: Scene):
    await scene.execute("create table texts (id int primary key, v text)")
    texts = await scene.table("texts")
    ear, _ = await scene.join()
    broken, member = await scene.join((Binding("INSERT", "public", "texts"),))

    def send(data: bytes) -> None:
        raise RuntimeError("a fault of a sink's")

    member.send = send
    await scene.feed.commit(scene.log.insert(texts, 1, "x"))
    await told(ear, [1])
    await until_true(lambda: broken.reason is not None, lambda: "it looks alive")
    await scene.feed.commit(scene.log.insert(texts, 2, "x"))
    await told(ear, [1, 2])
