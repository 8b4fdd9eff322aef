"""Many requests on few connections: isolation, time, loss, back-pressure."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_server.engine import OutcomeUnknown, QueryError, TooBusy
from dbaas_server.engines.postgres import multiplexer
from dbaas_server.nouns import Arg, Order, TableRef, Write, WriteKind
from shapes import call, cmp, col, path, rows, table
from waiting import until

BY_ID = table("books", "id", where=(cmp("id", "eq", 0),))


async def backends(access, where="true"):
    async with await psycopg.AsyncConnection.connect(conninfo(access), autocommit=True) as other:
        cursor = await other.execute(
            f"select count(*) from pg_stat_activity where datname = current_database() and application_name ="
            f" 'jupyter-dbaas' and {where}"
        )
        row = await cursor.fetchone()
        return row[0] if row else 0


async def test_answers_meet_their_requests(session, anon, user, service):
    async def one(number):
        caller = (anon, user, service)[number % 3]
        wanted = number % 4 + 1
        return rows(await session.read(BY_ID, (str(wanted),), caller)) == [{"id": wanted}]

    assert all(await asyncio.gather(*(one(number) for number in range(600))))


async def test_a_failing_request_fails_alone(session, user):
    async def one(number):
        try:
            return rows(await session.read(BY_ID, ("oops" if number % 3 == 0 else "1",), user))
        except QueryError as error:
            return error.code

    answers = Counter(map(str, await asyncio.gather(*(one(number) for number in range(300)))))
    assert answers == {"22P02": 100, "[{'id': 1}]": 200}


async def test_connections_are_bounded_whatever_the_load(library, opener, user, service):
    session = await opener(library, read_connections=2, write_connections=2, query_connections=2)
    before = await backends(library)

    async def slow(number):
        read = table("books", col("id"), where=(cmp("id", "gte", 0),)) if number % 2 else call("whoami")
        return await session.read(read, ("0",) if number % 2 else (), user if number % 3 else service)

    most = before
    tasks = [asyncio.create_task(slow(number)) for number in range(400)]
    while not all(task.done() for task in tasks):
        most = max(most, await backends(library))
    assert not [task for task in tasks if task.exception()]
    # Two lanes for each of two logins, and the pools; and as many that are closed and that the server has yet to end.
    assert most - before <= 2 * (2 * 2 + 2 + 2)


async def test_a_full_queue_refuses_at_once(library, opener, user):
    session = await opener(library, queue=20)
    for _ in range(10):  # a shape that was slow because the machine is busy would go another way
        await session.read(BY_ID, ("1",), user)
    answers = await asyncio.gather(*(session.read(BY_ID, ("1",), user) for _ in range(60)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, TooBusy)]
    assert len(refused) == 40
    assert refused[0].code == "too_busy"
    assert rows(await session.read(BY_ID, ("1",), user)) == [{"id": 1}]


async def test_a_slow_read_is_stopped_by_its_timeout_and_holds_nobody_up(database, opener, owner):
    session = await opener(database, statement_timeout_ms=1500)
    await session.run(
        "create table t (id int primary key); insert into t values (1), (2);"
        "create function nap(t) returns text language plpgsql as $$ begin if $1.id = 2 then perform"
        " pg_sleep(60); end if; return 'ok'; end $$",
        (),
        owner,
    )
    quick = table("t", "id", where=(cmp("id", "eq", 0),))
    napping = table("t", "nap", where=(cmp("id", "eq", 0),))
    await session.read(napping, ("1",), owner)  # looks cheap: by key, and quick the first time
    began = time.monotonic()
    slow = [asyncio.create_task(session.read(napping, ("2",), owner)) for _ in range(1)]
    await asyncio.sleep(0)
    waits = []
    while not slow[0].done():
        asked = time.monotonic()
        await asyncio.gather(*(session.read(quick, ("1",), owner) for _ in range(8)))
        waits.append(time.monotonic() - asked)
    lasted = time.monotonic() - began
    with pytest.raises(QueryError) as caught:
        await slow[0]
    assert caught.value.code == "57014"
    assert max(waits) < lasted / 2  # the others went round it


async def test_reads_survive_a_terminated_backend(library, session, owner):
    await session.read(BY_ID, ("1",), owner)

    stop = asyncio.Event()
    answered: Counter[int] = Counter()

    async def hammer(number):
        while not stop.is_set():
            assert rows(await session.read(BY_ID, ("2",), owner)) == [{"id": 2}]
            answered[number] += 1

    tasks = [asyncio.create_task(hammer(number)) for number in range(4)]

    async def each_was_answered_twice():
        """A read that is sent again is sent once more: losing two connections in a row is told as an error."""
        before = dict(answered)

        async def look():
            assert not [task.result() for task in tasks if task.done()]
            return [answered[number] - before.get(number, 0) for number in range(4)]

        await until(look, lambda more: min(more) >= 2)

    async with await psycopg.AsyncConnection.connect(conninfo(library), autocommit=True) as other:

        async def terminate_one():
            cursor = await other.execute(
                "select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = current_database()"
                " and usename = current_user and query like '%books%' and pid <> pg_backend_pid() limit 1"
            )
            return await cursor.fetchall()

        for _ in range(4):
            await each_was_answered_twice()
            await until(terminate_one, lambda ended: ended == [(True,)])
    await each_was_answered_twice()
    stop.set()
    await asyncio.gather(*tasks)


async def test_a_cancelled_read_disturbs_no_neighbour(session, user):
    async def one(number):
        task = asyncio.create_task(session.read(BY_ID, ("1",), user))
        await asyncio.sleep(0)
        if number % 2:
            task.cancel()
        try:
            return rows(await task)
        except asyncio.CancelledError:
            return None

    answers = await asyncio.gather(*(one(number) for number in range(200)))
    assert [answer for answer in answers if answer is not None] == [[{"id": 1}]] * 100


async def test_a_closed_session_says_so(library, opener, user):
    session = await opener(library)
    pending = [asyncio.create_task(session.read(BY_ID, ("1",), user)) for _ in range(5)]
    await asyncio.sleep(0)
    await session.close()
    for answer in await asyncio.gather(*pending, return_exceptions=True):
        assert isinstance(answer, Unavailable)
    with pytest.raises(Unavailable):
        await session.read(BY_ID, ("1",), user)


async def test_a_write_whose_connection_dies_is_reported_unknown(database, opener, owner):
    session = await opener(database)
    await session.run("create table t (id int primary key, at text)", (), owner)
    await session.run(
        "create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;"
        "create trigger wait before insert on t for each row execute function wait()",
        (),
        owner,
    )
    shape = Write(WriteKind.insert, TableRef("t"), Arg(0), ("id",))
    task = asyncio.create_task(session.write([(shape, ('[{"id": 1}]',))], owner))
    await until(lambda: backends(database, "query like '%insert into%' and state = 'active'"), lambda count: count == 1)
    with psycopg.connect(conninfo(database), autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%insert into%' and state"
            " = 'active' and pid <> pg_backend_pid()"
        )
    with pytest.raises(DbaasError) as caught:
        await task
    # The server said farewell in the middle of the statement, so it is known that nothing was written.
    assert isinstance(caught.value, Unavailable)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert rows(await session.read(table("t"), (), owner)) == []


async def test_idle_connections_that_died_are_replaced_before_a_write_is_sent(database, opener, owner):
    session = await opener(database)
    await session.run("create table t (id int primary key)", (), owner)
    shape = Write(WriteKind.insert, TableRef("t"), Arg(0), ("id",))
    await session.write([(shape, ('[{"id": 1}]',))], owner)
    with psycopg.connect(conninfo(database), autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name ="
            " 'jupyter-dbaas' and usename = current_user"
        )
    await session.write([(shape, ('[{"id": 2}]',))], owner)
    assert len(rows(await session.read(table("t"), (), owner))) == 2


async def test_reads_of_unknown_cost_hold_nobody_up_that_is_known_to_be_quick(database, opener, owner, monkeypatch):
    monkeypatch.setattr(multiplexer, "QUICK_SECONDS", 60)  # whatever answers once, however busy the machine is
    session = await opener(database, query_connections=2, queue=8)
    await session.run(
        "create table t (id int primary key); insert into t select generate_series(1, 100);"
        "create view held as select 1 as a, 2 as b, 3 as c from pg_advisory_xact_lock_shared(1)",
        (),
        owner,
    )
    by_id, listed = table("t", "id", where=(cmp("id", "eq", 0),)), table("t", "id")
    assert len(rows(await session.read(listed, (), owner))) == 100
    with psycopg.connect(conninfo(database)) as holder:
        holder.execute("select pg_advisory_xact_lock(1)")
        held = [
            asyncio.create_task(session.read(table("held", col(name, alias)), (), owner))
            for name in ("a", "b", "c")
            for alias in ("x", "y", "z")
        ]
        await until(lambda: backends(database, "wait_event_type = 'Lock'"), lambda count: count == 2)
        # They are first runs of nine shapes: two are under way, seven wait, and a list that is new has its place …
        new = asyncio.create_task(session.read(table("t", "id", order=(Order(path("id")),)), (), owner))
        for _ in range(20):
            assert rows(await session.read(by_id, ("5",), owner)) == [{"id": 5}]
            assert len(rows(await session.read(listed, (), owner))) == 100
        with pytest.raises(TooBusy):  # … which is the last one
            await session.read(table("t", col("id", "n")), (), owner)
        assert await backends(database, "wait_event_type = 'Lock'") == 2
    assert [rows(answer) for answer in await asyncio.gather(*held)] == [
        [{alias: number}] for number in (1, 2, 3) for alias in ("x", "y", "z")
    ]
    assert len(rows(await new)) == 100
