"""Following a database inside the process that reads its log."""

from __future__ import annotations

import psycopg
import pytest

from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.platform import Access, Platform
from dbaas_server.changes import UNCHANGED, Change, ChangeKind
from dbaas_server.engines.postgres.changes.slot import slot_name
from dbaas_server.feeds import Feed, Resync
from dbaas_server.feeds.keeper import DaemonFeeds
from dbaas_server.nouns import Position
from waiting import until


@pytest.fixture
def feed(feeds: DaemonFeeds, database: Access) -> Feed:
    return feeds.of(database.tenant.subdomain, database.database.name)


def told(changes: list[Change]) -> list[tuple]:
    return [(change.kind.value, change.record, change.old) for change in changes]


async def test_what_is_committed_is_told_in_order(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key, name text)")
    following = follower(await feed.live())
    await owner.execute("insert into t values (1, 'one'), (2, null)")
    await owner.execute("update t set name = 'two' where id = 2")
    await owner.execute("delete from t where id = 1")
    await owner.execute("truncate t")
    changes = await following.until(5)
    assert told(changes) == [
        ("insert", ("1", "one"), None),
        ("insert", ("2", None), None),
        ("update", ("2", "two"), None),
        ("delete", None, ("1", None)),
        ("truncate", None, None),
    ]
    assert [change.position for change in changes] == sorted(change.position for change in changes)
    assert changes[3].old_is_key and changes[0].kind is ChangeKind.insert
    assert [(column.name, column.type, column.key) for column in changes[0].table.columns] == [
        ("id", "integer", True),
        ("name", "text", False),
    ]


async def test_what_is_rolled_back_is_not_told(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key)")
    following = follower(await feed.live())
    await owner.execute("begin; insert into t values (1); rollback")
    await owner.execute(
        "begin; insert into t values (2); savepoint a; insert into t values (3); savepoint b; insert into t values (4);"
        "release savepoint b; rollback to savepoint a; insert into t values (5); commit"
    )
    changes = await following.until(2)
    assert [change.record for change in changes] == [("2",), ("5",)]


async def test_a_transaction_that_is_streamed_before_its_commit_is_told_at_its_commit(
    follower, feed, database, connect, small_decoding_memory
) -> None:
    await small_decoding_memory(database)
    owner, other = await connect(database), await connect(database)
    await owner.execute("create table t (id int primary key, filling text default repeat('x', 200))")
    await owner.execute("create table u (id int primary key)")
    following = follower(await feed.live())
    await owner.execute("begin")
    await owner.execute("insert into t select generate_series(1, 3000)")
    await owner.execute("savepoint a; insert into t select generate_series(3001, 6000)")
    await owner.execute("savepoint b; insert into t select generate_series(6001, 9000); release savepoint b")
    await other.execute("insert into u values (1)")
    assert [change.record for change in await following.until(1)] == [("1",)], "another one's commit comes first"
    await owner.execute("rollback to savepoint a")
    await owner.execute("alter table t add column more int; insert into t select generate_series(9001, 9010), 'y', 7")
    await owner.execute("savepoint c; update t set filling = 'z' where id <= 2500; release savepoint c; commit")
    await owner.execute("insert into u values (2)")
    changes = await following.until(lambda found: found[-1].record == ("2",) if found else False)
    records = [change.record for change in changes[1:-1]]
    assert [record[0] for record in records] == [str(n) for n in (*range(1, 3001), *range(9001, 9011), *range(1, 2501))]
    assert records[3000] == ("9001", "y", "7") and records[-1] == ("2500", "z", None)
    assert len({change.position.order >> 32 for change in changes}) == 3


@pytest.fixture
def small_decoding_memory(platform: Platform, connect):
    """Makes the server stream transactions of a few hundred kilobytes, as it does with large ones."""

    async def shrink(access: Access) -> None:
        superuser = await connect(access, await administrator(platform, access))
        await superuser.execute(f'alter database "{access.database.physical_name}" set logical_decoding_work_mem = 64')

    return shrink


async def administrator(platform: Platform, access: Access):
    found = await platform.replication.access(access.database, wake=False)
    assert found is not None
    return found.administrator


async def test_100_000_rows_of_one_transaction_come_in_order(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key, filling text)")
    following = follower(await feed.live())
    await owner.execute("insert into t select n, 'row ' || n from generate_series(1, 100000) n")
    changes = await following.until(100_000, 60)
    assert [change.record[0] for change in changes] == [str(n) for n in range(1, 100_001)]
    assert len({change.position for change in changes}) == 100_000
    assert len({change.table for change in changes}) == 1


