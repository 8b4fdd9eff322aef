"""Whatever an expression is made of: a value, or an error of MongoDB's; never anything else."""

from __future__ import annotations

from typing import Any

import pytest
from bson import DatetimeMS, Int64
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bson_values import documents, values
from dbaas_server.documents.codec import MISSING, decode, encode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.expressions import OPERATORS, Frame, compile_expression
from dbaas_server.documents.scope import Scope

OPTIONS = [
    *(
        "input",
        "in",
        "as",
        "cond",
        "initialValue",
        "inputs",
        "date",
        "format",
        "timezone",
        "unit",
        "amount",
        "startDate",
    ),
    *(
        "endDate",
        "binSize",
        "startOfWeek",
        "to",
        "onError",
        "onNull",
        "field",
        "value",
        "regex",
        "options",
        "chars",
        "n",
    ),
    *("find", "replacement", "dateString", "year", "month", "day", "hour", "if", "then", "else", "branches", "sortBy"),
    *("vars", "defaults", "useLongestLength", "isoWeekYear", "limit", "iso8601"),
]
WORDS = [
    *(
        "$a",
        "$a.b",
        "$b",
        "$$ROOT",
        "$$this",
        "$$NOW",
        "$$REMOVE",
        "$$x",
        "UTC",
        "+03:30",
        "Europe/Berlin",
        "day",
        "month",
    ),
    *(
        "week",
        "%Y-%m-%d",
        "2020-02-29T10:00:00Z",
        "a",
        "(a)|b",
        "int",
        "decimal",
        "date",
        "mon",
        "quarter",
        "12.5",
        "-7",
    ),
]
leaves = st.sampled_from(WORDS) | values | st.integers(-3, 30)
expressions = st.recursive(
    leaves,
    lambda part: st.one_of(
        st.builds(lambda name, operand: {name: operand}, st.sampled_from(sorted(OPERATORS)), part),
        st.builds(lambda name, parts: {name: parts}, st.sampled_from(sorted(OPERATORS)), st.lists(part, max_size=3)),
        st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(sorted(OPERATORS)),
            st.dictionaries(st.sampled_from(OPTIONS), part, max_size=5),
        ),
        st.lists(part, max_size=3),
        st.dictionaries(st.sampled_from("abc"), part, max_size=2),
    ),
    max_leaves=8,
)


def evaluate(spec: Any, document: Any, **variables: Any) -> Any:
    return compile_expression(spec, Scope(variables=variables))(Frame(document))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(expressions, documents)
@example({"$add": ["$$NOW", float("inf")]}, {})
@example({"$pow": [Int64(2**62), 5000]}, {})
@example({"$dateAdd": {"startDate": DatetimeMS(0), "unit": "year", "amount": Int64(2**62)}}, {})
def test_any_expression_gives_a_value_or_a_document_error(spec: Any, document: dict[str, Any]) -> None:
    try:
        value = evaluate(spec, document, x=1)
    except DocumentError:
        return
    if value is not MISSING:
        encoded = encode({"v": value})
        assert list(decode(encoded)) == ["v"]


@pytest.mark.parametrize("name", sorted(OPERATORS))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_each_operator_takes_anything(name: str, data: st.DataObject) -> None:
    operand = data.draw(
        leaves
        | st.lists(leaves, max_size=4)
        | st.dictionaries(st.sampled_from(OPTIONS), leaves | st.lists(leaves, max_size=3), max_size=6)
    )
    try:
        value = evaluate({name: operand}, {"a": data.draw(values), "b": [1, "x", None]}, x=None)
    except DocumentError:
        return
    if value is not MISSING:
        encode({"v": value})
