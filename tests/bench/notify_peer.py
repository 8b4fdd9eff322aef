"""The floor for realtime: LISTEN on one connection, and each NOTIFY written to every socket of a bare tornado server.

``python notify_peer.py CONNECTION_STRING`` prints the port it serves at. No filter, no row policy, no position: what a
notification says goes to everybody.
"""

from __future__ import annotations

import asyncio
import sys

import psycopg
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

handlers: set[WebSocketHandler] = set()


class Everybody(WebSocketHandler):
    def open(self) -> None:
        self.set_nodelay(True)
        handlers.add(self)

    def on_close(self) -> None:
        handlers.discard(self)

    def on_message(self, message: str | bytes) -> None:
        """Nobody says anything."""


async def main() -> None:
    connection = await psycopg.AsyncConnection.connect(sys.argv[1], autocommit=True)
    await connection.execute("listen floor")
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application([("/", Everybody)])).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    async for notification in connection.notifies():
        for handler in list(handlers):
            handler.write_message(notification.payload)


if __name__ == "__main__":
    asyncio.run(main())
