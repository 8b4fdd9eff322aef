"""A real Jupyter Server whose platform is elsewhere: the same doors, and nothing of the platform on its machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from events_client import events
from graphql_socket import connected
from kernel_of import said_in_a_kernel
from live_jupyter import Jupyter, running_jupyter
from live_platform import LivePlatform
from live_project import LiveProject
from realtime_client import phoenix
from waiting import eventually


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def there(live: LivePlatform, folder: Path) -> Iterator[Jupyter]:
    """A Jupyter with ``DBAAS_URL``, and a data folder that nobody may make."""
    told = {
        "DBAAS_URL": live.url,
        "DBAAS_TOKEN": live.run_file["token"],
        "DBAAS_HOME": str(folder / "nothing"),
        "DBAAS_API_URL": "http://127.0.0.1:9/of/another/jupyter",
        "DBAAS_API_TOKEN": "dbt_of_another",
    }
    with running_jupyter(live, folder, told) as running:
        yield running
    assert not (folder / "nothing").exists(), "something was started or kept here"
    assert live.run_file["token"] not in (folder / "log").read_text()


@pytest.fixture
def project(realtime: LiveProject, there: Jupyter) -> LiveProject:
    return replace(realtime, base=f"{there.url}/p/{realtime.tenant}/app", url=f"{there.url}/v1/{realtime.tenant}")


def test_a_person_works_as_if_the_platform_were_here(there: Jupyter, live: LivePlatform) -> None:
    tenant = live.new_tenant()
    with there.person() as person:
        assert tenant in [each["subdomain"] for each in person.get("/v1/tenants").json()]
        headers = {"Accept": "application/x-ndjson"}
        with person.stream("POST", f"/v1/{tenant}/databases", json={"name": "shop"}, headers=headers) as made:
            assert made.headers["content-type"].startswith("application/x-ndjson")
            lines = [json.loads(line) for line in made.iter_lines()]
        assert len(lines) > 1 and lines[-1]["database"]["name"] == "shop"
        query = {"query": "create table t (id int primary key, note text)"}
        assert person.post(f"/v1/{tenant}/query", json=query).status_code == 200
        rows = "id,note\n" + "".join(f"{number},{'x' * 500}\n" for number in range(9_000))
        loaded = person.post(f"/v1/{tenant}/load/t", content=rows, headers={"Content-Type": "text/csv"})
        assert loaded.status_code == 200, loaded.text
        secret = person.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
        refused = person.post(f"/v1/{tenant}/databases", json={"name": "shop"})
        assert (refused.status_code, refused.json()["code"]) == (409, "database_exists")
    by_key = httpx.get(f"{there.url}/v1/{tenant}/data/t?id=gte.10", headers={"apikey": secret})
    assert len(by_key.json()) == 1_000 and len(by_key.content) > 500_000
    assert by_key.headers.get_list("content-type") == [by_key.headers["content-type"]]


def test_strangers_and_forgers_get_as_far_as_anywhere(there: Jupyter, realtime: LiveProject) -> None:
    for path in ("/v1/tenants", f"/v1/{realtime.tenant}/keys"):
        answer = httpx.get(there.url + path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    with there.person() as person:
        data = person.get(f"/v1/{realtime.tenant}/data/orders")
        assert (data.status_code, data.json()["code"]) == (401, "PGRST302"), "no cookie opens the data"
    with httpx.Client() as browser:
        browser.get(f"{there.url.removesuffix('/dbaas')}/api/status?token={there.token}")
        assert browser.get(f"{there.url}/v1/tenants").status_code == 200, "signed in by cookie"
        forged = browser.post(f"{there.url}/v1/tenants", json={"name": "forged"})
        assert (forged.status_code, forged.json()["code"]) == (403, "forbidden")


def test_the_persons_token_stays_out_of_every_answer(there: Jupyter, live: LivePlatform) -> None:
    token = live.run_file["token"]
    with there.person() as person:
        for path in ("/v1/platform", "/v1/tenants", "/v1/openapi.json", "/healthz", "/nowhere"):
            answer = person.get(path)
            assert token not in answer.text + str(answer.headers)


async def test_changes_are_streamed(project: LiveProject) -> None:
    async with events(project, project.secret, table="orders", filter="id=gte.77100,id=lt.77200") as stream:
        assert (await stream.next())["event"] == "live"
        project.run("insert into orders values (77100, 'x', 1, '')")
        assert (await stream.next())["data"]["record"]["id"] == 77100


async def test_realtime_and_graphql_sockets_reach_the_platform(project: LiveProject) -> None:
    async with phoenix(project.base, project.anon, "2.0.0") as client:
        wanted = {"event": "*", "schema": "public", "table": "orders", "filter": "id=gte.77200,id=lt.77210"}
        assert (await client.join("a", wanted))["status"] == "ok"
        project.run("insert into orders values (77200, 'x', 1, '')")
        assert (await client.change())["record"]["id"] == 77200
    async with connected(f"{project.base}/graphql/v1", project.secret) as client:
        assert await client.data("{ get_orders_by_id(id: 77200) { id } }") == {"get_orders_by_id": {"id": 77200}}


def test_a_kernel_asks_the_platform_itself(there: Jupyter, live: LivePlatform) -> None:
    code = "import dbaas, os; print(dbaas.connect().platform().home, os.environ.get('DBAAS_API_URL'))"
    headers = {"Authorization": f"token {there.token}"}
    assert said_in_a_kernel(there.url.removesuffix("/dbaas"), headers, code) == f"{live.home} None\n"


def test_a_page_gets_a_short_token_of_its_person_and_nobody_elses(live: LivePlatform, folder: Path) -> None:
    """What GraphiQL asks with: the page's own question, and then the door as the person, through the same Jupyter."""
    tenant = live.new_tenant()
    live.json("create", "postgres", "app", "--tenant", tenant)
    live.json("members", "set", tenant, "hub:h:ann", "own")
    told = {"DBAAS_URL": live.url, "DBAAS_TOKEN": live.json("tokens", "create", "hub:h:ann")["token"]}
    own = folder / "ann"
    own.mkdir()
    with running_jupyter(live, own, told) as there, httpx.Client(base_url=there.url, timeout=60) as page:
        refused = page.post("/v1/token")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), "nobody"
        with there.person() as person:
            made = person.post("/v1/token")
        assert made.status_code == 200 and made.headers["cache-control"] == "no-store"
        short = made.json()
        assert short["token"].startswith("dbt_") and short["token"] != told["DBAAS_TOKEN"]
        assert 0 < short["expires_at"] - time.time() <= 15 * 60

        def asked(token: str) -> tuple[int, str]:
            headers = {"Authorization": f"Bearer {token}"}
            answer = page.post(f"/v1/{tenant}/graphql", json={"query": "{ __typename }"}, headers=headers)
            return answer.status_code, answer.text

        assert asked(short["token"])[0] == 200
        bobs, expired = (
            live.json("tokens", "create", "hub:h:bob", *more)["token"] for more in ((), ("--expires-in", "1"))
        )
        assert asked(bobs)[0] == 404 and "tenant_not_found" in asked(bobs)[1]
        status, said = eventually(lambda: asked(expired), lambda answer: answer[0] == 401)
        assert status == 401 and "token_expired" in said
        assert page.post(f"/v1/{tenant}/graphql", json={"query": "{ __typename }"}).status_code == 401, "no cookie"
        # Whoever brings a token is that person, in whoever's Jupyter: never the one it belongs to.
        for token, status, person in ((bobs, 200, "hub:h:bob"), (expired, 401, None)):
            with httpx.Client(base_url=there.url, headers={"Authorization": f"Bearer {token}"}) as other:
                answer = other.post("/v1/token")
                assert answer.status_code == status, answer.text
                assert person is None or other.get("/v1/platform").json()["person"] == person
        live.json("tokens", "revoke", "hub:h:ann")
        status, said = eventually(lambda: asked(short["token"]), lambda answer: answer[0] == 401)
        assert "token_invalid" in said
