"""The control API over HTTP, on a real platform."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx
import psycopg
import pytest

from live_platform import LivePlatform


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    return live.new_tenant()


@pytest.fixture(scope="module")
def shop(live: LivePlatform, tenant: str) -> dict:
    with live.operator() as http:
        made = http.post(f"/v1/{tenant}/databases", json={"name": "shop"})
    assert made.status_code == 201, made.text
    return made.json()


def test_health_needs_no_key(live: LivePlatform) -> None:
    assert httpx.get(f"{live.url}/healthz").json()["status"] == "ok"


def test_the_platform_tells_its_engines_and_what_was_probed(live: LivePlatform) -> None:
    with live.operator() as http:
        told = http.get("/v1/platform").json()
    assert told["home"] == str(live.home)
    document, postgres = told["engines"]
    assert (document["name"], postgres["name"]) == ("document", "postgres")
    assert "plpgsql" in postgres["extensions"]
    assert document["can"]["documents"] and not document["can"]["sql"] and postgres["can"]["sql"]


def test_a_new_database_says_how_to_reach_it(live: LivePlatform, tenant: str, shop: dict) -> None:
    assert shop["state"] == "ready"
    assert shop["exposure"] == "policies"
    assert shop["is_default"] is True
    assert shop["rest_url"] == f"{live.url}/p/{tenant}/shop/rest/v1"
    assert shop["realtime_url"].startswith("ws://")
    with psycopg.connect(shop["connection_string"]) as connection:
        assert connection.execute("select current_database()").fetchone() == ("shop",)


def test_the_connection_string_is_only_given_when_asked_for(live: LivePlatform, tenant: str, shop: dict) -> None:
    with live.operator() as http:
        listed = http.get(f"/v1/{tenant}/databases").json()
        asked = http.get(f"/v1/{tenant}/databases/shop/connection-string").json()
    assert [each["name"] for each in listed] == ["shop"]
    assert "connection_string" not in listed[0]
    assert asked["connection_string"] == shop["connection_string"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/tenants", {"nmae": "x"}, 400, "unknown_field"),
        ("POST", "/v1/tenants", {}, 400, "missing_field"),
        ("POST", "/v1/tenants", {"name": 5}, 400, "invalid_field"),
        ("POST", "/v1/tenants", [], 400, "invalid_body"),
        ("GET", "/v1/tenants/nobody", None, 404, "tenant_not_found"),
        ("PATCH", "/v1/tenants/{tenant}", {"cors_origins": "*"}, 400, "invalid_field"),
        ("PATCH", "/v1/tenants/{tenant}", {"cors_origins": [1]}, 400, "invalid_origin"),
        ("PATCH", "/v1/tenants/{tenant}", {"cors_origins": ["https://app.test/"]}, 400, "invalid_origin"),
        ("PATCH", "/v1/tenants/{tenant}", {"cors_origins": ["*", "https://app.test"]}, 400, "invalid_origin"),
        ("GET", "/v1/nobody/databases", None, 404, "tenant_not_found"),
        ("GET", "/v1/nowhere/at/all", None, 404, "no_such_url"),
        ("PUT", "/v1/tenants", {}, 405, "method_not_allowed"),
        ("GET", "/v1/{tenant}/databases/none", None, 404, "database_not_found"),
        ("POST", "/v1/{tenant}/databases", {"name": "shop"}, 409, "database_exists"),
        ("POST", "/v1/{tenant}/databases", {"name": "x", "engine": "oracle"}, 400, "unknown_engine"),
        ("POST", "/v1/{tenant}/databases", {"name": ""}, 400, "invalid_name"),
        ("POST", "/v1/{tenant}/keys", {"role": "admin"}, 400, "invalid_field"),
        ("DELETE", "/v1/{tenant}/keys/none", None, 404, "key_not_found"),
        ("POST", "/v1/{tenant}/jwt", {"role": "service_role"}, 400, "invalid_field"),
        ("POST", "/v1/{tenant}/query", {"query": "select"}, 200, None),
        ("POST", "/v1/{tenant}/query", {"query": "selec 1"}, 400, "42601"),
        ("GET", "/v1/{tenant}/audit?limit=none", None, 400, "invalid_field"),
    ],
)
def test_bad_input_is_told_apart(
    live: LivePlatform, tenant: str, shop: dict, method: str, path: str, body: object, status: int, code: str | None
) -> None:
    with live.operator() as http:
        answer = http.request(method, path.replace("{tenant}", tenant), json=body)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["code"] == code
        assert set(answer.json()) == {"code", "message", "details", "hint"}


def test_json_that_does_not_parse_is_refused(live: LivePlatform) -> None:
    with live.operator() as http:
        answer = http.post("/v1/tenants", content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_a_name_with_quotes_and_sql_in_it_is_a_name(live: LivePlatform, tenant: str, shop: dict) -> None:
    name = 'a"; drop role x; --'
    with live.operator() as http:
        made = http.post(f"/v1/{tenant}/databases", json={"name": name})
        assert made.status_code == 201, made.text
        with psycopg.connect(made.json()["connection_string"]) as connection:
            assert connection.execute("select current_database()").fetchone() == (name,)
        quoted = httpx.URL(made.json()["rest_url"]).raw_path.decode().split("/")[3]
        assert http.get(f"/v1/{tenant}/databases/{quoted}").json()["name"] == name
        assert http.delete(f"/v1/{tenant}/databases/{quoted}").status_code == 204


def test_rotating_ends_the_old_password(live: LivePlatform, tenant: str, shop: dict) -> None:
    with live.operator() as http:
        old = http.get(f"/v1/{tenant}/databases/shop/connection-string").json()["connection_string"]
        new = http.post(f"/v1/{tenant}/databases/shop/rotate").json()["connection_string"]
        assert new != old
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(old)
        psycopg.connect(new).close()
        answer = http.post(f"/v1/{tenant}/query", json={"query": "select 1 as one"})
    assert answer.json()["data"] == [{"one": 1}]


def test_a_dropped_tenant_leaves_nothing(live: LivePlatform) -> None:
    gone = live.new_tenant()
    with live.operator() as http:
        made = http.post(f"/v1/{gone}/databases", json={"name": "shop"}).json()
        key = http.post(f"/v1/{gone}/keys", json={"role": "anon"}).json()["key"]
        assert http.delete(f"/v1/tenants/{gone}").status_code == 204
        assert http.get(f"/v1/tenants/{gone}").status_code == 404
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(made["connection_string"])
    assert httpx.get(f"{live.url}/v1/{gone}/data/t", headers={"apikey": key}).status_code in (401, 404)


def test_every_action_is_audited_with_its_outcome(live: LivePlatform, tenant: str, shop: dict) -> None:
    with live.operator() as http:
        http.post(f"/v1/{tenant}/databases", json={"name": "shop"})
        entries = http.get(f"/v1/{tenant}/audit").json()
    outcomes = {(entry["action"], entry["outcome"]) for entry in entries}
    assert len({action for action, outcome in outcomes if outcome == "ok"}) >= 2
    assert "database_exists" in {outcome for _, outcome in outcomes}
    assert all("password" not in str(entry).lower() for entry in entries)


def test_the_openapi_document_describes_every_control_route(live: LivePlatform) -> None:
    from dbaas_server.routes import ROUTES
    from dbaas_server.routing import Guard

    document = httpx.get(f"{live.url}/v1/openapi.json").json()
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    routed = {(r.pattern, m) for r in ROUTES if r.guard is not Guard.caller for m in r.methods}
    assert described == routed - {("/v1/openapi.json", "GET"), ("/graphiql/{asset}", "GET")}


def test_the_schema_shows_columns_keys_and_a_warning_with_its_remedy(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    with live.operator() as http:
        http.post(f"/v1/{tenant}/databases", json={"name": "s"})
        http.post(
            f"/v1/{tenant}/query",
            json={"query": "create table a (id int primary key, n text); create table b (a int references a)"},
        )
        schema = http.get(f"/v1/{tenant}/databases/s/schema").json()
    public = next(each for each in schema["schemas"] if each["name"] == "public")
    tables = {table["name"]: table for table in public["tables"]}
    assert tables["a"]["primary_key"] == ["id"]
    assert tables["b"]["columns"][0]["references"] == {"schema": "public", "table": "a", "column": "id"}
    assert tables["a"]["exposed_to"] == []
    assert "row security" in tables["a"]["warning"]


def test_names_of_platform_objects_do_not_collide(live: LivePlatform) -> None:
    name = f"Überflieger {uuid4().hex[:6]}"
    with live.operator() as http:
        made = http.post("/v1/tenants", json={"name": name})
    assert made.status_code == 201, made.text
    assert made.json()["name"] == name
    assert made.json()["subdomain"].isascii()


def test_a_persons_short_token_ends_no_later_than_the_one_it_came_from(live: LivePlatform) -> None:
    person = live.json("tokens", "create", "hub:h:ann", "--expires-in", "60")["token"]
    made = httpx.post(f"{live.url}/v1/token", headers={"Authorization": f"Bearer {person}"}).json()
    assert made["expires_at"] <= time.time() + 60 and made["token"].startswith("dbt_")
    key = live.json("keys", "create", "--role", "admin")["key"]
    refused = httpx.post(f"{live.url}/v1/token", headers={"Authorization": f"Bearer {key}"})
    assert refused.status_code == 403 and refused.json()["code"] == "person_needed"
    assert httpx.post(f"{live.url}/v1/token").status_code == 401
