"""``%%dbaas --graphql`` on a real platform."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from dbaas.client import Client
from dbaas.errors import DbaasError, GraphQLError, UsageError
from dbaas.graphql import Answer
from dbaas.results import Result
from live_notebook import Shell
from waiting import eventually


@pytest.fixture(scope="module")
def shelf(client: Client) -> Iterator[str]:
    """A tenant whose default database has two related tables, and another database with one."""
    tenant = client.create_tenant(f"q{uuid4().hex[:10]}")
    for name in ("shop", "archive"):
        tenant.create_database(name)
    tenant.database("shop").query(
        "create table makers (id int primary key, name text);"
        "create table items (id int primary key, name text not null, price numeric, maker_id int references makers);"
        "insert into makers values (1, 'Lumen');"
        "insert into items select n, 'item ' || n, n * 1.10, 1 from generate_series(1, 30) n;"
        "alter table items enable row level security;"
        "create policy cheap on items for select to anon using (price < 3)"
    )
    tenant.database("archive").query("create table boxes (id int primary key); insert into boxes values (7)")
    yield tenant.name
    tenant.drop()


@pytest.fixture
def at(shell: Shell, shelf: str) -> Shell:
    """A shell that uses the tenant."""
    shell.run(f"%dbaas use {shelf}")
    return shell


def test_one_list_is_a_table_that_converts_like_a_statements(at: Shell) -> None:
    at.ip.push({"given": {"least": 20, "limit": 3}})
    cell = """
query ($least: Int!, $limit: Int) {
  find_items(where: {id: {_gte: $least}}, order_by: [{id: asc}], limit: $limit) { id name price maker { name } }
}"""
    result = at.run("%%dbaas --graphql --variables given" + cell)
    assert isinstance(result, Result) and result.columns == ["id", "name", "price", "maker"]
    assert result[0] == (20, "item 20", "22.00", {"name": "Lumen"}) and len(result) == 3
    assert "<table" in at.html and "3 rows" in at.shown
    at.run("%%dbaas --graphql --variables '{\"least\": 29}' --to pandas >> frame" + cell)
    assert list(at.ip.user_ns["frame"]["id"]) == [29, 30] and "frame: 2 rows × 4 columns" in at.shown
    at.run("%%dbaas --graphql --variables given >> rows" + cell)
    assert len(at.ip.user_ns["rows"]) == 3 and "rows: 3 rows" in at.shown


def test_anything_else_is_json(at: Shell) -> None:
    answer = at.run("%%dbaas --graphql\n{ one: get_items_by_id(id: 1) { name } all: find_makers { name } }")
    assert isinstance(answer, Answer)
    assert answer == {"one": {"name": "item 1"}, "all": [{"name": "Lumen"}]}
    assert '"name": "item 1"' in at.shown and "<pre" in at.html
    with pytest.raises(UsageError, match="one list"):
        at.run("%%dbaas --graphql --to pandas\n{ get_items_by_id(id: 1) { name } }")


def test_mutations_and_named_operations(at: Shell) -> None:
    document = """
mutation add { insert_items(objects: [{id: 100, name: "new"}]) { affected_rows returning { id } } }
mutation remove { delete_items(where: {id: {_eq: 100}}) { affected_rows } }
"""
    added = at.run("%%dbaas --graphql --operation add" + document)
    assert added == {"insert_items": {"affected_rows": 1, "returning": [{"id": 100}]}}
    assert at.run("%%dbaas --graphql --operation remove" + document) == {"delete_items": {"affected_rows": 1}}
    with pytest.raises(GraphQLError):
        at.run("%%dbaas --graphql" + document)


def test_a_named_database_has_its_own_endpoint(at: Shell, shelf: str) -> None:
    boxes = "{ find_boxes { id } }"
    for opening in (f"%%dbaas {shelf}/archive --graphql", "%%dbaas archive --graphql"):
        assert at.run(f"{opening}\n{boxes}").dicts() == [{"id": 7}]
    assert at.run("%%dbaas --graphql\n{ archive_find_boxes { id } }").dicts() == [{"id": 7}]
    at.run(f"%dbaas use {shelf}/archive")
    assert at.run(f"%%dbaas --graphql\n{boxes}").dicts() == [{"id": 7}]


def test_an_error_is_one_line_with_its_place_in_the_cell(at: Shell) -> None:
    for cell, part in (
        ("{\n  find_items { nam }\n}", "line 3, column 16"),
        ("{ find_items(limit: ) { id } }", "line 2, column 21"),
        ("query ($n: Int!) { find_items(limit: $n) { id } }", "line 2"),
        ('mutation { insert_items(objects: [{id: 1, name: "twice"}]) { affected_rows } }', "insert_items"),
    ):
        with pytest.raises(DbaasError) as error:
            at.run(f"%%dbaas --graphql\n{cell}")
        (line,) = error.value._render_traceback_()
        assert part in line and "\n" not in line, line
    with pytest.raises(UsageError, match="goes with --graphql"):
        at.run("%%dbaas --variables x\nselect 1")


def test_the_client_asks_as_a_key_may(client: Client, shelf: str) -> None:
    tenant = client.tenant(shelf)
    key = str(tenant.create_key("anon").key)
    rows = "query ($n: Int) { find_items(limit: $n, order_by: [{id: asc}]) { id } }"
    assert tenant.database("shop").graphql(rows, {"n": 50}, key=key) == {"find_items": [{"id": 1}, {"id": 2}]}
    assert len(tenant.graphql(rows)["find_items"]) == 30
    with pytest.raises(GraphQLError) as refused:
        tenant.graphql(rows, key="dbk_nobody")
    assert refused.value.code == "invalid_key"


def completed(shell: InteractiveShell, cell: str) -> set[str]:
    completer = shell.Completer
    assert completer is not None
    completer.use_jedi = False
    with provisionalcompleter():
        return {found.text for found in completer.completions(cell, len(cell))}


def test_tab_knows_the_schema(at: Shell) -> None:
    ip = at.ip
    assert {"--variables", "--operation"} <= completed(ip, "%%dbaas --graphql --")
    assert "--graphql" in completed(ip, "%%dbaas --gr")
    # The first answer may still be under way: nobody is kept waiting for it.
    eventually(lambda: completed(ip, "%%dbaas --graphql\n{ find_it") & {"find_items"})
    assert completed(ip, "%%dbaas --graphql\n{ find_items(order_by: [{na") >= {"name"}
    assert completed(ip, "%%dbaas --graphql\n{ find_items(order_by: [{name: de") >= {"desc"}
    assert completed(ip, "%%dbaas --graphql\n{ find_items { maker { na") >= {"name"}
    eventually(lambda: completed(ip, "%%dbaas archive --graphql\n{ find_") & {"find_boxes"})
