"""What a person does in the panel, from nothing to a table, with the mouse and with the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from lab_panel import HOSTILE, active, new_database, notice, opened_to_tables, row, tree, type_ahead
from live_lab import Lab, Seen
from waiting import eventually

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def house(lab: Lab) -> str:
    """A tenant whose server is shared by the databases that tests make in it."""
    subdomain = f"h{uuid4().hex[:8]}"
    lab.api("POST", "/v1/tenants", {"name": subdomain, "subdomain": subdomain})
    return subdomain


def test_from_nothing_to_a_table(page: Page, lab: Lab, seen: Seen, shots: Path) -> None:
    seen.forgive("status of 400", "/v1/tenants")
    acme = f"acme-{uuid4().hex[:8]}"
    others = {tenant["subdomain"] for tenant in lab.api("GET", "/v1/tenants")}

    def without_others(route: Route) -> None:
        """The platform as it is for who has nothing on it yet."""
        if route.request.method == "GET":
            answer = route.fetch()
            left = [tenant for tenant in answer.json() if tenant["subdomain"] not in others]
            route.fulfill(response=answer, json=left)
        else:
            route.continue_()

    page.route(re.compile(r"/dbaas/v1/tenants(\?|$)"), without_others)
    page.get_by_role("tab", name="Databases").click()
    expect(page.get_by_text("A database of your own")).to_be_visible()
    expect(page.get_by_text("%load_ext dbaas")).to_be_visible()
    page.screenshot(path=shots / "empty.png")
    page.get_by_role("button", name="Create your first tenant").click()

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Give the tenant a name")
    dialog.get_by_label("Name", exact=True).fill("Acme Trading")
    dialog.get_by_label("Name in URLs").fill("Not A Subdomain")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("lower-case letters, digits and '-'")
    page.screenshot(path=shots / "refused.png")
    dialog.get_by_label("Name in URLs").fill(acme)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page, "Acme Trading, tenant")).to_have_attribute("aria-selected", "true")

    row(page, re.compile("No databases yet")).click()
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("shop")
    expect(dialog.get_by_label("Tables with row policies")).to_be_checked()
    page.screenshot(path=shots / "database.png")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("shop is ready")).to_be_visible()
    dialog.get_by_role("button", name="Copy the connection string").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    shop = row(page, re.compile("^shop, PostgreSQL database, ready"))
    expect(shop).to_have_attribute("aria-selected", "true")
    expect(notice(page, "Connection string copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match(r"postgresql://.+:.+@127\.0\.0\.1:\d+/shop$", copied)
    assert copied == lab.api("GET", f"/v1/{acme}/databases/shop/connection-string")["connection_string"]

    shop.click()
    expect(page.get_by_text("No tables yet.")).to_be_visible()
    lab.sql(acme, "shop", "create table orders (id bigint primary key, customer text not null, placed timestamptz)")
    expect(row(page, re.compile("^orders, table"))).to_be_visible()
    lab.sql(acme, "shop", "insert into orders select n, 'x', now() from generate_series(1, 5000) n")
    lab.sql(acme, "shop", "analyze orders")
    expect(row(page, re.compile("^orders, table, about 5,000 rows"))).to_be_visible()
    page.unroute_all(behavior="wait")


def test_creating_what_exists_says_so_and_keeps_the_dialog(panel: Page, house: str, seen: Seen) -> None:
    seen.forgive("status of 409", "/v1/tenants")
    panel.get_by_role("button", name="New tenant").click()
    dialog = panel.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Somebody else")
    dialog.get_by_label("Name in URLs").fill(house)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"There is a tenant '{house}' already")
    panel.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_names_are_shown_as_the_text_they_are(
    panel: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path
) -> None:
    tenant = new_tenant(HOSTILE[0])
    database = new_database(lab, tenant, HOSTILE[1])
    quoted = ['"' + name.replace('"', '""') + '"' for name in HOSTILE]
    lab.sql(tenant, database, ";".join(f"create table {name} ({name} int primary key)" for name in quoted))
    item = row(panel, f"{HOSTILE[0]}, tenant")
    expect(item).to_be_visible()
    if item.get_attribute("aria-expanded") == "false":
        item.click()
    panel.locator('[data-kind="database"]', has_text=HOSTILE[1]).click()
    for name in HOSTILE:
        table = panel.locator('[data-kind="table"]', has_text=name)
        expect(table.locator("bdi")).to_have_text(name)
        table.click()
        expect(panel.locator('[data-kind="column"]', has_text=name)).to_be_visible()
        expect(panel.get_by_role("region", name="About").get_by_role("heading")).to_contain_text(name)
        table.click()
    panel.screenshot(path=shots / "hostile.png")
    assert panel.locator(".dbaas-Panel img").count() == 0
    assert "broken" not in panel.title()


def test_the_keyboard_alone_walks_the_tree_and_copies(panel: Page, lab: Lab, new_tenant: Callable[..., str]) -> None:
    tenant = new_tenant()
    database = new_database(lab, tenant)
    lab.sql(tenant, database, "create table orders (id int primary key)")
    expect(row(panel, f"{tenant}, tenant")).to_be_visible()
    tree(panel).focus()
    panel.keyboard.press("Home")
    type_ahead(panel, tenant)
    expect(active(panel)).to_have_attribute("aria-label", f"{tenant}, tenant")
    if active(panel).get_attribute("aria-expanded") == "false":
        panel.keyboard.press("ArrowRight")
    expect(row(panel, re.compile("Loading"))).to_have_count(0)
    panel.keyboard.press("ArrowRight")
    expect(active(panel)).to_have_attribute("aria-label", re.compile(f"^{database}, PostgreSQL database, ready"))
    expect(tree(panel)).to_be_focused()
    panel.keyboard.press("Enter")
    expect(row(panel, re.compile("^orders, table"))).to_be_visible()
    panel.keyboard.press("ArrowDown")
    expect(active(panel)).to_have_attribute("aria-label", re.compile("^public, schema"))
    panel.keyboard.press("ArrowRight")
    expect(active(panel)).to_have_attribute("aria-label", re.compile("^orders, table"))
    panel.keyboard.press("ArrowLeft")
    panel.keyboard.press("ArrowLeft")
    panel.keyboard.press("ArrowUp")
    expect(active(panel)).to_have_attribute("aria-label", re.compile(f"^{database}, PostgreSQL database, ready"))
    assert tree(panel).get_attribute("aria-activedescendant") == active(panel).get_attribute("id")

    panel.keyboard.press("Shift+F10")
    menu = panel.locator(".lm-Menu")
    expect(menu).to_be_visible()
    # Those that the arrows stop at.
    entries = menu.locator('.lm-Menu-item:not([data-type="separator"], .lm-mod-disabled, .lm-mod-hidden)')
    labels = entries.locator(".lm-Menu-itemLabel").all_inner_texts()
    for _ in range(labels.index("Copy Connection String") + 1):
        panel.keyboard.press("ArrowDown")
    expect(menu.locator(".lm-mod-active")).to_contain_text("Copy Connection String")
    panel.keyboard.press("Enter")
    expect(notice(panel, "Connection string copied.")).to_be_visible()
    assert panel.evaluate("navigator.clipboard.readText()").endswith(f"/{database}")
    expect(tree(panel)).to_be_focused()


def test_a_table_nobody_reaches_explains_itself(panel: Page, lab: Lab, house: str) -> None:
    database = new_database(lab, house)
    lab.sql(house, database, "create table secrets (id int primary key)")
    opened_to_tables(panel, house, database)
    table = row(panel, re.compile("^secrets, table"))
    expect(table).to_have_attribute("aria-label", re.compile("warning: .*row security"))
    table.click()
    expect(panel.get_by_role("region", name="About secrets")).to_contain_text("enable row security")
    lab.sql(
        house,
        database,
        "alter table secrets enable row level security; create policy p on secrets for select using (true)",
    )
    expect(row(panel, re.compile("^secrets, table(?!.*warning)"))).to_be_visible()


def test_what_is_open_and_where_one_is_survive_changes_and_a_reload(panel: Page, lab: Lab, house: str) -> None:
    database = new_database(lab, house)
    lab.sql(house, database, "create table b (id int primary key)")
    opened_to_tables(panel, house, database)
    row(panel, re.compile("^b, table")).click()
    lab.sql(house, database, "create table a (id int primary key); create table c (id int primary key)")
    expect(row(panel, re.compile("^c, table"))).to_be_visible()
    expect(active(panel)).to_have_attribute("aria-label", re.compile("^b, table"))
    expect(active(panel)).to_have_attribute("aria-expanded", "true")
    lab.sql(house, database, "drop table b")
    expect(row(panel, re.compile("^b, table"))).to_have_count(0)
    expect(active(panel)).to_have_count(1)

    eventually(lambda: database in lab.workspace())
    panel.goto(f"{lab.url}/lab")
    expect(panel.get_by_role("heading", name="Databases", exact=True)).to_be_visible()
    expect(row(panel, re.compile("^c, table"))).to_be_visible()


def test_a_lost_connection_keeps_what_was_known_and_comes_back(panel: Page, house: str, seen: Seen) -> None:
    seen.forgive("ERR_INTERNET_DISCONNECTED", "")
    expect(row(panel, f"{house}, tenant")).to_be_visible()
    theirs = panel.get_by_role("dialog", name=re.compile("Server Connection Error"))  # JupyterLab notices as well
    panel.add_locator_handler(theirs, lambda: theirs.get_by_role("button", name="Close").click())
    panel.context.set_offline(True)
    expect(panel.get_by_text("Connection lost. Trying again…")).to_be_visible()
    expect(row(panel, f"{house}, tenant")).to_be_visible()
    panel.context.set_offline(False)
    panel.get_by_role("button", name="Refresh databases").click()
    expect(panel.get_by_text("Connection lost. Trying again…")).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (404, "<html>", "jupyter server extension enable dbaas_server"),
        (503, '{"code": "down", "message": "The daemon is not running.", "hint": "Run dbaas up."}', "Run dbaas up."),
        (403, '{"message": "Forbidden"}', "Not allowed"),
    ],
)
def test_what_is_missing_is_said_with_a_remedy(page: Page, seen: Seen, status: int, body: str, sentence: str) -> None:
    seen.forgive(f"status of {status}", "/dbaas/v1/")
    page.route("**/dbaas/v1/**", lambda route: route.fulfill(status=status, body=body))
    page.get_by_role("tab", name="Databases").click()
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    page.unroute("**/dbaas/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(tree(page)).to_be_visible()


def test_almost_nothing_is_loaded_before_the_panel_is_looked_at(page: Page, seen: Seen) -> None:
    page.wait_for_load_state("networkidle")
    before = dict(seen.sizes)
    assert before and sum(before.values()) <= 30_000, before
    # The panel itself comes with the first look.
    with page.expect_request_finished(lambda request: "@jupyter-dbaas" in request.url):
        page.get_by_role("tab", name="Databases").click()
    expect(page.get_by_role("heading", name="Databases", exact=True)).to_be_visible()


def test_nothing_is_asked_while_nobody_looks(page: Page) -> None:
    page.clock.install()
    page.get_by_role("tab", name="Databases").click()
    expect(tree(page)).to_be_visible()
    with page.expect_request("**/dbaas/v1/tenants*"):
        page.clock.run_for(60_000)
    page.get_by_role("tab", name=re.compile("File Browser")).click()
    expect(tree(page)).to_be_hidden()
    # Every look begins with these; one that is under way may go on.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/dbaas/v1/tenants" in request.url else None)
    page.clock.run_for(60_000)
    assert asked == []


def test_both_themes(panel: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path) -> None:
    """Screenshots for whoever looks; that the theme reaches the panel is what is checked."""
    tenant = new_tenant("Flights")
    database = new_database(lab, tenant, "flights")
    lab.sql(
        tenant,
        database,
        "create table airlines (carrier text primary key, name text);"
        "alter table airlines enable row level security; create policy p on airlines for select using (true);"
        "create table weather_by_hour_and_station (id int primary key);"
        "create view busiest_routes as select 1 as one;"
        "insert into airlines select n::text, 'x' from generate_series(1, 1458) n; analyze airlines",
    )
    expect(row(panel, "Flights, tenant")).to_be_visible()
    opened_to_tables(panel, "Flights", database)
    row(panel, re.compile("^weather_by_hour")).click()
    colours = set()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        panel.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        panel.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        expect(panel.locator("#jupyterlab-splash")).to_have_count(0)
        panel.screenshot(path=shots / f"{theme.split()[1].lower()}.png")
        colours.add(panel.locator(".dbaas-Panel").evaluate("node => getComputedStyle(node).color"))
    assert len(colours) == 2
