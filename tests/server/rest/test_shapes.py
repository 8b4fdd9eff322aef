"""The shape cache gives what a full parse gives, whatever was asked before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dbaas_provisioning.errors import DbaasError
from dbaas_server.nouns import TableRef
from dbaas_server.rest.negotiate import negotiate
from dbaas_server.rest.parameters import Parameters, parse_parameters
from dbaas_server.rest.plan import plan_call, plan_read
from dbaas_server.rest.prefer import parse_prefer
from dbaas_server.rest.query import pairs
from dbaas_server.rest.shapes import Shapes, cut

from .strategies import compares, encode, fields, orders, trees
from .test_any_bytes import queries

TABLE = TableRef("t", "public")
# One memory for every example: what one request left there must not change another.
remembered: Shapes = Shapes()


def read(parameters: Parameters):
    return plan_read(TABLE, parameters, negotiate(""), parse_prefer(""), key=("id",)).read


def call(parameters: Parameters):
    return plan_call(TABLE, parameters, negotiate(""), parse_prefer(""), read_only=True).read


def outcome(work):
    try:
        shape, args = work()
    except DbaasError as error:
        return error.code
    return shape, list(args)


def agrees(query: str, function: bool) -> None:
    build = call if function else read

    def full():
        parameters = parse_parameters(pairs(query), function=function)
        return build(parameters), parameters.args.values

    def cached():
        return remembered.resolve(("t", function), query, build, function=function)

    expected = outcome(full)
    assert outcome(cached) == expected
    assert outcome(cached) == expected


@given(queries, st.booleans())
@settings(max_examples=300)
def test_any_query_string_means_the_same_from_the_cache(query, function):
    agrees(query, function)


@given(st.data(), st.booleans())
def test_a_valid_query_means_the_same_from_the_cache(data, function):
    parts = []
    for _ in range(data.draw(st.integers(0, 4))):
        kind = data.draw(st.sampled_from(["filter", "tree", "order", "select", "limit", "offset"]))
        if kind == "filter":
            path, operation, _ = data.draw(compares([]))
            parts.append((path, operation))
        elif kind == "tree":
            name, _, rest = data.draw(trees([]))[0].partition("(")
            parts.append((name, "(" + rest))
        elif kind == "order":
            parts.append(("order", data.draw(orders())[0]))
        elif kind == "select":
            parts.append(("select", data.draw(fields())[0]))
        else:
            parts.append((kind, str(data.draw(st.integers(-1, 10**18)))))
    agrees(encode(parts), function)


def test_values_are_cut_and_the_rest_is_the_key():
    first, second = cut("id=eq.7&limit=10&n=in.(1,2)"), cut("id=eq.8&limit=20&n=in.(3,4)")
    assert first is not None
    assert second is not None
    assert first.key == second.key
    assert first.values == ["7", "10", "1", "2"]
    assert cut("id=eq.7&limit=10&n=in.(1,2,3)").key != first.key


def test_a_sort_key_named_like_an_operator_is_not_mistaken_for_a_filter():
    shapes: Shapes = Shapes()
    ascending, _ = shapes.resolve("t", "order=eq.asc", read)
    descending, _ = shapes.resolve("t", "order=eq.desc", read)
    assert not ascending.order[0].descending
    assert descending.order[0].descending


def test_memory_is_bounded():
    shapes: Shapes = Shapes(capacity=10)
    for number in range(100):
        shapes.resolve("t", f"c{number}=eq.1", read)
    assert len(shapes) <= 20


def test_long_headers_and_queries_are_not_remembered():
    shapes: Shapes = Shapes()
    shapes.resolve(("t", "x" * 10_000), "a=eq.1", read)
    shapes.resolve("t", "a=eq.1&select=" + "b" * 10_000, read)
    assert len(shapes) == 0


def test_what_is_asked_for_again_outlives_what_is_not():
    shapes: Shapes = Shapes(capacity=10)
    built = []

    def build(parameters: Parameters):
        built.append(parameters)
        return read(parameters)

    for number in range(100):
        shapes.resolve("t", f"c{number}=eq.1", read)
        shapes.resolve("t", f"hot=eq.{number}", build)
    assert len(built) == 1
