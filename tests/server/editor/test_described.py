"""The editor door answers as the OpenAPI document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from dbaas_server.control.openapi_editor import ANSWERS, OPERATIONS
from live_platform import LivePlatform

EDITOR = "/v1/{tenant}/databases/{database}/editor"
TEXT = "select n, 'x' as t from generate_series(1, 500) as n"
ASKED: dict[str, dict[str, Any]] = {
    "complete": {"text": "select * fro", "position": 12},
    "hover": {"text": "select count(*) from a", "position": 21},
    "diagnose": {"text": "select nothing from a"},
    "format": {"text": "select  *  from a"},
    "statements": {"text": "select :x; select 2"},
    "run": {"text": TEXT, "params": {}, "limit": 10, "record": True},
    "rows": {
        "text": TEXT,
        "columns": ["n", "t"],
        "order": [{"column": 0, "descending": True}],
        "where": [{"column": 0, "op": "gt", "value": "5"}],
        "offset": 3,
        "limit": 5,
    },
    "count": {"text": TEXT},
    "cell": {"text": TEXT, "row": 1, "column": 1},
    "export": {"text": TEXT, "format": "csv"},
}


@pytest.fixture(scope="module")
def base(live: LivePlatform) -> Iterator[httpx.Client]:
    tenant = live.new_tenant()
    with live.operator() as http:
        made = http.post(f"/v1/{tenant}/databases", json={"name": "shop"})
        assert made.status_code == 201, made.text
        http.post(f"/v1/{tenant}/query", json={"query": "create table a (id int primary key, name text)"})
        http.base_url = f"{live.url}/v1/{tenant}/databases/shop/editor/"
        yield http


def test_every_operation_with_a_body_is_asked_below() -> None:
    bodies = {path.rpartition("/")[2] for (_, path), (_, body, _) in OPERATIONS.items() if body is not None}
    assert bodies == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_a_body_as_described_is_answered_as_described(base: httpx.Client, name: str) -> None:
    jsonschema.validate(ASKED[name], OPERATIONS["post", f"{EDITOR}/{name}"][1])
    answer = base.post(name, json=ASKED[name])
    assert answer.status_code == 200, answer.text
    if ("post", f"{EDITOR}/{name}") in ANSWERS:
        schema = ANSWERS["post", f"{EDITOR}/{name}"]
        jsonschema.validate(answer.json(), schema)
        assert set(answer.json()) == set(schema["properties"])


def test_what_was_run_is_in_the_history_as_described(base: httpx.Client) -> None:
    base.post("run", json={"text": "select 'kept', :x::int", "params": {"x": 42424242}})
    base.post("run", json={"text": "select 'not recorded'", "record": False})
    base.post("run", json={"text": "selec 1"})
    answer = base.get("history")
    jsonschema.validate(answer.json(), ANSWERS["get", f"{EDITOR}/history"])
    newest, before, *_ = answer.json()["entries"]
    assert (newest["text"], newest["error"]) == ("selec 1", "42601")
    assert (before["text"], before["rows"], before["error"]) == ("select 'kept', :x::int", 1, None)
    assert "42424242" not in answer.text and "not recorded" not in answer.text
