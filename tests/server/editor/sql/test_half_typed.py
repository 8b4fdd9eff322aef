"""The table of half-typed statements: what comes first, what comes somewhere, what does not come."""

from __future__ import annotations

import pytest

from dbaas_server.editor.sql.complete import complete
from dbaas_server.editor.sql.schema import Schema
from half_typed import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=[case.line for case in CASES])
def test_the_first_suggestions_are_those_of_the_table(case: Case, schema: Schema) -> None:
    found = [each.label for each in complete(case.text, case.position, schema).items]
    if case.nothing:
        assert found == []
    assert tuple(found[: len(case.first)]) == case.first
    assert set(case.somewhere) <= set(found)
    assert not set(case.nowhere) & set(found)


def test_the_table_is_large() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize(
    ("half", "insert", "result"),
    [
        ("select mix| from \"Odd Table\"", "MixedCase", 'select "MixedCase" from "Odd Table"'),
        ('select "Mix| from "Odd Table"', "MixedCase", 'select "MixedCase" from "Odd Table"'),
        ('select "Mix|" from "Odd Table"', "MixedCase", 'select "MixedCase" from "Odd Table"'),
        ('select o."we|" from "Odd Table" o', "Weird Column", 'select o."Weird Column" from "Odd Table" o'),
        ("select sel| from \"Odd Table\"", "select", 'select "select" from "Odd Table"'),
        ("select * from orders where status = 'p|", "'paid'", "select * from orders where status = 'paid'"),
        ("select * from orders where status = 'p|' and true", "'paid'",
         "select * from orders where status = 'paid' and true"),
        ("select * from tar|", "sales.targets", "select * from sales.targets"),
        ("select * from orders where id = :order_id or id = :o|", "order_id",
         "select * from orders where id = :order_id or id = :order_id"),
        ("select SUM(TO|) from orders", "total", "select SUM(total) from orders"),
    ],
)  # fmt: skip
def test_a_suggestion_replaces_what_was_typed(half: str, insert: str, result: str, schema: Schema) -> None:
    position = half.index("|")
    text = half.replace("|", "", 1)
    found = complete(text, position, schema)
    chosen = next(each for each in found.items if each.label == insert)
    assert text[: found.start] + chosen.insert + text[found.end :] == result


def test_what_is_left_out_is_told(schema: Schema) -> None:
    few = complete("select  from orders", 7, schema, limit=3)
    assert [each.label for each in few.items] == ["id", "customer_id", "status"]
    assert few.incomplete
    assert not complete("select cust from orders", 11, schema).incomplete


def test_details_tell_types_keys_and_what_is_pointed_at(schema: Schema) -> None:
    found = {each.label: each for each in complete("select o. from orders o", 9, schema).items}
    assert found["customer_id"].detail == "bigint · o"
    assert "references customers (id)" in (found["customer_id"].info or "")
    assert "'shipped'" in (found["status"].info or "")
    assert "primary key" in (found["id"].info or "")
