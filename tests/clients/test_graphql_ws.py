"""graphql-ws and gql, unmodified, at the GraphQL door's WebSocket."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from live_project import LiveProject
from waiting import until_true

folder = Path(__file__).resolve().parent / "js"

STREAM = """subscription ($low: Int!, $cursor: String) {
  orders_stream(where: {id: {_gte: $low, _lt: 9500}}, cursor: $cursor) { cursor type record { id amount } } }"""


def test_graphql_ws(node: str, realtime: LiveProject) -> None:
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", "graphql-ws.live.mjs"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        env={
            "PATH": os.environ["PATH"],
            "BASE": realtime.base,
            "ANON": realtime.anon,
            "SECRET": realtime.secret,
            "TOKEN_ANN": realtime.token("ann"),
            "EXEC": f"{realtime.url}/query",
            "OPERATOR": realtime.live.run_file["token"],
        },
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "\nℹ pass 0" not in done.stdout


def client(project: LiveProject, key: str) -> Client:
    url = f"{project.base}/graphql/v1".replace("http", "ws", 1)
    return Client(
        transport=WebsocketsTransport(
            url=url, init_payload={"apikey": key}, connect_timeout=60, ack_timeout=60, keep_alive_timeout=60
        )
    )


async def test_gql_streams_and_resumes(realtime: LiveProject) -> None:
    async with client(realtime, realtime.secret) as session:
        assert await session.execute(gql("{ __typename }")) == {"__typename": "Query"}
        carrier = session.transport
        assert isinstance(carrier, WebsocketsTransport)
        changes = session.subscribe(GraphQLRequest(gql(STREAM), variable_values={"low": 9400}))
        pending = asyncio.ensure_future(anext(changes))
        await until_true(lambda: max(carrier.listeners, default=0) > 1, lambda: "not asked yet")
        carrier.pong_received.clear()
        await carrier.send_ping()
        await asyncio.wait_for(carrier.pong_received.wait(), 60)  # it is live
        realtime.run("insert into orders values (9400, 'py', 1.50, '')")
        first = (await asyncio.wait_for(pending, 60))["orders_stream"]
        assert (first["type"], first["record"]) == ("INSERT", {"id": 9400, "amount": "1.50"})
        carrier.adapter.websocket.transport.abort()  # the network is cut
        with pytest.raises(TransportError):
            await anext(changes)
    realtime.run("delete from orders where id = 9400; insert into orders values (9401, 'py', 2, '')")
    async with client(realtime, realtime.secret) as session:
        variables = {"low": 9400, "cursor": first["cursor"]}
        missed = session.subscribe(GraphQLRequest(gql(STREAM), variable_values=variables))
        assert [(await anext(missed))["orders_stream"]["type"] for _ in range(2)] == ["DELETE", "INSERT"]
        nonsense = session.subscribe(GraphQLRequest(gql(STREAM), variable_values={"low": 0, "cursor": "x"}))
        with pytest.raises(TransportQueryError, match="no `cursor`"):
            await anext(nonsense)


async def test_gql_learns_that_a_key_is_not_valid(realtime: LiveProject) -> None:
    with pytest.raises(TransportError) as refused:
        async with client(realtime, "dbk_a_nobody"):
            pass
    assert "4403" in repr(refused.value.__cause__) and "invalid_key" in repr(refused.value.__cause__)