async def test_a_row_of_a_megabyte_and_what_an_update_leaves_of_it(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table keyed (id int primary key, large text, small int)")
    await owner.execute("create table whole (id int, large text, small int)")
    await owner.execute(
        "alter table keyed alter large set storage external; alter table whole alter large set storage external"
    )
    following = follower(await feed.live())
    large = "äbc" * 350_000
    for table in ("keyed", "whole"):
        await owner.execute(f"insert into {table} values (1, %s, 1)", [large])
        await owner.execute(f"update {table} set small = 2")
    changes = await following.until(4)
    assert changes[0].record == ("1", large, "1")
    assert changes[1].record == ("1", UNCHANGED, "2"), "nothing in the log tells"
    assert changes[3].record == ("1", large, "2")
    assert changes[3].old == ("1", large, "1")


async def test_a_change_of_the_tables_definition_shows_from_then_on(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key, a text)")
    following = follower(await feed.live())
    await owner.execute("insert into t values (1, 'a')")
    await owner.execute("alter table t rename to renamed; insert into renamed values (2, 'b')")
    await owner.execute("alter table renamed add column c int default 7; insert into renamed values (3, 'c')")
    await owner.execute("alter table renamed drop column a; insert into renamed values (4)")
    await owner.execute("alter table renamed alter c type numeric(6,2); insert into renamed values (5, 1.5)")
    changes = await following.until(5)
    assert [change.table.ref.name for change in changes] == ["t", *["renamed"] * 4]
    assert [change.record for change in changes] == [
        ("1", "a"), ("2", "b"), ("3", "c", "7"), ("4", "7"), ("5", "1.50"),
    ]  # fmt: skip
    assert [[column.name for column in change.table.columns] for change in changes[2:]] == [
        ["id", "a", "c"], ["id", "c"], ["id", "c"],
    ]  # fmt: skip
    assert changes[4].table.columns[1].type == "numeric(6,2)"
    assert len({change.table.identity for change in changes}) == 1


TYPES = {
    "bigint": "9223372036854775807",
    "numeric(12,3)": "123456789.125",
    "double precision": "0.1",
    "boolean": "t",
    "text[]": '{a,"b c",NULL}',
    "mood": "happy",
    "mood[]": "{happy,sad}",
    "int4range": "[1,5)",
    "json": '{"a":  1}',
    "jsonb": '{"a": 1}',
    "bytea": "\\x00ff",
    "timestamp with time zone": "2024-02-29 12:00:00.5+00",
    "interval": "1 mon 02:00:00",
    "pair": "(1,two)",
    "zip": "01234",
    "bit(3)": "101",
    "character(4)": "ab  ",
    '"odd Type"': "x",
    "uuid": "00000000-0000-0000-0000-000000000001",
}


async def test_every_value_arrives_as_its_text_whatever_the_tenant_sets(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute(
        "create type mood as enum ('happy', 'sad'); create type pair as (a int, b text);"
        "create domain zip as text check (value ~ '^[0-9]{5}$'); create type \"odd Type\" as enum ('x')"
    )
    columns = ", ".join(f"c{n} {name}" for n, name in enumerate(TYPES))
    await owner.execute(f"create table t (id int primary key, {columns})")
    name = database.database.physical_name
    for setting in ("datestyle = 'German'", "timezone = 'Asia/Tokyo'", "bytea_output = 'escape'",
                    "intervalstyle = 'iso_8601'", "extra_float_digits = -15"):  # fmt: skip
        await (await connect(database)).execute(f'alter role current_user in database "{name}" set {setting}')
    following = follower(await feed.live())
    values = ", ".join(f"'{value}'" for value in TYPES.values())
    await owner.execute(f"insert into t values (1, {values})")
    [change] = await following.until(1)
    assert list(change.record[1:]) == list(TYPES.values())
    public = {"mood", "mood[]", "pair", "zip", '"odd Type"'}
    assert [column.type for column in change.table.columns[1:]] == [
        f"public.{name}" if name in public else name for name in TYPES
    ]


async def test_changes_are_attributed_to_the_partitioned_table(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute(
        "create table t (id int, at date) partition by range (at);"
        "create table early partition of t for values from (minvalue) to ('2024-01-01');"
        "create table late partition of t for values from ('2024-01-01') to (maxvalue)"
    )
    following = follower(await feed.live())
    await owner.execute("insert into t values (1, '2023-05-05')")
    await owner.execute("update t set id = 2; update t set at = '2024-05-05'; delete from t")
    changes = await following.until(5)
    assert {change.table.ref.name for change in changes} == {"t"}
    assert [change.kind.value for change in changes] == ["insert", "update", "delete", "insert", "delete"]
    assert changes[-1].old == ("2", "2024-05-05") and not changes[-1].old_is_key


async def test_asynchronous_commits_are_told_too(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key); set synchronous_commit = off")
    following = follower(await feed.live())
    for number in range(50):
        await owner.execute("insert into t values (%s)", [number])
    assert [change.record for change in await following.until(50)] == [(str(n),) for n in range(50)]


async def test_following_goes_on_from_any_position(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key)")
    start = await feed.live()
    for first in range(0, 30, 10):
        await owner.execute("insert into t select generate_series(%s::int, %s)", [first, first + 9])
    changes = list(await follower(start).until(30))
    for place in (0, 4, 9, 10, 29):
        after = changes[place].position
        await owner.execute("insert into t values (%s)", [100 + place])
        rest = await follower(after).until(lambda found, last=100 + place: found and found[-1].record == (str(last),))
        assert rest[: 29 - place] == changes[place + 1 :]


async def test_who_follows_from_now_on_is_not_told_what_was_read_before(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key); insert into t values (1)")
    first = follower(await feed.live())
    await owner.execute("insert into t values (2)")
    assert [change.record for change in await first.until(1)] == [("2",)]
    position = await feed.live()
    await owner.execute("insert into t values (3)")
    assert [change.record for change in await follower(position).until(1)] == [("3",)]


async def test_positions_of_another_log_or_of_the_future_mean_a_resync(feed, follower, database, connect) -> None:
    now = await feed.live()
    for epoch, order in ((-1, now.order), (0, 1), (0, now.order + (1 << 90)), (1, 0)):
        wrong = Position(now.epoch + epoch, order)
        error = await follower(wrong).ended()
        assert isinstance(error, Resync) and error.code == "resync" and error.details


async def test_a_slot_removed_by_hand_means_a_resync_and_following_works_again(
    feed, follower, database, connect, platform
) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key)")
    before = await feed.live()
    following = follower(before)
    await owner.execute("insert into t values (1)")
    await following.until(1)
    superuser = await connect(database, await administrator(platform, database))
    name = slot_name(database.database.id)
    await until_dropped(superuser, name)
    error = await following.ended()
    assert isinstance(error, Resync) and error.details == "the database's log was lost"
    after = await feed.live()
    assert after.epoch > before.epoch and after > before
    again = follower(after)
    await owner.execute("insert into t values (2)")
    assert [change.record for change in await again.until(1)] == [("2",)]
    assert isinstance(await follower(before).ended(), Resync)


async def until_dropped(superuser, name: str) -> None:
    async def drop() -> bool:
        try:
            await superuser.execute(
                "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = %s", [name]
            )
            await superuser.execute("select pg_drop_replication_slot(%s)", [name])
        except psycopg.errors.ObjectInUse:
            return False
        return True

    await until(drop, bool)


async def test_an_idle_database_lets_go_of_its_neighbours_log(feed, feeds, database, shared, platform, connect) -> None:
    await feed.live()
    neighbour = await connect(await platform.access(shared, "keeper"))
    superuser = await connect(database, await administrator(platform, database))
    await neighbour.execute("create table if not exists n (id int); insert into n select generate_series(1, 1000)")
    written = (await (await superuser.execute("select pg_current_wal_flush_lsn()")).fetchone())[0]

    async def let_go() -> bool:
        found = await superuser.execute(
            "select confirmed_flush_lsn >= %s::pg_lsn from pg_replication_slots where slot_name = %s",
            [written, slot_name(database.database.id)],
        )
        return (await found.fetchone())[0]

    await until(let_go, bool, 45)


async def test_slots_are_there_before_anybody_follows_and_move_on(feeds, database, platform, connect) -> None:
    superuser = await connect(database, await administrator(platform, database))
    name = slot_name(database.database.id)

    async def slot():
        found = await superuser.execute(
            "select active, confirmed_flush_lsn from pg_replication_slots where slot_name = %s", [name]
        )
        return await found.fetchone()

    made = await until(slot, lambda found: found is not None and found[1] is not None and not found[0])
    owner = await connect(database)
    await owner.execute("create table t (id int); insert into t select generate_series(1, 1000)")
    tap = await feeds.tap(database.tenant.subdomain, database.database.name)
    await tap.tend()
    assert (await slot())[1] > made[1]


async def test_a_dropped_database_takes_its_slot_and_its_history_along(
    feeds, feed, database, platform, follower
) -> None:
    following = follower(await feed.live())
    folder = platform.home.feeds / database.database.id.hex
    assert folder.is_dir()
    await platform.drop_database(database.tenant.subdomain, database.database.name, actor="test")
    assert isinstance(await following.ended(), NotFound)

    async def gone() -> bool:
        return not folder.exists()

    await until(gone, bool)
