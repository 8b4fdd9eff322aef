"""Documents that a tenant stores, keys that are kept to them, and introspection switched off."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest

STORED = "query Stored($id: Int!) { get_first_by_id(id: $id) { id } }"
OTHER = "{ find_first { id } }"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def kept(own) -> str:
    """A key that may run stored documents only."""
    own.sql("insert into first values (1); grant select on first to anon")
    documents = f"/v1/{own.tenant}/graphql/documents"
    assert own.operator.put(f"{documents}/{digest(STORED)}", json={"query": STORED}).status_code == 204
    made = own.operator.post(f"/v1/{own.tenant}/keys", json={"role": "anon", "documents_only": True})
    assert made.status_code == 201, made.text
    return made.json()["key"]


def ask(own, key: str, **body: Any) -> Any:
    return own.http.post(own.path, json=body, headers={"apikey": key}).json()


def by_hash(text: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}}


def until(check, what: str) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline, what


def test_a_stored_document_runs_by_its_hash_and_by_its_text(own, kept) -> None:
    for key in (kept, own.anon):
        for body in (by_hash(STORED), {"query": STORED}, {"query": STORED, **by_hash(STORED)}):
            assert ask(own, key, variables={"id": 1}, **body) == {"data": {"get_first_by_id": {"id": 1}}}


def test_a_kept_key_runs_nothing_else(own, kept) -> None:
    assert own.data(OTHER, key=own.anon) == {"find_first": [{"id": 1}]}
    for body in ({"query": OTHER}, by_hash(OTHER), {"query": OTHER, **by_hash(OTHER)}, {"query": STORED + " "}):
        assert ask(own, kept, **body)["errors"][0]["extensions"]["code"] == "document_not_stored"
    headers = {"apikey": kept, "Authorization": f"Bearer {own.token()}"}
    answer = own.http.post(own.path, json={"query": OTHER}, headers=headers).json()
    assert answer["errors"][0]["extensions"]["code"] == "document_not_stored"


def test_a_kept_key_opens_no_other_door(own, kept) -> None:
    for path in (f"/v1/{own.tenant}/data/first", f"/p/{own.tenant}/shop/rest/v1/first"):
        for headers in ({"apikey": kept}, {"apikey": kept, "Authorization": f"Bearer {own.token()}"}):
            answer = own.http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "documents_only")


def test_documents_are_listed_read_and_removed(own, kept) -> None:
    documents = f"/v1/{own.tenant}/graphql/documents"
    text = "{ __typename }"
    assert own.operator.put(f"{documents}/{digest(text)}", json={"query": text}).status_code == 204
    assert own.operator.put(f"{documents}/{digest(text)}", json={"query": text}).status_code == 204
    assert {found["sha256"] for found in own.operator.get(documents).json()} >= {digest(STORED), digest(text)}
    assert own.operator.get(f"{documents}/{digest(text)}").json()["query"] == text
    until(lambda: ask(own, kept, query=text) == {"data": {"__typename": "Query"}}, "a stored document is not known")
    assert own.operator.delete(f"{documents}/{digest(text)}").status_code == 204
    assert own.operator.get(f"{documents}/{digest(text)}").status_code == 404
    until(lambda: "errors" in ask(own, kept, query=text), "a removed document still runs")


def test_a_document_is_stored_under_its_own_hash(own) -> None:
    documents = f"/v1/{own.tenant}/graphql/documents"
    for name in (digest("x"), "x", "../keys"):
        assert own.operator.put(f"{documents}/{name}", json={"query": OTHER}).status_code in (400, 404)
    answer = own.http.put(f"{documents}/{digest(OTHER)}", json={"query": OTHER}, headers={"apikey": own.secret})
    assert answer.status_code in (401, 403)


def test_only_anon_keys_can_be_kept_to_documents(own) -> None:
    made = own.operator.post(f"/v1/{own.tenant}/keys", json={"role": "service_role", "documents_only": True})
    assert (made.status_code, made.json()["code"]) == (400, "invalid_role")


def test_introspection_can_be_switched_off_for_all_but_secret_keys(own, kept) -> None:
    text = "{ __schema { queryType { name } } __typename }"
    assert own.data(text, key=own.anon)
    path = f"/v1/tenants/{own.tenant}"
    try:
        assert own.operator.patch(path, json={"graphql_introspection": False}).json()["graphql_introspection"] is False
        until(lambda: "errors" in own.post(text, key=own.anon).json(), "introspection is still on")
        assert own.refused(text, key=own.anon) == "introspection_off"
        assert own.refused('{ __type(name: "first") { name } }', key=own.anon) == "introspection_off"
        assert own.data("{ __typename find_first { __typename } }", key=own.anon)["__typename"] == "Query"
        assert own.data(text)["__typename"] == "Query"
    finally:
        own.operator.patch(path, json={"graphql_introspection": True})
