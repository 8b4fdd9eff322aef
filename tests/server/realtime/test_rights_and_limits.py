"""What a subscription may ask, and what it learns, when its client wants more than it was granted."""

from __future__ import annotations

import httpx
import pytest

from events_client import events
from live_project import LiveProject
from realtime_client import phoenix

EMP = {"event": "*", "schema": "public", "table": "emp"}


@pytest.fixture
def emp(realtime: LiveProject):
    realtime.run(
        "create table emp (id int primary key, pub text, salary int, note text); grant select (id, pub) on emp to anon"
    )
    yield realtime
    realtime.run("drop table emp")


async def test_filters_and_selections_of_columns_that_were_not_granted_are_refused(emp: LiveProject):
    named = [{**EMP, "filter": text} for text in ("salary=gt.1000", "note=match.^s", "salary=is.null", "none=eq.1")]
    selected = [{**EMP, "select": ["id", "salary"]}, {**EMP, "select": ["id", "none"]}]
    others = [{"event": "*", "schema": schema, "table": "*", "filter": "salary=gt.1"} for schema in ("public", "*")]
    async with phoenix(emp.base, emp.anon) as client, phoenix(emp.base, emp.secret) as boss:
        for number, one in enumerate([*named, *selected, *others]):
            answer = await client.join(f"t{number}", one)
            assert answer["status"] == "error", one
            assert answer["response"]["code"] == "unknown_column", answer
            if "none" not in str(one):
                assert (await boss.join(f"t{number}", one))["status"] == "ok"
        assert (await client.join("a", {**EMP, "filter": "pub=like.a%", "select": ["id"]}))["status"] == "ok"
        emp.run("insert into emp values (1, 'abc', 2000, 'secret')")
        assert (await client.change("a"))["record"] == {"id": 1}
        await client.quiet()
        assert not [one for one in client.messages if one["event"] == "postgres_changes"]
    for query in ("filter=salary=gt.1000", "select=id,salary"):
        answer = httpx.get(f"{emp.url}/changes?table=emp&{query}", headers={"apikey": emp.anon})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_column"), answer.text


async def test_what_a_column_held_that_bore_another_ones_name_is_not_told(emp: LiveProject):
    async with phoenix(emp.base, emp.anon) as client:
        await client.join("a", EMP)
        emp.run("insert into emp values (10, 'x', 1, 'old secret'), (11, 'x', 1, 'old secret')")
        first = await client.change("a")
        assert (await client.change("a"))["record"] == {"id": 11, "pub": "x"}
    emp.run(
        "alter table emp rename note to hidden; alter table emp add column note text;grant select (note) on emp to anon"
    )
    emp.run("insert into emp values (12, 'x', 1, 'hidden', 'new')")
    async with phoenix(emp.base, emp.anon) as client:
        await client.join("b", EMP, since=first["position"])
        assert (await client.change("b"))["record"] == {"id": 11, "pub": "x"}
        assert (await client.change("b"))["record"] == {"id": 12, "pub": "x", "note": "new"}


async def test_a_position_that_is_still_to_come_is_answered_with_resync(emp: LiveProject):
    async with phoenix(emp.base, emp.secret) as client:
        answer = await client.join("a", EMP)
        epoch, _, order = answer["response"]["position"].partition("-")
        for number, since in enumerate((f"{epoch}-{int(order, 16) + (9 << 40):x}", f"{int(epoch) + 1}-1")):
            await client.join(f"b{number}", EMP, since=since)
            system = await client.wait(lambda one: one["event"] == "system" and one["payload"]["status"] == "error")
            assert system["payload"]["code"] == "resync"
        emp.run("insert into emp values (20, 'x', 1, '')")
        for topic in ("a", "b0", "b1"):
            assert (await client.change(topic))["record"]["id"] == 20
    async with events(emp, emp.secret, table="emp", since=f"{int(epoch) + 1}-1") as stream:
        assert [(await stream.next())["event"] for _ in range(2)] == ["live", "resync"]


async def test_a_pattern_that_takes_long_ends_its_channel_with_the_position_to_resume_from(emp: LiveProject):
    pattern = "pub=match.^(.*)(.*)(.*)(.*)(.*)\\1\\2\\3\\4\\5{1,77}$"
    async with phoenix(emp.base, emp.anon) as client:
        joined = await client.join("slow", {**EMP, "filter": pattern})
        await client.join("a", EMP)
        emp.run("insert into emp values (30, 'the quick brown fox jumps over the lazy dog and some more of it', 1, '')")
        change = await client.change("a")
        system = await client.wait(lambda one: one["payload"].get("code") == "filter_too_slow")
        assert joined["response"]["position"] <= system["payload"]["position"] < change["position"]
        await client.event("phx_close", "slow")
        await client.join("again", EMP, since=system["payload"]["position"])
        assert (await client.change("again"))["record"]["id"] == 30
    async with events(emp, emp.anon, table="emp", filter=pattern) as stream:
        await stream.next()
        emp.run("update emp set salary = 2 where id = 30")
        ended = await stream.next()
        assert (ended["event"], ended["data"]["code"]) == ("error", "filter_too_slow")
        assert ended["id"] >= change["position"]


async def test_how_much_a_connections_filters_compare_is_limited(emp: LiveProject):
    many = [{**EMP, "filter": ",".join(["id=gt.1"] * 15)} for _ in range(100)]
    async with phoenix(emp.base, emp.anon) as client:
        assert (await client.join("a", *many))["status"] == "ok"
        refused = await client.join("b", *many)
        assert refused["response"]["code"] == "too_many_filters"
        await client.ask("realtime:a", "phx_leave", {})
        assert (await client.join("b", *many))["status"] == "ok"
