"""GraphiQL, on the page that the server shows a browser and in JupyterLab: it answers, and asks nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from live_lab import Lab, Seen
from waiting import eventually

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def shop(lab: Lab) -> dict[str, str]:
    """A tenant whose database of the same name has two tables that anon may read, and its key."""
    tenant = f"g{uuid4().hex[:8]}"
    lab.api("POST", "/v1/tenants", {"name": tenant, "subdomain": tenant})
    lab.api("POST", f"/v1/{tenant}/databases", {"engine": "postgres", "name": tenant, "expose": "policies"})
    lab.sql(
        tenant,
        tenant,
        "create table makers (id int primary key, name text);"
        "create table items (id int primary key, name text, maker_id int references makers, owner text);"
        "comment on column items.name is 'What it is called';"
        "insert into makers values (1, 'Lumen');"
        "insert into items values (1, 'lamp', 1, 'ann'), (2, '<b>chair</b>', 1, 'ben');"
        "alter table makers enable row level security; alter table items enable row level security;"
        "create policy all_of_them on makers for select using (true);"
        "create policy named on items for select to anon using (id = 2);"
        "create policy own on items for select to authenticated using (owner = auth.sub())",
    )
    key = lab.api("POST", f"/v1/{tenant}/keys", {"role": "anon"})["key"]
    return {"tenant": tenant, "key": key}


@pytest.fixture
def own_page(browser: Browser, seen: Seen) -> Iterator[Page]:
    """A browser that nobody signed in with."""
    context = browser.new_context(viewport={"width": 1100, "height": 700}, color_scheme="dark")
    page = context.new_page()
    seen.listen(page)
    yield page
    context.close()
    assert seen.errors == []


def ask(page: Page | Locator, keyboard: Any, document: str) -> None:
    """Write a document over what is in the editor, and run it."""
    page.locator(".graphiql-query-editor .CodeMirror").click()
    keyboard.press("Control+A")
    keyboard.insert_text(document)
    keyboard.press("Escape")
    keyboard.press("Control+Enter")


def answer(page: Page | Locator) -> Locator:
    return page.locator(".result-window")


def test_the_page_asks_with_the_key_that_was_typed_and_nobody_but_its_server(
    own_page: Page, lab: Lab, shop: dict[str, str], seen: Seen, shots: Path
) -> None:
    seen.forgive("status of 401", "/graphql")
    page, asked = own_page, []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab.url}/dbaas/v1/{shop['tenant']}/graphql")
    expect(page.get_by_text("Nothing can be read without a key.")).to_be_visible()
    page.get_by_role("textbox", name="Key").fill(shop["key"])
    page.keyboard.press("Enter")
    page.get_by_label("Show Documentation Explorer").click()
    expect(page.get_by_role("link", name="items", exact=True)).to_be_visible()

    page.locator(".graphiql-query-editor .CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("{ find_items { na")
    expect(page.locator(".CodeMirror-hints", has_text="name")).to_be_visible()
    page.screenshot(path=shots / "page-hints.png")
    page.keyboard.press("Escape")
    ask(page, page.keyboard, "{ find_items { id name maker { name } } }")
    expect(answer(page)).to_contain_text("<b>chair</b>")
    expect(answer(page)).to_contain_text("Lumen")
    expect(answer(page)).not_to_contain_text("lamp")
    page.screenshot(path=shots / "page.png")
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {urlsplit(lab.url).netloc}

    kept = page.evaluate("[Object.values(localStorage).join(), Object.values(sessionStorage).join()]")
    assert shop["key"] not in kept[0] and shop["key"] in kept[1]
    assert shop["key"] not in page.url and not any(shop["key"] in url for url in asked)
    page.reload()
    ask(page, page.keyboard, "{ find_makers { name } }")
    expect(answer(page)).to_contain_text("Lumen")

    page.get_by_role("textbox", name="Key").fill("dbk_wrong")
    page.get_by_role("button", name="Use", exact=True).click()
    ask(page, page.keyboard, "{ find_makers { name } }")
    expect(answer(page)).to_contain_text("invalid_key")


def test_the_page_may_run_its_own_script_only_and_is_in_nobodys_frame(lab: Lab, shop: dict[str, str]) -> None:
    with httpx.Client(base_url=lab.url, trust_env=False) as http:
        for path in (f"/dbaas/v1/{shop['tenant']}/graphql", f"/dbaas/p/{shop['tenant']}/{shop['tenant']}/graphql/v1"):
            page = http.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
            (policy,) = page.headers.get_list("content-security-policy")
            assert (
                "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
            )
            assert page.headers["content-type"].startswith("text/html") and "Accept" in page.headers["vary"]
            assert "://" not in page.text
            for asset in re.findall(r'(?:src|href)="(\.\./[^"]+)"', page.text):
                found = http.get(str(page.url.join(asset)))
                assert found.status_code == 200 and len(found.content) > 100_000
                assert found.headers["content-encoding"] == "gzip" and "immutable" in found.headers["cache-control"]
        assert http.get("/dbaas/graphiql/page.py").status_code == 404
        # What no browser sent is no page.
        plain = http.get(f"/dbaas/v1/{shop['tenant']}/graphql?query={{__typename}}", headers={"apikey": shop["key"]})
        assert plain.json() == {"data": {"__typename": "Query"}}


def opened_graphiql(page: Page, shop: dict[str, str]) -> Locator:
    """GraphiQL in the main area, from the context menu of the database."""
    tenant = page.get_by_role("treeitem", name=f"{shop['tenant']}, tenant")
    expect(tenant).to_be_visible()
    if tenant.get_attribute("aria-expanded") == "false":
        tenant.click()
    page.get_by_role("treeitem", name=re.compile(f"^{shop['tenant']}, PostgreSQL database")).click(button="right")
    page.get_by_role("menuitem", name="Open GraphiQL").click()
    widget = page.locator(".dbaas-GraphiQL-widget")
    expect(widget.locator(".graphiql-query-editor .CodeMirror")).to_be_visible()
    return widget


def test_in_jupyterlab_a_person_asks_as_any_role_without_a_key(
    panel: Page, lab: Lab, shop: dict[str, str], seen: Seen, shots: Path
) -> None:
    before, asked = dict(seen.sizes), []
    assert sum(before.values()) < 200_000, "GraphiQL is not loaded before it is looked at"
    panel.on("request", lambda request: asked.append(request.url))
    with panel.expect_request_finished(lambda request: "@jupyter-dbaas" in request.url):
        widget = opened_graphiql(panel, shop)
    ask(widget, panel.keyboard, "{ find_items(order_by: [{id: asc}]) { name } }")
    expect(answer(widget)).to_contain_text("lamp")
    expect(answer(widget)).to_contain_text("<b>chair</b>")
    widget.get_by_label("Ask as").select_option("anon")
    ask(widget, panel.keyboard, "{ anybody: find_items { name } }")
    expect(answer(widget)).to_contain_text("anybody")
    expect(answer(widget)).not_to_contain_text("lamp")
    widget.get_by_label("Ask as").select_option("authenticated")
    widget.get_by_label("whose id (sub) is").fill("ann")
    panel.keyboard.press("Enter")
    ask(widget, panel.keyboard, "{ anns: find_items { name } }")
    expect(answer(widget)).to_contain_text("anns")
    expect(answer(widget)).to_contain_text("lamp")
    expect(answer(widget)).not_to_contain_text("chair")
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {
        urlsplit(lab.url).netloc
    }

    colours = set()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        panel.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        panel.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        expect(panel.locator("body")).to_have_class(re.compile(f"graphiql-{theme.split()[1].lower()}"))
        expect(panel.locator("#jupyterlab-splash")).to_have_count(0)
        panel.screenshot(path=shots / f"lab-{theme.split()[1].lower()}.png")
        colours.add(widget.locator(".graphiql-container").evaluate("node => getComputedStyle(node).backgroundColor"))
    assert len(colours) == 2


def test_an_open_graphiql_is_one_tab_and_is_there_after_a_reload(panel: Page, lab: Lab, shop: dict[str, str]) -> None:
    opened_graphiql(panel, shop)
    opened_graphiql(panel, shop)
    expect(panel.locator(".dbaas-GraphiQL-widget")).to_have_count(1)
    eventually(lambda: "dbaas-graphiql" in lab.workspace())
    panel.goto(f"{lab.url}/lab")
    widget = panel.locator(".dbaas-GraphiQL-widget")
    expect(widget.locator(".graphiql-query-editor .CodeMirror")).to_be_visible()
    ask(widget, panel.keyboard, "{ find_makers { name } }")
    expect(answer(widget)).to_contain_text("Lumen")
