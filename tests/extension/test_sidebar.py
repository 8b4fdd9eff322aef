"""What a person does with the panel beyond looking: search, create, copy, drag, drop, keys."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from uuid import uuid4

import httpx
import pymongo
import pytest
from playwright.sync_api import Locator, Page, expect

from lab_panel import HOSTILE, active, chosen, new_database, notice, opened_to_tables, row, tree, type_ahead
from live_lab import Lab, Seen

pytestmark = pytest.mark.timeout(900)

ORDERS = (
    "create table customers (id bigint primary key, name text not null);"
    "create table orders (id bigint primary key, buyer_id bigint references customers, total numeric(10, 2));"
    "insert into customers values (1, 'Ada'); insert into orders values (1, 1, 12.50), (2, 1, 7);"
    "alter table orders enable row level security; create policy everybody on orders for select using (true);"
    "create view big_orders as select * from orders where total > 10;"
    "create function add_tax(amount numeric) returns numeric language sql as 'select amount * 1.2';"
    "analyze"
)


@pytest.fixture(scope="module")
def shop(lab: Lab) -> str:
    """A tenant whose database of the same name has orders."""
    tenant = f"s{uuid4().hex[:8]}"
    lab.api("POST", "/v1/tenants", {"name": tenant, "subdomain": tenant})
    lab.sql(tenant, new_database(lab, tenant, tenant), ORDERS)
    return tenant


@pytest.fixture
def opened(panel: Page, shop: str) -> Page:
    """The panel with the tables of `shop` on view."""
    opened_to_tables(panel, shop, shop)
    expect(row(panel, re.compile("^orders, table"))).to_be_visible()
    return panel


@pytest.fixture
def mine(new_tenant: Callable[..., str]) -> str:
    """A tenant with nothing."""
    return new_tenant()


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search databases")


def copied(page: Page, what: str) -> str:
    told = notice(page, f"{what} copied.")
    expect(told).to_be_visible()
    text = str(page.evaluate("navigator.clipboard.readText()"))
    # The next one is told of the next.
    page.evaluate("window.jupyterapp.commands.execute('apputils:dismiss-notification')")
    expect(told).to_have_count(0)
    return text


def test_a_database_is_created_with_its_cost_and_its_progress(panel: Page, lab: Lab, mine: str, seen: Seen) -> None:
    seen.forgive("status of 409", "/databases")
    name = 'o\'clock "9"'
    expect(row(panel, f"{mine}, tenant")).to_be_visible()
    chosen(panel, row(panel, f"{mine}, tenant"), "New Database")
    dialog = panel.get_by_role("dialog")
    field = dialog.get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    expect(dialog.get_by_role("note")).to_contain_text(f"Starts a PostgreSQL server for {mine}")
    expect(dialog.get_by_role("note")).to_contain_text("Plan free")
    panel.keyboard.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_role("alert")).to_contain_text("Name is missing")
    # Steps come and go faster than anybody looks.
    panel.evaluate(
        """() => { window.told = new Set(); new MutationObserver(() => document.querySelectorAll('progress').forEach(
            bar => window.told.add(bar.getAttribute('aria-label')))).observe(
            document.body, { subtree: true, childList: true, attributes: true }); }"""
    )
    field.fill(name)
    panel.keyboard.press("Enter")
    expect(dialog.get_by_text(f"{name} is ready")).to_be_visible()
    assert len(panel.evaluate("[...window.told]")) >= 1
    string = dialog.get_by_label("Connection string", exact=True).input_value()
    assert string == lab.api("GET", f"/v1/{mine}/databases/o'clock%20%229%22/connection-string")["connection_string"]
    dialog.get_by_role("button", name="Close").click()
    made = row(panel, re.compile(re.escape(name)))
    expect(made).to_have_attribute("aria-selected", "true")

    chosen(panel, row(panel, f"{mine}, tenant"), "New Database")
    expect(dialog.get_by_role("note")).to_contain_text(f"Shares {mine}'s PostgreSQL server")
    field.fill(name)
    dialog.get_by_role("button", name="Create").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(dialog.get_by_role("alert")).to_contain_text("already")
    panel.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_search_finds_what_is_closed_and_the_arrows_go_into_it(panel: Page, shop: str) -> None:
    expect(row(panel, f"{shop}, tenant")).to_be_visible()
    search_box(panel).fill("buyid")
    column = row(panel, re.compile("^buyer_id, column, bigint, refers to customers.id")).first
    expect(column).to_be_visible()
    assert column.locator("mark").all_inner_texts() == ["buy", "id"]
    expect(row(panel, re.compile("^orders, table"))).to_have_attribute("aria-expanded", "true")
    expect(row(panel, re.compile("^customers, table"))).to_have_count(0)
    panel.keyboard.press("ArrowDown")
    expect(tree(panel)).to_be_focused()
    expect(active(panel)).to_have_attribute("aria-label", re.compile("^buyer_id"))
    panel.keyboard.press("Home")
    panel.keyboard.press("ArrowUp")
    expect(search_box(panel)).to_be_focused()
    search_box(panel).fill("nothing like it")
    expect(panel.get_by_text("Nothing found")).to_be_visible()
    panel.keyboard.press("Escape")
    expect(row(panel, f"{shop}, tenant")).to_be_visible()
    expect(search_box(panel)).to_have_value("")


def test_tables_views_functions_keys_and_policies_are_told_apart(opened: Page) -> None:
    for group in ("Tables, 2 tables", "Views, 1 view", "Functions, 1 function"):
        expect(row(opened, group)).to_be_visible()
    row(opened, "Functions, 1 function").click()
    expect(row(opened, "add_tax, function, of amount numeric, returns numeric")).to_be_visible()
    row(opened, re.compile("^orders, table, about 2 rows, row security on")).click()
    expect(row(opened, "id, column, bigint, primary key")).to_be_visible()
    expect(row(opened, "buyer_id, column, bigint, refers to customers.id")).to_be_visible()
    expect(row(opened, "everybody, row policy")).to_be_visible()


def test_collections_show_their_fields_and_indexes(panel: Page, lab: Lab, mine: str) -> None:
    lab.api("POST", f"/v1/{mine}/databases", {"engine": "document", "name": "papers"})
    where = lab.api("GET", f"/v1/{mine}/databases/papers/connection-string")["connection_string"]
    with pymongo.MongoClient(where) as client:
        client["papers"]["essays"].insert_many([{"title": "One", "pages": 3}, {"title": "Two"}])
        client["papers"]["essays"].create_index("title", unique=True)
    tenant = row(panel, f"{mine}, tenant")
    expect(tenant).to_be_visible()
    if tenant.get_attribute("aria-expanded") == "false":
        tenant.click()
    row(panel, re.compile("^papers, Documents database")).click()
    row(panel, re.compile("^essays, collection, 2 documents")).click()
    expect(row(panel, "title, field, string")).to_be_visible()
    expect(row(panel, re.compile("^pages, field, int, in 50% of the documents"))).to_be_visible()
    expect(row(panel, "title_1, unique index, on title")).to_be_visible()
    chosen(panel, row(panel, re.compile("^essays, collection")), "Copy Snippet", "Python with pymongo")
    assert "'title': 'Two'" in ran(["-c", copied(panel, "Snippet")])


def ran(words: list[str], **environment: str) -> str:
    """What a Python program says."""
    env = {"PATH": os.environ["PATH"], **environment}
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, env=env, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_snippets_run_as_they_are_pasted(opened: Page, lab: Lab, shop: str) -> None:
    orders = row(opened, re.compile("^orders, table"))
    chosen(opened, orders, "Copy Snippet", "Python with psycopg")
    assert "Decimal('12.50')" in ran(["-c", copied(opened, "Snippet")])

    chosen(opened, orders, "Copy Snippet", "Python")
    text = copied(opened, "Snippet")
    assert "password" not in text and "import dbaas" in text
    assert "12.5" in ran(["-c", text], DBAAS_URL=f"{lab.url}/dbaas", DBAAS_TOKEN=lab.token)

    before = len(lab.api("GET", f"/v1/{shop}/keys"))
    chosen(opened, orders, "Copy Snippet", "curl")
    dialog = opened.get_by_role("dialog")
    expect(dialog.get_by_label("A token for an hour")).to_be_checked()
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog).to_be_hidden()
    shell = subprocess.run(
        ["bash", "-c", copied(opened, "Snippet")], capture_output=True, text=True, timeout=300, check=True
    )
    assert [one["id"] for one in json.loads(shell.stdout)] == [1, 2]
    assert len(lab.api("GET", f"/v1/{shop}/keys")) == before


def test_a_table_is_dragged_into_a_cell(opened: Page) -> None:
    # While a notebook is being opened, its cells move.
    opened.evaluate(
        """async () => {
            const made = await window.jupyterapp.commands.execute('notebook:create-new', { kernelName: 'python3' });
            await Promise.all([made.context.ready, made.revealed, made.sessionContext.ready]);
        }"""
    )
    cell = opened.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell .cm-content").first
    expect(cell).to_have_attribute("data-language", "python")
    source = row(opened, re.compile("^big_orders, view")).bounding_box()
    assert source is not None
    opened.mouse.move(source["x"] + 90, source["y"] + 12)
    opened.mouse.down()
    opened.mouse.move(source["x"] + 140, source["y"] + 30)
    expect(opened.locator(".dbaas-DragImage")).to_have_text("big_orders")
    target = cell.bounding_box()
    assert target is not None
    opened.mouse.move(target["x"] + 30, target["y"] + 8, steps=4)
    expect(opened.locator(".lm-cursor-backdrop")).to_have_css("cursor", "copy")
    opened.mouse.up()
    expect(cell).to_have_text("big_orders")


def test_a_database_goes_only_when_its_name_is_typed(panel: Page, lab: Lab, mine: str) -> None:
    new_database(lab, mine, HOSTILE[0])
    lab.sql(mine, HOSTILE[0], "create table a (id int); create table b (id int)")
    tenant = row(panel, f"{mine}, tenant")
    expect(tenant).to_be_visible()
    if tenant.get_attribute("aria-expanded") == "false":
        tenant.click()
    item = panel.locator('[data-kind="database"]', has_text=HOSTILE[0])
    item.click()
    expect(row(panel, re.compile("^a, table"))).to_be_visible()
    item.click()
    tree(panel).press("Delete")
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{HOSTILE[0]} (PostgreSQL): 2 tables")
    typed = dialog.get_by_label("Type the database’s name")
    expect(typed).to_be_focused()
    typed.fill(HOSTILE[0][:-1])
    panel.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("That is not its name.")
    typed.fill(HOSTILE[0])
    panel.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(item).to_have_count(0)
    expect(notice(panel, HOSTILE[0])).to_be_visible()
    assert lab.api("GET", f"/v1/{mine}/databases") == []
    assert panel.locator(".dbaas-Panel img").count() == 0 and "broken" not in panel.title()


def test_a_tenant_goes_with_all_it_has(panel: Page, lab: Lab, new_tenant: Callable[..., str]) -> None:
    tenant = new_tenant("Gone & <b>forgotten</b>")
    new_database(lab, tenant, "shop")
    lab.api("POST", f"/v1/{tenant}/keys", {"role": "anon"})
    item = row(panel, "Gone & <b>forgotten</b>, tenant")
    expect(item).to_be_visible()
    chosen(panel, item, "Drop")
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("shop (PostgreSQL)")
    expect(dialog).to_contain_text("1 API key")
    dialog.get_by_label("Type the tenant’s name").fill("Gone & <b>forgotten</b>")
    dialog.get_by_role("button", name="Drop").click()
    expect(dialog).to_be_hidden()
    expect(item).to_have_count(0)


def test_enter_and_a_double_click_query_a_table(opened: Page, shop: str) -> None:
    orders = row(opened, re.compile("^orders, table"))
    orders.click()
    opened.keyboard.press("Enter")
    editor = opened.locator(".lm-DockPanel .cm-content", has_text="select * from orders limit 100")
    expect(editor).to_be_visible()
    row(opened, re.compile("^big_orders, view")).dblclick()
    expect(opened.locator(".lm-DockPanel .cm-content", has_text="select * from big_orders limit 100")).to_be_visible()
    chosen(opened, row(opened, re.compile(f"^{shop}, PostgreSQL")), "Open")
    expect(opened.get_by_role("tab", name=shop, exact=True)).to_have_attribute("aria-selected", "true")


def test_keys_are_made_shown_once_and_revoked(panel: Page, lab: Lab, shop: str) -> None:
    chosen(panel, row(panel, f"{shop}, tenant"), "API Keys")
    dialog = panel.get_by_role("dialog")
    dialog.get_by_role("button", name="New publishable key").click()
    key = dialog.get_by_label("New key", exact=True).input_value()
    dialog.get_by_role("button", name="Copy the new key").click()
    assert copied(panel, "New key") == key

    def asked() -> int:
        url = f"{lab.url}/dbaas/p/{shop}/{shop}/rest/v1/orders"
        return httpx.get(url, headers={"apikey": key}, trust_env=False).status_code

    assert asked() == 200
    line = dialog.get_by_role("listitem", name=f"Publishable key {key[:8]}")
    line.get_by_role("button", name="Revoke").click()
    line.get_by_role("button", name="Keep").click()
    line.get_by_role("button", name="Revoke").click()
    line.get_by_role("button", name="Revoke", exact=True).click()
    expect(line).to_have_count(0)
    expect(dialog.get_by_label("New key", exact=True)).to_have_count(0)
    assert asked() == 401
    dialog.get_by_role("button", name="Close").click()


def test_five_thousand_tables_are_drawn_as_far_as_one_sees(panel: Page, shop: str) -> None:
    column = {"name": "id", "type": "bigint", "nullable": False, "default": None, "primary_key": True}
    table = {
        "schema": "public", "kind": "table", "primary_key": ["id"], "estimated_rows": 1, "size_bytes": 8192,
        "columns": [{**column, "comment": None, "references": None}], "row_security": False, "policies": [],
        "exposed_to": [], "warning": None,
    }  # fmt: skip
    tables = [{**table, "name": f"table_{number:04}"} for number in range(5000)]
    body = json.dumps({"version": 1, "schemas": [{"name": "public", "tables": tables, "functions": []}]})
    panel.route(
        f"**/databases/{shop}/schema?*", lambda route: route.fulfill(body=body, content_type="application/json")
    )
    opened_to_tables(panel, shop, shop)
    expect(row(panel, re.compile("^table_0003, table"))).to_be_visible()
    row(panel, re.compile("^table_0003, table")).click()
    type_ahead(panel, "table_4999")
    expect(row(panel, re.compile("^table_4999, table"))).to_have_attribute("aria-posinset", "5000")
    assert panel.get_by_role("treeitem").count() < 100
    search_box(panel).fill("4998")
    expect(row(panel, re.compile("^table_4998, table"))).to_be_visible()
    panel.keyboard.press("Escape")


def test_a_name_is_dragged_into_the_query_editor_and_stands_there_quoted(opened: Page, lab: Lab, shop: str) -> None:
    lab.sql(shop, shop, 'create table if not exists "Big Ones" (id int primary key)')
    opened.evaluate(
        "args => window.jupyterapp.commands.execute('dbaas:dashboard', args).then(() => null)",
        {"tenant": shop, "database": shop, "text": "select * from "},
    )
    text = opened.locator(".dbaas-Dashboard").get_by_role("textbox", name="Query", exact=True)
    expect(text).to_have_text("select * from")
    item = row(opened, re.compile("^Big Ones, table"))
    expect(item).to_be_visible()
    source, target = item.bounding_box(), text.bounding_box()
    assert source is not None and target is not None
    opened.mouse.move(source["x"] + 90, source["y"] + 12)
    opened.mouse.down()
    opened.mouse.move(source["x"] + 140, source["y"] + 30)
    expect(opened.locator(".dbaas-DragImage")).to_have_text("Big Ones")
    # Behind the end of the line is its end.
    opened.mouse.move(target["x"] + target["width"] - 20, target["y"] + 8, steps=4)
    opened.mouse.up()
    expect(text).to_have_text('select * from "Big Ones"')
    expect(text).to_be_focused()
