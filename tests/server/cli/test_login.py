"""A terminal logs in to a platform: a person confirms its code elsewhere, and it keeps a token."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from live_platform import LivePlatform, free_port, without_platform


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return without_platform(os.environ) | {"XDG_CONFIG_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}


def words(*more: str) -> list[str]:
    return [sys.executable, "-m", "dbaas_server.cli", *more]


def ran(environment: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words(*more), env=environment, capture_output=True, text=True, timeout=120)


def begun(live: LivePlatform) -> dict[str, str]:
    answer = httpx.post(f"{live.url}/v1/login", json={"name": "a test"})
    assert answer.status_code == 201
    found: dict[str, str] = answer.json()
    return found


def test_a_confirmed_terminal_is_that_person(live: LivePlatform, environment: dict[str, str], tmp_path: Path) -> None:
    terminal = subprocess.Popen(
        words("login", live.url), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert terminal.stderr is not None
        said = terminal.stderr.readline() + terminal.stderr.readline()
        found = re.search(r"code (\S+) there", said)
        assert found is not None and f"{live.url}/login?code=" in said
        with live.operator() as operator:
            looked = operator.post("/v1/login/look", json={"code": found[1].lower()}).json()
            assert " on " in looked["asked_by"] and looked["person"].startswith("local:")
            assert operator.post("/v1/login/confirm", json={"code": found[1]}).status_code == 204
            again = operator.post("/v1/login/confirm", json={"code": found[1]})
            assert (again.status_code, again.json()["code"]) == (404, "code_not_found")
        out, errors = terminal.communicate(timeout=120)
        assert terminal.returncode == 0, errors
    finally:
        terminal.kill()
    kept = tmp_path / "jupyter-dbaas" / "login.json"
    token = json.loads(kept.read_text())["logins"][live.url]["token"]
    assert kept.stat().st_mode & 0o777 == 0o600 and token not in out + errors
    who = ran(environment, "whoami", "--json")
    assert json.loads(who.stdout)["person"].startswith("local:")
    copied = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{live.url}/v1/platform", headers=copied).status_code == 200
    left = ran(environment, "logout", "--json")
    assert json.loads(left.stdout) == {"logged_out": live.url, "ended_there": True}, left.stderr
    ended = httpx.get(f"{live.url}/v1/platform", headers=copied)
    assert (ended.status_code, ended.json()["code"]) == (401, "token_invalid"), "a copy opens nothing"
    with live.operator() as operator:
        assert operator.get("/v1/platform").status_code == 200, "the person's other tokens hold"
    assert "login_needed" in ran(environment, "whoami").stderr


def test_a_login_is_finished_once(live: LivePlatform) -> None:
    made = begun(live)
    asked = {"device_code": made["device_code"]}
    assert httpx.post(f"{live.url}/v1/login/token", json=asked).status_code == 202
    with live.operator() as operator:
        assert operator.post("/v1/login/confirm", json={"code": made["user_code"]}).status_code == 204
    done = httpx.post(f"{live.url}/v1/login/token", json=asked)
    assert done.status_code == 200 and done.json()["token"].startswith("dbt_")
    over = httpx.post(f"{live.url}/v1/login/token", json=asked)
    assert (over.status_code, over.json()["code"]) == (404, "login_not_found")


def test_codes_cannot_be_tried_for_long(live: LivePlatform) -> None:
    made, person = begun(live), live.json("tokens", "create", "hub:h:guesser")["token"]
    with httpx.Client(base_url=live.url, headers={"Authorization": f"Bearer {person}"}) as guesser:
        codes = [guesser.post("/v1/login/confirm", json={"code": f"WRONG{n}"}).json()["code"] for n in range(11)]
        assert codes == ["code_not_found"] * 10 + ["too_many_codes"]
        right = guesser.post("/v1/login/confirm", json={"code": made["user_code"]})
        assert (right.status_code, right.json()["code"]) == (403, "too_many_codes")


def test_the_page_runs_its_own_script_only(live: LivePlatform) -> None:
    page = httpx.get(f"{live.url}/login?code=<b>")
    assert page.status_code == 200 and "<b>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy


def test_only_the_token_that_is_brought_ends(live: LivePlatform) -> None:
    bobs = [live.json("tokens", "create", "hub:h:bob")["token"] for _ in range(2)]
    ann = live.json("tokens", "create", "hub:h:ann")["token"]

    def asked(method: str, path: str, token: str) -> tuple[int, str]:
        answer = httpx.request(method, live.url + path, headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else ""

    assert asked("DELETE", "/v1/token/this", bobs[0][:-8] + "AAAAAAAA") == (401, "token_invalid")
    assert httpx.delete(f"{live.url}/v1/token/this").status_code == 401
    assert asked("GET", "/v1/platform", bobs[0])[0] == 200, "a forged one ends nothing"
    assert asked("DELETE", "/v1/token/this", bobs[0])[0] == 204
    assert asked("DELETE", "/v1/token/this", bobs[0]) == (401, "token_invalid")
    assert asked("POST", "/v1/token", bobs[0]) == (401, "token_invalid")
    # The last character of a signature has bits that nobody reads: it is the token that ended, not its spelling.
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelt = [bobs[0][:-1] + other for other in last]
    assert {asked("GET", "/v1/platform", other)[0] for other in spelt} == {401}
    assert [asked("GET", "/v1/platform", token)[0] for token in (bobs[1], ann)] == [200, 200]


def test_a_terminal_forgets_its_login_where_the_platform_is_gone(environment: dict[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "jupyter-dbaas" / "login.json"
    kept.parent.mkdir()
    gone = f"http://127.0.0.1:{free_port()}"
    kept.write_text(json.dumps({"url": gone, "logins": {gone: {"token": "dbt_x", "person": "a", "expires_at": None}}}))
    done = ran(environment, "logout", "--json")
    assert json.loads(done.stdout) == {"logged_out": gone, "ended_there": False}
    assert "until it expires" in done.stderr and "dbt_x" not in kept.read_text()


def test_a_hubs_user_is_asked_for_again_after_a_day(live: LivePlatform) -> None:
    made, week = begun(live), str(7 * 24 * 3600)
    person = live.json("tokens", "create", "hub:h:ann", "--expires-in", week)["token"]
    confirmed = httpx.post(
        f"{live.url}/v1/login/confirm", json={"code": made["user_code"]}, headers={"Authorization": f"Bearer {person}"}
    )
    assert confirmed.status_code == 204, confirmed.text
    done = httpx.post(f"{live.url}/v1/login/token", json={"device_code": made["device_code"]}).json()
    assert 0 < done["expires_at"] - time.time() <= 24 * 3600
