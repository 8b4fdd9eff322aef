"""Server-sent events: what curl and a browser see."""

from __future__ import annotations

import httpx
import pytest

from events_client import events as stream
from live_platform import LivePlatform
from live_project import LiveProject, new_project


async def test_a_stream_says_when_it_is_live_and_then_what_happens(realtime: LiveProject):
    async with stream(
        realtime, realtime.secret, table="orders", filter="id=in.(2000,2001)", select="id,note"
    ) as events:
        live = await events.next()
        assert live["event"] == "live"
        assert live["id"] == live["data"]["position"]
        realtime.run("insert into orders values (2000, 'x', 1, 'a'), (2002, 'x', 1, 'a')")
        realtime.run("update orders set note = 'b' where id = 2000")
        realtime.run("delete from orders where id = 2000")
        found = [await events.next() for _ in range(3)]
        assert [one["event"] for one in found] == ["INSERT", "UPDATE", "DELETE"]
        assert found[0]["data"]["record"] == {"id": 2000, "note": "a"}
        assert found[0]["id"] == found[0]["data"]["position"]


async def test_a_stream_resumes_from_its_last_event(realtime: LiveProject):
    wanted = {"table": "app.orders", "filter": "id=gte.2100,id=lt.2200", "event": "INSERT"}
    async with stream(realtime, realtime.anon, **wanted) as events:
        await events.next()
        realtime.run("insert into orders values (2100, 'x', 1, ''), (2101, 'x', 1, '')")
        first = await events.next()
    realtime.run("insert into orders values (2102, 'x', 1, '')")
    async with stream(realtime, realtime.anon, {"Last-Event-ID": first["id"]}, **wanted) as events:
        assert (await events.next())["id"] == first["id"]
        assert [(await events.next())["data"]["record"]["id"] for _ in range(2)] == [2101, 2102]
        realtime.run("insert into orders values (2103, 'x', 1, '')")
        assert (await events.next())["data"]["record"]["id"] == 2103
    async with stream(realtime, realtime.anon, **wanted, since="1-f") as events:
        assert [(await events.next())["event"] for _ in range(2)] == ["live", "resync"]


async def test_a_browser_sends_its_key_in_the_url(realtime: LiveProject):
    async with httpx.AsyncClient(timeout=60) as client:
        query = {"table": "orders", "apikey": realtime.anon}
        async with client.stream("GET", f"{realtime.url}/changes", params=query) as response:
            lines = response.aiter_lines()
            while (line := await anext(lines)) != "event: live":
                assert line, "the first event says that it is live"
        refused = await client.get(f"{realtime.url}/changes", params={**query, "apikey": "dbk_a_x"})
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_key")


async def test_policies_hold_and_an_expired_token_ends_the_stream(realtime: LiveProject):
    token = {"Authorization": f"Bearer {realtime.token('ann', seconds=-1)}"}
    async with stream(realtime, realtime.anon, token, table="notes", filter="id=in.(2200,2201)") as events:
        await events.next()
        realtime.run("insert into notes values (2200, 'bob', ''), (2201, 'ann', '')")
        assert (await events.next())["data"]["record"]["id"] == 2201
        ended = await events.next()
        assert (ended["event"], ended["data"]["code"]) == ("error", "PGRST303")
        with pytest.raises(EOFError):
            await events.next()


async def test_json_with_line_ends_stays_one_event(realtime: LiveProject):
    realtime.run("create table pages (id int primary key, body json); grant select on pages to anon")
    async with stream(realtime, realtime.anon, table="pages") as events:
        await events.next()
        realtime.run("insert into pages values (1, %s)", '{"a":\n [1,\r\n 2]}')
        assert (await events.next())["data"]["record"] == {"id": 1, "body": {"a": [1, 2]}}


async def test_who_may_not_and_what_makes_no_sense(live: LivePlatform, realtime: LiveProject):
    other = new_project(live)
    door = f"{realtime.url}/changes"
    for headers in ({}, {"apikey": other.anon}, {"apikey": "dbk_a_x"}, {"Authorization": f"Bearer {other.token('a')}"},
                    {"Authorization": f"Bearer {realtime.token('a', seconds=-60)}"}):  # fmt: skip
        assert httpx.get(f"{door}?table=orders", headers=headers).status_code == 401, headers
    cases = {
        "": "table_needed", "?table=": "table_needed", "?table=orders&event=x": "invalid_event",
        "?table=orders&filter=x": "invalid_filter", "?table=orders&filter=nope=eq.1": "unknown_column",
        "?table=orders&filter=id=eq.x": "invalid_filter", "?table=orders&since=x": "invalid_position",
        "?table=nowhere.orders": "database_not_found",
    }  # fmt: skip
    for query, code in cases.items():
        answer = httpx.get(door + query, headers={"apikey": realtime.anon})
        assert answer.json()["code"] == code, answer.text
    asked = httpx.options(door, headers={"origin": "http://a", "access-control-request-method": "GET"})
    assert asked.status_code == 204
