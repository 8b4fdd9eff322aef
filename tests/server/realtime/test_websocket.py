"""The realtime WebSocket, message by message, on a running platform."""

from __future__ import annotations

import json

import httpx
import pytest
import websockets

from live_platform import LivePlatform
from live_project import LiveProject, new_project
from realtime_client import phoenix

ORDERS = {"event": "*", "schema": "public", "table": "orders"}
NOTES = {"event": "*", "schema": "public", "table": "notes"}


def only(table: dict, *ids: int) -> dict:
    """A subscription to rows of a test's own."""
    return {**table, "filter": f"id=in.({','.join(map(str, ids))})"}


def ids(changes: list[dict]) -> list[int]:
    return [(one.get("record") or one["old_record"])["id"] for one in changes]


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
async def test_a_join_is_answered_with_its_own_words(realtime: LiveProject, version: str):
    wanted = [{**ORDERS, "filter": None, "x": 1}, {"event": "INSERT", "schema": "public", "select": ["id"]}]
    async with phoenix(realtime.base, realtime.secret, version) as client:
        answer = await client.join("a", *wanted)
        assert answer["status"] == "ok"
        assert answer["response"]["postgres_changes"] == [{**one, "id": n} for n, one in enumerate(wanted, 1)]
        system = await client.event("system")
        assert system == {
            "channel": "a", "extension": "postgres_changes", "status": "ok", "message": "Subscribed to PostgreSQL",
            "position": answer["response"]["position"],
        }  # fmt: skip
        assert (await client.ask("phoenix", "heartbeat", {}))["status"] == "ok"
        ref = await client.send("realtime:a", "phx_leave", {})
        assert (await client.reply(ref))["status"] == "ok"
        await client.event("phx_close")
        answer = await client.ask("realtime:a", "broadcast", {"event": "x"})
        assert answer == {"status": "error", "response": {"reason": "unmatched topic"}}


async def test_what_was_missed_is_told_in_order_and_once(realtime: LiveProject):
    mine = only(ORDERS, *range(1000, 1100))
    async with phoenix(realtime.base, realtime.secret) as client:
        await client.join("a", mine)
        realtime.run("insert into orders values (1000, 'x', 1, '')")
        first = await client.change()
    realtime.run("insert into orders select n, 'x', 1, '' from generate_series(1001, 1003) n")
    realtime.run("delete from orders where id = 1001")
    async with phoenix(realtime.base, realtime.secret) as client:
        await client.join("b", mine, since=first["position"])
        missed = [await client.change() for _ in range(4)]
        assert ids(missed) == [1001, 1002, 1003, 1001]
        realtime.run("insert into orders values (1004, 'x', 1, '')")
        assert ids([await client.change()]) == [1004]
        # Another joins from the middle of it.
        await client.join("c", mine, since=missed[1]["position"])
        assert ids([await client.change("c") for _ in range(3)]) == [1003, 1001, 1004]
        await client.quiet()
        assert not [one for one in client.messages if one["event"] == "postgres_changes"]


async def test_a_position_of_another_history_is_answered_with_resync(realtime: LiveProject):
    async with phoenix(realtime.base, realtime.secret) as client:
        answer = await client.join("a", only(ORDERS, 1200), since="1-ff")
        assert answer["status"] == "ok"
        system = await client.wait(lambda one: one["event"] == "system" and one["payload"]["status"] == "error")
        assert (system["payload"]["code"], system["payload"]["extension"]) == ("resync", "postgres_changes")
        assert system["payload"]["position"] >= answer["response"]["position"]
        realtime.run("insert into orders values (1200, 'x', 1, '')")
        assert ids([await client.change()]) == [1200]
        refused = await client.join("b", ORDERS, since="nonsense")
        assert refused["status"] == "error"
        assert refused["response"]["code"] == "invalid_position"


