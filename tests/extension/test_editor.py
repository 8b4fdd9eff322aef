"""What a person does on a database's dashboard: writes SQL with the server's help, runs it, and finds it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from lab_dashboard import accepted, caret_behind, dashboard_of, mended, refused, result, suggestions, text_box, written
from live_lab import Lab, Seen
from waiting import eventually

pytestmark = pytest.mark.timeout(900)

HOSTILE = "<img src=x onerror=document.title='broken'>"
OVERRIDE = "\u202egnirts\u0007"


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def shop(lab: Lab) -> str:
    """A tenant whose database `shop` has customers with orders, and a table with names nobody would choose."""
    tenant = f"e{uuid4().hex[:8]}"
    lab.api("POST", "/v1/tenants", {"name": tenant, "subdomain": tenant})
    lab.api("POST", f"/v1/{tenant}/databases", {"engine": "postgres", "name": "shop", "expose": "policies"})
    lab.api("POST", f"/v1/{tenant}/keys", {"role": "anon"})
    lab.sql(
        tenant,
        "shop",
        "create table customers (id int primary key, name text not null, country text);"
        "create table orders (id int primary key, customer_id int not null references customers, total numeric);"
        "insert into customers values (1, 'Ann', 'NZ'), (2, 'Ben', 'DE');"
        "insert into orders select n, 1 + n % 2, n from generate_series(1, 1000) n;"
        "comment on column customers.country is 'ISO 3166, two letters';"
        f'create table "{HOSTILE}" ("{HOSTILE}" text, "{OVERRIDE}" int);'
        f"""insert into "{HOSTILE}" values ('{HOSTILE.replace("'", "''")}', 7); analyze""",
    )
    return tenant


def opened(page: Page, tenant: str, **more: str) -> Locator:
    return dashboard_of(page, tenant, "shop", **more)


def running(lab: Lab, tenant: str) -> list[dict[str, Any]]:
    """What sleeps in the engine: the text of a statement that is paged through is a cursor's."""
    text = "select pid from pg_stat_activity where wait_event = 'PgSleep'"
    rows: list[dict[str, Any]] = lab.sql(tenant, "shop", text)["data"]
    return rows


def test_sql_is_completed_mended_and_run(page: Page, shop: str, shots: Path, seen: Seen) -> None:
    seen.forgive("status of 400", "/editor/run")
    dashboard = opened(page, shop, tab="query")
    text = text_box(dashboard)
    expect(dashboard.get_by_text("runs the statement at the cursor")).to_be_visible()
    written(page, dashboard, "select  from orders o join customers c on ")
    page.keyboard.press("Control+ ")
    accepted(page, "c.id = o.customer_id")
    caret_behind(page, "select ")
    page.keyboard.type("c.na")
    accepted(page, "name")
    expect(text).to_have_text("select c.name from orders o join customers c on c.id = o.customer_id")
    page.keyboard.press("Control+Enter")
    expect(result(dashboard, re.compile("^orders"))).to_have_attribute("aria-selected", "true")
    expect(dashboard.locator(".lm-DataGrid")).to_be_visible()

    written(page, dashboard, "select totl,customer_id from orders")
    mended(page, dashboard, "totl", "total")
    expect(text).to_have_text("select total,customer_id from orders")
    expect(text.locator(".cm-lintRange-error")).to_have_count(0)
    page.keyboard.press("Escape")
    text.click()
    page.keyboard.press("Shift+Alt+F")
    expect(text).to_have_text("select total, customer_id from orders")

    # What the engine refuses is said with its place; a result that was pinned is still there.
    dashboard.get_by_role("button", name="Pin").click()
    written(page, dashboard, "select 1;\n\nselect nosuch() from orders;")
    page.keyboard.press("Control+Enter")
    alert = refused(dashboard)
    expect(alert).to_contain_text("nosuch")
    expect(alert).to_contain_text("42883")
    expect(text.locator(".dbaas-ErrorMark")).to_have_text("nosuch")
    expect(result(dashboard, re.compile("^pinned *orders"))).to_be_visible()
    page.screenshot(path=shots / "refused.png")


def test_a_query_that_takes_long_is_ended_in_the_engine(page: Page, lab: Lab, shop: str) -> None:
    dashboard = opened(page, shop, text="select pg_sleep(600)")
    text_box(dashboard).click()
    page.keyboard.press("Control+Enter")
    expect(dashboard.get_by_role("timer")).to_be_visible()
    eventually(lambda: len(running(lab, shop)) == 1)
    page.keyboard.press("Escape")
    expect(refused(dashboard)).to_contain_text("Cancelled.")
    eventually(lambda: running(lab, shop) == [])
    expect(dashboard.get_by_role("button", name="Run statement")).to_be_enabled()


