"""What schemas say of themselves: all that tools need, nothing much beyond it, and not on the loop."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from graphql import GraphQLSchema, execute_sync, get_introspection_query, parse

from dbaas_server.graphql.documents import prepare
from dbaas_server.graphql.errors import Refused
from dbaas_server.graphql.introspection import Introspection, Walk, allowance, selection
from dbaas_server.graphql.limits import Limits
from dbaas_server.graphql.plan.fields import Collector
from dbaas_server.graphql.schema import Source, build_schema
from dbaas_server.graphql.schemas import Built
from graphql_catalogs import catalog

LIMITS = Limits()
STANDARD = get_introspection_query(
    descriptions=True, input_value_deprecation=True, specified_by_url=True, schema_description=True,
    directive_is_repeatable=True,
)  # fmt: skip
TOO_LARGE = "introspection_too_large"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema([Source("db", "", catalog(40))], "anon")


def answer(schema: GraphQLSchema, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    prepared = prepare(schema, text, LIMITS).operation(None)
    known = prepared.variables(variables or {})
    roots = [root.node for root in prepared.plan(known).roots if root.introspection]
    parts = selection(schema, Collector(prepared.fragments, known), prepared, roots, known)
    return {key: json.loads(value) for key, value in Walk(schema).roots(parts).items()}


@pytest.mark.parametrize(
    "text",
    [
        STANDARD,
        "{ __schema { a: types { __typename kind name } b: queryType { fields { name } } directives { locations } } }",
        '{ x: __type(name: "t1") { fields { n: name type { ...r } } } y: __type(name: "none") { name } } '
        "fragment r on __Type { kind ofType { name kind } name @skip(if: true) }",
        '{ __type(name: "t1_order_by") { inputFields(includeDeprecated: true) { type { enumValues { name } } } } }',
    ],
)
def test_it_says_what_the_reference_says(schema: GraphQLSchema, text: str) -> None:
    assert answer(schema, text) == execute_sync(schema, parse(text)).data


def test_variables_are_understood(schema: GraphQLSchema) -> None:
    text = "query($n: String!, $o: Boolean!) { __type(name: $n) { name @include(if: $o) kind } }"
    assert answer(schema, text, {"n": "t1", "o": True}) == {"__type": {"name": "t1", "kind": "OBJECT"}}
    assert answer(schema, text, {"n": "t1", "o": False}) == {"__type": {"kind": "OBJECT"}}


def test_what_is_more_than_tools_ask_is_refused(schema: GraphQLSchema) -> None:
    again = " ".join(f"a{n}: fields {{ args {{ type {{ name kind ofType {{ name }} }} }} }}" for n in range(90))
    below = "{ fields { description name args { name description type { name } } } }"
    roots = " ".join(f'a{n}: __type(name: "Query") {below}' for n in range(100))
    for text in (f"{{ __schema {{ types {{ {again} }} }} }}", f"{{ {roots} }}"):
        with pytest.raises(Refused) as caught:
            answer(schema, text)
        assert caught.value.errors[0]["extensions"]["code"] == TOO_LARGE


def test_what_is_allowed_grows_with_the_schema(schema: GraphQLSchema) -> None:
    assert allowance(build_schema([Source("db", "", catalog(80))], "anon")) > 1.5 * allowance(schema)


def test_a_document_has_one_schema_field(door) -> None:
    text = "{ a: __schema { queryType { name } } b: __schema { queryType { name } } }"
    assert door.refused(text) == TOO_LARGE
    merged = door.data("{ __schema { queryType { name } } __schema { mutationType { name } } }")
    assert merged == {"__schema": {"queryType": {"name": "Query"}, "mutationType": {"name": "Mutation"}}}


def test_a_large_answer_leaves_the_loop_free_and_is_made_once() -> None:
    large = build_schema([Source("db", "", catalog(80))], "anon")
    built, introspection = Built(large, (1,)), Introspection()
    otherwise = STANDARD.replace("\n", "\n# a comment\n").replace("query IntrospectionQuery", "query Other")
    ticks = 0

    async def ask(text: str) -> bytes:
        prepared = prepare(large, text, LIMITS).operation(None)
        roots = [root.node for root in prepared.plan({}).roots if root.introspection]
        return (await introspection.answer(built, prepared, roots, {}))["__schema"]

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async def run() -> None:
        ticking = asyncio.create_task(tick())
        first = await ask(STANDARD)
        assert ticks > 10
        ticking.cancel()
        assert await ask(otherwise) is first
        introspection.forget(built.serial)
        again = await ask(STANDARD)
        assert again == first and again is not first

    asyncio.run(run())
