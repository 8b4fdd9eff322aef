"""The same doors inside a real Jupyter Server: its people, its XSRF check, and our keys beside them."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import httpx
import pytest

from live_jupyter import Jupyter


@pytest.fixture(scope="module")
def tenant(jupyter: Jupyter) -> str:
    name = jupyter.platform.new_tenant()
    with jupyter.person() as person:
        made = person.post(f"/v1/{name}/databases", json={"name": "shop"})
        assert made.status_code == 201, made.text
        assert made.json()["rest_url"] == f"{jupyter.url}/p/{name}/shop/rest/v1"
        script = (
            "create table t (id int primary key); alter table t enable row level security;"
            " create policy p on t using (true)"
        )
        assert person.post(f"/v1/{name}/query", json={"query": script}).status_code == 200
    return name


def key(jupyter: Jupyter, tenant: str, role: str) -> str:
    with jupyter.person() as person:
        return person.post(f"/v1/{tenant}/keys", json={"role": role}).json()["key"]


def test_a_stranger_gets_nothing(jupyter: Jupyter, tenant: str) -> None:
    for path in ("/v1/tenants", f"/v1/{tenant}/keys", "/v1/platform"):
        answer = httpx.get(jupyter.url + path)
        assert answer.status_code == 403
        assert answer.json()["code"] == "forbidden"
    answer = httpx.get(f"{jupyter.url}/v1/{tenant}/data/t")
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST302")


def test_a_cookie_needs_the_xsrf_token_to_change_anything(jupyter: Jupyter) -> None:
    with httpx.Client() as browser:
        browser.get(f"{jupyter.url.removesuffix('/dbaas')}/api/status?token={jupyter.token}")
        browser.get(f"{jupyter.url.removesuffix('/dbaas')}/tree?token={jupyter.token}")
        assert browser.get(f"{jupyter.url}/v1/tenants").status_code == 200, "signed in by cookie"
        refused = browser.post(f"{jupyter.url}/v1/tenants", json={"name": "forged"})
        assert refused.status_code == 403
        assert set(refused.json()) == {"code", "message", "details", "hint"}
        xsrf = next((cookie.value for cookie in browser.cookies.jar if cookie.name == "_xsrf"), None)
        if xsrf is not None:
            made = browser.post(
                f"{jupyter.url}/v1/tenants", json={"name": f"x{secrets.token_hex(4)}"}, headers={"X-XSRFToken": xsrf}
            )
            assert made.status_code == 201, made.text


def test_a_cookie_never_opens_the_data_door(jupyter: Jupyter, tenant: str) -> None:
    with jupyter.person() as person:
        assert person.get(f"/v1/{tenant}/data/t").status_code == 401


def test_a_key_opens_the_data_door_without_jupyter(jupyter: Jupyter, tenant: str) -> None:
    url = f"{jupyter.url}/v1/{tenant}/data/t"
    secret = key(jupyter, tenant, "service_role")
    headers = {"apikey": secret, "Prefer": "return=representation"}
    made = httpx.post(url, headers=headers, json={"id": 1})
    assert (made.status_code, made.json()) == (201, [{"id": 1}])
    assert httpx.get(url, headers={"apikey": key(jupyter, tenant, "anon")}).json() == [{"id": 1}]
    assert httpx.delete(f"{url}/1", headers={"apikey": secret}).json() == {"id": 1}
    foreign = httpx.get(url, headers={"apikey": secret, "Origin": "https://elsewhere.example"})
    assert foreign.status_code == 200
    assert foreign.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in foreign.headers


def test_a_preflight_is_answered_without_a_key(jupyter: Jupyter, tenant: str) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "apikey",
    }
    answer = httpx.options(f"{jupyter.url}/v1/{tenant}/data/t", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_tenants_key_does_not_open_control_inside_jupyter_either(jupyter: Jupyter, tenant: str) -> None:
    secret = key(jupyter, tenant, "service_role")
    answer = httpx.get(f"{jupyter.url}/v1/tenants", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_an_operator")


def test_a_kernels_token_opens_control(jupyter: Jupyter) -> None:
    token = jupyter.platform.run_file["token"]
    made = httpx.post(
        f"{jupyter.url}/v1/tenants",
        headers={"Authorization": f"Bearer {token}"},
        json={"name": f"k{secrets.token_hex(4)}"},
    )
    assert made.status_code == 201


def test_a_large_body_streams_through_jupyter(jupyter: Jupyter, tenant: str) -> None:
    rows = 200_000
    lines = (f"{n},{'x' * 40}\n" for n in range(rows))
    with jupyter.person() as person:
        person.post(f"/v1/{tenant}/query", json={"query": "create table big (n int, t text)"})
        csv = ("n,t\n" + "".join(lines)).encode()
        loaded = person.post(
            f"/v1/{tenant}/load/big",
            content=(csv[at : at + 65536] for at in range(0, len(csv), 65536)),
            headers={"Content-Type": "text/csv"},
        )
    assert loaded.json() == {"rows": rows}


def test_kernels_are_told_where_the_platform_is(jupyter: Jupyter) -> None:
    base = jupyter.url.removesuffix("/dbaas")
    headers = {"Authorization": f"token {jupyter.token}"}
    kernel = httpx.post(f"{base}/api/kernels", headers=headers, json={"name": "python3"}, timeout=60).json()
    try:
        connection = httpx.get(f"{base}/api/kernels/{kernel['id']}", headers=headers)
        assert connection.status_code == 200
        pid = min(  # a process that it starts looks like it for a moment
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and kernel["id"] in _command(entry)
        )
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        told = dict(item.decode().split("=", 1) for item in environment if item.startswith(b"DBAAS_API_"))
        assert told["DBAAS_API_URL"] == jupyter.url
        assert (
            httpx.get(
                f"{jupyter.url}/v1/platform", headers={"Authorization": f"Bearer {told['DBAAS_API_TOKEN']}"}
            ).status_code
            == 200
        )
    finally:
        httpx.delete(f"{base}/api/kernels/{kernel['id']}", headers=headers)


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def test_what_did_not_change_is_not_sent_to_a_page_again(jupyter: Jupyter, tenant: str) -> None:
    url = f"/v1/{tenant}/databases/shop/schema?1764000000000"
    with jupyter.person() as person:
        for _ in range(50):  # until figures stay what they are
            tag = person.get(url).headers["ETag"]
            again = person.get(url, headers={"If-None-Match": tag})
            if again.status_code == 304:
                break
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def test_a_page_is_told_how_far_a_database_is(jupyter: Jupyter, tenant: str) -> None:
    with jupyter.person() as person:
        asked = person.build_request(
            "POST", f"/v1/{tenant}/databases", json={"name": "told"}, headers={"Accept": "application/x-ndjson"}
        )
        answer = person.send(asked, stream=True)
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert [set(each) for each in lines[:-1]] == [{"step", "of", "doing"}] * lines[0]["of"]
    assert lines[-1]["database"]["name"] == "told"


def test_every_browser_of_a_person_is_that_person(jupyter: Jupyter) -> None:
    names = set()
    for _ in range(2):
        with jupyter.person() as browser:
            names.add(browser.get("/v1/platform").json()["person"])
    assert names == {f"local:{os.geteuid()}"}, "as in kernels"


def test_a_page_finds_what_its_person_ran(jupyter: Jupyter, tenant: str) -> None:
    url = f"/v1/{tenant}/databases/shop/editor"
    with jupyter.person() as person:
        assert person.post(f"{url}/run", json={"text": "select 'mine'"}).status_code == 200
        entries = person.get(f"{url}/history?limit=50&1764000000000").json()["entries"]
    assert [each["text"] for each in entries] == ["select 'mine'"]
    with httpx.Client(base_url=jupyter.url, headers={"apikey": key(jupyter, tenant, "service_role")}) as other:
        assert other.get(f"{url}/history").json()["entries"] == []
