"""What a stranger, another tenant and an expired token get at every data door: nothing, with a code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import jwt
import pytest

from elsewhere import elsewhere
from live_platform import LivePlatform
from waiting import eventually


@dataclass(frozen=True)
class Tenant:
    name: str
    anon: str
    secret: str
    signing: dict
    url: str

    def token(
        self, *, headers: dict | None = None, algorithm: str = "HS256", key: str | None = None, **claims: object
    ) -> str:
        payload = {"role": "authenticated", "sub": "u1", "exp": int(time.time()) + 60, **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        signing = self.signing["secret"] if key is None else key
        return jwt.encode(payload, signing, algorithm=algorithm, headers={"kid": self.signing["kid"]} | (headers or {}))


def make(live: LivePlatform, http: httpx.Client, cluster: str | None) -> Tenant:
    name = live.new_tenant()
    placed = {} if cluster is None else {"cluster": cluster}
    made = http.post(f"/v1/{name}/databases", json={"name": "db", **placed})
    assert made.status_code == 201, made.text
    keys = [http.post(f"/v1/{name}/keys", json={"role": role}).json()["key"] for role in ("anon", "service_role")]
    script = """
        create table open (id int primary key, owner text);
        insert into open values (1, 'u1'), (2, 'u2');
        alter table open enable row level security;
        create policy mine on open using (owner = auth.sub() or auth.role() = 'anon' and id = 2);
        create table closed (id int primary key);
        insert into closed values (1);
        create function climb() returns text language plpgsql as
          $$ begin perform set_config('role', 'service_role', true); return current_user; end $$;
        create function climb_session() returns text language plpgsql as
          $$ begin set session authorization default; set role service_role; return current_user; end $$;
        create function whoami() returns text language sql stable as $$ select current_user::text $$;
    """
    answer = http.post(f"/v1/{name}/query", json={"query": script})
    assert answer.status_code == 200, answer.text
    tenant = Tenant(name, *keys, http.get(f"/v1/{name}/jwt-secret").json(), live.url)
    # Where there are no event triggers, the platform comes by in a while.
    eventually(lambda: get(tenant, "/v1/{t}/data/open", apikey=tenant.anon).status_code, lambda seen: seen == 200)
    return tenant


@pytest.fixture(scope="module")
def http(live: LivePlatform) -> Iterator[httpx.Client]:
    with live.operator() as client:
        yield client


@pytest.fixture(scope="module", params=["local", "shared", "without superuser"])
def cluster(live: LivePlatform, http: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The server that both tenants are on; None: each has one of its own."""
    if request.param == "local":
        yield None
        return
    with elsewhere("system" if request.param == "shared" else "wheel", tls=request.param == "shared") as server:
        given = server if request.param == "shared" else server.new_login("createdb createrole")
        name = f"on-{server.port}"
        made = http.post("/v1/clusters", json={"name": name, "dsn": given.dsn(), "ca": server.authority})
        assert made.status_code == 201, made.text
        assert given.login.secret not in made.text
        yield name
        for tenant in http.get("/v1/tenants").json():
            for database in http.get(f"/v1/{tenant['subdomain']}/databases").json():
                if database["cluster"] == name:
                    http.delete(f"/v1/{tenant['subdomain']}/databases/{database['name']}")
        assert http.delete(f"/v1/clusters/{name}").status_code == 204


@pytest.fixture(scope="module")
def one(live: LivePlatform, http: httpx.Client, cluster: str | None) -> Tenant:
    return make(live, http, cluster)


@pytest.fixture(scope="module")
def other(live: LivePlatform, http: httpx.Client, cluster: str | None) -> Tenant:
    return make(live, http, cluster)


