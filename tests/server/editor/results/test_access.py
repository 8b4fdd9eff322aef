"""Who may run statements and read results: the owner's operator, a secret key of the tenant, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from live_platform import LivePlatform
from waiting import eventually

DOORS = {
    "run": {},
    "rows": {"offset": 0},
    "count": {},
    "cell": {"row": 0, "column": 0},
    "export": {"format": "csv"},
}
LONG = "select generate_series(1, 5000) as n"


@dataclass(frozen=True)
class Keys:
    anon: str
    secret: str
    other_secret: str
    stranger: str


@pytest.fixture(scope="module")
def keys(live: LivePlatform, editor) -> Keys:
    """The tenant's keys, two of them secret, and a secret key of another tenant's."""
    stranger = live.new_tenant()

    def key(tenant: str, role: str) -> str:
        return editor.http.post(f"/v1/{tenant}/keys", json={"role": role}).json()["key"]

    return Keys(*(key(editor.tenant, role) for role in ("anon", "service_role", "service_role")),
                key(stranger, "service_role"))  # fmt: skip


@pytest.fixture
def door(live: LivePlatform, editor) -> Iterator[Callable[..., httpx.Response]]:
    """``door("run", "select 1", apikey=…)``: a request with this key and nothing else."""
    with httpx.Client(base_url=live.url, timeout=60) as http:

        def ask(name: str, text: str, *, apikey: str = "", **fields) -> httpx.Response:
            headers = {"apikey": apikey} if apikey else {}
            return http.post(f"{editor.path}/{name}", json={"text": text, **fields}, headers=headers)

        yield ask


@pytest.mark.parametrize("name", DOORS)
def test_nobody_comes_in_without_a_key(door, name: str) -> None:
    answer = door(name, "select 1", **DOORS[name])
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert door(name, "select 1", apikey="dbk_a_made-up", **DOORS[name]).status_code == 401


@pytest.mark.parametrize("name", DOORS)
def test_neither_a_public_key_nor_a_strangers_secret_one_opens_a_door(door, keys, name: str) -> None:
    answer = door(name, "select 1", apikey=keys.anon, **DOORS[name])
    assert (answer.status_code, answer.json()["code"]) == (403, "secret_key_needed")
    answer = door(name, "select 1", apikey=keys.stranger, **DOORS[name])
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


@pytest.mark.parametrize("name", DOORS)
def test_a_database_of_another_tenant_is_not_there(live: LivePlatform, editor, keys, name: str) -> None:
    mine = live.new_tenant()
    answer = editor.http.post(
        f"/v1/{mine}/databases/{editor.database}/editor/{name}", json={"text": "select 1", **DOORS[name]}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "database_not_found")


def test_a_result_belongs_to_the_key_that_opened_it(live: LivePlatform, editor, door, keys) -> None:
    mine = door("run", LONG, apikey=keys.secret, limit=10).json()["result"]
    asked = {"result": mine, "offset": 4000, "limit": 1}
    # Others with the same rights read the same rows, from a result of their own, and close nothing.
    others = (door("rows", LONG, apikey=keys.other_secret, **asked).json(), editor.ask("rows", LONG, **asked))
    assert all(each["reopened"] and each["result"] != mine and each["rows"] == [[4001]] for each in others)
    url = f"{live.url}{editor.path}/results/{mine}"
    for headers in ({"apikey": keys.other_secret}, dict(editor.http.headers)):
        assert httpx.delete(url, headers=headers).status_code == 204
    answer = door("rows", LONG, apikey=keys.secret, **asked).json()
    assert (answer["reopened"], answer["result"]) == (False, mine)


def test_a_result_is_closed_by_who_opened_it_and_by_nobody_without_a_key(live: LivePlatform, editor) -> None:
    mine = editor.ask("run", LONG, limit=10)["result"]
    path = f"{editor.path}/results/{mine}"
    assert httpx.delete(f"{live.url}{path}").status_code == 401
    assert not editor.ask("rows", LONG, result=mine, offset=0)["reopened"]
    assert editor.http.delete(path).status_code == 204
    assert editor.http.delete(path).status_code == 204
    assert editor.ask("rows", LONG, result=mine, offset=0)["reopened"]


def test_a_secret_key_runs_as_service_role_and_a_person_as_the_owner(editor, door, keys) -> None:
    assert door("run", "select current_user", apikey=keys.secret).json()["rows"] == [["service_role"]]
    assert editor.ask("run", "select current_user = session_user")["rows"] == [[True]]


def test_a_revoked_key_reads_no_further(live: LivePlatform, editor, door) -> None:
    made = editor.http.post(f"/v1/{editor.tenant}/keys", json={"role": "service_role"}).json()
    result = door("run", LONG, apikey=made["key"], limit=10).json()["result"]
    assert door("rows", LONG, apikey=made["key"], result=result, offset=10).status_code == 200
    assert editor.http.delete(f"/v1/{editor.tenant}/keys/{made['id']}").status_code in (200, 204)
    eventually(
        lambda: door("rows", LONG, apikey=made["key"], result=result, offset=20).status_code, lambda seen: seen == 401
    )


def test_other_passwords_and_a_dropped_database_close_what_was_open(live: LivePlatform, editor) -> None:
    path = f"/v1/{editor.tenant}/databases/passing/editor"
    assert editor.http.post(f"/v1/{editor.tenant}/databases", json={"name": "passing"}).status_code == 201
    opened = editor.http.post(f"{path}/run", json={"text": LONG, "limit": 10}).json()["result"]
    assert editor.http.post(f"/v1/{editor.tenant}/databases/passing/rotate").status_code == 200

    def again() -> httpx.Response:
        return editor.http.post(f"{path}/rows", json={"text": LONG, "result": opened, "offset": 10, "limit": 1})

    answer = eventually(again, lambda seen: seen.status_code == 200 and seen.json()["reopened"])
    assert answer.json()["rows"] == [[11]]
    opened = answer.json()["result"]
    assert editor.http.delete(f"/v1/{editor.tenant}/databases/passing").status_code == 204
    gone = eventually(again, lambda seen: seen.status_code != 200)
    assert gone.json()["code"] in ("database_not_found", "database_unavailable")
