"""The form for a new database."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest

from dbaas_provisioning import engines
from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.naming import check_database_name
from dbaas_server.control.forms import _duration
from live_platform import LivePlatform


@pytest.fixture(scope="module")
def tenant(live: LivePlatform) -> str:
    return live.new_tenant()


def form(live: LivePlatform, tenant: str) -> dict:
    with live.operator() as http:
        answer = http.get(f"/v1/{tenant}/forms/database")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_engine_describes_itself_its_options_and_its_cost(live: LivePlatform, tenant: str) -> None:
    shown = form(live, tenant)
    assert shown["tenant"] == tenant
    assert shown["plan"]["name"] == "free" and shown["plan"]["max_storage_gb"] == 10
    assert {each["name"] for each in shown["engines"]} == set(engines.names())
    for each in shown["engines"]:
        assert each["title"] and each["description"] and each["version"]
        assert each["cost"]["memory_bytes"] > 10_000_000 and each["cost"]["disk_bytes"] > 10_000_000
        assert re.fullmatch(
            rf"Starts a .+ server for {tenant}: about \d+ MB of memory, \d+ MB on disk\. Stops when idle for 1 hour\.",
            each["cost"]["sentence"],
        )
        assert each["schema"]["required"] == ["name"]


def test_what_the_form_offers_the_engine_takes(live: LivePlatform, tenant: str) -> None:
    for each in form(live, tenant)["engines"]:
        engine = engines.engine(each["name"])
        fields = {name: field for name, field in each["schema"]["properties"].items() if name != "name"}
        assert set(engine.check_options({})) == set(fields)
        for name, field in fields.items():
            assert engine.check_options({})[name] == field["default"]
            assert len(field["enum"]) == len(field["enumNames"])
            for value in field["enum"]:
                assert engine.check_options({name: value})[name] == value
            with pytest.raises(Invalid):
                engine.check_options({name: "something else"})


@pytest.mark.parametrize(
    "name", ["shop", "a b", " a", "a ", "a/b", "a.b", "a$", "a\nb", "x" * 64, "", "Ünï", "admin", "postgres"]
)
def test_the_form_and_the_platform_agree_on_names(live: LivePlatform, tenant: str, name: str) -> None:
    for each in form(live, tenant)["engines"]:
        field = each["schema"]["properties"]["name"]
        offered = (
            field["minLength"] <= len(name) <= field["maxLength"]
            and re.search(field["pattern"], name) is not None
            and name not in field["not"]["enum"]
        )
        try:
            check_database_name(name)
            engines.engine(each["name"]).check_name(name)
        except Invalid:
            assert not offered, each["name"]
        else:
            assert offered, each["name"]


def test_one_more_database_shares_the_server(live: LivePlatform) -> None:
    tenant = live.new_tenant()
    with live.operator() as http:
        made = http.post(f"/v1/{tenant}/databases", json={"name": "shop"}).json()
    costs = {each["name"]: each["cost"] for each in form(live, tenant)["engines"]}
    assert costs["postgres"]["sentence"] == f"Shares {tenant}'s PostgreSQL server: about 8 MB on disk."
    assert costs["postgres"]["memory_bytes"] == 0
    assert made["size_bytes"] < 2 * costs["postgres"]["disk_bytes"] < 4 * made["size_bytes"], "what is said is what is"
    assert costs["document"]["sentence"].startswith("Starts a document server")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1800, "30 minutes"), (60, "1 minute"), (3600, "1 hour"), (7200, "2 hours"), (90, "90 seconds"), (1, "1 second")],
)
def test_times_are_told_in_the_largest_unit_that_fits(seconds: int, words: str) -> None:
    assert _duration(seconds) == words


def test_the_form_is_the_operators(live: LivePlatform, tenant: str) -> None:
    with live.operator() as http:
        key = http.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
        assert http.get(f"/v1/t{uuid4().hex[:8]}/forms/database").status_code == 404
    url = f"{live.url}/v1/{tenant}/forms/database"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"apikey": key}).status_code == 403
