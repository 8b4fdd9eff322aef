"""Who sees which change: decided by PostgreSQL on the row's values, as the caller, without a right to write."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changed import Log, changed_table
from dbaas_server.changes import UNCHANGED, Visible
from dbaas_server.engines.postgres.visibility.rows import row_literal, rows_literal
from dbaas_server.nouns import Caller

TENANT = uuid4()


def caller(sub: str | None = None, role: str = "authenticated", **claims: object) -> Caller:
    return Caller(TENANT, role, json.dumps({"role": role, **({"sub": sub} if sub else {}), **claims}))


ANN, BOB, ANON, SERVICE = caller("ann"), caller("bob"), caller(role="anon"), caller(role="service_role")


@pytest.fixture
def database(reused):
    return reused


@pytest.fixture
async def owner(database, connect):
    return await connect(database)


@pytest.fixture
async def notes(owner):
    await owner.execute(
        """create table notes (id int primary key, owner text, body text, shared boolean not null default false);
        alter table notes replica identity full;
        alter table notes enable row level security;
        create policy mine on notes for select to authenticated using (owner = auth.sub());
        create policy common on notes for select using (shared);"""
    )
    return await changed_table(owner, "notes")


def seen(mask):
    """Who sees what, as letters: n(ew) o(ld) both(b) t(old only that it happened) or . for nothing."""
    letters = {(True, False): "n", (False, True): "o", (True, True): "b", (False, False): "t"}
    return ["".join("." if one is None else letters[one.record, one.old] for one in row) for row in mask]


async def test_each_caller_sees_the_rows_that_its_policies_show(own_session, notes):
    log = Log()
    changes = [
        log.insert(notes, 1, "ann", "x", False),
        log.insert(notes, 2, "bob", "x", False),
        log.insert(notes, 3, "bob", "x", True),
        log.update(notes, [1, "ann", "x", False], [1, "ann", "y", False]),
        log.update(notes, [1, "ann", "y", False], [1, "bob", "y", False]),
        log.delete(notes, 1, "bob", "y", False),
        log.delete(notes, 3, "bob", "x", True),
        log.truncate(notes),
    ]
    mask = await own_session.visible(changes, [ANN, BOB, ANON, SERVICE, ANN])
    assert seen(mask) == ["n.nb..o.", ".nn.noo.", "..n...o.", "nnnbboot", "n.nb..o."]


async def test_restrictive_policies_and_policies_of_other_roles_and_commands(own_session, owner):
    await owner.execute(
        """create table r (id int primary key, a int); alter table r enable row level security;
        create policy one on r using (a > 0); create policy two on r for select using (a = -5);
        create policy cap on r as restrictive using (a < 10);
        create policy writers on r for insert with check (true);
        create policy updaters on r for update using (true);
        create policy service on r to service_role using (true);"""
    )
    table, log = await changed_table(owner, "r"), Log()
    changes = [log.insert(table, n, a) for n, a in enumerate([1, 9, 10, 0, -5, None])]
    assert seen(await own_session.visible(changes, [ANON, SERVICE])) == ["nn..n.", "nnnnnn"]


async def test_row_security_without_a_policy_hides_everything(own_session, owner):
    await owner.execute(
        "create table closed (id int); alter table closed enable row level security;"
        "grant select on closed to anon, authenticated"
    )
    table = await changed_table(owner, "closed")
    assert seen(await own_session.visible([Log().insert(table, 1)], [ANON, ANN, SERVICE])) == [".", ".", "n"]


async def test_without_row_security_grants_decide(own_session, owner):
    await owner.execute("create table plain (id int, secret text); create table granted (id int, secret text);")
    await owner.execute("grant select on granted to anon; grant select (id) on granted to authenticated")
    log = Log()
    plain, granted = await changed_table(owner, "plain"), await changed_table(owner, "granted")
    mask = await own_session.visible([log.insert(plain, 1, "s"), log.truncate(granted)], [ANON, ANN, SERVICE])
    assert seen(mask) == [".t", ".t", "nt"]
    assert mask[1][1] == Visible((0,), False, False)
    assert mask[0][1] == Visible((0, 1), False, False)


async def test_a_schema_that_a_role_may_not_use_hides_its_tables(own_session, owner):
    await owner.execute("create schema hidden; create table hidden.t (id int); grant select on hidden.t to anon")
    table = await changed_table(owner, "t", "hidden")
    assert seen(await own_session.visible([Log().insert(table, 1)], [ANON])) == ["."]
    await owner.execute("grant usage on schema hidden to anon")
    assert seen(await own_session.visible([Log().insert(table, 1)], [ANON])) == ["n"]


async def test_a_changed_policy_or_grant_holds_for_the_very_next_change(own_session, owner, notes):
    change = Log().insert(notes, 1, "ann", "x", False)
    plain_steps = [
        ("select 1", "n."),
        ("drop policy mine on notes", ".."),
        ("create policy mine on notes using (owner = 'ann')", "nn"),
        ("alter policy mine on notes using (owner = 'bob')", ".."),
        ("alter table notes disable row level security; grant select on notes to authenticated", "n."),
        ("revoke select on notes from authenticated", ".."),
        ("grant select (id) on notes to anon", ".n"),
        ("alter table notes rename to renamed", ".n"),
        ("alter table renamed drop column id cascade", ".."),
        ("drop table renamed", ".."),
    ]
    for statement, expected in plain_steps:
        await owner.execute(statement)
        assert "".join(seen(await own_session.visible([change], [ANN, ANON]))) == expected, statement


async def test_subqueries_and_whole_rows_and_outer_references_in_policies(own_session, owner):
    await owner.execute(
        """create table members (room int, who text);
        grant select on members to authenticated;
        create table "Chat ""x"" $1" ("Room" int, "the text" text, ref int);
        create function allowed(c "Chat ""x"" $1") returns boolean language sql stable
          as $$ select c."the text" <> 'secret' $$;
        alter table "Chat ""x"" $1" enable row level security;
        create policy p on "Chat ""x"" $1" using (
          exists (select from members where room = "Chat ""x"" $1"."Room" and who = (select auth.sub()))
          and allowed("Chat ""x"" $1"));
        insert into members values (1, 'ann'), (2, 'bob')"""
    )
    table, log = await changed_table(owner, 'Chat "x" $1'), Log()
    changes = [log.insert(table, 1, "a", 1), log.insert(table, 1, "secret", 1), log.insert(table, 2, 'q"\\,{}()', None)]
    assert seen(await own_session.visible(changes, [ANN, BOB])) == ["n..", "..n"]
    await owner.execute("insert into members values (2, 'ann')")
    assert seen(await own_session.visible(changes, [ANN])) == ["n.n"]


async def test_a_value_that_the_log_left_out_hides_the_row_only_when_a_policy_needs_it(own_session, owner, notes):
    log = Log()
    changes = [
        log.update(notes, None, [1, "ann", UNCHANGED, False]),
        log.update(notes, None, [1, UNCHANGED, "x", False]),
        log.delete(notes, 1, None, None, None, old_is_key=True),
    ]
    assert seen(await own_session.visible(changes, [ANN, SERVICE])) == ["n..", "nno"]
    await owner.execute(
        "drop policy mine on notes; drop policy common on notes; create policy k on notes using (id = 1)"
    )
    assert seen(await own_session.visible(changes, [ANN])) == ["nno"]
    await owner.execute(
        "create function f(n notes) returns bool immutable language sql as 'select true';"
        "alter policy k on notes using (f(notes))"
    )
    assert seen(await own_session.visible(changes, [ANN])) == ["..."], "a whole row needs every value"


async def test_a_column_that_came_later_hides_what_was_before(own_session, owner, notes):
    change = Log().insert(notes, 1, "ann", "x", True)
    await owner.execute(
        "alter table notes add column level int default 5; create policy l on notes as restrictive using (level = 5)"
    )
    assert seen(await own_session.visible([change], [ANN, SERVICE])) == [".", "n"]


async def test_one_row_that_a_policy_fails_on_hides_no_other(own_session, owner):
    await owner.execute(
        "create table d (id int primary key); alter table d enable row level security;"
        "create policy p on d using (10 / id > 0)"
    )
    table, log = await changed_table(owner, "d"), Log()
    changes = [log.insert(table, n) for n in (1, 2, 0, 3, 0, 4)]
    assert seen(await own_session.visible(changes, [ANON])) == ["nn.n.n"]


async def test_a_policy_can_neither_write_nor_climb(own_session, owner):
    await owner.execute(
        """create table traces (t text); grant all on traces to anon, authenticated;
        create table w (id int); alter table w enable row level security;
        create function spy(i int) returns boolean volatile security definer language plpgsql as $$
          begin insert into traces values (current_user); return true; end $$;
        create function climb() returns boolean volatile language plpgsql as $$
          begin perform set_config('role', 'service_role', true); return true; end $$;
        create function unlock() returns boolean volatile language plpgsql as $$
          begin perform set_config('transaction_read_only', 'off', true); return true; end $$;
        create policy p on w using (spy(id))"""
    )
    table, log = await changed_table(owner, "w"), Log()
    change = log.insert(table, 1)
    assert seen(await own_session.visible([change], [ANON, ANN])) == [".", "."]
    for function in ("climb", "unlock"):
        await owner.execute(f"alter policy p on w using ({function}())")
        assert seen(await own_session.visible([change], [ANON, ANN])) == [".", "."], function
    cursor = await owner.execute("select count(*) from traces")
    assert await cursor.fetchone() == (0,)


async def test_a_policy_that_takes_too_long_shows_nothing(opener, database, owner):
    session = await opener(database, statement_timeout_ms=300)
    await owner.execute(
        "create table slow (id int); alter table slow enable row level security;"
        "create policy p on slow using (pg_sleep(5) is null)"
    )
    table = await changed_table(owner, "slow")
    assert seen(await session.visible([Log().insert(table, 1)], [ANON, SERVICE])) == [".", "n"]


async def test_in_a_hurry_who_is_slow_to_judge_is_left_for_later_and_nobody_else(own_session, owner):
    await owner.execute(
        """create table slow (id int); alter table slow enable row level security;
        create policy p on slow using (case when auth.sub() = 'slow' then pg_sleep(5) is not null else true end)"""
    )
    table, log = await changed_table(owner, "slow"), Log()
    change = log.insert(table, 1)
    people = [caller("slow"), *(caller(f"u{n}") for n in range(20)), SERVICE]
    for _ in range(50):  # on a busy machine it takes a while until there are connections, and who is slow is known
        mask = await own_session.visible([change], people, hurry=True)
        assert mask[0] is None
        if None not in mask[1:]:
            break
    assert seen(mask[1:]) == ["n"] * 21
    assert seen(await own_session.visible([change], [caller("u1")])) == ["n"]
    await owner.execute("alter policy p on slow using (auth.sub() = 'slow')")
    assert seen(await own_session.visible([change], people[:2])) == ["n", "."]


async def test_many_who_are_all_slow_to_judge_do_not_add_up(own_session, owner):
    await owner.execute(
        "create table slow (id int); alter table slow enable row level security;"
        "create policy p on slow using (pg_sleep(0.1) is not null)"
    )
    table, log = await changed_table(owner, "slow"), Log()
    people = [caller(f"u{n}") for n in range(300)]
    mask = await own_session.visible([log.insert(table, 1)], people, hurry=True)
    assert mask.count(None) > 100, "30 seconds of sleep"


async def test_another_column_of_the_same_name_shows_nothing_of_the_old_one(own_session, owner):
    await owner.execute("create table people (id int primary key, secret text); grant select (id) on people to anon")
    table, log = await changed_table(owner, "people"), Log()
    before = log.insert(table, 1, "old")
    assert (await own_session.visible([before], [ANON]))[0] == [Visible((0,), True, False)]
    await owner.execute(
        "alter table people rename secret to hidden; alter table people add column secret text;"
        "grant select (secret) on people to anon"
    )
    after = log.insert(await changed_table(owner, "people"), 2, "hidden", "new")
    unknown = log.insert(replace(table, columns=tuple(replace(one, number=None) for one in table.columns)), 1, "old")
    mask = await own_session.visible([before, after, unknown], [ANON])
    assert mask[0] == [Visible((0,), True, False), Visible((0, 2), True, False), Visible((), True, False)]
    await owner.execute(
        "alter table people enable row level security; create policy p on people using (secret = 'old' or id = 2)"
    )
    assert seen(await own_session.visible([before, after, unknown], [ANON])) == [".n."]


async def test_what_postgresql_says_of_a_value_is_not_logged(own_session, owner, caplog):
    await owner.execute(
        "create table people (id int, number text); alter table people enable row level security;"
        "create policy p on people using (number::int > 0)"
    )
    table = await changed_table(owner, "people")
    with caplog.at_level("DEBUG"):
        assert seen(await own_session.visible([Log().insert(table, 1, "078-05-1120")], [ANON])) == ["."]
    assert "a policy of" in caplog.text and "22P02" in caplog.text
    assert "078-05" not in caplog.text


async def test_claims_of_one_caller_never_reach_another(own_session, notes):
    log = Log()
    people = [caller(f"u{n}") for n in range(300)]
    changes = [log.insert(notes, n, f"u{n}", "x", False) for n in range(300)]
    mask = await own_session.visible(changes, people)
    for number, row in enumerate(mask):
        assert [place for place, one in enumerate(row) if one is not None] == [number]


async def test_claims_that_are_no_text_for_postgresql_show_nothing_and_hide_nothing_from_others(own_session, notes):
    broken = Caller(TENANT, "authenticated", '{"sub": "a\0b"}')
    change = Log().insert(notes, 1, "ann", "x", False)
    assert seen(await own_session.visible([change], [broken, ANN])) == [".", "n"]


async def test_values_of_every_kind_reach_the_policy_as_they_are(own_session, owner):
    await owner.execute(
        """create type mood as enum ('sad', 'ok'); create domain small as int check (value < 1000);
        create type pair as (a int, b text);
        create table k (a jsonb, b json, c text[], d mood, e small, f pair, g timestamptz, h bytea, i int4range,
          j uuid, k numeric, l text);
        insert into k values ('{"x": [1, "}"]}', '[null]', '{a,"b,c"}', 'ok', 5, '(1,"x,y")', '2026-01-01',
          '\\xdeadbeef', '[1,5)', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1.50, '');
        alter table k enable row level security;
        create policy p on k using (a ->> 'x' = '[1, "}"]' and b::text = '[null]' and c[2] = 'b,c' and d = 'ok'
          and e = 5 and (f).b = 'x,y' and g = '2026-01-01'::timestamptz and h = '\\xdeadbeef' and i @> 4
          and j::text like 'a0ee%' and k::text = '1.50' and l = '')"""
    )
    cursor = await owner.execute(
        "select a::text, b::text, c::text, d::text, e::text, f::text, g::text, h::text, i::text, j::text, k::text, l"
        " from k"
    )
    table = await changed_table(owner, "k")
    assert seen(await own_session.visible([Log().insert(table, *await cursor.fetchone())], [ANON])) == ["n"]


_TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.none() | _TEXTS, st.none() | _TEXTS), min_size=1, max_size=5))
def test_any_text_survives_the_literal(rows, reader):
    literal = rows_literal([row_literal(row) for row in rows])
    found = reader(literal)
    assert found == [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def reader(library):
    import psycopg

    from conninfo import conninfo

    with psycopg.connect(conninfo(library), autocommit=True) as connection:
        connection.execute("create type pg_temp.two as (a text, b text)")
        yield lambda literal: connection.execute(
            "select a, b from unnest(%s::pg_temp.two[]) as t", [literal]
        ).fetchall()