async def test_row_policies_hold_on_every_kind_of_change(realtime: LiveProject):
    mine = only(NOTES, *range(1300, 1310))
    async with phoenix(realtime.base, realtime.anon) as client:
        await client.join("ann", mine, token=realtime.token("ann"))
        await client.join("anon", mine)
        realtime.run("insert into notes values (1300, 'ann', 'a'), (1301, 'bob', 'b'), (1302, 'all', 'c')")
        realtime.run("update notes set owner = 'bob' where id = 1300")
        realtime.run("update notes set owner = 'ann' where id = 1301")
        realtime.run("delete from notes where id between 1300 and 1309")
        ann = [await client.change("ann") for _ in range(5)]
        assert [(one["type"], ids([one])[0]) for one in ann] == [
            ("INSERT", 1300), ("INSERT", 1302), ("UPDATE", 1301), ("DELETE", 1301), ("DELETE", 1302),
        ]  # fmt: skip
        assert ann[2]["old_record"] == {}, "what the row was, she could not see"
        assert ids([await client.change("anon") for _ in range(2)]) == [1302, 1302]
        await client.quiet()
        assert not [one for one in client.messages if one["event"] == "postgres_changes"]


async def test_an_expired_token_ends_the_channel_with_a_reason(realtime: LiveProject):
    async with phoenix(realtime.base, realtime.anon) as client:
        # Five seconds of clock skew are allowed, so this one ends about now.
        await client.join("a", NOTES, token=realtime.token("ann", seconds=-3))
        system = await client.wait(lambda one: one["event"] == "system" and one["payload"]["status"] == "error")
        assert system["payload"]["message"] == "InvalidJWTToken: Token has expired"
        await client.event("phx_close", "a")
        expired = await client.join("b", NOTES, token=realtime.token("ann", seconds=-60))
        assert expired["status"] == "error"
        assert expired["response"]["reason"].startswith("InvalidJWTToken: ")
        await client.join("c", NOTES, token=realtime.token("ann"))
        await client.send("realtime:c", "access_token", {"access_token": "a.b.c"})
        await client.event("phx_close", "c")
        await client.join("d", NOTES, token=realtime.token("ann", seconds=-2))
        await client.send("realtime:d", "access_token", {"access_token": realtime.token("ann")})
        with pytest.raises(TimeoutError):
            await client.wait(lambda one: one["event"] == "phx_close", 5)


async def test_a_revoked_key_ends_its_connections(live: LivePlatform, realtime: LiveProject):
    with live.operator() as operator:
        made = operator.post(f"/v1/{realtime.tenant}/keys", json={"role": "service_role"}).json()
        async with phoenix(realtime.base, made["key"]) as client, phoenix(realtime.base, realtime.anon) as other:
            await client.join("a", ORDERS)
            await other.join("a", ORDERS)
            assert operator.delete(f"/v1/{realtime.tenant}/keys/{made['id']}").status_code == 204
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await client.wait(lambda one: False)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            await other.quiet()


async def test_large_and_many_and_odd_changes(realtime: LiveProject):
    async with phoenix(realtime.base, realtime.secret) as client:
        await client.join("a", only(ORDERS, *range(1400, 1500)))
        with realtime.connect() as connection:
            connection.execute(
                "insert into orders values (1400, %s, 12345678901234567890.123, %s)", ['é"\\\n', "x" * 500_000]
            )
            connection.execute("update orders set amount = 'NaN', note = null where id = 1400")
            connection.execute("begin; insert into orders values (1401, '', 0, ''); rollback")
            connection.execute("insert into orders values (1402, %s, 0, %s)", ["big", "y" * 1_200_000])
        found = [await client.change() for _ in range(3)]
        assert found[0]["record"]["customer"] == 'é"\\\n'
        assert len(found[0]["record"]["note"]) == 500_000
        assert (found[1]["record"]["amount"], found[1]["record"]["note"]) == ("NaN", None)
        assert len(found[1]["old_record"]["note"]) == 500_000
        assert found[2]["record"] == {"id": 1402, "customer": "big", "amount": 0}
        assert found[2]["errors"] == ["Error 413: Payload Too Large"]


