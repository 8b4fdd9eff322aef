"""Variables are counted before they are looked at, so that huge ones cost little."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema

from cpu_time import costs_less_than
from dbaas_server.graphql.documents import prepare
from dbaas_server.graphql.errors import PlanFault, Refused
from dbaas_server.graphql.limits import Limits
from dbaas_server.graphql.requests import from_body
from dbaas_server.graphql.schema import Source, build_schema
from dbaas_server.nouns import Catalog, Column, Key, Table, TableRef

LIMITS = Limits()
CPU_SECONDS = 0.1
WHERE = "query($v: authors_bool_exp) { find_authors(where: $v) { id } }"
IDS = "query($v: [Int!]) { find_authors(where: {id: {_in: $v}}) { id } }"
ORDER = "query($v: [authors_order_by!]) { find_authors(order_by: $v) { id } }"
INSERT = "mutation($v: [inbox_insert_input!]!) { insert_inbox(objects: $v) { affected_rows } }"
PIPELINE = "query($v: JSON!) { aggregate_authors(pipeline: $v) }"


@pytest.fixture(scope="module")
def library_schema() -> GraphQLSchema:
    """Two tables, as the owner sees them."""
    tables = {}
    for name, columns in {"authors": ("id", "name"), "inbox": ("id", "body")}.items():
        ref = TableRef(name, "public")
        kinds = {column: "integer" if column == "id" else "text" for column in columns}
        found = {column: Column(column, kind, True) for column, kind in kinds.items()}
        tables[ref] = Table(ref, "table", found, (Key("pk", ("id",), True),))
    return build_schema([Source("db", "", Catalog(1, ("public",), tables, (), {}))], "owner")


def nested(levels: int) -> Any:
    found: Any = {}
    for _ in range(levels):
        found = {"_not": found}
    return found


HUGE: dict[str, tuple[str, Any, str]] = {
    "conditions": (WHERE, {"_or": [{"id": {"_eq": 1}}] * 200_000}, "variables_too_large"),
    "some conditions": (WHERE, {"_or": [{"id": {"_eq": 1}}] * 2_000}, "variables_too_large"),
    "values": (IDS, list(range(700_000)), "variables_too_large"),
    "keys": (WHERE, {f"k{n}": 1 for n in range(100_000)}, "variables_too_large"),
    "orders": (ORDER, [{"id": "asc"}] * 100_000, "variables_too_large"),
    "rows": (INSERT, [{"id": 1}] * 500_000, "variables_too_large"),
    "values in rows": (INSERT, [{"body": [1] * 1_000}] * 100, "variables_too_large"),
    "a pipeline": (PIPELINE, [{"$match": {"id": 1}}] * 50_000, "variables_too_large"),
    "levels": (WHERE, nested(200), "too_deep"),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_variables_are_refused_for_little(library_schema: GraphQLSchema, name: str) -> None:
    text, value, code = HUGE[name]
    prepared = prepare(library_schema, text, LIMITS).operation(None)

    def attempt() -> None:
        with pytest.raises(Refused) as caught:
            prepared.weigh({"v": value}, LIMITS)
        assert caught.value.errors[0]["extensions"]["code"] == code

    assert costs_less_than(CPU_SECONDS, attempt)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 4_000_000, b"[" + b"{}," * 1_300_000 + b"{}]",
        b'{"query": "{a}", "variables": {"v": [' + b"1," * 2_000_000,
        b'{"query": "' + b"a" * 5_000_000 + b'"}', b'{"query": "{a}", "variables": ' + b'{"a":' * 500_000,
    ],
    ids=["brackets", "objects", "a list", "a text", "levels"],
)  # fmt: skip
def test_huge_bodies_are_refused_for_little(body: bytes) -> None:
    def attempt() -> None:
        with pytest.raises(Refused) as caught:
            from_body(body, LIMITS)
        assert caught.value.errors[0]["extensions"]["code"] == "body_too_large"

    assert costs_less_than(CPU_SECONDS, attempt)


MOST: dict[str, tuple[str, Any]] = {
    "conditions": (WHERE, {"_or": [{"id": {"_eq": 1}}] * 990}),
    "values": (IDS, list(range(10_000))),
    "orders": (ORDER, [{"id": "asc"}] * 1_490),
    "wrong values": (WHERE, {"_or": [{"id": {"_eq": "x"}}] * 990}),
}


@pytest.mark.parametrize("name", MOST)
def test_the_most_that_is_let_through_costs_little_too(library_schema: GraphQLSchema, name: str) -> None:
    text, value = MOST[name]
    prepared = prepare(library_schema, text, LIMITS).operation(None)

    def attempt() -> None:
        assert prepared.weigh({"v": value}, LIMITS) > 0
        try:
            variables = prepared.variables({"v": value})
            for _, arguments in prepared.plan(variables).reads.values():
                arguments.values(variables)
        except (PlanFault, Refused):
            assert name == "wrong values"

    assert costs_less_than(2 * CPU_SECONDS, attempt)


def test_what_is_not_declared_does_not_count(library_schema: GraphQLSchema) -> None:
    prepared = prepare(library_schema, IDS, LIMITS).operation(None)
    assert prepared.weigh({"v": [1, 2], "other": [0] * 100_000}, LIMITS) == 2


def test_thousands_of_values_and_rows_go_through(door) -> None:
    assert len(door.data(IDS, {"v": list(range(10_000))})["find_authors"]) == 3
    rows = [{"body": f"many {number}"} for number in range(10_000)]
    assert door.data(INSERT, {"v": rows})["insert_inbox"]["affected_rows"] == 10_000
    taken = door.data('mutation { delete_inbox(where: {body: {_like: "many %"}}) { affected_rows } }')
    assert taken["delete_inbox"]["affected_rows"] == 10_000
    assert door.refused(IDS, {"v": list(range(20_000))}) == "variables_too_large"
    answer = door.http.post(door.path, content=b"[" * 1_000_000, headers={
        "apikey": door.secret, "Content-Type": "application/json",
    })  # fmt: skip
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "body_too_large")
