"""What members do with data is in the audit log, and what applications do is not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from live_platform import LivePlatform
from waiting import eventually


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    name = live.new_tenant()
    for engine, database in (("postgres", "shop"), ("postgres", "till"), ("document", "notes")):
        live.json("create", engine, database, "--tenant", name)
    with live.operator() as http:
        statement = (
            "create table t (id int primary key, secret text); create function f(a text) returns text language sql"
            " as 'select a'; grant all on t to service_role"
        )
        assert http.post(f"/v1/{name}/query", json={"query": statement}).status_code == 200
    return name


@pytest.fixture
def ann(live: LivePlatform, tenant: str) -> Iterator[httpx.Client]:
    person = f"hub:h:{secrets.token_hex(5)}"
    live.json("members", "set", tenant, person, "own")
    yield from client_of(live, person)


def client_of(live: LivePlatform, person: str) -> Iterator[httpx.Client]:
    token = live.json("tokens", "create", person)["token"]
    with httpx.Client(base_url=live.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        http.params = {}
        http.person = person  # type: ignore[attr-defined]
        eventually(lambda: http.get("/v1/tenants").status_code == 200)
        yield http


def entries(http: httpx.Client, tenant: str, **wanted: Any) -> list[dict[str, Any]]:
    """A person's own, the oldest first."""
    found = http.get(f"/v1/{tenant}/audit", params={"actor": http.person, **wanted})  # type: ignore[attr-defined]
    assert found.status_code == 200, found.text
    return found.json()[::-1]


def test_statements_are_kept_without_what_is_in_them(tenant: str, ann: httpx.Client) -> None:
    ann.post(f"/v1/{tenant}/query", json={"query": "select 'hunter2' -- hunter2"})
    ann.post(f"/v1/{tenant}/query", json={"query": "select $1::text", "params": ["hunter2"], "database": "till"})
    ann.post(f"/v1/{tenant}/query", json={"query": "selec 'hunter2'"})
    ann.post(f"/v1/{tenant}/query", json={"query": "select 1", "database": "nowhere"})
    ann.post(
        f"/v1/{tenant}/query",
        json={"query": 'db.users.insertOne({name: "Alice", pw: "hunter2"})', "database": "notes"},
    )
    ann.post(f"/v1/{tenant}/query", json={"query": "alter role nobody password 'hunter2'"})
    found = entries(ann, tenant)
    assert [(one["action"], one["target"], one["outcome"], one["details"]["statement"]) for one in found] == [
        ("query", "shop", "ok", "select ?"),
        ("query", "till", "ok", "select $1::text"),
        ("query", "shop", "42601", "selec ?"),
        ("query", "nowhere", "database_not_found", "…"),
        ("query", "notes", "wrong_engine", "…"),
        ("query", "shop", found[5]["outcome"], "alter role nobody password ?"),
    ]
    assert found[5]["outcome"] != "ok"
    assert (found[0]["kind"], found[0]["details"]["rows"], found[0]["details"]["role"]) == ("data", "1", "owner")
    assert float(found[0]["details"]["ms"]) > 0
    assert "hunter2" not in str(found)


def test_the_editor_loads_exports_and_what_is_written_are_kept(tenant: str, ann: httpx.Client) -> None:
    shop, notes = (f"/v1/{tenant}/databases/{name}/editor" for name in ("shop", "notes"))
    asked = {"text": "select 'hunter2', n from generate_series(1, 3) n"}
    assert ann.post(f"{shop}/run", json={**asked, "record": False}).status_code == 200
    assert ann.post(f"{shop}/count", json=asked).status_code == 200
    assert ann.post(f"{shop}/rows", json=asked).status_code == 200
    assert ann.post(f"{shop}/export", json={**asked, "format": "csv"}).content
    run = ann.post(f"{notes}/run", json={"text": 'db.people.insertOne({name: "hunter2"})'})
    assert run.status_code == 200, run.text
    load = ann.post(
        f"/v1/{tenant}/load/t", content="id,secret\n1,hunter2\n2,hunter2\n", headers={"Content-Type": "text/csv"}
    )
    assert load.json() == {"rows": 2}, load.text
    data = f"/v1/{tenant}/data/t"
    assert ann.get(data).status_code == 200
    assert ann.post(data, json={"id": 3, "secret": "hunter2"}).status_code == 201
    assert ann.post(data, json={"id": 3, "secret": "hunter2"}).status_code == 409
    assert ann.patch(data, params={"id": "eq.3"}, json={"secret": "hunter2!"}).is_success
    assert ann.put(f"{data}/3", json={"id": 3, "secret": "hunter2"}).is_success
    assert ann.delete(f"{data}/3").is_success
    assert ann.post(f"/v1/{tenant}/rpc/f", json={"a": "hunter2"}).is_success
    assert ann.post(f"/p/{tenant}/shop/rest/v1/t", json={"id": 4}).is_success
    mutation = 'mutation { insert_t(objects: [{id: 5, secret: "hunter2"}]) { affected_rows } }'
    changed = ann.post(f"/v1/{tenant}/graphql", json={"query": mutation})
    assert "errors" not in changed.json(), changed.text
    found = entries(ann, tenant)
    assert [(one["action"], one["target"], one["outcome"]) for one in found] == [
        ("query", "shop", "ok"), ("query", "shop", "ok"), ("query", "shop", "ok"), ("export", "shop", "ok"),
        ("query", "notes", "ok"), ("load", "shop", "ok"), ("insert", "shop", "ok"), ("insert", "shop", "23505"),
        ("update", "shop", "ok"), ("upsert", "shop", "ok"), ("delete", "shop", "ok"), ("call", "shop", "ok"),
        ("insert", "shop", "ok"), ("mutate", "shop", "ok"),
    ]  # fmt: skip
    told = [one["details"] for one in found]
    assert told[4]["statement"] == "db.people.insertOne({name: ?})"
    assert (told[5]["table"], told[5]["rows"], told[6]["table"], told[6]["role"]) == ("t", "2", "t", "service_role")
    assert (told[11]["function"], told[13]["fields"]) == ("f", "insert_t")
    assert "hunter2" not in str(found)
    assert [one["action"] for one in entries(ann, tenant, database="notes")] == ["query"]
    assert [one["outcome"] for one in entries(ann, tenant, outcome="23505")] == ["23505"]