async def test_a_truncation_is_told_to_those_who_see_all(realtime: LiveProject):
    realtime.run("create table short (id int primary key); grant select on short to anon")
    async with phoenix(realtime.base, realtime.anon) as client:
        await client.join("a", {"event": "*", "schema": "public", "table": "short"})
        await client.event("system")
        realtime.run("truncate short")
        system = await client.event("system")
        assert (system["message"], system["data"]["table"]) == ("truncated", "short")


async def test_presence_and_broadcast_reach_their_topic_only(realtime: LiveProject):
    async with phoenix(realtime.base, realtime.anon) as one, phoenix(realtime.base, realtime.anon, "1.0.0") as two:
        await one.join("x", presence={"key": "me", "enabled": True}, broadcast={"ack": True})
        await two.join("x", presence={"key": "you", "enabled": True})
        await two.join("y", presence={"key": "you", "enabled": True})
        assert await one.event("presence_state") == {}
        answer = await one.ask("realtime:x", "presence", {"type": "presence", "event": "track", "payload": {"a": 1}})
        assert answer["status"] == "ok"
        assert (await two.event("presence_diff", "x"))["joins"]["me"]["metas"][0]["a"] == 1
        sent = {"type": "broadcast", "event": "e", "payload": {"n": 1}}
        assert await one.ask("realtime:x", "broadcast", sent) == {"status": "ok", "response": {}}
        assert await two.event("broadcast", "x") == sent
        other = await one.ask("realtime:x", "presence", {"event": "sing"})
        assert other["response"]["reason"].startswith("InvalidPresence")
        await one.quiet()
        await two.quiet()
        assert not [
            m
            for m in two.messages
            if m["topic"] == "realtime:y" and m["event"] not in ("phx_reply", "presence_state", "system")
        ]
        assert not [m for m in one.messages if m["event"] == "broadcast"], "its own words come back only when asked for"
    async with phoenix(realtime.base, realtime.anon) as late:
        await late.join("x", presence={"key": "late", "enabled": True})
        assert await late.event("presence_state") == {}, "who is gone is present no more"


async def test_what_is_no_message_ends_the_connection(realtime: LiveProject):
    for data in ("{", "[]", "5", b"", b"\x03\x00", json.dumps([None, None, 5, 5, {}])):
        async with phoenix(realtime.base, realtime.anon) as client:
            await client.socket.send(data)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await client.wait(lambda one: False)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1002, data


async def test_any_join_payload_is_answered(realtime: LiveProject):
    async with phoenix(realtime.base, realtime.anon) as client:
        for payload in (None, [], {"config": 5}, {"config": {"postgres_changes": [{"event": "NEVER"}]}}):
            answer = await client.ask("realtime:x", "phx_join", payload)
            assert answer["status"] == ("ok" if payload is None else "error"), payload
        assert (await client.ask("realtime:x", "sing", {}))["response"]["reason"].startswith("unmatched")


async def test_hostile_names_are_names(realtime: LiveProject):
    hostile = 'orders"; drop table orders; --'
    async with phoenix(realtime.base, realtime.anon) as client:
        for changes in (
            {"event": "*", "schema": hostile, "table": hostile},
            {"event": "*", "schema": "public", "table": hostile, "filter": f'"{hostile}"=eq.1'},
            {"event": "*", "schema": "public", "table": "orders", "filter": "id=eq.1); drop table orders; --"},
            {"event": "*", "schema": "public", "table": "orders", "filter": "note=match.(("},
            {"event": "*", "schema": "public", "table": "orders", "filter": "id=eq.\0"},
        ):
            answer = await client.join(hostile, changes)
            assert answer["status"] in ("ok", "error")
        await client.join("a", only(ORDERS, 1600))
        realtime.run("insert into orders values (1600, 'x', 1, '')")
        assert ids([await client.change("a")]) == [1600]


