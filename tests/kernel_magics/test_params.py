"""``:name`` parameters: found where SQL has a value, left alone everywhere else, and sent as JSON."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.errors import UsageError
from dbaas.params import bind, names, to_json

variables = {"a": 1, "b": "two", "c": None}

# --- where a colon is a parameter -------------------------------------------------------------------------------

inner = st.text(st.sampled_from(list("ab :;'\"$-*/\n\\()[]é")), max_size=12)
untouched = st.one_of(
    inner.map(lambda text: "'" + text.replace("'", "''") + "'"),
    inner.map(lambda text: "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    inner.map(lambda text: '"' + text.replace('"', '""') + '"'),
    inner.map(lambda text: "$$" + text.replace("$", "") + "$$"),
    inner.map(lambda text: "$q$" + text.replace("$q$", "") + "$q$"),
    inner.map(lambda text: "--" + text.replace("\n", "") + ":a\n"),
    inner.map(lambda text: "/* :a /* " + text.translate({ord("/"): "", ord("*"): ""}) + "*/ :b */"),
    st.sampled_from(["x::int", "1::text", "f(x := 1)", "json_object('k':a)", "select", "+", "a.b"]),
    st.sampled_from(["t[1:a]", "t[:a]", "t[a:b]", "(x)[1:a]"]),
)
parameters = st.sampled_from([":a", ":b", ":c"])
statements = st.lists(st.one_of(untouched, parameters), max_size=12)


@given(statements)
def test_parameters_are_found_exactly_where_they_are(parts: list[str]) -> None:
    order: dict[str, int] = {}
    expected = []
    for part in parts:
        if part in (":a", ":b", ":c"):
            expected.append(f"${order.setdefault(part[1:], len(order) + 1)}")
        else:
            expected.append(part)
    bound = bind(" ".join(parts), variables)
    assert bound.text == " ".join(expected)
    assert bound.values == tuple(variables[name] for name in order)


@given(st.text(max_size=60))
def test_any_text_is_tokenized_and_only_parameters_change(text: str) -> None:
    found = names(text)
    bound_names = {name: index for index, name in enumerate(found)}
    try:
        bound = bind(text, bound_names)
    except UsageError as error:
        assert "mixes" in error.message
        return
    assert len(bound.values) == len(found)
    if not found:
        assert bound.text == text


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("select :a::int", "select $1::int"),
        ("x = :a and y = :b or z = :a", "x = $1 and y = $2 or z = $1"),
        ("array[:a, :b]", "array[$1, $2]"),
        ("ARRAY [[:a],[:b]]", "ARRAY [[$1],[$2]]"),
        ("t[(:a)]", "t[($1)]"),
        ("t[(:a):(:b)]", "t[($1):($2)]"),
        ("t[f(:a)]", "t[f($1)]"),
        ("(:a)", "($1)"),
        ("=:a", "=$1"),
        ("e':a'", "e':a'"),
        ("te':a'", "te':a'"),
        ("'unclosed :a", "'unclosed :a"),
        ("/* unclosed :a", "/* unclosed :a"),
        ("$f$ :a $$ :b $f$ :c", "$f$ :a $$ :b $f$ $1"),
        ("a$b$ :a", "a$b$ $1"),
        ("json_object('k': :a)", "json_object('k': $1)"),
    ],
)
def test_postgresql_syntax_around_parameters(text: str, bound: str) -> None:
    assert bind(text, variables).text == bound


def test_a_name_that_is_no_variable_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r":orign.*no variable.*Did you mean origin"):
        bind("select :orign", {"origin": "JFK"})


def test_positions_and_names_do_not_mix() -> None:
    with pytest.raises(UsageError, match="mixes"):
        bind("select $1, :a", variables)


def test_a_statement_without_parameters_may_use_its_own_positions() -> None:
    assert bind("prepare p as select $1", {}).text == "prepare p as select $1"


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (True, True),
        (5, 5),
        (2**63, str(2**63)),
        (-(2**63), -(2**63)),
        (1.5, 1.5),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime.date(2013, 1, 1), "2013-01-01"),
        (datetime.datetime(2013, 1, 1, 5, tzinfo=datetime.UTC), "2013-01-01T05:00:00+00:00"),
        (datetime.time(5, 6), "05:06:00"),
        (datetime.timedelta(days=1, microseconds=5), "PT86400.000005S"),
        (datetime.timedelta(seconds=-1.5), "PT-1.500000S"),
        (b"\x00\xff", "\\x00ff"),
        (memoryview(b"a"), "\\x61"),
        ([1, None, "x"], [1, None, "x"]),
        ((1, 2), [1, 2]),
        ({"k": [decimal.Decimal("2")], 1: None}, {"k": ["2"], "1": None}),
        (np.int32(7), 7),
        (np.float64(2.5), 2.5),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.array([1, 2]), [1, 2]),
        (np.array(["2013-01-01"], "datetime64[ns]"), ["2013-01-01T00:00:00.000000000"]),
        (np.datetime64("2013-01-01T05:00"), "2013-01-01T05:00"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(2, "s"), "PT2.000000S"),
        (pd.NA, None),
        (pd.NaT, None),
        (pd.Timestamp("2013-01-01", tz="UTC"), "2013-01-01T00:00:00+00:00"),
        (pd.Timedelta("1s"), "PT1.000000S"),
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1.5, None]), [1.5, None]),
        (pd.Index(["a"]), ["a"]),
        (pl.Series([1, None]), [1, None]),
        (pa.scalar(3), 3),
        (pa.array(["x", None]), ["x", None]),
    ],
)
def test_a_value_is_sent_as_json(value: Any, sent: Any) -> None:
    assert to_json(value) == sent
    assert type(to_json(value)) is type(sent)
    json.dumps(to_json(value))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(-1e300, 1e300),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(json_values)
def test_json_values_stay_what_they_are(value: Any) -> None:
    assert to_json(value) == value


@pytest.mark.parametrize("value", [object(), lambda: None, pd.DataFrame({"a": [1]}), {(1, 2): 3}, 1j])
def test_a_value_that_no_database_takes_is_refused_by_its_name(value: Any) -> None:
    with pytest.raises(UsageError, match="thing"):
        bind("select :thing", {"thing": value})
