"""Everything below a path, as behind a proxy that leads there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import httpx
import pytest

from dbaas_server.http import Request, Response, json_response
from dbaas_server.routing import Guard, Route, Router
from dbaas_server.services import Services
from dbaas_server.standalone import Listener, loopback_sockets


async def echo(request: Request, services: Services) -> Response:
    return json_response([request.path, request.base_url, request.params])


@pytest.fixture
async def server() -> AsyncIterator[str]:
    router = Router((Route("/v1/{tenant}", Guard.public, {"GET": echo}), Route("/", Guard.public, {"GET": echo})))
    listener = Listener(router, cast(Services, None), prefix="/services/dbaas")
    sockets = loopback_sockets(0)
    listener.listen(sockets)
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    await listener.drain()


async def test_routes_are_below_the_prefix_and_answers_name_it(server: str) -> None:
    async with httpx.AsyncClient(base_url=server) as client:
        base = f"{server}/services/dbaas"
        assert (await client.get("/services/dbaas/v1/a%20b")).json() == ["/v1/a%20b", base, {"tenant": "a b"}]
        for root in ("/services/dbaas", "/services/dbaas/"):
            assert (await client.get(root)).json()[1:] == [base, {}]


@pytest.mark.parametrize("path", ["/v1/a", "/", "/services/dbaas2/v1/a", "/services/v1/a", "/services/dbaasv1/a"])
async def test_elsewhere_there_is_nothing(server: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=server) as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_url")