def test_parameters_and_history_are_there_after_a_reload(page: Page, lab: Lab, shop: str) -> None:
    dashboard = opened(page, shop, text="select name from customers where country = :country and id < :most")
    expect(text_box(dashboard)).to_contain_text(":country")
    text_box(dashboard).click()
    page.keyboard.press("Control+Enter")
    expect(dashboard.get_by_role("alert")).to_contain_text("Give :country, :most a value")
    country = dashboard.get_by_role("textbox", name=":country", exact=True)
    expect(country).to_be_focused()
    country.fill("NZ")
    dashboard.get_by_label("What :most is").select_option("number")
    most = dashboard.get_by_role("textbox", name=":most", exact=True)
    most.fill("x")
    page.keyboard.press("Enter")
    expect(dashboard.get_by_role("alert")).to_contain_text("The value of :most is not a number.")
    most.fill("2")
    page.keyboard.press("Enter")
    expect(result(dashboard, re.compile("^customers 1"))).to_be_visible()

    # Values go into no history, and into what is saved of the page only for the person themself.
    dashboard.get_by_role("button", name="New query").click()
    written(page, dashboard, "select 'needle'")
    page.keyboard.press("Control+Enter")
    expect(result(dashboard, re.compile("^Result 1"))).to_be_visible()
    eventually(lambda: "needle" in lab.workspace() and "dbaas-dashboard" in lab.workspace())
    page.goto(f"{lab.url}/lab")
    page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored.then(() => true)")
    dashboard = page.locator(".dbaas-Dashboard")
    expect(text_box(dashboard)).to_have_text("select 'needle'")
    dashboard.get_by_role("tablist", name="Queries").get_by_role("tab", name="Query 1").click()
    expect(dashboard.get_by_role("textbox", name=":country", exact=True)).to_have_value("NZ")

    dashboard.get_by_role("button", name="History").click()
    history = dashboard.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_contain_text("needle")
    history.get_by_label("Search history").fill("country =")
    expect(history.get_by_role("listitem")).to_have_count(1)
    expect(history.get_by_role("listitem")).to_contain_text(":country")
    dashboard.get_by_role("button", name="New query").click()
    history.get_by_role("button", name=re.compile("^select name from customers")).click()
    expect(text_box(dashboard)).to_contain_text("where country = :country")


def test_names_and_values_are_shown_as_the_text_they_are(page: Page, shop: str, shots: Path, seen: Seen) -> None:
    seen.forgive("status of 400", "/editor/run")
    dashboard = opened(page, shop)
    expect(dashboard.get_by_role("region", name="Largest tables")).to_contain_text(HOSTILE)
    expect(dashboard.get_by_role("region", name="Warnings")).to_contain_text(HOSTILE)
    dashboard.get_by_role("button", name="Copy the address of REST").click()
    expect(page.locator(".Toastify__toast", has_text="REST copied.")).to_be_visible()

    dashboard.get_by_role("button", name="Open in query editor").first.click()
    expect(text_box(dashboard)).to_contain_text("alter table")
    written(page, dashboard, "select * from ")
    page.keyboard.type("<im")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+ ")
    expect(suggestions(page).filter(has_text=HOSTILE)).to_be_visible()
    page.keyboard.press("Escape")
    written(page, dashboard, f'select x. from "{HOSTILE}" x')
    caret_behind(page, "select x.")
    page.keyboard.press("Control+ ")
    expect(suggestions(page).filter(has_text=HOSTILE)).to_be_visible()
    # What would turn the text around, or ring, is written out.
    expect(suggestions(page).filter(has_text="\\u202egnirts\\x07")).to_be_visible()
    page.screenshot(path=shots / "hostile.png")
    page.keyboard.press("Escape")
    written(page, dashboard, f'select * from "{HOSTILE}"')
    page.keyboard.press("Control+Enter")
    expect(result(dashboard, re.compile(re.escape(HOSTILE)))).to_be_visible()
    written(page, dashboard, f'select "{HOSTILE}{OVERRIDE}"')
    page.keyboard.press("Control+Enter")
    expect(refused(dashboard)).to_contain_text(HOSTILE)
    assert page.locator(".dbaas-Dashboard img:not(.cm-widgetBuffer), .dbaas-Tooltips img").count() == 0
    assert "broken" not in page.title()


def test_a_sleeping_database_is_shown_as_one_and_woken(page: Page, lab: Lab, shop: str) -> None:
    asked = lab.api("GET", f"/v1/{shop}/databases/shop/overview")
    asleep = dict.fromkeys(asked) | {"database": asked["database"] | {"state": "sleeping"}}
    page.route("**/databases/shop/overview*", lambda route: route.fulfill(json=asleep))
    dashboard = opened(page, shop)
    expect(dashboard.get_by_role("region", name="Sleeping")).to_contain_text("The next use wakes it.")
    page.unroute("**/databases/shop/overview*")
    dashboard.get_by_role("button", name="Wake").click()
    expect(dashboard.get_by_role("region", name="Sleeping")).to_have_count(0)
    expect(dashboard.get_by_role("region", name="Largest tables")).to_contain_text("orders")


def test_both_themes(page: Page, shop: str, shots: Path) -> None:
    """Screenshots for whoever looks; that the theme reaches the editor is what is checked."""
    dashboard = opened(
        page, shop, text="select country, sum(total)\nfrom customers c\njoin orders o on o.customer_id = c.id"
    )
    expect(text_box(dashboard)).to_contain_text("customers")
    colours = set()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=shots / f"editor-{theme.split()[1].lower()}.png")
        colours.add(dashboard.locator(".cm-editor").evaluate("node => getComputedStyle(node).backgroundColor"))
    assert len(colours) == 2
