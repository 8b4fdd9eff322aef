"""A result as JSON beside its HTML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.bundle import MIME, MOST_BYTES, MOST_ROWS, Origin, result_json
from dbaas.client import DatabaseClient

ORIGIN = Origin("acme", "shop", "select 1", True)


def of(rows: list[list[Any]], kind: str = "text", *, complete: bool = True) -> dict[str, Any]:
    columns = [("a", kind)] * (len(rows[0]) if rows else 1)
    data = result_json(ORIGIN, columns, rows, complete=complete, total=None)
    assert data is not None
    return data


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        ("boolean", True, True),
        ("bigint", 2**53 - 1, 2**53 - 1),
        ("bigint", 2**53, "9007199254740992"),
        ("bigint", -(2**63), "-9223372036854775808"),
        ("double precision", 1.5, 1.5),
        ("double precision", "NaN", "NaN"),
        ("numeric(10,2)", 1.5, "1.5"),
        ("numeric", "0.10000000000000000001", "0.10000000000000000001"),
        ("timestamp without time zone", "2013-01-01T05:00:00", "2013-01-01 05:00:00"),
        ("timestamp with time zone", "2013-01-01T05:00:00+00:00", "2013-01-01 05:00:00+00"),
        ("timestamp with time zone", "infinity", "infinity"),
        ("jsonb", {"a": [1, "ü"]}, '{"a": [1, "ü"]}'),
        ("jsonb", "x", '"x"'),
        ("integer[]", [1, None, 3], "{1,NULL,3}"),
        ("text[]", [["a b", ""], ["null", 'x"\\']], '{{"a b",""},{"null","x\\"\\\\"}}'),
        ("boolean[]", [True, False], "{t,f}"),
        ("text", "x" * 10_000, "x" * 10_000),
        ("text", "x" * 10_001, {"text": "x" * 1_000, "length": 10_001}),
        ("text", "\ud800", "\ufffd"),
        ("text", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("text", None, None),
    ],
)  # fmt: skip
def test_cells_are_what_a_page_can_hold(kind: str, value: Any, cell: Any) -> None:
    assert of([[value]], kind)["rows"] == [[cell]]


def test_at_most_so_many_rows_and_so_many_bytes() -> None:
    many = of([[n] for n in range(5_000)], "integer")
    assert len(many["rows"]) == MOST_ROWS and not many["complete"] and many["total"] == 5_000
    large = of([["ü" * 9_000] for _ in range(100)])
    assert 5 < len(large["rows"]) < 100 and not large["complete"]
    assert len(json.dumps(large, ensure_ascii=False).encode()) <= MOST_BYTES
    assert result_json(ORIGIN, [("a", "text")] * 100, [["x" * 9_999] * 100], complete=True, total=None) is None
    long = Origin("acme", "shop", "select 1 --" + "x" * 40_000, True)
    assert result_json(long, [("a", "text")], [["x"]], complete=True, total=None) is None


@given(st.lists(st.lists(st.text() | st.integers() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
                         min_size=2, max_size=2), max_size=20))  # fmt: skip
def test_a_bundle_can_be_sent_and_stored(rows: list[list[Any]]) -> None:
    data = result_json(ORIGIN, [("a", "text"), ("b", "jsonb")], rows, complete=False, total=7)
    assert data is not None and data["total"] == 7 and not data["complete"]
    json.dumps(data, ensure_ascii=False, allow_nan=False).encode()


def test_a_result_says_where_more_rows_are_and_never_a_parameters_value(shop: DatabaseClient) -> None:
    data = shop.query("select g, 'x' as x from generate_series(1, 1000) g").bundle()[MIME]
    assert data["tenant"] == shop.tenant and data["database"] == "shop" and data["pageable"]
    assert data["columns"] == [{"name": "g", "type": "integer"}, {"name": "x", "type": "text"}]
    assert data["rows"][:2] == [[1, "x"], [2, "x"]] and len(data["rows"]) == 100
    assert not data["complete"] and data["total"] is None
    bound = shop.query("select 1 where 's3cret' = :word", {"word": "s3cret-value"}).bundle()
    assert "s3cret-value" not in json.dumps(bound) and ":word" in bound[MIME]["text"] and not bound[MIME]["pageable"]
    assert not shop.query("explain select 1").bundle()[MIME]["pageable"]
    assert MIME not in shop.query("do $$ begin end $$").bundle()
    assert set(shop.query("select 1").bundle()) == {MIME, "text/plain", "text/html"}
