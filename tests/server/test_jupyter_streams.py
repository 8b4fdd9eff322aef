"""Answers that go on and on, inside Jupyter: sent as they are made, and ended with their reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import httpx
import pytest
from jupyter_server.auth import AllowAllAuthorizer, IdentityProvider
from tornado.httpserver import HTTPServer
from tornado.web import Application

from dbaas_server import app
from dbaas_server.app import PlatformHandler
from dbaas_server.dispatch import dispatch
from dbaas_server.http import Request, Response
from dbaas_server.routing import Guard, Route, Router
from dbaas_server.services import Services
from dbaas_server.standalone import loopback_sockets


class Endless:
    """A route whose answer has a beginning and then waits."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.more = asyncio.Event()

    async def answer(self, request: Request, services: Services) -> Response:
        return Response(200, self._events(), [("Content-Type", "text/event-stream; charset=utf-8")])

    async def _events(self) -> AsyncGenerator[bytes]:
        try:
            yield b"data: 1\n\n"
            await self.more.wait()
            yield b"data: 2\n\n"
            await asyncio.Event().wait()
        finally:
            self.ended.set()


@pytest.fixture
def endless() -> Endless:
    return Endless()


@pytest.fixture
async def url(endless: Endless, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(app, "ROUTER", Router((Route("/endless", Guard.public, {"GET": endless.answer}),)))

    class Opened:
        async def answer(self, route: Route, request: Request) -> Response:
            return await dispatch(route, request, cast(Services, None))

    settings: dict[str, Any] = {
        "base_url": "/", "identity_provider": IdentityProvider(), "authorizer": AllowAllAuthorizer(),
        "allow_remote_access": True, "cookie_secret": "x", "headers": {},
    }  # fmt: skip
    handler = (r"/dbaas/.*", PlatformHandler, {"behind": Opened()})
    server = HTTPServer(Application([handler], **settings))
    sockets = loopback_sockets(0)
    server.add_sockets(sockets)
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}/dbaas/endless"
    server.stop()
    await server.close_all_connections()


async def test_each_piece_is_sent_when_it_is_there(url: str, endless: Endless) -> None:
    async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
        pieces = response.aiter_bytes()
        assert await anext(pieces) == b"data: 1\n\n"
        endless.more.set()
        assert await anext(pieces) == b"data: 2\n\n"


async def test_the_answer_ends_at_once_when_its_reader_goes(url: str, endless: Endless) -> None:
    async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
        await anext(response.aiter_bytes())
        assert not endless.ended.is_set()
    async with asyncio.timeout(30):  # nothing more is written, so only the closed connection tells
        await endless.ended.wait()
