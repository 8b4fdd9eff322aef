"""GraphQL over WebSocket inside a real Jupyter Server."""

from __future__ import annotations

import websockets

from graphql_socket import connected
from live_jupyter import Jupyter
from live_project import LiveProject

STREAM = """subscription ($cursor: String) {
  orders_stream(where: {id: {_gte: 7700, _lt: 7800}}, cursor: $cursor) { cursor type record { id } old_record { id } }
}"""


async def test_a_socket_streams_and_resumes(jupyter: Jupyter, realtime: LiveProject) -> None:
    tenant, database = f"/v1/{realtime.tenant}/graphql", f"/p/{realtime.tenant}/app/graphql/v1"
    async with connected(jupyter.url + database, realtime.secret) as client:
        stream = await client.stream(STREAM)
        assert await client.data("mutation { insert_orders(objects: [{id: 7700}]) { affected_rows } }")
        first = await client.change(stream)
        assert first["record"] == {"id": 7700}
        client.socket.transport.abort()
    realtime.run("insert into orders values (7701, 'x', 1, ''); delete from orders where id = 7700")
    async with connected(jupyter.url + tenant, realtime.secret) as client:
        stream = await client.ask(STREAM, {"cursor": first["cursor"]})
        assert (await client.change(stream))["record"] == {"id": 7701}
        assert (await client.change(stream))["old_record"] == {"id": 7700}
        await client.send(id=stream, type="complete")
        await client.live()


async def test_jupyters_own_token_opens_no_data(jupyter: Jupyter, realtime: LiveProject) -> None:
    url = f"{jupyter.url}/v1/{realtime.tenant}/graphql"
    headers = {"Authorization": f"token {jupyter.token}"}
    async with connected(url, additional_headers=headers) as client:
        await client.send(type="connection_init")
        assert (await client.closed())[0] == 4403
    async with websockets.connect(url.replace("http", "ws", 1)) as socket:
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None and closed.rcvd.code == 4406
