"""``graphql-transport-ws``, message by message: who is let in, and each way in which a connection ends."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwt
import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from dbaas_server.graphql.errors import Refused
from dbaas_server.graphql.limits import Limits
from dbaas_server.graphql.requests import asked_by
from dbaas_server.graphql.sockets.messages import Message, Violation, parse
from graphql_socket import PROTOCOL, GraphqlSocket, connected, socket_url
from live_platform import LivePlatform
from live_project import LiveProject, new_project

WATCH = "subscription { orders_stream(where: {id: {_eq: -1}}) { type } }"


@pytest.fixture(params=["tenant", "database"])
def url(request: pytest.FixtureRequest, realtime: LiveProject) -> str:
    """Both addresses."""
    return f"{realtime.url}/graphql" if request.param == "tenant" else f"{realtime.base}/graphql/v1"


@pytest.fixture(scope="module")
def other(live: LivePlatform) -> LiveProject:
    """Another tenant."""
    return new_project(live)


async def ends(url: str, *messages: Any, key: str | None = None) -> tuple[int, str]:
    """How a connection ends on which these are sent, after an introduction if there is a key."""
    async with connected(url, key) as client:
        for message in messages:
            await client.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
        return await client.closed()


# --- who is let in -----------------------------------------------------------------------------------------------


async def introduced(url: str, payload: dict[str, Any], **more: Any) -> str | tuple[int, str]:
    """``connection_ack``, or how the connection ends."""
    async with connected(url, **more) as client:
        await client.send(type="connection_init", payload=payload)
        try:
            message = json.loads(await client.socket.recv())
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code, closed.rcvd.reason.partition(":")[0]
        return message["type"]


async def test_credentials_come_in_the_first_message_in_headers_or_in_the_url(url: str, realtime: LiveProject) -> None:
    bearer = f"Bearer {realtime.token('ann')}"
    for payload in ({"apikey": realtime.anon}, {"Authorization": bearer}, {"authorization": f"Bearer {realtime.anon}"},
                    {"apikey": realtime.anon, "Authorization": bearer}):  # fmt: skip
        assert await introduced(url, payload) == "connection_ack", payload
    for headers in ({"apikey": realtime.anon}, {"Authorization": bearer}):
        assert await introduced(url, {}, additional_headers=headers) == "connection_ack", headers
    assert await introduced(f"{url}?apikey={realtime.secret}", {}) == "connection_ack"
    # What the first message says counts more.
    assert await introduced(f"{url}?apikey={realtime.secret}", {"apikey": "dbk_x"}) == (4403, "invalid_key")
    assert await introduced(url, {}, additional_headers={"Cookie": f"apikey={realtime.secret}"}) == (4403, "PGRST302")


async def test_who_may_not_is_told_and_sent_away(url: str, realtime: LiveProject, other: LiveProject) -> None:
    forged = jwt.encode({"role": "authenticated", "exp": int(time.time()) + 60}, "guess" * 8, algorithm="HS256")
    for payload, code in (
        ({}, "PGRST302"),
        ({"apikey": 7, "Authorization": ["Bearer x"]}, "PGRST302"),
        ({"Authorization": realtime.secret}, "PGRST302"),
        ({"apikey": "dbk_a_made-up"}, "invalid_key"),
        ({"apikey": other.anon}, "invalid_key"),
        ({"apikey": other.secret}, "invalid_key"),
        ({"apikey": realtime.anon, "Authorization": f"Bearer {other.token('ann')}"}, "PGRST301"),
        ({"Authorization": f"Bearer {realtime.token('ann', seconds=-60)}"}, "PGRST303"),
        ({"Authorization": f"Bearer {forged}"}, "PGRST301"),
        ({"Authorization": "Bearer a.b.c"}, "PGRST301"),
        ({"Authorization": f"Bearer {realtime.token('a', role='service_role')}"}, "role_refused"),
    ):
        assert await introduced(url, payload) == (4403, code), payload


async def test_pages_of_other_origins_are_refused_where_a_tenant_lists_its_own(live: LivePlatform) -> None:
    project = new_project(live)
    url = f"{project.url}/graphql"
    with live.operator() as operator:
        listed = operator.patch(f"/v1/tenants/{project.tenant}", json={"cors_origins": ["https://mine.example"]})
        assert listed.status_code == 200, listed.text
    payload = {"apikey": project.anon}
    assert await introduced(url, payload, origin="https://mine.example") == "connection_ack"
    assert await introduced(url, payload) == "connection_ack"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await introduced(url, payload, origin="https://other.example")
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == "origin_refused"


async def test_a_tenant_or_a_database_that_is_not_there(realtime: LiveProject) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await introduced(realtime.url.replace(realtime.tenant, "nobody") + "/graphql", {"apikey": realtime.anon})
    assert refused.value.response.status_code == 404
    async with connected(realtime.base.replace("/app", "/none") + "/graphql/v1", realtime.anon) as client:
        assert await client.refused(WATCH) == "database_not_found"


# --- how connections end -----------------------------------------------------------------------------------------


@asynccontextmanager
async def speaking(url: str, *protocols: str) -> AsyncIterator[GraphqlSocket]:
    offered = [websockets.Subprotocol(one) for one in protocols]
    async with websockets.connect(socket_url(url), subprotocols=offered or None) as socket:
        yield GraphqlSocket(socket)


async def test_only_one_sub_protocol_is_spoken(url: str, realtime: LiveProject) -> None:
    for offered in ((), ("graphql-ws",), ("x", "graphql-transport-w")):
        async with speaking(url, *offered) as client:
            assert client.socket.subprotocol is None
            assert await client.closed() == (4406, "Subprotocol not acceptable")
    async with speaking(url, "graphql-ws", PROTOCOL) as client:
        assert client.socket.subprotocol == PROTOCOL
        await client.init(apikey=realtime.anon)


@pytest.mark.parametrize(
    "message",
    [
        "", "x", "[]", "null", "7", '"ping"', b'{"type":"ping"}', {}, {"type": None}, {"type": "nothing"},
        {"type": "next", "id": "1", "payload": {}}, {"type": "connection_ack"}, {"type": "ping", "payload": [1]},
        {"type": "subscribe", "payload": {"query": "{ __typename }"}}, {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": "1", "payload": {}}, {"type": "subscribe", "id": "1", "payload": "{ __typename }"},
        {"type": "subscribe", "id": "1", "payload": {"query": 1}}, {"type": "complete"}, '{"type":"ping"' + "[" * 5000,
        {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}},
        {"type": "subscribe", "id": "x" * 300, "payload": {"query": "{ __typename }"}},
    ],
)  # fmt: skip
async def test_what_is_no_message_ends_the_connection(realtime: LiveProject, message: Any) -> None:
    code, reason = await ends(f"{realtime.url}/graphql", message, key=realtime.anon)
    assert code == 4400
    assert reason.startswith("Invalid message: ")


async def test_each_violation_has_its_code(url: str, realtime: LiveProject) -> None:
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": WATCH}}
    init = {"type": "connection_init", "payload": {"apikey": realtime.anon}}
    assert await ends(url, subscribe) == (4401, "Unauthorized")
    assert await ends(url, "x") == (4400, "Invalid message: The body is not valid JSON.")
    assert await ends(url, init, init) == (4429, "Too many initialisation requests")
    assert await ends(url, subscribe, subscribe, key=realtime.anon) == (4409, "Subscriber for 1 already exists")


async def test_pings_are_answered_at_any_time_and_pongs_are_taken(url: str, realtime: LiveProject) -> None:
    async with connected(url) as client:
        await client.send(type="ping")
        assert await client.receive(type="pong") == {"type": "pong"}
        await client.send(type="pong", payload={"x": 1})
        await client.send(type="complete", id="nothing")
        await client.init(apikey=realtime.anon)
        await client.send(type="pong")
        await client.send(type="ping", payload={"n": [1, "é"]})
        assert await client.receive(type="pong") == {"type": "pong", "payload": {"n": [1, "é"]}}
        await client.send(type="complete", id="nothing")
        assert await client.data("{ __typename }") == {"__typename": "Query"}


async def test_an_id_is_free_again_when_its_operation_is_over(url: str, realtime: LiveProject) -> None:
    query = {"id": "same", "type": "subscribe", "payload": {"query": "{ __typename }"}}
    async with connected(url, realtime.anon) as client:
        for _ in range(3):
            await client.send(**query)
            assert (await client.next("same")) == {"data": {"__typename": "Query"}}
            await client.receive(type="complete", id="same")
            await client.send(**{**query, "payload": {"query": "{"}})
            assert (await client.error("same"))["extensions"]["code"] == "syntax_error"
            await client.send(**{**query, "payload": {"query": WATCH}})
            await client.send(id="same", type="complete")
        await client.live()
        assert not client.messages, "what its client ended says nothing more"


def test_a_plain_request_at_the_same_address_is_answered_as_ever(url: str, realtime: LiveProject) -> None:
    assert "GraphiQL" in httpx.get(url, headers={"Accept": "text/html"}).text
    answer = httpx.post(url, json={"query": "{ __typename }"}, headers={"apikey": realtime.anon})
    assert answer.json() == {"data": {"__typename": "Query"}}


# --- any message -------------------------------------------------------------------------------------------------

values = some.recursive(
    some.none() | some.booleans() | some.integers(-9, 9) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
kinds = some.sampled_from(
    ["connection_init", "connection_ack", "ping", "pong", "subscribe", "next", "error", "complete", "x"]
)
requests = some.fixed_dictionaries(
    {"query": some.sampled_from(["{ __typename }", WATCH, "", "{", "\0"]) | values},
    optional={"variables": values, "operationName": values, "extensions": values},
)
messages = some.fixed_dictionaries(
    {"type": kinds | values}, optional={"id": some.sampled_from(["1", "2", ""]) | values, "payload": requests | values}
)


@given(some.text() | some.binary() | messages.map(json.dumps) | values.map(json.dumps))
def test_any_message_is_read_or_is_a_violation(data: str | bytes) -> None:
    try:
        message = parse(data, Limits())
    except Violation as violation:
        assert violation.code == 4400
        return
    assert isinstance(message, Message)
    value = json.loads(data)
    assert value["type"] == message.kind
    if message.kind in ("subscribe", "complete"):
        assert value["id"] == message.id
    if message.kind == "subscribe":
        assert message.asked == asked_by(value["payload"])


@given(values)
def test_a_request_is_read_or_refused(value: Any) -> None:
    try:
        asked_by(value)
    except Refused as refused:
        assert refused.errors[0]["extensions"]["code"] == "invalid_request"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=some.lists(messages, max_size=6))
async def test_any_messages_leave_the_server_well(realtime: LiveProject, sent: list[dict[str, Any]]) -> None:
    """Either the connection goes on, or it ends with a code of the protocol's."""
    async with connected(f"{realtime.url}/graphql", realtime.anon) as client:
        try:
            for message in sent:
                await client.send(**message)
            await client.live()
        except websockets.ConnectionClosed as closed:
            # Who goes on sending to a connection that is closed may be cut off before it reads why.
            assert closed.rcvd is None or closed.rcvd.code in (4400, 4409, 4429), closed.rcvd
        for told in client.messages:
            codes = [one["extensions"]["code"] for one in told["payload"]] if told["type"] == "error" else []
            assert "internal_error" not in codes
