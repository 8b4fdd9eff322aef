"""One platform, two users of a real JupyterHub: each sees their own tenants, from the sidebar and from kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from kernel_of import said_in_a_kernel
from live_hub import DATABASES, Hub, HubPerson, running_hub
from waiting import eventually

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def people(hub: Hub) -> tuple[HubPerson, HubPerson]:
    """Alice and Bob, each with a tenant of the name, and a database in it."""
    with ThreadPoolExecutor(2) as both:
        alice, bob = both.map(hub.sign_in, ("alice", "bob"))
    for person in (alice, bob):
        with person.sidebar() as sidebar:
            made = sidebar.post("/v1/tenants", json={"name": f"of {person.name}", "subdomain": f"{person.name}s"})
            assert made.status_code == 201, made.text
            assert made.headers["location"] == f"{person.server}/dbaas/v1/tenants/{person.name}s"
            database = sidebar.post(f"/v1/{person.name}s/databases", json={"name": "shop"})
            assert database.status_code == 201, database.text
    return alice, bob


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [tenant["subdomain"] for tenant in answer.json()]


def test_each_sees_their_own_tenants_in_the_sidebar(people: tuple[HubPerson, HubPerson]) -> None:
    for person, other in (people, people[::-1]):
        with person.sidebar() as sidebar:
            assert names(sidebar.get("/v1/tenants")) == [f"{person.name}s"]
            assert sidebar.get("/v1/platform").json()["person"] == f"hub:hub:{person.name}"
            query = {"query": "select current_database() is not null as there"}
            ran = sidebar.post(f"/v1/{person.name}s/query", json=query)
            assert ran.status_code == 200, ran.text
            for path in ("", "/databases", "/keys", "/databases/shop", "/audit", "/members"):
                place = f"/v1/tenants/{other.name}s" if not path else f"/v1/{other.name}s{path}"
                refused = sidebar.get(place)
                assert (refused.status_code, refused.json()["code"]) == (404, "tenant_not_found"), place
            refused = sidebar.post(f"/v1/{other.name}s/query", json=query)
            assert (refused.status_code, refused.json()["code"]) == (404, "tenant_not_found")
            assert sidebar.get("/v1/plans").status_code in (200, 403)
            made = sidebar.post("/v1/plans", json={"name": "endless"})
            assert (made.status_code, made.json()["code"]) == (403, "not_an_operator")


def test_each_sees_their_own_tenants_in_a_kernel(people: tuple[HubPerson, HubPerson]) -> None:
    tenants = "import dbaas; print([tenant.subdomain for tenant in dbaas.connect().tenants()])"
    for person, other in (people, people[::-1]):
        cells = ("%load_ext dbaas", "%dbaas list", f"%dbaas info {other.name}s/shop", tenants)
        said = said_in_a_kernel(person.server, person.headers, *cells)
        assert "shop" in said and said.rstrip().endswith(f"['{person.name}s']"), said
        assert f"There is no tenant '{other.name}s'" in said, said


def test_a_users_server_holds_nothing_of_the_platform(hub: Hub, people: tuple[HubPerson, HubPerson]) -> None:
    code = (
        "import os, pathlib, json\n"
        "home = pathlib.Path(os.environ.get('DBAAS_HOME') or os.environ.get('XDG_DATA_HOME')"
        " or pathlib.Path.home() / '.local/share') / 'jupyter-dbaas'\n"
        "print(json.dumps([sorted(n for n in os.environ if n.startswith('DBAAS_')), home.exists(),"
        " os.environ['DBAAS_URL'], sorted(os.environ.values())]))"
    )
    operators = hub.platform.run_file["token"]
    for person in people:
        said = said_in_a_kernel(person.server, person.headers, code)
        assert said.startswith('[["DBAAS_TOKEN", "DBAAS_URL"], false, "' + hub.service), said
        assert operators not in said and "master.key" not in said and str(hub.platform.home) not in said
    ours = [
        pid for pid in daemons() if str(hub.folder) in (Path("/proc") / pid / "environ").read_text(errors="replace")
    ]
    assert ours == [], "no daemon was started by a user's server"


def daemons() -> list[str]:
    """Process ids of platforms' daemons."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            words = (Path("/proc") / pid / "cmdline").read_bytes().split(b"\0")
            (Path("/proc") / pid / "environ").read_bytes()
        except OSError:
            continue
        if b"dbaas_server.daemon" in words:
            found.append(pid)
    return found


def test_a_token_opens_what_its_scope_says(hub: Hub, people: tuple[HubPerson, HubPerson]) -> None:
    alice, bob = people
    with httpx.Client(base_url=hub.service, timeout=120, trust_env=False) as service:

        def asked(token: str, path: str = "/v1/tenants") -> httpx.Response:
            return service.get(path, headers={"Authorization": f"Bearer {token}"})

        with_scope, _ = bob.new_token([DATABASES])
        assert names(asked(with_scope)) == ["bobs"]
        refused = asked(with_scope, "/v1/alices/databases")
        assert (refused.status_code, refused.json()["code"]) == (404, "tenant_not_found")
        without, _ = alice.new_token(["access:servers!server=alice/"])
        assert (asked(without).status_code, asked(without).json()["code"]) == (403, "hub_scope_missing")
        unknown = asked("0123456789abcdef0123456789abcdef")
        assert (unknown.status_code, unknown.json()["code"]) == (401, "hub_token_refused")
        assert service.get("/v1/tenants").status_code == 401
        data = service.get("/v1/alices/data/t", headers={"Authorization": f"Bearer {with_scope}"})
        assert (data.status_code, data.json()["code"]) == (404, "tenant_not_found")
        strings = asked(with_scope, "/v1/bobs/databases/shop").json()
        assert strings["rest_url"] == f"{hub.service}/p/bobs/shop/rest/v1"


def test_a_revoked_token_ends(hub: Hub, people: tuple[HubPerson, HubPerson]) -> None:
    _, bob = people
    token, identity = bob.new_token([DATABASES])
    with httpx.Client(base_url=hub.service, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as service:
        assert names(service.get("/v1/tenants")) == ["bobs"]
        bob.end_token(identity)
        ended = eventually(lambda: service.get("/v1/tenants"), lambda answer: answer.status_code != 200, 120)
        assert (ended.status_code, ended.json()["code"]) == (401, "hub_token_refused")


def test_a_platform_that_no_hub_runs_takes_no_hubs_token(hub: Hub, people: tuple[HubPerson, HubPerson]) -> None:
    token, _ = people[0].new_token([DATABASES])
    answer = httpx.get(f"{hub.platform.url}/v1/tenants", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")