DOORS = [
    "/v1/{t}/data/open", "/v1/{t}/data/open/1", "/p/{t}/db/rest/v1/open", "/v1/{t}/rpc/whoami",
    "/p/{t}/db/rest/v1/rpc/whoami", "/p/{t}/db/rest/v1/", "/v1/{t}/changes?table=open",
    "/p/{t}/db/realtime/v1/websocket?vsn=2.0.0", "/v1/{t}/data/open/aggregate",
    "/p/{t}/db/rest/v1/open/aggregate",
]  # fmt: skip
CONTROL = [
    ("GET", "/v1/clusters"), ("POST", "/v1/clusters"), ("GET", "/v1/clusters/x"), ("PATCH", "/v1/clusters/x"),
    ("DELETE", "/v1/clusters/x"), ("GET", "/v1/tenants"), ("POST", "/v1/tenants"), ("GET", "/v1/platform"),
    ("GET", "/v1/{t}/databases"),
    ("POST", "/v1/{t}/databases"), ("DELETE", "/v1/{t}/databases/db"), ("POST", "/v1/{t}/databases/db/rotate"),
    ("GET", "/v1/{t}/databases/db/connection-string"), ("GET", "/v1/{t}/databases/db/schema"), ("GET", "/v1/{t}/keys"),
    ("POST", "/v1/{t}/keys"), ("GET", "/v1/{t}/jwt-secret"), ("POST", "/v1/{t}/jwt"), ("GET", "/v1/{t}/audit"),
    ("GET", "/v1/{t}/documents/connection-string"), ("POST", "/v1/{t}/documents/rotate"),
]  # fmt: skip


def get(tenant: Tenant, door: str, **headers: str) -> httpx.Response:
    url = tenant.url + door.replace("{t}", tenant.name)
    if url.endswith("/aggregate"):
        return httpx.post(url, headers=headers, json=[{"$sort": {"id": 1}}, {"$project": {"id": 1}}])
    return httpx.get(url, headers=headers)


@pytest.mark.parametrize("door", DOORS)
def test_no_key_no_data(one: Tenant, door: str) -> None:
    answer = get(one, door)
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST302")


@pytest.mark.parametrize("door", DOORS)
def test_a_key_that_nobody_gave_out_is_refused(one: Tenant, door: str) -> None:
    for key in ("dbk_a_made-up", "nonsense", "", "%00"):
        assert get(one, door, apikey=key).status_code == 401


@pytest.mark.parametrize("door", DOORS)
def test_another_tenants_key_is_refused(one: Tenant, other: Tenant, door: str) -> None:
    for key in (other.anon, other.secret):
        answer = get(one, door, apikey=key)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")
        assert get(one, door, Authorization=f"Bearer {key}").status_code == 401


@pytest.mark.parametrize("door", DOORS)
def test_tokens_that_do_not_hold_are_refused(one: Tenant, other: Tenant, door: str) -> None:
    refused = {
        "expired": one.token(exp=int(time.time()) - 60),
        "no expiry": one.token(exp=None),
        "unsigned": one.token(algorithm="none", key=""),
        "another tenant's": other.token(),
        "another tenant's with this kid": other.token(headers={"kid": one.signing["kid"]}),
        "an older kid": one.token(headers={"kid": "old"}),
        "not yet valid": one.token(nbf=int(time.time()) + 600),
        "garbage": "a.b.c",
    }
    for what, token in refused.items():
        for headers in ({"Authorization": f"Bearer {token}"}, {"apikey": one.anon, "Authorization": f"Bearer {token}"}):
            answer = get(one, door, **headers)
            assert answer.status_code == 401, what
            assert answer.json()["code"] in {"PGRST301", "PGRST303"}, what


@pytest.mark.parametrize(
    "role", ["service_role", "owner", "postgres", "dbaas_admin", "pg_read_server_files", "", 5, ["anon"]]
)
def test_a_token_may_not_choose_any_role(one: Tenant, role: object) -> None:
    answer = get(one, "/v1/{t}/data/open", Authorization=f"Bearer {one.token(role=role)}")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_refused")


