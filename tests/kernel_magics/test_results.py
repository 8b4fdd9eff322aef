"""Results: paged in the engine, complete when asked for, never run twice when they write."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.arrow import distinct, from_rows
from dbaas.client import DatabaseClient
from dbaas.errors import DbaasError
from dbaas.results import FIRST_ROWS, PAGE_ROWS, first_rows


def test_pages_come_from_the_engine_as_they_are_looked_at(shop: DatabaseClient) -> None:
    result = shop.query("select g from generate_series(1, 1000) g order by g")
    assert len(result.rows) == FIRST_ROWS and not result.complete
    assert f"rows 1–{PAGE_ROWS} of more" in repr(result)
    assert result.page(500, 3) == [(501,), (502,), (503,)]
    assert result.page(990) == [(number,) for number in range(991, 1001)]
    assert result.complete and "of 1,000" in repr(result)


def test_len_counts_in_the_engine_and_iteration_sees_every_row(shop: DatabaseClient) -> None:
    result = shop.query("select g, 'x' as x from generate_series(1, 25000) g order by g -- a comment")
    assert len(result) == 25_000 and len(result.rows) == FIRST_ROWS
    assert sum(row[0] for row in result) == 25_000 * 25_001 // 2
    assert result["g"][-1] == 25_000 and result[24_999] == (25_000, "x")
    with pytest.raises(KeyError):
        result["nope"]


def test_conversions_have_every_row_beyond_the_row_cap(shop: DatabaseClient) -> None:
    text = "select g, case when g % 2 = 0 then g end as half, 1.5::numeric as n from generate_series(1, 25000) g"
    for table in (shop.query(text).to_arrow(), shop.arrow(text)):
        assert table.num_rows == 25_000
        assert table.schema.field("g").type == pa.int32()
        assert sum(table["g"].to_pylist()) == 25_000 * 25_001 // 2
    frame = shop.query(text).to_pandas()
    assert frame["half"].dtype == "Int32" and frame["half"].isna().sum() == 12_500
    assert shop.query(text).to_polars().height == 25_000


TYPES = """
    select true b, 1::int2 s, 2::int4 i, 3::int8 l, 1.5::float4 r, 2.5::float8 d, 'NaN'::float8 nan, 1.10::numeric n,
           12345678901234567890.5::numeric big, 'x'::text t, '2013-01-01'::date as day, '05:06'::time as at,
           '2013-01-01 05:00'::timestamp ts, '2013-01-01 05:00+02'::timestamptz tz, '\\x00ff'::bytea raw,
           '{"a": [1, "ü"]}'::jsonb j, array[1, null]::int[] list, 'infinity'::timestamp forever, null::text nothing,
           '6f9619ff-8b86-d011-b42d-00cf4fc964ff'::uuid u
"""


def test_what_is_here_has_the_types_that_the_server_gives(shop: DatabaseClient) -> None:
    local, remote = shop.query(TYPES).to_arrow(), shop.arrow(TYPES)
    assert local.schema.remove_metadata() == remote.schema.remove_metadata()
    for name in set(local.column_names) - {"nan"}:
        assert local[name].to_pylist() == remote[name].to_pylist(), name


def test_a_statement_that_writes_runs_once(shop: DatabaseClient, new_table: str) -> None:
    shop.query(f'create table "{new_table}" (id serial, v int)')
    for text in (
        f'insert into "{new_table}" (v) select g from generate_series(1, 300) g returning *',
        f'with done as (insert into "{new_table}" (v) select g from generate_series(1, 300) g returning *) table done',
    ):
        result = shop.query(text)
        assert result.complete and len(result) == 300 and len(result.to_pandas()) == 300 and len(list(result)) == 300
        assert shop.arrow(text).num_rows == 300
    assert shop.query(f'select count(*) from "{new_table}"').scalar() == 1_200


def test_a_write_past_the_row_cap_is_kept_and_said_to_be_cut(shop: DatabaseClient, new_table: str) -> None:
    shop.query(f'create table "{new_table}" (v int)')
    result = shop.query(f'insert into "{new_table}" select generate_series(1, 15000) returning v')
    assert not result.complete
    with pytest.raises(DbaasError):
        list(result)
    assert shop.query(f'select count(*) from "{new_table}"').scalar() == 15_000


def test_statements_without_rows_say_what_was_done(shop: DatabaseClient, new_table: str) -> None:
    assert repr(shop.query(f'create table "{new_table}" (v int)')) == "CREATE TABLE"
    assert "INSERT 0 2" in repr(shop.query(f'insert into "{new_table}" values (1), (2)'))
    assert "0 rows" in repr(shop.query(f'table "{new_table}" limit 0'))


def test_notices_are_shown(shop: DatabaseClient) -> None:
    result = shop.query("do $$ begin raise notice '<b>look %</b>', 1; end $$")
    assert "look 1" in repr(result) and "&lt;b&gt;look" in result._repr_html_()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("select 1", False),
        ("-- why\n /* x */ (select 1) union select 2", False),
        ("with a as (select 1) table a", False),
        ("with a as (delete from t returning *) table a", True),
        ("insert into t values (1) returning *", True),
        ("explain select 1", True),
    ],
)
def test_only_what_reads_is_asked_for_in_parts(text: str, whole: bool) -> None:
    assert (first_rows(text) is None) == whole


@given(st.lists(st.sampled_from(["a", "a_2", "a_3", "b", ""])))
def test_twin_columns_get_names_of_their_own(names: list[str]) -> None:
    unique = distinct(names)
    assert len(set(unique)) == len(names)
    assert all(new == old or new.startswith(f"{old}_") for new, old in zip(unique, names, strict=True))
    assert from_rows(names, ["text"] * len(names), []).column_names == unique
