"""A terminal logs in to a platform: a person confirms its code elsewhere, and it keeps a token."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from live_platform import LivePlatform, without_platform


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
    assert ran(environment, "logout").returncode == 0
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
