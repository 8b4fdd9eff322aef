"""The language routes over HTTP: shapes, positions, limits, and who is let in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from half_typed import SCHEMA
from live_platform import LivePlatform
from live_project import LiveProject, new_project
from waiting import eventually

BODIES = {
    "complete": {"text": "select  from orders", "position": 7},
    "hover": {"text": "select id from orders", "position": 8},
    "diagnose": {"text": "select idd from orders"},
    "format": {"text": "select id from orders"},
    "statements": {"text": "select 1"},
}


@pytest.fixture(scope="module")
def project(live: LivePlatform) -> LiveProject:
    return new_project(live, SCHEMA)


@pytest.fixture(scope="module")
def stranger(live: LivePlatform) -> str:
    """A secret key of another tenant."""
    tenant = live.new_tenant()
    with live.operator() as operator:
        key = operator.post(f"/v1/{tenant}/keys", json={"role": "service_role"}).json()["key"]
    return str(key)


@pytest.fixture(scope="module")
def editor(project: LiveProject) -> Iterator[httpx.Client]:
    with project.live.operator() as http:
        http.base_url = httpx.URL(f"{project.url}/databases/app/editor/")
        yield http


def test_completion_answers_with_labels_and_what_to_insert(editor: httpx.Client) -> None:
    text = 'select * from "Odd Table" o where o.mix'
    answer = editor.post("complete", json={"text": text, "position": len(text)})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["from"], found["to"]) == (36, 39)
    assert found["items"][0] == {
        "label": "MixedCase", "insert": '"MixedCase"', "kind": "column", "detail": "text · o", "info": None,
    }  # fmt: skip
    assert found["incomplete"] is False


def test_positions_are_counted_as_javascript_does(editor: httpx.Client) -> None:
    text = "select '𝄞𝄞é', o.sta from orders o"
    utf16 = len(text[: text.index(" from")].encode("utf-16-le")) // 2
    found = editor.post("complete", json={"text": text, "position": utf16}).json()
    assert (found["from"], found["to"]) == (utf16 - 3, utf16)
    assert found["items"][0]["label"] == "status"
    hovered = editor.post("hover", json={"text": text, "position": utf16}).json()
    assert hovered == {"hover": None}
    text = "select '𝄞', o.statu from orders o"
    problem = editor.post("diagnose", json={"text": text}).json()["diagnostics"][0]
    assert text.encode("utf-16-le")[2 * problem["from"] : 2 * problem["to"]].decode("utf-16-le") == "statu"
    change = problem["fixes"][0]["changes"][0]
    assert (change["from"], change["to"], change["insert"]) == (problem["from"], problem["to"], "status")
    assert editor.post("complete", json={"text": "a", "position": 2}).status_code == 400
    assert editor.post("complete", json={"text": "a", "position": -1}).status_code == 400


def test_hovering_tells_type_and_references(editor: httpx.Client) -> None:
    text = "select o.customer_id from orders o"
    found = editor.post("hover", json={"text": text, "position": 12}).json()["hover"]
    assert (found["from"], found["to"], found["kind"]) == (9, 20, "column")
    assert (found["title"], found["detail"]) == ("orders.customer_id", "bigint")
    assert "references customers (id)" in found["lines"]


def test_a_diagnostic_has_a_repair(editor: httpx.Client) -> None:
    found = editor.post("diagnose", json={"text": "select custmer_id from orders"}).json()["diagnostics"]
    assert [(each["severity"], each["code"]) for each in found] == [("error", "unknown_column")]
    assert found[0]["hint"] == "Did you mean customer_id?"
    assert found[0]["fixes"][0]["changes"] == [{"from": 7, "to": 17, "insert": "customer_id"}]


def test_formatting_answers_with_a_replacement(editor: httpx.Client) -> None:
    found = editor.post("format", json={"text": "  select id,note from orders where id=:id  "}).json()
    assert found["text"] == "select id, note from orders where id = :id"
    assert (found["from"], found["to"]) == (2, 41)
    refused = editor.post("format", json={"text": "select from where ((("})
    assert (refused.status_code, refused.json()["code"]) == (400, "not_formattable")


def test_statements_are_told_apart(editor: httpx.Client) -> None:
    text = "select ';', :a; update orders set note = :b where id = :a; -- end"
    found = editor.post("statements", json={"text": text}).json()["statements"]
    assert [(each["reads"], each["parameters"]) for each in found] == [(True, ["a"]), (False, ["b", "a"])]
    assert text[found[1]["from"] : found[1]["to"]] == "update orders set note = :b where id = :a"


def test_what_was_just_created_is_proposed(editor: httpx.Client, project: LiveProject) -> None:
    with psycopg.connect(project.connection_string, autocommit=True) as connection:
        connection.execute("create table brand_new (id int)")
    asked = {"text": "select * from brand", "position": 19}
    eventually(lambda: [each["label"] for each in editor.post("complete", json=asked).json()["items"]] == ["brand_new"])


def test_a_long_text_is_refused_and_a_hostile_one_answered(editor: httpx.Client) -> None:
    assert editor.post("diagnose", json={"text": "x" * 1_000_001}).json()["code"] == "text_too_long"
    for text in ("(" * 900_000, "select " + "a," * 100_000):
        for what, more in (("complete", {"position": len(text) // 2}), ("diagnose", {})):
            answer = editor.post(what, json={"text": text, **more})
            assert answer.status_code == 200, (what, text[:20], answer.text[:200])


def test_wrong_fields_are_named(editor: httpx.Client) -> None:
    assert editor.post("complete", json={"text": "a"}).json()["code"] == "missing_field"
    assert editor.post("complete", json={"text": "a", "position": 1, "line": 2}).json()["code"] == "unknown_field"
    assert editor.post("complete", json={"text": "a", "position": 1, "limit": 0}).json()["code"] == "invalid_field"
    assert editor.post("format", json={"text": "select 1", "from": 5, "to": 2}).json()["code"] == "invalid_field"


# --- isolation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", BODIES)
def test_nobody_else_is_let_in(what: str, project: LiveProject, stranger: str) -> None:
    url = f"{project.url}/databases/app/editor/{what}"
    signed = project.token("ann")
    expired = project.token("ann", seconds=-600)
    refused = {
        "no key": ({}, 401),
        "not a key": ({"apikey": "dbk_nobody"}, 401),
        "another tenant's key": ({"apikey": stranger}, 401),
        "the publishable key": ({"apikey": project.anon}, 403),
        "a signed token": ({"apikey": project.anon, "Authorization": f"Bearer {signed}"}, 403),
        "an expired token": ({"Authorization": f"Bearer {expired}"}, 401),
    }
    for who, (headers, status) in refused.items():
        answer = httpx.post(url, json=BODIES[what], headers=headers)
        assert answer.status_code == status, (who, answer.text)
        assert "customer" not in answer.text
    assert httpx.post(url, json=BODIES[what], headers={"apikey": project.secret}).status_code == 200


def test_a_database_that_does_not_exist_is_not_found(editor: httpx.Client, project: LiveProject) -> None:
    answer = editor.post(f"{project.url}/databases/nothing/editor/complete", json=BODIES["complete"])
    assert answer.status_code == 404
