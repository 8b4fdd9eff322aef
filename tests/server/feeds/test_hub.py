"""The hub: who is told what, once, in order, whoever comes, goes or is slow meanwhile. Visibility is PostgreSQL's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import uuid4

import orjson
import pytest

from changed import Log, MemoryFeed, changed_table
from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_server.engine import Session
from dbaas_server.feeds import Resync
from dbaas_server.feeds.hub import Binding, Hub, Member, Told
from dbaas_server.feeds.hub import hub as hub_module
from dbaas_server.nouns import Arg, Caller, Compare, Path, Position
from opened_session import opened_session
from waiting import until_true

TENANT = uuid4()
SERVICE = Caller(TENANT, "service_role", '{"role":"service_role"}')


def person(sub: str) -> Caller:
    return Caller(TENANT, "authenticated", json.dumps({"role": "authenticated", "sub": sub}))


@dataclass(frozen=True)
class Lines:
    """One JSON line a change."""

    def frame(self, told: Told) -> bytes:
        return b"%b\n" % orjson.dumps([list(told.bindings), orjson.loads(told.payload.data)])


@dataclass(eq=False)
class Ear:
    """A subscriber that keeps what it hears."""

    backlog: int = 0
    data: bytes = b""
    sends: int = 0
    gaps: list[Position] = field(default_factory=list)
    said: list[Resync] = field(default_factory=list)
    overrun_at: list[Position | None] = field(default_factory=list)
    reason: str | None = None
    ended_at: list[Position | None] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        self.data += data
        self.sends += 1

    def gap(self, error: Resync, position: Position) -> None:
        self.gaps.append(position)
        self.said.append(error)

    def overrun(self, position: Position | None) -> None:
        self.overrun_at.append(position)

    def ended(self, error: DbaasError, position: Position | None) -> None:
        self.reason = error.message
        self.ended_at.append(position)

    @property
    def heard(self) -> list[dict]:
        return [orjson.loads(line)[1] for line in self.data.splitlines()]

    @property
    def ids(self) -> list[int]:
        return [(one.get("record") or one["old_record"])["id"] for one in self.heard]


ALL = (Binding("*", "public", "notes"),)


@dataclass
class Stage:
    hub: Hub
    feed: MemoryFeed
    log: Log
    notes: object
    down: asyncio.Event

    async def join(self, bindings=ALL, caller: Caller = SERVICE, since: Position | None = None) -> tuple[Ear, Member]:
        after = await self.hub.prepare(since)
        ear = Ear()
        return ear, self.hub.admit(bindings, caller, Lines(), ear, after=after, since=since)

    async def insert(self, *ids: int, owner: str = "ann", body: str = "x") -> None:
        await self.feed.commit(*(self.log.insert(self.notes, number, owner, body) for number in ids))


@pytest.fixture
async def stage(reused, connect) -> AsyncIterator[Stage]:
    owner = await connect(reused)
    await owner.execute(
        """create table notes (id int primary key, owner text, body text);
        alter table notes enable row level security;
        create policy mine on notes using (owner = auth.sub())"""
    )
    feed = MemoryFeed()
    down = asyncio.Event()
    async with opened_session(reused) as session:

        async def opened() -> Session:
            if down.is_set():
                raise Unavailable("database_unavailable", "down")
            return session

        hub = Hub(feed, opened, most=100_000, on_idle=lambda: None)
        yield Stage(hub, feed, feed.log, await changed_table(owner, "notes"), down)
        await hub.close()


async def told(ear: Ear, ids: list[int]) -> None:
    await until_true(lambda: len(ear.heard) >= len(ids), lambda: f"{ear.ids} for {ids}")
    assert ear.ids == ids


async def test_everyone_is_told_what_they_may_see_and_wanted(stage: Stage):
    everything, _ = await stage.join()
    ann, _ = await stage.join(caller=person("ann"))
    bob, _ = await stage.join(caller=person("bob"))
    deletes, _ = await stage.join((Binding("DELETE", "public", "notes"),))
    elsewhere, _ = await stage.join((Binding("*", "public", "other"), Binding("*", "private", "*")))
    filtered, _ = await stage.join((Binding("*", "*", "*", (Compare(Path("id"), "gt", Arg(0)),), ("1",)),))
    by_engine, _ = await stage.join((Binding("*", "public", "*", (Compare(Path("body"), "match", Arg(0)),), ("^y",)),))
    await stage.insert(1)
    await stage.insert(2, owner="bob", body="yes")
    await stage.feed.commit(stage.log.delete(stage.notes, 1, "ann", "x"))
    await told(everything, [1, 2, 1])
    await told(ann, [1, 1])
    await told(bob, [2])
    await told(deletes, [1])
    await told(filtered, [2])
    await told(by_engine, [2])
    assert elsewhere.data == b""


async def test_a_payload_says_everything_about_a_change(stage: Stage):
    chosen = (Binding("*", "public", "notes"), Binding("UPDATE", "public", "notes", select=frozenset({"id", "none"})))
    ear, _ = await stage.join(chosen)
    await stage.feed.commit(
        stage.log.update(stage.notes, [1, "ann", "a"], [1, "ann", 'quote " and é']), stage.log.truncate(stage.notes)
    )
    await until_true(lambda: len(ear.heard) == 3, lambda: ear.data)
    columns = [{"name": "id", "type": "int4"}, {"name": "owner", "type": "text"}, {"name": "body", "type": "text"}]
    head = {"schema": "public", "table": "notes", "commit_timestamp": "2026-05-01T12:00:00Z", "errors": None}
    first = {
        "record": {"id": 1, "owner": "ann", "body": 'quote " and é'},
        "old_record": {"id": 1, "owner": "ann", "body": "a"},
    }
    lines = [orjson.loads(line) for line in ear.data.splitlines()]
    assert lines == [
        [[0], {**head, "type": "UPDATE", "columns": columns, "position": "1-1", **first}],
        [
            [1],
            {
                **head, "type": "UPDATE", "columns": columns[:1], "position": "1-1", "record": {"id": 1},
                "old_record": {"id": 1},
            },
        ],
        [[0], {**head, "type": "TRUNCATE", "columns": columns, "position": "1-2"}],
    ]  # fmt: skip


async def test_a_payload_that_is_too_large_is_told_without_its_large_values(stage: Stage):
    ear, _ = await stage.join()
    await stage.insert(1, body="x" * 200_000)
    await told(ear, [1])
    assert ear.heard[0]["record"] == {"id": 1, "owner": "ann"}
    assert ear.heard[0]["errors"] == ["Error 413: Payload Too Large"]


async def test_members_of_an_audience_get_one_send_for_all_that_came_together(stage: Stage):
    ears = [(await stage.join())[0] for _ in range(300)]
    await stage.insert(*range(100))
    for ear in ears:
        await told(ear, list(range(100)))
        assert ear.data == ears[0].data
    assert sum(ear.sends for ear in ears) == len(ears)


async def test_nobody_is_subscribed_before_changes_flow(stage: Stage):
    stage.feed.started.clear()
    joining = asyncio.ensure_future(stage.join())
    await asyncio.sleep(0.05)
    assert not joining.done()
    stage.feed.started.set()
    ear, _ = await joining
    await stage.insert(1)
    await told(ear, [1])


async def test_from_a_position_on_nothing_is_missing_and_nothing_comes_twice(stage: Stage):
    live, _ = await stage.join()
    written = 0

    async def write() -> None:
        nonlocal written
        for number in range(400):
            await stage.insert(number)
            written = number + 1
            await asyncio.sleep(0.001)

    writing = asyncio.ensure_future(write())
    resumed: list[tuple[int, Ear]] = []
    while not writing.done():
        back = written // 2
        resumed.append((back, (await stage.join(since=Position(1, back)))[0]))
        await asyncio.sleep(0.002)
    await writing
    assert len(resumed) > 3
    await told(live, list(range(400)))
    for start, ear in resumed:
        await told(ear, list(range(start, 400)))
    await until_true(lambda: stage.feed.followers == 1, lambda: f"{stage.feed.followers} still catch up")


async def test_who_caught_up_joins_though_nothing_new_happens(stage: Stage):
    await stage.insert(1, 2, 3)
    resumed = [(start, (await stage.join(since=Position(1, start)))[0]) for start in (0, 1, 2)]
    for start, ear in resumed:
        await told(ear, [1, 2, 3][start:])
    await until_true(lambda: stage.feed.followers == 1, lambda: f"{stage.feed.followers} follow")
    await stage.insert(4)
    for start, ear in resumed:
        await told(ear, [1, 2, 3, 4][start:])


async def test_what_one_may_have_left_untaken_is_looked_at_again(stage: Stage):
    """A sink that says that it has nothing left is believed until it says something else."""
    ear, _ = await stage.join()
    answers = [True, False, False]
    taken: list[bytes] = []

    def send(data: bytes) -> bool:
        taken.append(data)
        ear.backlog = hub_module.BACKLOG_BYTES + 1
        return answers.pop(0)

    member = next(iter(stage.hub._index.members()))
    member.send = send
    for number in (1, 2, 3):
        await stage.insert(number)
        await until_true(lambda number=number: len(taken) == number or ear.overrun_at, lambda: "nothing comes")
    assert len(taken) == 2
    assert ear.overrun_at == [Position(1, 2)]


async def test_who_has_everything_joins_at_once(stage: Stage):
    first, _ = await stage.join()
    await stage.insert(1, 2)
    await told(first, [1, 2])
    ear, _ = await stage.join(since=Position(1, 2))
    assert stage.feed.followers == 1
    await stage.insert(3)
    await told(ear, [3])


async def test_a_position_that_is_still_to_come_is_of_another_history(stage: Stage):
    first, _ = await stage.join()
    await stage.insert(1, 2)
    await told(first, [1, 2])
    ahead = [(await stage.join(since=since))[0] for since in (Position(1, 5), Position(2, 0), Position(9, 9))]
    await stage.insert(3, 4, 5, 6)
    for ear in ahead:
        await told(ear, [3, 4, 5, 6])
        assert ear.gaps == [Position(1, 2)]
    assert "ahead" in ahead[0].said[0].details


async def test_a_history_that_is_too_short_is_said_and_what_follows_is_complete(stage: Stage):
    first, _ = await stage.join()
    await stage.insert(1, 2, 3)
    await told(first, [1, 2, 3])
    stage.feed.kept_from = Position(1, 2)
    ear, _ = await stage.join(since=Position(1, 1))
    await until_true(lambda: bool(ear.gaps), lambda: "no word of the gap")
    assert ear.gaps == [Position(1, 3)]
    await stage.insert(4)
    await told(ear, [4])


async def test_a_lost_log_is_told_to_everyone(stage: Stage):
    ears = [(await stage.join())[0] for _ in range(3)]
    await stage.insert(1)
    await told(ears[0], [1])
    await stage.feed.lose()
    for ear in ears:
        await until_true(lambda ear=ear: bool(ear.gaps), lambda: "no word of the gap")
    await until_true(lambda: stage.feed.followers == 1, lambda: "nobody follows")
    await stage.insert(2)
    for ear in ears:
        await told(ear, [1, 2])


async def test_a_renaming_is_told_to_who_subscribed_by_name_and_may_see_it(stage: Stage, reused, connect):
    by_name, _ = await stage.join()
    stranger, _ = await stage.join(caller=person("nobody"))
    everything, _ = await stage.join((Binding("*", "public", "*"),))
    await stage.insert(1)
    before = stage.log.position
    owner = await connect(reused)
    await owner.execute("alter table notes rename to papers")
    stage.notes = await changed_table(owner, "papers")
    await stage.insert(2)
    await told(everything, [1, 2])
    assert [one["table"] for one in everything.heard] == ["notes", "papers"]
    assert by_name.ids == [1] and by_name.gaps == [before]
    assert "public.notes is called public.papers now" in by_name.said[0].message
    assert not everything.gaps and not stranger.gaps
    await stage.insert(3)
    await told(everything, [1, 2, 3])
    assert len(by_name.gaps) == 1, "told once"
    again, _ = await stage.join(since=Position(1, 0))
    await told(again, [1])
    await until_true(lambda: again.gaps == [before], lambda: again.gaps)


async def test_another_table_under_the_same_name_is_told_before_its_first_row(stage: Stage, reused, connect):
    ear, _ = await stage.join()
    ann, _ = await stage.join(caller=person("ann"))
    bob, _ = await stage.join(caller=person("bob"))
    await stage.insert(1)
    await told(ear, [1])
    before = stage.log.position
    owner = await connect(reused)
    await owner.execute(
        """drop table notes; create table notes (id int primary key, owner text, body text);
        alter table notes enable row level security; create policy mine on notes using (owner = auth.sub())"""
    )
    stage.notes = await changed_table(owner, "notes")
    await stage.insert(2)
    await told(ear, [1, 2])
    assert ear.gaps == ann.gaps == [before] and ear.said[0].details == "the table was made anew"
    assert not bob.gaps, "nothing was told to him"
    middle = stage.log.position
    await stage.insert(3, owner="bob")
    await told(ear, [1, 2, 3])
    assert bob.ids == [3] and bob.gaps == [middle]
    await stage.insert(4, owner="bob")
    await told(ear, [1, 2, 3, 4])
    assert [len(one.gaps) for one in (ear, ann, bob)] == [1, 1, 1]
    again, _ = await stage.join(since=Position(1, 0))
    await until_true(lambda: again.ids[-3:] == [2, 3, 4], lambda: again.ids)
    assert again.ids in ([2, 3, 4], [1, 2, 3, 4]), "nobody may see rows of a table that is gone, once that is noticed"
    assert again.gaps == [Position(1, 0)], "what it was told came in one piece"


async def test_a_slow_member_is_let_go_and_nobody_else_notices(stage: Stage):
    slow, _ = await stage.join()
    quick, _ = await stage.join()
    await stage.insert(1)
    await told(slow, [1])
    slow.backlog = hub_module.BACKLOG_BYTES + 1
    await stage.insert(2)
    await stage.insert(3)
    await told(quick, [1, 2, 3])
    assert slow.ids == [1]
    assert slow.overrun_at == [Position(1, 1)]


async def test_other_rights_hold_from_then_on(stage: Stage):
    ear, member = await stage.join(caller=person("ann"))
    await stage.insert(1)
    await told(ear, [1])
    stage.hub.become(member, person("bob"))
    await stage.insert(2)
    await stage.insert(3, owner="bob")
    await told(ear, [1, 3])


async def test_while_the_database_is_away_changes_wait_for_it(stage: Stage):
    ear, _ = await stage.join(caller=person("ann"))
    stage.down.set()
    await stage.insert(1)
    await asyncio.sleep(0.1)
    assert ear.data == b""
    stage.down.clear()
    await told(ear, [1])


async def test_who_left_hears_nothing_more(stage: Stage):
    ear, member = await stage.join()
    other, _ = await stage.join()
    behind, catching_up = await stage.join(since=Position(1, -1))
    stage.hub.leave(member)
    stage.hub.leave(member)
    stage.hub.leave(catching_up)
    await stage.insert(1)
    await told(other, [1])
    assert ear.data == behind.data == b""
    assert not stage.hub.idle


async def test_the_end_of_the_database_is_told(stage: Stage):
    ear, _ = await stage.join()
    await stage.hub.close("The database was dropped.")
    assert ear.reason == "The database was dropped."
    with pytest.raises(Unavailable):
        await stage.hub.prepare()
