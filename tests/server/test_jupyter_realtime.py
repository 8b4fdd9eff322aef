"""The realtime doors inside a real Jupyter Server: WebSocket, server-sent events, broadcasts over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import websockets

from events_client import Events, events
from live_jupyter import Jupyter, running_jupyter
from live_platform import LivePlatform
from live_project import LiveProject, new_project
from realtime_client import phoenix
from waiting import kill

FOREIGN = "https://elsewhere.example"


def inside(project: LiveProject, jupyter: Jupyter) -> LiveProject:
    """The same project at Jupyter's address."""
    return replace(project, base=f"{jupyter.url}/p/{project.tenant}/app", url=f"{jupyter.url}/v1/{project.tenant}")


@pytest.fixture
def project(realtime: LiveProject, jupyter: Jupyter) -> LiveProject:
    return inside(realtime, jupyter)


@asynccontextmanager
async def stream(project: LiveProject, since: str | None = None, **query: str) -> AsyncIterator[Events]:
    headers = {"Last-Event-ID": since} if since else {}
    async with events(project, project.secret, headers, **query) as opened:
        yield opened


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
async def test_a_socket_is_told_changes_and_resumes(project: LiveProject, version: str) -> None:
    low = 7000 if version == "1.0.0" else 7100
    wanted = {"event": "*", "schema": "public", "table": "orders", "filter": f"id=gte.{low},id=lt.{low + 100}"}
    async with phoenix(project.base, project.anon, version) as client:
        assert (await client.join("a", wanted))["status"] == "ok"
        project.run(f"insert into orders values ({low}, 'x', 1, '')")
        first = await client.change()
        assert first["record"]["id"] == low
    project.run(f"insert into orders values ({low + 1}, 'x', 1, ''); delete from orders where id = {low}")
    async with phoenix(project.base, project.anon, version) as client:
        await client.join("a", wanted, since=first["position"])
        missed = [await client.change() for _ in range(2)]
        assert [(one["type"], (one.get("record") or one["old_record"])["id"]) for one in missed] == [
            ("INSERT", low + 1), ("DELETE", low),
        ]  # fmt: skip


async def test_broadcasts_go_from_jupyters_doors_to_the_platforms_own_and_back(
    project: LiveProject, realtime: LiveProject
) -> None:
    async with phoenix(project.base, project.anon) as here, phoenix(realtime.base, realtime.anon) as there:
        for client in (here, there):
            await client.join("talk")
        async with httpx.AsyncClient(headers={"apikey": project.anon}) as http:
            url = f"{project.base}/realtime/v1/api/broadcast/talk/events/hello"
            assert (await http.post(url, json={"n": 1})).status_code == 202
            batch = {"messages": [{"topic": "talk", "event": "hello", "payload": {"n": 2}}]}
            url = f"{project.base}/realtime/v1/api/broadcast"
            assert (await http.post(url, json=batch)).status_code == 202
        for client in (here, there):
            assert [(await client.event("broadcast"))["payload"] for _ in range(2)] == [{"n": 1}, {"n": 2}]
        await there.send("realtime:talk", "broadcast", {"event": "back", "payload": {}})
        assert (await here.event("broadcast"))["event"] == "back"


async def test_events_are_streamed_and_resume(project: LiveProject) -> None:
    wanted = {"table": "orders", "filter": "id=gte.7200,id=lt.7300"}
    async with stream(project, **wanted) as opened:
        assert (await opened.next())["event"] == "live"
        project.run("insert into orders values (7200, 'x', 1, '')")
        first = await opened.next()
        assert first["data"]["record"]["id"] == 7200
    project.run("insert into orders values (7201, 'x', 1, '')")
    async with stream(project, first["id"], **wanted) as opened:
        assert (await opened.next())["event"] == "live"
        assert (await opened.next())["data"]["record"]["id"] == 7201


async def test_without_a_key_nobody_is_let_in_whatever_jupyter_thinks_of_them(
    project: LiveProject, jupyter: Jupyter
) -> None:
    """A page of another origin makes a browser send the cookies of a person who is signed in; they open nothing."""
    with httpx.Client() as browser:
        browser.get(f"{jupyter.url.removesuffix('/dbaas')}/tree?token={jupyter.token}")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
        assert browser.get(f"{jupyter.url}/v1/tenants").status_code == 200, "signed in by cookie"
        assert browser.get(f"{project.url}/changes?table=orders").status_code == 401
        assert browser.post(f"{project.base}/realtime/v1/api/broadcast", json={"messages": []}).status_code == 401
    url = project.base.replace("http", "ws", 1) + "/realtime/v1/websocket?vsn=2.0.0"
    signed_in = [
        {"Cookie": cookies},
        {"Cookie": cookies, "Origin": FOREIGN},
        {"Authorization": f"token {jupyter.token}"},
    ]
    for headers in signed_in:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(url, additional_headers=headers)
        assert refused.value.response.status_code == 401
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"{url}&token={jupyter.token}")
    assert refused.value.response.status_code == 401


async def test_an_operators_door_is_no_way_round_jupyter_when_asked_for_as_a_websocket(jupyter: Jupyter) -> None:
    with httpx.Client() as browser:
        browser.get(f"{jupyter.url.removesuffix('/dbaas')}/tree?token={jupyter.token}")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    for headers in ({"Cookie": cookies}, {"Authorization": f"token {jupyter.token}"}):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"{jupyter.url}/v1/tenants".replace("http", "ws", 1), additional_headers=headers)
        assert refused.value.response.status_code == 401


async def test_a_tenant_says_whose_pages_may_connect(live: LivePlatform, jupyter: Jupyter) -> None:
    project = inside(new_project(live), jupyter)
    async with phoenix(project.base, project.anon, origin=FOREIGN) as client:
        await client.quiet()
    with jupyter.person() as person:
        changed = person.patch(f"/v1/tenants/{project.tenant}", json={"cors_origins": ["https://app.example"]})
        assert changed.status_code == 200, changed.text
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with phoenix(project.base, project.anon, origin=FOREIGN):
            pass
    assert refused.value.response.status_code == 403
    async with phoenix(project.base, project.anon, origin="https://app.example") as client:
        await client.quiet()


async def test_a_killed_daemon_is_replaced_and_nothing_is_missed(own_live: LivePlatform, tmp_path: Path) -> None:
    assert own_live.cli("up").returncode == 0
    project = new_project(own_live)
    with running_jupyter(own_live, tmp_path) as jupyter:
        project = inside(project, jupyter)
        orders = {"event": "*", "schema": "public", "table": "orders"}
        async with stream(project, table="orders") as opened, phoenix(project.base, project.anon) as client:
            assert (await opened.next())["event"] == "live"
            await client.join("a", orders)
            project.run("insert into orders values (1, 'x', 1, '')")
            assert (await opened.next())["data"]["record"]["id"] == 1
            assert (await client.change())["record"]["id"] == 1
            before = own_live.run_file["pid"]
            kill(before)
            project.run("insert into orders values (2, 'x', 1, ''), (3, 'x', 1, '')")
            assert [(await opened.next())["data"]["record"]["id"] for _ in range(2)] == [2, 3]
            assert [(await client.change())["record"]["id"] for _ in range(2)] == [2, 3]
            assert own_live.run_file["pid"] != before
