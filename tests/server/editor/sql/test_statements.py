"""Statements of a text, where they end, and what a name under the mouse is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.editor.positions import Positions
from dbaas_server.editor.sql.hover import hover
from dbaas_server.editor.sql.schema import Schema
from dbaas_server.editor.sql.statements import listed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select ';'; -- a;\nselect $$;$$;", ["select ';'", "select $$;$$"]),
        (";;  ;", []),
        ("-- nothing", []),
        ("create function f() returns int begin atomic select 1; select case when true then 1 end; end; select 2",
         ["create function f() returns int begin atomic select 1; select case when true then 1 end; end", "select 2"]),
        ("create rule r as on insert to t do (select 1; select 2); select 3",
         ["create rule r as on insert to t do (select 1; select 2)", "select 3"]),
        ("begin; select 1; end; select 2", ["begin", "select 1", "end", "select 2"]),
        ("select (1; select 2", ["select (1", "select 2"]),
    ],
)  # fmt: skip
def test_statements_end_where_postgresql_ends_them(text: str, expected: list[str]) -> None:
    assert [text[each.start : each.end] for each in listed(text)] == expected


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("select 1", True),
        ("(select 1) union select 2", True),
        ("with a as (select 1) select * from a", True),
        ("with a as (insert into t values (1) returning 1) select * from a", False),
        ("with a as (select 1) insert into t select * from a", False),
        ("values (1)", True),
        ("table orders", True),
        ("select * into t from orders", False),
        ("select * from orders for update", True),
        ("update orders set note = 'select'", False),
        ("explain select 1", False),
        ("create table t as select 1", False),
    ],
)
def test_what_reads_is_told(text: str, reads: bool) -> None:
    assert [each.reads for each in listed(text)] == [reads]


@given(st.text(alphabet="a1 ;'\"$-/*()éß𝄞", max_size=60))
def test_statements_lie_within_the_text_in_order(text: str) -> None:
    end = 0
    for each in listed(text):
        assert end <= each.start < each.end <= len(text)
        end = each.end


@given(st.text(alphabet="aé𝄞🙂", max_size=20))
def test_positions_go_there_and_back(text: str) -> None:
    positions = Positions(text)
    outer = 0
    for inner, letter in enumerate(text):
        assert (positions.outer(inner), positions.inner(outer)) == (outer, inner)
        if letter > "\uffff":
            assert positions.inner(outer + 1) == inner
        outer += 2 if letter > "\uffff" else 1
    assert (positions.outer(len(text)), positions.inner(outer)) == (outer, len(text))


@pytest.mark.parametrize(
    ("half", "title", "detail", "line"),
    [
        ("select sta|tus from orders", "orders.status", "order_status", "one of 'new', 'paid', 'shipped'"),
        ("select o.cust|omer_id from orders o", "orders.customer_id", "bigint", "references customers (id)"),
        ("select |o.id from orders o", "orders", "table", "primary key (id)"),
        ("select * from ord|ers", "orders", "table", "status  order_status"),
        ("select order_to|tal(1)", "order_total", "order_total(order_id bigint) → numeric", None),
        ("select coa|lesce(note) from orders", "coalesce", "coalesce(value any, ...) → anyelement", None),
        ("with r as (select id as key from orders) select r.k|ey from r", "key", "bigint", None),
        ("with r as (select id as key from orders) select * from |r", "r", "", "key  bigint"),
        ("insert into cust|omers (email) values ('x')", "customers", "table", "email  text"),
        ("select \"Weird Col|umn\" from \"Odd Table\"", '"Odd Table".Weird Column', "text", None),
    ],
)  # fmt: skip
def test_hovering_tells_what_a_name_is(half: str, title: str, detail: str, line: str | None, schema: Schema) -> None:
    position = half.index("|")
    found = hover(half.replace("|", "", 1), position, schema)
    assert found is not None
    assert (found.title, found.detail.removeprefix("public.")) == (title, detail)
    if line is not None:
        assert line in [each.replace("public.", "") for each in found.lines]


@pytest.mark.parametrize(
    "half", ["sel|ect 1", "select 'ord|ers'", "select 1 -- ord|ers", "select no| from orders", "|"]
)
def test_what_nobody_knows_is_not_explained(half: str, schema: Schema) -> None:
    assert hover(half.replace("|", "", 1), half.index("|"), schema) is None
