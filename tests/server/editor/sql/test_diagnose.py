"""What is wrong is told with a place and a repair; what PostgreSQL takes is never called an error."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest

from conninfo import conninfo
from dbaas_provisioning.platform import Access
from dbaas_server.editor.sql.diagnose import Diagnostic, diagnose
from dbaas_server.editor.sql.schema import Schema
from valid_statements import STATEMENTS


@pytest.fixture(scope="module")
def taken(shop: Access) -> list[str]:
    """The valid statements that PostgreSQL indeed took, each undone."""
    found = []
    with psycopg.connect(conninfo(shop)) as connection:
        for statement in STATEMENTS:
            with suppress(psycopg.errors.IntegrityError):  # understood, and refused for what is in the tables
                connection.execute(statement.encode())
            connection.rollback()
            found.append(statement)
    return found


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_postgresql_takes_is_not_diagnosed(statement: str, taken: list[str], schema: Schema) -> None:
    assert statement in taken
    found = diagnose(statement, schema)
    assert [each for each in found if each.code != "no_where"] == []
    assert all(each.severity == "warning" for each in found)


@pytest.mark.parametrize(
    ("text", "place", "code", "fixed"),
    [
        ("select 'abc", "'abc", "unterminated_string", "select 'abc'"),
        ('select "abc from orders', '"abc from orders', "unterminated_name", 'select "abc from orders"'),
        ("select 1 /* x", "/* x", "unterminated_comment", "select 1 /* x*/"),
        ("select (1", "(", "unbalanced_bracket", "select (1)"),
        ("select array[(1", "(", "unbalanced_bracket", "select array[(1)]"),
        ("select 1)", ")", "unbalanced_bracket", "select 1"),
        ("select * from ordrs", "ordrs", "unknown_table", "select * from orders"),
        ("select * from ORDRS", "ORDRS", "unknown_table", "select * from orders"),
        ("select * from sales.target", "target", "unknown_table", "select * from sales.targets"),
        ("select * from targets", "targets", "unknown_table", "select * from sales.targets"),
        ("select * from odd_table", "odd_table", "unknown_table", 'select * from "Odd Table"'),
        ("select idd from orders", "idd", "unknown_column", "select id from orders"),
        ("select o.statu from orders o", "statu", "unknown_column", "select o.status from orders o"),
        ("select weird_column from \"Odd Table\"", "weird_column", "unknown_column",
         'select "Weird Column" from "Odd Table"'),
        ("select orders.id from orders o", "orders", "unknown_source", "select o.id from orders o"),
        ("select cc.id from customers c join orders o on o.customer_id = c.id", "cc", "unknown_source", None),
        ("select id from orders o join customers c on true", "id", "ambiguous_column",
         "select o.id from orders o join customers c on true"),
        ("select lowr(note) from orders", "lowr", "unknown_function", "select lower(note) from orders"),
        ("select order_totl(1)", "order_totl", "unknown_function", "select order_total(1)"),
        ("selct 1", "selct", "syntax", "select 1"),
        ("select * form orders", "form", "syntax", "select * from orders"),
        ("select * orders", "orders", "syntax", "select * from orders"),
        ("select id from orders wher id = 1", "wher", "syntax", "select id from orders where id = 1"),
        ("select id, from orders", ",", "syntax", "select id from orders"),
        ("select id from orders where id = 1 and", "and", "syntax", None),
        ("select id from orders where id =", "=", "syntax", None),
        ("select id from orders where id = 1 2", "2", "syntax", None),
        ("update orders set statu = 'x' where true", "statu", "unknown_column",
         "update orders set status = 'x' where true"),
        ("insert into orders (idd) values (1)", "idd", "unknown_column", "insert into orders (id) values (1)"),
        ("select id from orders order by stat", "stat", "unknown_column", "select id from orders order by status"),
        ("select id from orders group by idd", "idd", "unknown_column", "select id from orders group by id"),
        ("with x as (select 1 as abc) select abd from x", "abd", "unknown_column",
         "with x as (select 1 as abc) select abc from x"),
        ("select (select emal from customers)", "emal", "unknown_column", "select (select email from customers)"),
        ("select * from orders o, (select o.id) x", "o", "unknown_source", None),
        ("select c.id from orders o join customers c on c.idd = o.id", "idd", "unknown_column",
         "select c.id from orders o join customers c on c.id = o.id"),
        ("update orders set note = 'x'", "update", "no_where", "update orders set note = 'x' where true"),
        ("delete from orders returning id", "delete", "no_where", "delete from orders where true returning id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_placed_and_repaired(
    text: str, place: str, code: str, fixed: str | None, schema: Schema
) -> None:
    found = diagnose(text, schema)
    assert [each.code for each in found][:1] == [code]
    first = found[0]
    assert text[first.start : first.end] == place
    assert first.message.endswith(".")
    if fixed is not None:
        assert repaired(text, first) == fixed
        assert code == "unterminated_name" or not [each for each in diagnose(fixed, schema) if each.severity == "error"]


def repaired(text: str, problem: Diagnostic) -> str:
    for start, end, insert in sorted(problem.fixes[0].changes, reverse=True):
        text = text[:start] + insert + text[end:]
    return text


MORE = [
    "select * from p2022",
    "select last_value from order_numbers",
    "select id as x from orders union select id from customers order by x",
    "select id as x from orders union (select id from customers) order by x",
    "select id from orders order by created_at using >",
    "select id from orders order by created_at using > nulls last, id using operator(pg_catalog.<)",
    "create view few as select * from orders where id < 5 with check option",
    "create view few as select * from orders where id < 5 with local check option",
    "create view few as select id from orders with cascaded check option",
    "create materialized view few as select id from orders where id < 5 with no data",
    "create table few as select id from orders with data",
    "create recursive view rv(n) as select 1 union all select n + 1 from rv where n < 5",
    "create or replace recursive view rv (n, m) as values (1, 2) union all select n + 1, rv.m from rv where n < 5",
    "create rule r as on insert to orders do also (insert into customers (id) values (new.id);"
    " delete from orders where id = new.id)",
    "select jj.a from (orders c join customers o on o.id = c.customer_id) as jj(a, b)",
    "select jj.a, email from (orders c join customers o using (id)) jj(a, b)",
    "select jj.b from (orders o join (products p cross join employees e) on true) as jj(b, c) where b > 0",
    "select b1, c1 from rows from (generate_series(1, 3), unnest(array['a'])) as t(b1, c1) where b1 > 1",
    "select t.g from rows from (generate_series(1, 3), generate_series(1, 2)) with ordinality as t(b1, c1, g)",
    "select id operator(pg_catalog.+) 1 from orders",
    "select timestamp with time zone '2024-01-01', bit varying '101', national character 'x' from orders",
    "select timestamp(3) without time zone '2024-01-01', character varying(3) 'x', double precision '1' from orders",
    """select U&"\\0061", U&"\\+000061", x."a" from (select 1 as a) x""",
    """select U&"d!0061ta" uescape '!' from (select 1 as data) x""",
]
"""What PostgreSQL takes and other readers of SQL mostly do not."""


@pytest.mark.parametrize("statement", MORE)
def test_what_few_people_write_is_not_called_an_error(statement: str, shop: Access, schema: Schema) -> None:
    with psycopg.connect(conninfo(shop)) as connection:
        connection.execute("create table parted (id int) partition by list (id)")
        connection.execute("create table p2022 partition of parted default; create sequence order_numbers")
        connection.execute(statement.encode())
        connection.rollback()
    found = diagnose(statement, schema)
    assert [each for each in found if each.severity == "error" or each.code != "unknown_table"] == []
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select idd as x from orders union select id from customers order by x", "unknown_column"),
        ("select jj.idd from (select id from orders) as jj", "unknown_column"),
        ("select c.id from (orders c join customers o on true) as jj(a, b)", "unknown_source"),
        ("create view few as select idd from orders with check option", "unknown_column"),
        ("select idd from orders where created_at > timestamp with time zone '2024-01-01'", "unknown_column"),
        ('select U&"\\0062" from (select 1 as a) x', "unknown_column"),
    ],
)
def test_what_is_wrong_beside_them_is_found(text: str, code: str, schema: Schema) -> None:
    assert [each.code for each in diagnose(text, schema)] == [code]


def test_each_statement_is_judged_by_itself(schema: Schema) -> None:
    text = "select * from orders; select * from custmers; delete from orders; select 'x"
    assert [each.code for each in diagnose(text, schema)] == ["unknown_table", "no_where", "unterminated_string"]


def test_what_a_text_makes_exists_in_it(schema: Schema) -> None:
    assert diagnose("create table fresh (a int); select a from fresh; drop table fresh", schema) == []


@pytest.mark.parametrize(
    "text",
    [
        "select * from orders_2024",  # may be a partition, which no catalog lists
        "select * from auth.users",
        "select * from pg_stat_activity",
        "select uuid_generate_v4(), st_area(null)",  # extensions' functions are not in the catalog
        "select x.anything from somewhere() x",
        "select :a, :b::int from orders where id = :c",
        "",
        " ; ; -- nothing",
    ],
)
def test_what_nobody_can_know_is_passed_over(text: str, schema: Schema) -> None:
    assert diagnose(text, schema) == []


def test_how_many_rows_are_concerned_is_told(schema: Schema) -> None:
    (found,) = diagnose("delete from customers", schema)
    assert (found.severity, found.message[:27]) == ("warning", "This deletes every row of c")
    assert found.hint == "Add a WHERE; `where true` says that it is meant."
