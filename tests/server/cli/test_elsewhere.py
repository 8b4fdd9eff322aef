"""The command where ``DBAAS_URL`` names a platform elsewhere: data as the person, nothing here by mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from live_platform import LivePlatform, without_platform


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    """With a table, of a person."""
    made = live.new_tenant()
    live.json("create", "postgres", "shop", "--tenant", made)
    live.json("members", "set", made, "hub:h:ann", "own")
    with live.operator() as operator:
        done = operator.post(
            f"/v1/{made}/query", json={"database": "shop", "query": "create table t (id int primary key)"}
        )
        assert done.status_code == 200, done.text
    return made


@pytest.fixture
def nowhere(live: LivePlatform, tmp_path: Path) -> dict[str, str]:
    """Nobody's terminal, whose data folder would be new."""
    return without_platform(os.environ) | {
        "DBAAS_URL": live.url,
        "DBAAS_HOME": str(tmp_path / "nothing"),
        "XDG_CONFIG_HOME": str(tmp_path),
    }


def ran(environment: dict[str, str], *words: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "dbaas_server.cli", *words]
    done = subprocess.run(line, env=environment, input=typed, capture_output=True, text=True, timeout=120)
    assert not Path(environment["DBAAS_HOME"]).exists(), "something was started or kept here"
    return done


def token(live: LivePlatform, person: str) -> dict[str, str]:
    return {"DBAAS_TOKEN": live.json("tokens", "create", person)["token"]}


def test_data_is_read_and_loaded_as_the_person(
    live: LivePlatform, tenant: str, nowhere: dict[str, str], tmp_path: Path
) -> None:
    ann, rows = nowhere | token(live, "hub:h:ann"), tmp_path / "rows.csv"
    rows.write_text("id\n" + "".join(f"{number}\n" for number in range(200_000)))
    loaded = ran(ann, "load", f"{tenant}/shop", str(rows), "t", "--json")
    assert json.loads(loaded.stdout) == {"table": "t", "rows": 200_000}, loaded.stderr
    piped = ran(ann, "load", f"{tenant}/shop", "-", "t", "--schema", "public", typed="id\n200000\n")
    assert piped.returncode == 0, piped.stderr
    again = ran(ann, "load", f"{tenant}/shop", "-", "t", typed="id\n300000\n7\n")
    assert again.returncode == 1 and "[23505]" in again.stderr, "all or nothing"
    shown = ran(ann, "schema", f"{tenant}/shop", "t")
    assert shown.returncode == 0 and "integer" in shown.stdout, shown.stderr
    tables = json.loads(ran(ann, "schema", f"{tenant}/shop", "--json").stdout)["schemas"]
    assert [table["name"] for schema in tables for table in schema["tables"]] == ["t"]


@pytest.mark.parametrize("words", [("schema", "{}/shop"), ("load", "{}/shop", "-", "t")], ids=("schema", "load"))
def test_nobody_else_gets_at_it(
    live: LivePlatform, tenant: str, nowhere: dict[str, str], words: tuple[str, ...]
) -> None:
    line = [word.format(tenant) for word in words]
    for brought, code in (
        (token(live, "hub:h:bob"), "tenant_not_found"),
        ({"DBAAS_TOKEN": "dbt_forged"}, "token_invalid"),
        ({}, "login_needed"),
    ):
        refused = ran(nowhere | brought, *line, typed="id\n1\n")
        assert refused.returncode == 1 and f"[{code}]" in refused.stderr, refused.stderr


@pytest.mark.parametrize(
    "line",
    ["list", "tenant list", "dump {}/shop", "rotate {}/shop", "drop {}/shop --yes", "connection-string {}/shop", "up",
     "keys list --tenant {}", "usage {}", "distribution {}/shop", "audit show"],
)  # fmt: skip
def test_what_does_not_reach_there_says_so(live: LivePlatform, tenant: str, nowhere: dict[str, str], line: str) -> None:
    refused = ran(nowhere | token(live, "hub:h:ann"), *line.format(tenant).split())
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1, refused.stderr
    assert "[platform_elsewhere]" in refused.stderr and "%dbaas" in refused.stderr


def test_a_data_folder_on_the_command_line_is_nearer(live: LivePlatform, tenant: str, nowhere: dict[str, str]) -> None:
    listed = ran(nowhere, "list", "--tenant", tenant, "--json", "--home", str(live.home))
    assert [each["name"] for each in json.loads(listed.stdout)] == ["shop"], listed.stderr
