"""What a stranger, another tenant and a role without rights get through this door."""

from __future__ import annotations

import time

import httpx
import jwt
import pytest

from live_platform import LivePlatform

QUERY = "{ find_covers { colour } }"


@pytest.fixture(scope="module")
def other(live: LivePlatform, graphql_operator: httpx.Client) -> dict[str, str]:
    """Keys of another tenant."""
    tenant = live.new_tenant()
    return {
        role: graphql_operator.post(f"/v1/{tenant}/keys", json={"role": role}).json()["key"]
        for role in ("anon", "service_role")
    }


@pytest.fixture(params=["/v1/{t}/graphql", "/p/{t}/shop/graphql/v1"])
def path(request: pytest.FixtureRequest, door) -> str:
    return request.param.replace("{t}", door.tenant)


def ask(door, path: str, **headers: str) -> tuple[int, str | None]:
    answer = door.http.post(path, json={"query": QUERY}, headers=headers)
    errors = answer.json().get("errors")
    return answer.status_code, errors[0]["extensions"]["code"] if errors else None


def test_no_key_no_data(door, path: str) -> None:
    assert ask(door, path) == (401, "PGRST302")
    assert ask(door, path, Cookie=f"apikey={door.secret}") == (401, "PGRST302")


def test_keys_that_do_not_hold_are_refused(door, other, path: str) -> None:
    for key in ("dbk_a_made-up", "nonsense", other["anon"], other["service_role"]):
        assert ask(door, path, apikey=key) == (401, "invalid_key")
        assert ask(door, path, Authorization=f"Bearer {key}") == (401, "invalid_key")


def test_tokens_that_do_not_hold_are_refused(door, path: str) -> None:
    forged = jwt.encode({"role": "authenticated", "exp": int(time.time()) + 60}, "guess" * 8, algorithm="HS256")
    for token, status in (
        (door.token(exp=int(time.time()) - 60), 401),
        (forged, 401),
        ("a.b.c", 401),
        (door.token(role="service_role"), 403),
    ):
        for headers in ({}, {"apikey": door.anon}):
            assert ask(door, path, Authorization=f"Bearer {token}", **headers)[0] == status


def test_row_policies_hold_for_each_caller(door) -> None:
    text = "{ find_notes(order_by: {id: asc}) { body } find_notes_aggregate { count } }"

    def rows(**more) -> tuple[list[str], int]:
        data = door.data(text, **more)
        return [row["body"] for row in data["find_notes"]], data["find_notes_aggregate"]["count"]

    assert rows() == (["hers", "his"], 2)
    assert rows(key=door.anon) == ([], 0)
    for name, found in (("ann", ["hers"]), ("bob", ["his"]), ("eve", [])):
        assert rows(key=door.anon, Authorization=f"Bearer {door.token(sub=name)}") == (found, len(found))


def test_row_policies_hold_for_changes(door) -> None:
    as_ann = {"key": door.anon, "Authorization": f"Bearer {door.token(sub='ann')}"}
    text = 'mutation { update_notes(where: {}, _set: {body: "hers"}) { affected_rows returning { id } } }'
    assert door.data(text, **as_ann) == {"update_notes": {"affected_rows": 1, "returning": [{"id": 1}]}}
    text = 'mutation { insert_notes(objects: {id: 3, owner: "bob", body: "forged"}) { affected_rows } }'
    assert door.refused(text, **as_ann) == "42501"
    assert door.data("{ get_notes_by_id(id: 3) { id } }") == {"get_notes_by_id": None}


def fields_of(door, kind: str, **more) -> set[str]:
    data = door.data(
        "query($n: String!) { __type(name: $n) { fields { name } inputFields { name } } }", {"n": kind}, **more
    )
    if data["__type"] is None:
        return set()
    return {field["name"] for field in data["__type"]["fields"] or data["__type"]["inputFields"]}


def test_what_a_role_may_not_touch_is_not_in_its_schema(door) -> None:
    anon, secret = {"key": door.anon}, {"key": door.secret}
    assert "find_closed" in fields_of(door, "Query", **secret)
    assert {"find_closed", "find_inbox", "hidden_function"}.isdisjoint(fields_of(door, "Query", **anon))
    assert fields_of(door, "closed", **anon) == set()
    assert "secret" in fields_of(door, "authors", **secret)
    assert {"id", "name", "born"} <= fields_of(door, "authors", **anon)
    for kind in ("authors", "authors_bool_exp", "authors_order_by", "authors_min"):
        assert "secret" not in fields_of(door, kind, **anon)
    changes = fields_of(door, "Mutation", **anon)
    assert {"insert_books", "update_books", "delete_books", "insert_inbox", "update_partly"} <= changes
    assert {"insert_authors", "update_authors", "delete_authors", "insert_partly", "delete_partly"}.isdisjoint(changes)
    assert fields_of(door, "partly", **anon) == {"id", "open", "_cursor"}
    assert fields_of(door, "partly_set_input", **anon) == {"open"}