# --- who may not ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(live: LivePlatform) -> LiveProject:
    return new_project(live)


def refused(url: str, **headers: str) -> tuple[int, dict]:
    answer = httpx.get(url, headers=headers)
    return answer.status_code, answer.json()


def test_strangers_are_refused_with_http(realtime: LiveProject, other: LiveProject):
    door = f"{realtime.base}/realtime/v1/websocket"
    assert refused(door)[0] == 401
    for key in ("", "dbk_a_made-up", other.anon, other.secret, other.token("ann"), realtime.token("a", seconds=-60),
                realtime.token("a", role="service_role")):  # fmt: skip
        status, body = refused(f"{door}?apikey={key}&vsn=2.0.0")
        assert status in (401, 403), key
        assert body["error"] and body["code"]
    assert refused(f"{door}?apikey={realtime.anon}&vsn=3.0.0")[0] == 400
    elsewhere = f"{realtime.live.url}/p/{realtime.tenant}/nowhere/realtime/v1/websocket?apikey={realtime.anon}"
    assert refused(elsewhere)[0] == 404
    nobody = f"{realtime.live.url}/p/nobody/app/realtime/v1/websocket?apikey={realtime.anon}"
    assert refused(nobody)[0] == 404
    assert refused(f"{door}?apikey={realtime.anon}")[0] == 426


async def test_who_may_run_stored_documents_only_is_refused(live: LivePlatform):
    project = new_project(live)
    door = f"{project.base}/realtime/v1/websocket"
    token = project.token("ann")
    assert refused(f"{door}?apikey={token}")[0] == 426
    with live.operator() as operator:
        key = operator.post(f"/v1/{project.tenant}/keys", json={"role": "anon", "documents_only": True}).json()["key"]
    for only in (key, token):  # a token without a key is bounded as soon as there is such a key
        status, body = refused(f"{door}?apikey={only}")
        assert (status, body["code"]) == (403, "documents_only")
    assert refused(f"{door}?apikey={key}", authorization=f"Bearer {token}")[0] == 403
    assert refused(f"{door}?apikey={project.anon}", authorization=f"Bearer {token}")[0] == 426
    async with phoenix(project.base, project.anon) as client:
        assert (await client.join("a", NOTES, token=token))["status"] == "ok"
        assert (await client.join("b", NOTES, token=key))["status"] == "error"


async def test_another_tenants_token_does_not_join(realtime: LiveProject, other: LiveProject):
    async with phoenix(realtime.base, realtime.anon) as client:
        for token in (other.token("ann"), other.secret, realtime.token("ann", role="service_role"), "a.b.c"):
            answer = await client.join("a", NOTES, token=token)
            assert answer["status"] == "error", token


async def test_tenants_share_no_topic(realtime: LiveProject, other: LiveProject):
    async with phoenix(realtime.base, realtime.anon) as one, phoenix(other.base, other.anon) as two:
        await one.join("same", ORDERS, presence={"key": "k", "enabled": True})
        await two.join("same", ORDERS, presence={"key": "k", "enabled": True})
        await one.ask("realtime:same", "presence", {"event": "track", "payload": {}})
        await one.send("realtime:same", "broadcast", {"event": "e", "payload": {}})
        realtime.run("insert into orders values (1700, 'x', 1, '')")
        await one.change()
        await two.quiet()
        assert {m["event"] for m in two.messages} <= {"phx_reply", "system", "presence_state"}


