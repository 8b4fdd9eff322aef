"""What leaves a Jupyter for a platform elsewhere, what comes back, and what is said when there is none."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.persons import local_person
from dbaas_server.elsewhere import Elsewhere, Login, Logins
from dbaas_server.elsewhere.headers import forwarded_query, here
from dbaas_server.http import Request, Response, json_response
from dbaas_server.routing import Guard, Route, Router
from dbaas_server.services import Services
from dbaas_server.standalone import Listener, loopback_sockets
from live_platform import free_port

OWNER = local_person()
MOUNTED = "https://hub.example/user/ann/dbaas"
ROUTE = Route("/any", Guard.operator, {})
JUPYTERS = {
    "cookie": "jupyter=signed", "x-xsrftoken": "x", "authorization": "token jupyters", "host": "hub.example",
    "referer": "https://hub.example/user/ann/lab?token=jupyters", "x-forwarded-for": "10.0.0.1",
    "sec-fetch-site": "same-origin", "connection": "keep-alive, x-hop", "x-hop": "1", "te": "trailers",
}  # fmt: skip


@dataclass
class There:
    """A server that answers as a platform does and notes what it was asked."""

    version: str = "1.2.3"
    asked: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answer: Response | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def health(self, request: Request, services: Services) -> Response:
        return json_response({"status": "ok", "version": self.version})

    async def any(self, request: Request, services: Services) -> Response:
        self.asked.append(request)
        self.bodies.append(await request.body())
        return self.answer or json_response({"fine": True}, 201, [("Location", f"{request.base_url}/v1/tenants/a")])

    async def endless(self, request: Request, services: Services) -> Response:
        return Response(200, self._events(), [("Content-Type", "text/event-stream")])

    async def _events(self) -> AsyncGenerator[bytes]:
        try:
            yield b"data: 1\n\n"
            await self.more.wait()
            yield b"data: 2\n\n"
            await asyncio.Event().wait()
        finally:
            self.ended.set()

    async def counted(self, request: Request, services: Services) -> Response:
        """Tell of each chunk as it arrives."""

        async def sizes() -> AsyncGenerator[bytes]:
            async for chunk in request.stream():
                yield b"%d\n" % len(chunk)

        return Response(200, sizes(), [("Content-Type", "application/x-ndjson")])


@pytest.fixture
async def there() -> AsyncIterator[There]:
    made = There()
    methods = dict.fromkeys(("GET", "HEAD", "POST"), made.any)
    router = Router(
        (
            Route("/base/healthz", Guard.public, {"GET": made.health}),
            Route("/base/any", Guard.operator, methods),
            Route("/base/endless", Guard.public, {"GET": made.endless}),
            Route("/base/counted", Guard.public, {"POST": made.counted}, streams=frozenset({""})),
        )
    )
    listener = Listener(router, cast(Services, None))
    sockets = loopback_sockets(0)
    listener.listen(sockets)
    made.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/base"
    listener.public_url = made.url
    yield made
    await listener.drain()


@pytest.fixture
def logins(tmp_path: Path) -> Logins:
    return Logins(tmp_path / "config" / "login.json")


@pytest.fixture
def elsewhere(there: There, logins: Logins) -> Elsewhere:
    return Elsewhere(f"{there.url}/", "dbt_anns", logins, "1.2.9")


def asking(
    path: str = "/any", *, method: str = "GET", person: str | None = OWNER, query: str = "", body: bytes = b"",
    **headers: str,
) -> Request:  # fmt: skip
    async def stream() -> AsyncIterator[bytes]:
        yield body

    if body:
        headers["content-length"] = str(len(body))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, query, JUPYTERS | named, stream, MOUNTED, {}, person, "here-1")


def told(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


async def test_a_person_travels_with_their_token_and_nothing_of_jupyters(there: There, elsewhere: Elsewhere) -> None:
    request = asking(
        method="POST", query="limit=1&token=jupyters&_xsrf=x", body=b'{"name": "a"}', content_type="application/json",
        apikey="dbk_s_x", origin="https://hub.example", accept="application/x-ndjson",
    )  # fmt: skip
    response = await elsewhere.answer(ROUTE, request)
    assert (response.status, told(response)) == (201, {"fine": True})
    assert dict(response.headers)["location"] == f"{MOUNTED}/v1/tenants/a"
    (asked,) = there.asked
    assert (asked.method, asked.path, asked.query) == ("POST", "/base/any", "limit=1")
    assert there.bodies == [b'{"name": "a"}']
    assert asked.headers == {
        "host": there.url.split("/")[2],
        "authorization": "Bearer dbt_anns",
        "content-type": "application/json",
        "content-length": "13",
        "accept": "application/x-ndjson",
    }


async def test_who_brings_a_key_travels_with_that_key_only(there: There, elsewhere: Elsewhere) -> None:
    origin = "https://app.example"
    await elsewhere.answer(ROUTE, asking(person=None, query="token=eq.1", apikey="dbk_p_x", origin=origin))
    await elsewhere.answer(ROUTE, asking(person=None, authorization="Bearer dbk_s_y"))
    await elsewhere.answer(ROUTE, asking(person=None))
    by_key, by_bearer, by_nothing = (asked.headers for asked in there.asked)
    assert (by_key["apikey"], by_key["origin"], "authorization" in by_key) == ("dbk_p_x", origin, False)
    assert there.asked[0].query == "token=eq.1", "a column may be called so"
    assert by_bearer["authorization"] == "Bearer dbk_s_y"
    assert by_nothing == {"host": there.url.split("/")[2]}, "Jupyter's own token stays here"


async def test_another_person_in_this_jupyter_does_not_get_its_owners_login(there: There, elsewhere: Elsewhere) -> None:
    refused = await elsewhere.answer(ROUTE, asking(person="jupyter:bob"))
    assert (refused.status, told(refused)["code"]) == (403, "not_your_login")
    assert there.asked == []


async def test_what_speaks_for_the_platforms_host_does_not_come_back(there: There, elsewhere: Elsewhere) -> None:
    there.answer = json_response(
        [],
        200,
        [
            ("Set-Cookie", "session=theirs"),
            ("Strict-Transport-Security", "max-age=1"),
            ("Clear-Site-Data", '"cookies"'),
            ("ETag", '"1"'),
            ("Content-Security-Policy", "sandbox"),
        ],
    )
    headers = dict((await elsewhere.answer(ROUTE, asking())).headers)
    assert {"etag", "content-security-policy", "content-type"} <= headers.keys()
    assert not {"set-cookie", "strict-transport-security", "clear-site-data", "transfer-encoding"} & headers.keys()
    await elsewhere.answer(ROUTE, asking())
    assert "cookie" not in there.asked[-1].headers, "nor does it go back to the platform with somebody else's request"


async def test_pieces_come_when_they_are_there_and_end_with_their_reader(there: There, elsewhere: Elsewhere) -> None:
    response = await elsewhere.answer(ROUTE, asking("/endless", person=None))
    assert not isinstance(response.body, bytes)
    assert await anext(response.body) == b"data: 1\n\n"
    there.more.set()
    assert await anext(response.body) == b"data: 2\n\n"
    assert not there.ended.is_set()
    await response.body.aclose()
    async with asyncio.timeout(60):
        await there.ended.wait()


async def test_a_body_is_sent_on_while_it_arrives(elsewhere: Elsewhere) -> None:
    heard = asyncio.Event()

    async def stream() -> AsyncIterator[bytes]:
        yield b"x" * 10
        async with asyncio.timeout(60):
            await heard.wait()  # the platform has had the first piece by then
        yield b"x" * 20

    request = asking("/counted", method="POST", person=None)
    request.stream = stream
    request.headers = {"transfer-encoding": "chunked"}
    answering = asyncio.create_task(elsewhere.answer(ROUTE, request))
    heard.set()
    response = await answering
    assert not isinstance(response.body, bytes)
    assert sum(int(line) for line in b"".join([chunk async for chunk in response.body]).split()) == 30


async def test_a_head_has_no_body_and_a_304_stays_one(there: There, elsewhere: Elsewhere) -> None:
    there.answer = Response(304, b"", [("ETag", '"1"')])
    unchanged = await elsewhere.answer(ROUTE, asking(if_none_match='"1"'))
    assert (unchanged.status, unchanged.body, dict(unchanged.headers)["etag"]) == (304, b"", '"1"')
    assert there.asked[-1].headers["if-none-match"] == '"1"'
    there.answer = json_response({"long": "x" * 1000})
    assert (await elsewhere.answer(ROUTE, asking(method="HEAD"))).body == b""


# --- what is wrong with the way there -------------------------------------------------------------------------------


async def test_nobody_answers(logins: Logins) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    refused = await Elsewhere(url, "dbt_anns", logins, "1.2.3").answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (503, "platform_unreachable")
    assert url in told(refused)["message"] and "dbt_anns" not in str(told(refused))


def test_a_password_in_the_address_is_not_shown(logins: Logins) -> None:
    shown = Elsewhere("https://ann:p%40ss@host.example:8443/base/", "t", logins, "1").shown_url
    assert shown == "https://host.example:8443/base"


@pytest.mark.parametrize("url", ["ftp://host", "nonsense", "http://", "http://host/?query", "http://[::1"])
async def test_what_is_no_address_is_said_to_be_none(logins: Logins, url: str) -> None:
    assert Elsewhere(url, "t", logins, "1").shown_url == ""
    refused = await Elsewhere(url, "t", logins, "1").answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (503, "not_a_platform")


async def test_something_else_answers_there(there: There, logins: Logins) -> None:
    root = there.url.removesuffix("/base")
    refused = await Elsewhere(root, "t", logins, "1.2.3").answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (503, "not_a_platform")


async def test_another_version_is_refused_until_it_fits(there: There, elsewhere: Elsewhere) -> None:
    there.version = "1.3.0"
    refused = await elsewhere.answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (409, "version_mismatch")
    assert "1.3.0" in told(refused)["message"] and "1.2.9" in told(refused)["message"]
    assert there.asked == []
    there.version = "1.2.10"
    assert (await elsewhere.answer(ROUTE, asking())).status == 201


async def test_a_token_that_the_platform_refuses_is_said_here(there: There, elsewhere: Elsewhere) -> None:
    there.answer = json_response({"code": "token_expired", "message": "m"}, 401)
    refused = await elsewhere.answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (401, "login_refused")
    assert "DBAAS_TOKEN" in told(refused)["hint"]
    passed_on = await elsewhere.answer(ROUTE, asking(person=None, apikey="dbk_p_wrong"))
    assert (passed_on.status, told(passed_on)["code"]) == (401, "token_expired"), "of a key the platform speaks itself"


async def test_a_platform_that_leads_somewhere_else_is_none(there: There, elsewhere: Elsewhere) -> None:
    there.answer = Response(302, b"", [("Location", "https://sign-in.example/")])
    refused = await elsewhere.answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (503, "not_a_platform")
    assert "sign-in.example" in told(refused)["details"]


async def test_the_saved_login_counts_from_the_moment_it_is_saved(there: There, logins: Logins) -> None:
    elsewhere = Elsewhere(there.url, None, logins, "1.2.3")
    refused = await elsewhere.answer(ROUTE, asking())
    assert (refused.status, told(refused)["code"]) == (401, "login_needed")
    assert told(refused)["hint"].endswith(f"dbaas login {there.url}")
    logins.add(Login(there.url, "dbt_late", "ann", time.time() - 1))
    assert "expired" in told(await elsewhere.answer(ROUTE, asking()))["message"]
    logins.add(Login(there.url, "dbt_late", "ann", time.time() + 600))
    assert (await elsewhere.answer(ROUTE, asking())).status == 201
    assert there.asked[-1].headers["authorization"] == "Bearer dbt_late"
    logins.path.write_text("{")
    assert told(await elsewhere.answer(ROUTE, asking()))["code"] == "bad_login"


@pytest.mark.parametrize(
    ("location", "called"),
    [
        ("https://p/base/v1/t?x=1", f"{MOUNTED}/v1/t?x=1"),
        ("https://p/base", MOUNTED),
        ("/base/v1", "/user/ann/dbaas/v1"),
        ("https://p/based/v1", "https://p/based/v1"),
        ("https://p.evil/base/v1", "https://p.evil/base/v1"),
        ("/orders?id=eq.1", "/orders?id=eq.1"),
        ("//p/base/v1", "//p/base/v1"),
    ],
)
def test_places_of_the_platform_have_names_here(location: str, called: str) -> None:
    assert here(location, "https://p/base", MOUNTED) == called


@given(st.lists(st.sampled_from(["a=1", "token=s", "%74oken=s", "_xsrf=s", "=", "", "token", "b=token"])))
def test_jupyters_part_of_a_query_is_gone_however_it_is_written(pairs: list[str]) -> None:
    kept = forwarded_query("&".join(pairs), jupyters=True).split("&")
    assert [pair for pair in kept if pair] == [pair for pair in pairs if pair in ("a=1", "=", "b=token")]
    assert forwarded_query("&".join(pairs), jupyters=False) == "&".join(pairs)