@pytest.mark.parametrize(
    "text",
    [
        "{ find_authors { secret } }",
        '{ find_authors(where: {secret: {_eq: "s1"}}) { id } }',
        "{ find_authors(order_by: {secret: asc}) { id } }",
        "{ find_authors_aggregate { max { secret } } }",
        '{ find_books(where: {author: {secret: {_eq: "s1"}}}) { id } }',
        "{ find_books { author { secret } } }",
        'mutation { update_authors(where: {}, _set: {name: "x"}) { affected_rows } }',
        'mutation { update_partly(where: {}, _set: {closed: "x"}) { affected_rows } }',
        "{ find_closed { id } }",
        "{ hidden_function }",
    ],
)
def test_naming_it_all_the_same_is_like_naming_nothing(door, text: str) -> None:
    assert door.refused(text, key=door.anon) == "invalid_document"


def test_a_pipeline_reads_no_column_that_is_not_granted(door) -> None:
    text = "query($p: JSON!) { aggregate_authors(pipeline: $p) }"
    rows = door.data(text, {"p": [{"$sort": {"id": 1}}, {"$limit": 1}]}, key=door.anon)["aggregate_authors"]
    assert rows == [{"id": 1, "name": "Ada", "born": "1815-12-10"}]
    for stages in (
        [{"$project": {"secret": 1}}], [{"$match": {"secret": "s1"}}], [{"$group": {"_id": "$secret"}}],
        [{"$lookup": {"from": "closed", "localField": "id", "foreignField": "id", "as": "x"}}],
    ):  # fmt: skip
        assert door.post(text, {"p": stages}, key=door.anon).json().get("errors"), stages


def test_columns_that_are_granted_can_be_written(door) -> None:
    text = """mutation { update_partly(where: {id: {_eq: 1}}, _set: {open: "open"}) {
      affected_rows returning { id open } } }"""
    data = door.data(text, key=door.anon)
    assert data == {"update_partly": {"affected_rows": 1, "returning": [{"id": 1, "open": "open"}]}}


def test_a_table_that_may_only_be_written_gives_nothing_back(door) -> None:
    assert fields_of(door, "inbox_mutation_response", key=door.anon) == {"affected_rows"}
    data = door.data('mutation { insert_inbox(objects: {body: "psst"}) { affected_rows } }', key=door.anon)
    assert data == {"insert_inbox": {"affected_rows": 1}}


def test_a_function_cannot_become_service_role(door) -> None:
    for headers in ({}, {"Authorization": f"Bearer {door.token()}"}):
        answer = door.post("mutation { climb }", key=door.anon, **headers).json()
        assert answer.get("errors"), answer


HOSTILE = [
    "'; drop table covers; --", '"; drop table covers; --', "\\'; select 1", "$$", "$1", "é\u202e", "a\nb", "{}", "%_",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_values_are_values(door, value: str) -> None:
    text = """query($v: String!, $j: JSON!, $k: [String!]) {
      find_covers(where: {colour: {_eq: $v}}) { colour }
      find_books(where: {_or: [{extra: {_contains: $j}}, {tags: {_contains: $k}}, {extra: {_has_key: $v}}]}) { id } }"""
    data = door.data(text, {"v": value, "j": {value: value}, "k": [value]})
    assert data == {"find_covers": [], "find_books": []}
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    assert door.data(f'{{ find_covers(where: {{colour: {{_eq: "{quoted}"}}}}) {{ colour }} }}') == {"find_covers": []}
    assert len(door.data("{ find_covers { colour } }")["find_covers"]) == 2


def test_a_null_character_is_refused(door) -> None:
    text = "query($v: String!) { find_covers(where: {colour: {_eq: $v}}) { colour } }"
    assert door.refused(text, {"v": "a\0b"}) == "22021"


def test_faults_of_ours_are_not_told(door) -> None:
    """Whatever is sent, the answer is a document of GraphQL's, and never a stack trace."""
    for body in (
        b'{"query":"{__typename}","variables":{"a":1e999}}',
        b'{"query":"\\ud800"}',
        b'{"query":"{a\\u0000}"}',
    ):
        answer = door.http.post(
            door.path, content=body, headers={"apikey": door.secret, "Content-Type": "application/json"}
        )
        assert answer.status_code < 500, answer.text
        assert "Traceback" not in answer.text