def test_broadcasts_over_http_need_a_key_and_sense(realtime: LiveProject, other: LiveProject):
    door = f"{realtime.base}/realtime/v1/api/broadcast"
    message = {"topic": "t", "event": "e", "payload": {}}
    cases: list[tuple[dict, dict, int]] = [
        ({}, {"messages": [message]}, 401),
        ({"apikey": other.anon}, {"messages": [message]}, 401),
        ({"apikey": realtime.anon}, {"messages": [message]}, 202),
        ({"apikey": realtime.anon}, {"messages": []}, 400),
        ({"apikey": realtime.anon}, {}, 400),
        ({"apikey": realtime.anon}, {"messages": [{"topic": "t"}]}, 400),
        ({"apikey": realtime.anon}, {"messages": [{**message, "private": True}]}, 403),
        ({"apikey": realtime.anon}, {"messages": [{**message, "payload": "x" * 1_100_000}]}, 413),
    ]
    for headers, body, status in cases:
        answer = httpx.post(door, headers=headers, json=body)
        assert answer.status_code == status, answer.text
    many = httpx.post(door, headers={"apikey": realtime.anon}, json={"messages": [message] * 1_000})
    assert (many.status_code, many.json()["code"]) == (429, "too_many_requests"), "each message counts"
    one = httpx.post(f"{door}/t/events/e?private=true", headers={"apikey": realtime.anon}, json={})
    assert (one.status_code, one.json()["code"]) == (403, "Unauthorized")
    assert (
        httpx.options(door, headers={"origin": "http://a", "access-control-request-method": "POST"}).status_code == 204
    )


# --- limits ----------------------------------------------------------------------------------------------------


async def test_channels_joins_messages_and_payloads_are_limited(realtime: LiveProject):
    async with phoenix(realtime.base, realtime.anon) as client:
        answers = [await client.join(f"t{number}") for number in range(101)]
        reasons = [one["response"].get("reason", "") for one in answers if one["status"] == "error"]
        assert reasons, "the free plan has 100 channels a connection"
        assert set(reasons) <= {
            "ChannelRateLimitReached: Too many channels",
            "ClientJoinRateLimitReached: Too many joins per second",
        }
        large = {"event": "e", "payload": "x" * 1_050_000}
        answer = await client.ask("realtime:t0", "broadcast", large)
        assert answer["response"]["reason"].startswith("PayloadTooLarge")
        refs = [await client.send("realtime:t0", "presence", {"event": "track", "payload": {}}) for _ in range(700)]
        statuses = [(await client.reply(ref)) for ref in refs]
        reasons = {one["response"].get("reason") for one in statuses if one["status"] == "error"}
        assert reasons <= {"MessagePerSecondRateLimitReached: Too many messages per second"}
    async with phoenix(realtime.base, realtime.anon) as client:
        await client.socket.send(json.dumps([None, "1", "phoenix", "heartbeat", "x" * 1_200_000]))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await client.wait(lambda one: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_client_that_takes_nothing_is_let_go_and_holds_up_nobody(realtime: LiveProject):
    mine = only(ORDERS, *range(1800, 1900))
    async with (
        phoenix(realtime.base, realtime.secret, max_queue=1) as slow,
        phoenix(realtime.base, realtime.secret) as quick,
    ):
        for client in (slow, quick):
            await client.join("a", mine)
        with realtime.connect() as connection:
            for number in range(1800, 1860):
                connection.execute("insert into orders values (%s, 'x', 1, %s)", [number, "z" * 900_000])
                assert ids([await quick.change()]) == [number]
        got = []
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                got.append(await slow.change())
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert "Too slow" in closed.value.rcvd.reason
        assert ids(got) == list(range(1800, 1800 + len(got)))
        assert len(got) < 60
    async with phoenix(realtime.base, realtime.secret) as again:
        await again.join("a", mine, since=got[-1]["position"])
        assert ids([await again.change() for _ in range(60 - len(got))]) == list(range(1800 + len(got), 1860))


async def test_a_dropped_database_ends_its_channels(live: LivePlatform):
    project = new_project(live)
    with live.operator() as operator:
        async with phoenix(project.base, project.secret) as client:
            await client.join("a", ORDERS)
            assert operator.delete(f"/v1/{project.tenant}/databases/app").status_code in (200, 204)
            system = await client.wait(lambda one: one["event"] == "system" and one["payload"]["status"] == "error")
            assert system["payload"]["message"] == "The database was dropped."
            await client.event("phx_close")