def test_row_policies_hold_for_each_caller(one: Tenant) -> None:
    door = "/v1/{t}/data/open?select=id&order=id"
    assert get(one, door, apikey=one.anon).json() == [{"id": 2}]
    assert get(one, door, apikey=one.anon, Authorization=f"Bearer {one.token()}").json() == [{"id": 1}]
    assert get(one, door, apikey=one.secret).json() == [{"id": 1}, {"id": 2}]


def test_row_policies_hold_in_every_stage_of_a_pipeline(one: Tenant) -> None:
    door = "/v1/{t}/data/open/aggregate"
    assert get(one, door, apikey=one.anon).json() == [{"id": 2}]
    assert get(one, door, Authorization=f"Bearer {one.token()}").json() == [{"id": 1}]
    assert get(one, door, apikey=one.secret).json() == [{"id": 1}, {"id": 2}]

    def ask(pipeline: list, **headers: str) -> httpx.Response:
        return httpx.post(f"{one.url}/v1/{one.name}/data/open/aggregate", headers=headers, json=pipeline)

    total = [{"$group": {"_id": None, "rows": {"$sum": 1}, "ids": {"$push": "$id"}}}]
    assert ask(total, apikey=one.anon).json() == [{"_id": None, "rows": 1, "ids": [2]}]

    def look_up(table: str) -> list:
        return [{"$lookup": {"from": table, "localField": "id", "foreignField": "id", "as": "other"}}]

    for unwound in ([], [{"$unwind": "$other"}]):
        pipeline = [*look_up("open"), *unwound, {"$project": {"other": 1}}]
        (row,) = ask(pipeline, apikey=one.anon).json()
        assert "2" in str(row)
        assert "u1" not in str(row), "another's row through $lookup"
        refused = ask([*look_up("closed"), *unwound], apikey=one.anon)
        assert (refused.status_code, refused.json()["code"]) == (401, "42501")
        assert "policy" in (refused.json()["hint"] or "").lower()
    assert ask(look_up("closed"), apikey=one.secret).json()[0]["other"] == [{"id": 1}]


def test_a_pipeline_reaches_no_schema_but_its_own(one: Tenant) -> None:
    for table in ("pg_class", "pg_catalog.pg_class", "auth.users", 'open" t1; drop table closed; --', "closed\\"):
        stage = {"$lookup": {"from": table, "localField": "id", "foreignField": "id", "as": "x"}}
        answer = httpx.post(
            f"{one.url}/v1/{one.name}/data/open/aggregate", headers={"apikey": one.secret}, json=[stage]
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "PGRST205"), table


def test_a_table_without_a_policy_is_closed_and_says_how_to_open_it(one: Tenant) -> None:
    answer = get(one, "/v1/{t}/data/closed", apikey=one.anon)
    assert (answer.status_code, answer.json()["code"]) == (401, "42501")
    assert "policy" in (answer.json()["hint"] or "").lower()
    assert get(one, "/v1/{t}/data/closed", apikey=one.secret).json() == [{"id": 1}]


@pytest.mark.parametrize("function", ["climb", "climb_session"])
def test_a_function_cannot_become_service_role(one: Tenant, function: str) -> None:
    for headers in ({"apikey": one.anon}, {"Authorization": f"Bearer {one.token()}"}):
        answer = httpx.post(f"{one.url}/v1/{one.name}/rpc/{function}", headers=headers, json={})
        assert answer.status_code >= 400, answer.text
        assert answer.text.strip('"') != "service_role"


@pytest.mark.parametrize(("method", "path"), CONTROL)
def test_a_tenants_key_does_not_open_the_control_door(one: Tenant, method: str, path: str) -> None:
    url = one.url + path.replace("{t}", one.name)
    assert httpx.request(method, url).status_code == 401
    for credential in (one.anon, one.secret, one.token()):
        answer = httpx.request(
            method, url, headers={"Authorization": f"Bearer {credential}"}, json={} if method == "POST" else None
        )
        assert answer.status_code == 403, answer.text
    forged = jwt.encode({"sub": "root", "exp": int(time.time()) + 60}, "guess" * 8, algorithm="HS256")
    assert httpx.request(method, url, headers={"Authorization": f"Bearer dbt_{forged}"}).status_code == 401


