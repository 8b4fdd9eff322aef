"""Plain Ariadne as one writes it by hand: a resolver per field, rows from psycopg, related rows batched per level.

One process. Each request is one transaction as a role with claims, like everywhere in this comparison.
``python ariadne_peer.py PORT`` with ``PEER_DSN`` and ``PEER_CLAIMS`` in the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
from ariadne import MutationType, ObjectType, QueryType, graphql, make_executable_schema
from psycopg.rows import dict_row
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine

DSN, CLAIMS = os.environ["PEER_DSN"], os.environ["PEER_CLAIMS"]
ROLE = json.loads(CLAIMS)["role"]
CONNECTIONS = 16

SCHEMA = """
    type Query { items(limit: Int): [Item!]!  item(id: Int!): Item }
    type Mutation { addNote(words: String!): Note }
    type Item { id: Int! name: String price: String made: String maker_id: Int maker: Maker reviews: [Review!]! }
    type Maker { id: Int! name: String }
    type Review { id: Int! stars: Int }
    type Note { id: Int! words: String }
"""
ITEM = "select id, name, price::text, made::text, maker_id from items"

Row = dict[str, Any]


class Batch:
    """Collects the keys that resolvers of one level ask for, and looks them up together."""

    def __init__(self, connection: psycopg.AsyncConnection[Row], query: str) -> None:
        self._connection = connection
        self._query = query
        self._waiting: dict[int, asyncio.Future[list[Row]]] = {}

    async def load(self, key: int) -> list[Row]:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._look_up()))
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        return await self._waiting[key]

    async def _look_up(self) -> None:
        waiting, self._waiting = self._waiting, {}
        found: dict[int, list[Row]] = {key: [] for key in waiting}
        cursor = await self._connection.execute(self._query, [list(waiting)])
        for row in await cursor.fetchall():
            found[row["key"]].append(row)
        for key, future in waiting.items():
            future.set_result(found[key])


query, mutation, item = QueryType(), MutationType(), ObjectType("Item")


@query.field("items")
async def items(_: Any, info: Any, limit: int) -> Sequence[Row]:
    cursor = await info.context["connection"].execute(f"{ITEM} order by id limit %s", [limit])
    return await cursor.fetchall()


@query.field("item")
async def one_item(_: Any, info: Any, id: int) -> Row | None:
    cursor = await info.context["connection"].execute(f"{ITEM} where id = %s", [id])
    return await cursor.fetchone()


@item.field("maker")
async def maker(row: Row, info: Any) -> Row | None:
    found = await info.context["makers"].load(row["maker_id"])
    return found[0] if found else None


@item.field("reviews")
async def reviews(row: Row, info: Any) -> Sequence[Row]:
    return await info.context["reviews"].load(row["id"])


@mutation.field("addNote")
async def add_note(_: Any, info: Any, words: str) -> Row | None:
    cursor = await info.context["connection"].execute(
        "insert into notes (words) values (%s) returning id, words", [words]
    )
    return await cursor.fetchone()


schema = make_executable_schema(SCHEMA, query, mutation, item)


async def main(port: int) -> None:
    pool: asyncio.Queue[psycopg.AsyncConnection[Row]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        pool.put_nowait(await psycopg.AsyncConnection.connect(DSN, row_factory=dict_row))

    async def answer(request: HTTPServerRequest) -> None:
        connection = await pool.get()
        try:
            async with connection.transaction():
                await connection.execute(
                    "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)", [ROLE, CLAIMS]
                )
                context = {
                    "connection": connection,
                    "makers": Batch(connection, "select id as key, id, name from makers where id = any(%s)"),
                    "reviews": Batch(
                        connection, "select item_id as key, id, stars from reviews where item_id = any(%s)"
                    ),
                }
                _, result = await graphql(schema, orjson.loads(request.body or b"{}"), context_value=context)
        finally:
            pool.put_nowait(connection)
        body = orjson.dumps(result)
        headers = HTTPHeaders({"Content-Type": "application/json", "Content-Length": str(len(body))})
        assert request.connection is not None
        request.connection.write_headers(ResponseStartLine("HTTP/1.1", 200, "OK"), headers, body)
        request.connection.finish()

    HTTPServer(lambda request: asyncio.ensure_future(answer(request))).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