def test_what_applications_do_is_not_kept(live: LivePlatform, tenant: str, ann: httpx.Client) -> None:
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    before = len(ann.get(f"/v1/{tenant}/audit", params={"limit": 10_000}).json())
    with httpx.Client(base_url=live.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        assert http.post(f"/v1/{tenant}/query", json={"query": "select 1"}).status_code == 200
        assert http.post(f"/v1/{tenant}/data/t", json={"id": 100}).status_code == 201
    assert len(ann.get(f"/v1/{tenant}/audit", params={"limit": 10_000}).json()) == before


def test_a_command_that_loads_is_kept(live: LivePlatform, tenant: str, tmp_path) -> None:
    (tmp_path / "rows.csv").write_text("id\n200\n")
    assert live.json("load", f"{tenant}/shop", str(tmp_path / "rows.csv"), "t")["rows"] == 1
    [entry, *_] = live.json("audit", tenant, "--action", "load")
    assert (entry["target"], entry["details"]["table"], entry["actor"][:4]) == ("shop", "t", "cli:")


def test_what_was_done_last_is_kept_when_the_server_ends(own_live: LivePlatform) -> None:
    own_live.json("up")
    tenant = own_live.new_tenant()
    own_live.json("create", "postgres", "shop", "--tenant", tenant)
    with own_live.operator() as http:
        for n in range(20):
            assert http.post(f"/v1/{tenant}/query", json={"query": f"select {n} as c{n}"}).status_code == 200
    own_live.json("down")
    own_live.json("up")
    found = own_live.json("audit", tenant, "--action", "query", "--limit", "100")
    assert [one["details"]["statement"] for one in found] == [f"select ? as c{n}" for n in reversed(range(20))]


def test_nobody_reads_what_others_did_elsewhere(live: LivePlatform, tenant: str, ann: httpx.Client) -> None:
    other, marker = live.new_tenant(), f"c{secrets.token_hex(6)}"
    ann.post(f"/v1/{tenant}/query", json={"query": f"select 1 as {marker}"})
    bob = f"hub:h:{secrets.token_hex(5)}"
    live.json("members", "set", other, bob, "administer")
    live.json("members", "set", tenant, bob, "view")
    for http in client_of(live, bob):
        assert marker not in http.get(f"/v1/{other}/audit").text
        for door in (f"/v1/{tenant}/audit", "/v1/audit"):
            refused = http.get(door)
            assert refused.status_code == 403 and marker not in refused.text
    assert marker in ann.get(f"/v1/{tenant}/audit").text, "who owns the tenant does"


def test_a_tenant_of_a_name_that_was_somebody_elses_does_not_tell_of_them(live: LivePlatform) -> None:
    ann, bob = (f"hub:h:{secrets.token_hex(5)}" for _ in range(2))
    name, marker = f"t{secrets.token_hex(5)}", f"c{secrets.token_hex(6)}"
    live.json("tenant", "create", name, "--administrator", ann)
    live.json("create", "postgres", "shop", "--tenant", name)
    for http in client_of(live, ann):
        assert http.post(f"/v1/{name}/query", json={"query": f"select 1 as {marker}"}).status_code == 200
        assert http.delete(f"/v1/tenants/{name}").status_code == 204
    live.json("tenant", "create", name, "--administrator", bob)
    for http in client_of(live, bob):
        said = http.get(f"/v1/{name}/audit", params={"since": "2020-01-01"})
        assert [one["action"] for one in said.json()] == ["create_tenant"], "the one that made it theirs"
        assert marker not in said.text
    assert marker in str(live.json("audit", name)), "the operator knows what was there"