def test_arbitrary_sql_needs_the_owner_or_a_secret_key(one: Tenant, other: Tenant) -> None:
    url, body = f"{one.url}/v1/{one.name}/query", {"query": "select current_user::text as me"}
    assert httpx.post(url, json=body).status_code == 401
    for key in (other.secret, "dbk_s_made-up"):
        assert httpx.post(url, json=body, headers={"apikey": key}).status_code == 401
    for credential in (one.anon, one.token()):
        answer = httpx.post(url, json=body, headers={"Authorization": f"Bearer {credential}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "secret_key_needed")
    answer = httpx.post(url, json=body, headers={"apikey": one.secret})
    assert answer.json()["data"] == [{"me": "service_role"}]


def test_a_secret_key_ends_when_it_is_revoked(live: LivePlatform, http: httpx.Client, one: Tenant) -> None:
    made = http.post(f"/v1/{one.name}/keys", json={"role": "service_role"}).json()
    assert get(one, "/v1/{t}/data/closed", apikey=made["key"]).status_code == 200
    assert http.delete(f"/v1/{one.name}/keys/{made['id']}").status_code == 204
    eventually(lambda: get(one, "/v1/{t}/data/closed", apikey=made["key"]).status_code, lambda seen: seen == 401)


def test_identifiers_are_names_and_never_sql(one: Tenant, http: httpx.Client) -> None:
    hostile = 'open"; drop table "closed"; --'
    from urllib.parse import quote

    for path in (
        f"data/{quote(hostile, safe='')}",
        f"rpc/{quote(hostile, safe='')}",
        f"data/open?{quote(hostile)}=eq.1",
        f"data/open?select={quote(hostile)}",
        f"data/open?order={quote(hostile)}",
    ):
        assert 400 <= httpx.get(f"{one.url}/v1/{one.name}/{path}", headers={"apikey": one.secret}).status_code < 500
    for stage in (
        {"$match": {hostile: 1}},
        {"$sort": {hostile: 1}},
        {"$group": {"_id": f"${hostile}"}},
        {"$unwind": f"${hostile}"},
        {"$unset": f"id.{hostile}"},
        {"$addFields": {hostile: 1, "x": hostile}},
        {"$project": {hostile: {"$literal": hostile}}},
        {"$replaceWith": {hostile: {hostile: "$id"}}},
        {"$count": hostile},
        {"$addFields": {"x": {"$dateToString": {"date": "2026-01-01", "format": hostile}}}},
    ):
        answer = httpx.post(
            f"{one.url}/v1/{one.name}/data/open/aggregate", headers={"apikey": one.secret}, json=[stage]
        )
        assert answer.status_code in (200, 400), answer.text
    rows = http.post(f"/v1/{one.name}/query", json={"query": "select count(*) as n from closed"}).json()
    assert rows["data"] == [{"n": 1}]


def test_an_admin_key_opens_control_and_ends_when_revoked(live: LivePlatform) -> None:
    made = live.json("keys", "create", "--role", "admin")
    url, headers = f"{live.url}/v1/tenants", {"Authorization": f"Bearer {made['key']}"}
    assert httpx.get(url, headers=headers).status_code == 200
    live.json("keys", "revoke", made["id"])
    eventually(lambda: httpx.get(url, headers=headers).status_code, lambda seen: seen == 401)


def test_no_secret_reaches_a_log(live: LivePlatform, one: Tenant, http: httpx.Client) -> None:
    http.post(f"/v1/{one.name}/databases/db/rotate")
    dsn = http.get(f"/v1/{one.name}/databases/db/connection-string").json()["connection_string"]
    secrets = [one.anon, one.secret, one.signing["secret"], live.run_file["token"], httpx.URL(dsn).password]
    for log in (live.home / "logs").rglob("*"):
        if log.is_file():
            text = log.read_text(errors="replace")
            assert not [secret for secret in secrets if secret in text], log.name
