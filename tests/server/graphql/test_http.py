"""GraphQL over HTTP: methods, media types, batches, persisted documents, origins."""

from __future__ import annotations

import hashlib
import json

import pytest

RESPONSE = "application/graphql-response+json"


def get(door, path: str | None = None, headers: dict | None = None, **params: str):
    return door.http.get(path or door.path, params=params, headers={"apikey": door.secret, **(headers or {})})


def test_both_endpoints(door) -> None:
    own = f"/p/{door.tenant}/shop/graphql/v1"
    assert door.data("{ get_covers_by_id(book_id: 1) { colour } }", path=own) == {"get_covers_by_id": {"colour": "red"}}
    assert door.refused("{ stats_find_events { id } }", path=own) == "invalid_document"
    assert door.data("{ find_events { id } }", path=f"/p/{door.tenant}/stats/graphql/v1") == {
        "find_events": [{"id": 1}]
    }
    assert door.data("{ add(a: 1) stats_find_events { id } a: add(a: 2) }") == {
        "add": 11, "stats_find_events": [{"id": 1}], "a": 12
    }  # fmt: skip
    assert door.post("{ __typename }", path=f"/p/{door.tenant}/none/graphql/v1").status_code == 404


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        (RESPONSE, RESPONSE),
        (f"application/json;q=0.5, {RESPONSE}", RESPONSE),
        (f"{RESPONSE}; charset=utf-8, application/json; charset=utf-8", RESPONSE),
        ("text/html, application/json", "application/json"),
    ],
)
def test_what_is_accepted_is_sent(door, accept: str, media: str) -> None:
    answer = door.post("{ __typename }", Accept=accept)
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "application/json; charset=latin1", f"{RESPONSE};q=0"]
)
def test_what_cannot_be_sent_is_406(door, accept: str) -> None:
    assert door.post("{ __typename }", Accept=accept).status_code == 406


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "syntax_error"), ("{ nope }", "invalid_document"), ("", "syntax_error"),
        ("query A { __typename } query B { __typename }", "unknown_operation"),
        ("query($a: Int!) { add(a: $a) }", "invalid_variables"),
        ("fragment F on Query { __typename }", "invalid_document"),
    ],
)  # fmt: skip
def test_a_document_that_is_not_run_has_no_data(door, text: str, code: str) -> None:
    for accept, status in ((RESPONSE, 400), ("application/json", 200)):
        answer = door.post(text, Accept=accept)
        assert answer.status_code == status
        body = answer.json()
        assert body["errors"][0]["extensions"]["code"] == code
        assert "data" not in body


@pytest.mark.parametrize(
    "body",
    [
        "{", "null", "1", '"x"', "{}", '{"query": 1}', '{"query": {}}', '{"query": []}', '{"variables": {}}',
        '{"query": "{__typename}", "variables": []}', '{"query": "{__typename}", "variables": "x"}',
        '{"query": "{__typename}", "operationName": 5}', '{"query": "{__typename}", "extensions": 5}', "[]", "[1]",
        "[" + ",".join(['{"query":"{__typename}"}'] * 11) + "]",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin1"),
    ],
)  # fmt: skip
def test_a_malformed_request_is_400_whatever_is_accepted(door, body: str) -> None:
    for accept in (RESPONSE, "application/json"):
        headers = {"apikey": door.secret, "Content-Type": "application/json", "Accept": accept}
        answer = door.http.post(door.path, content=body.encode("latin1"), headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"][0]["message"]


def test_nulls_count_as_absent(door) -> None:
    body = {"query": "{ __typename }", "variables": None, "operationName": None, "extensions": None}
    answer = door.http.post(door.path, json=body, headers={"apikey": door.secret})
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("media", [
    "text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data", "",
    "application/json; charset=utf-16",
])  # fmt: skip
def test_only_json_is_taken_so_that_no_form_can_ask(door, media: str) -> None:
    headers = {"apikey": door.secret} | ({"Content-Type": media} if media else {})
    answer = door.http.post(door.path, content=b'{"query":"{__typename}"}', headers=headers)
    assert answer.status_code == 415


def test_get_asks_and_changes_nothing(door) -> None:
    text = "query A($id: Int!) { get_authors_by_id(id: $id) { name } } query B { __typename }"
    answer = get(door, query=text, variables=json.dumps({"id": 1}), operationName="A")
    assert answer.json() == {"data": {"get_authors_by_id": {"name": "Ada"}}}
    answer = get(door, query='mutation { insert_authors(objects: {name: "x"}) { affected_rows } }')
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert get(door, query="mutation { quiet }", headers={"Accept": RESPONSE}).status_code == 405
    assert get(door).status_code == 400
    assert get(door, query="{ __typename }", variables="{").status_code == 400
    assert get(door, query="{ __typename }", variables="[]").status_code == 400


def test_a_get_needs_a_key_in_a_header(door) -> None:
    for params in ({}, {"apikey": door.secret}):
        answer = door.http.get(
            door.path, params={"query": "{ __typename }", **params}, headers={"Cookie": f"apikey={door.secret}"}
        )
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "PGRST302"


def test_other_methods_are_405(door) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = door.http.request(method, door.path, headers={"apikey": door.secret})
        assert answer.status_code == 405
        assert "POST" in answer.headers["allow"]


def test_a_batch_is_answered_in_order(door) -> None:
    batch = [
        {"query": "{ add(a: 1) }"},
        {"query": "{ nope }"},
        {"query": "query($a: Int!) { add(a: $a) }", "variables": {"a": 5}},
    ]
    answer = door.http.post(door.path, json=batch, headers={"apikey": door.secret})
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert (first, third) == ({"data": {"add": 11}}, {"data": {"add": 15}})
    assert second["errors"][0]["extensions"]["code"] == "invalid_document"


def test_automatically_persisted_documents(door) -> None:
    text = "{ add(a: 40, b: 2) }"
    digest = hashlib.sha256(text.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}

    def ask(**body):
        return door.http.post(
            door.path, json={"extensions": extensions, **body}, headers={"apikey": door.secret}
        ).json()

    assert ask()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert ask()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert ask(query="{ __typename }")["errors"][0]["extensions"]["code"] == "hash_mismatch"
    assert ask(query=text) == {"data": {"add": 42}}
    assert ask() == {"data": {"add": 42}}
    assert get(door, extensions=json.dumps(extensions)).json() == {"data": {"add": 42}}


def test_other_origins_may_ask_with_a_key(door) -> None:
    asked = door.http.options(door.path, headers={
        "Origin": "https://app.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "apikey",
    })  # fmt: skip
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    answer = door.post("{ __typename }", Origin="https://app.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_only_secret_keys_see_how_it_was_done(door) -> None:
    trace = {"X-Dbaas-Trace": "1"}
    tracing = door.post("{ find_covers { colour } }", **trace).json()["extensions"]["tracing"]
    assert tracing["execute_ms"] >= 0
    assert 'from "public"."covers"' in tracing["statements"]["shop"]
    assert "extensions" not in door.post("{ find_covers { colour } }", key=door.anon, **trace).json()
    assert "extensions" not in door.post("{ find_covers { colour } }").json()
