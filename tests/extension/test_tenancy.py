"""What the panel says of plans, rights and platforms elsewhere, to operators and to who may only look."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from cut_proxy import Proxy
from dbaas_server.elsewhere import Login, Logins, login_file
from lab_dashboard import dashboard_of
from lab_panel import both_themes, new_database, notice, opened_to_tables, row, tree
from live_lab import Lab, Seen
from live_platform import LivePlatform

pytestmark = pytest.mark.timeout(900)

REFUSED_TO_VIEWERS = {
    "New Database…", "New Tenant…", "API Keys…", "Open GraphiQL", "Change Plan…", "Drop…", "Query",
    "Copy Connection String", "Copy Snippet", "Dump…", "Restore…", "Branch…",
}  # fmt: skip


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


def offered(page: Page, item: Locator) -> set[str]:
    """What the context menu of a row offers."""
    item.click(button="right")
    menu = page.locator(".lm-Menu").first
    expect(menu).to_be_visible()
    labels = menu.locator(".lm-Menu-item:not(.lm-mod-hidden) .lm-Menu-itemLabel").all_inner_texts()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    return {label for label in labels if label}


def test_an_operator_sees_what_a_tenant_uses_and_gives_it_another_plan(
    panel: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path
) -> None:
    name = f"Acme {uuid4().hex[:6]}"
    tenant = new_tenant(name)
    new_database(lab, tenant)
    row(panel, f"{name}, tenant").click()
    about = panel.get_by_role("region", name=f"About {name}")
    storage = about.get_by_role("meter", name="Storage")
    expect(storage).to_have_attribute("aria-valuetext", re.compile(r"^[\d.]+ MB of \d+ GB$"))
    expect(about.get_by_role("meter", name="Connections")).to_have_attribute("aria-valuetext", re.compile(r"\d of \d"))
    expect(about).to_contain_text(re.compile("at most .* a second"))

    about.get_by_role("button", name="Change plan…").click()
    dialog = panel.get_by_role("dialog")
    expect(dialog.get_by_label("Plan", exact=True)).to_be_focused()
    dialog.get_by_role("button", name="Change").click()
    expect(dialog.get_by_role("alert")).to_contain_text("It has that plan.")
    dialog.get_by_label("Plan", exact=True).select_option("team")
    expect(dialog.get_by_role("note")).to_contain_text("Plan team: at most 200 connections")
    both_themes(panel, shots, "plan")
    dialog.get_by_role("button", name="Change").click()
    expect(notice(panel, f"{name} has the plan team.")).to_be_visible()
    expect(about.get_by_role("meter", name="Connections")).to_have_attribute("aria-valuetext", re.compile("of 200$"))
    assert lab.api("GET", f"/v1/tenants/{tenant}")["plan_type"] == "team"

    lab.api("PATCH", f"/v1/tenants/{tenant}", {"max_storage_gb": 0.001})
    expect(row(panel, f"{name}, tenant, storage full")).to_be_visible()
    expect(about.get_by_role("status")).to_contain_text("more than 1 MB")
    expect(about.get_by_role("status")).to_contain_text("give it a larger plan")
    both_themes(panel, shots, "full")
    lab.api("PATCH", f"/v1/tenants/{tenant}", {"max_storage_gb": 0})
    expect(row(panel, re.compile(f"^{name}, tenant$"))).to_be_visible()


@contextlib.contextmanager
def way_to(url: str) -> Iterator[Proxy]:
    """A way to a platform that can be closed."""
    loop, proxy = asyncio.new_event_loop(), Proxy(url)
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(proxy.__aenter__(), loop).result(60)
        yield proxy
        asyncio.run_coroutine_threadsafe(closed(proxy), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def closed(proxy: Proxy) -> None:
    await proxy.__aexit__()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


def test_a_platform_elsewhere_and_who_may_only_look_there(
    lab: Lab, new_tenant: Callable[..., str], elsewhere: Callable[..., Page], seen: Seen, tmp_path: Path, shots: Path
) -> None:
    seen.forgive("status of 503", "/dbaas/v1/")
    seen.forgive("status of 401", "/dbaas/v1/")
    seen.forgive("status of 404", "/overview")  # the dashboard looks on when the right is gone
    there = LivePlatform(Path(lab.api("GET", "/v1/platform")["home"]))
    person, name = f"hub:h:{uuid4().hex[:8]}", f"Shop {uuid4().hex[:6]}"
    tenant = new_tenant(name)
    database = new_database(lab, tenant)
    lab.sql(tenant, database, "create table orders (id int primary key)")
    lab.api("PUT", f"/v1/{tenant}/members/{person}", {"right": "view"})
    config = {"XDG_CONFIG_HOME": str(tmp_path / "persons")}
    logins = Logins(login_file(config))
    with way_to(there.url) as way:
        way.refuse = True
        page = elsewhere({"DBAAS_URL": way.url, "DBAAS_HOME": str(tmp_path / "nothing"), **config})
        page.get_by_role("tab", name="Databases").click()
        trouble = page.locator(".dbaas-Sidebar .dbaas-State").get_by_role("heading")
        expect(trouble).to_have_text("The platform does not answer")
        expect(page.get_by_role("note", name="Platform")).to_contain_text(way.url.removeprefix("http://"))

        way.refuse = False
        retry = page.get_by_role("button", name="Try again")
        retry.click()
        expect(trouble).to_have_text("Log in to the platform")
        expect(page.locator(".dbaas-Sidebar .dbaas-State pre")).to_have_text(f"dbaas login {way.url}")
        both_themes(page, shots, "login")

        logins.add(Login(way.url, there.json("tokens", "create", person)["token"], person))
        retry.click()
        only_looks(page, tenant, name, database, shots)

        lab.api("DELETE", f"/v1/{tenant}/members/{person}")
        expect(page.get_by_text("No databases for you yet")).to_be_visible()
        assert there.cli("tokens", "revoke", person).returncode == 0
        expect(trouble).to_have_text("Log in to the platform again")


def only_looks(page: Page, tenant: str, name: str, database: str, shots: Path) -> None:
    """Everything is on view, and nothing is offered that would be refused."""
    mine = row(page, f"{name}, tenant, only to look at")
    expect(mine).to_be_visible()
    expect(page.get_by_role("note", name="Platform")).to_contain_text("as hub:h:")
    expect(page.get_by_role("button", name="New tenant")).to_have_count(0)
    expect(page.get_by_role("button", name=f"New database in {name}")).to_have_count(0)
    opened_to_tables(page, name, database)
    orders = row(page, re.compile("^orders, table"))
    expect(orders).to_be_visible()
    for item in (mine, row(page, re.compile(f"^{database}, ")), orders):
        assert not offered(page, item) & REFUSED_TO_VIEWERS

    tree(page).focus()
    page.keyboard.press("Home")
    about = page.get_by_role("region", name=f"About {name}")
    expect(about).to_contain_text("to look")
    expect(about.get_by_role("meter", name="Storage")).to_be_visible()
    expect(about.get_by_role("button")).to_have_count(1)  # closes it
    page.keyboard.press("Delete")
    both_themes(page, shots, "looks")
    expect(page.get_by_role("dialog")).to_have_count(0)

    dashboard = dashboard_of(page, tenant, database)
    expect(dashboard.get_by_role("region", name="Addresses")).to_be_visible()
    expect(dashboard.get_by_role("tab")).to_have_text(["Overview"])
    expect(dashboard.get_by_role("region", name="Keys")).to_have_count(0)


def test_versions_that_do_not_fit_are_said_to(page: Page, seen: Seen) -> None:
    seen.forgive("status of 409", "/dbaas/v1/")
    body = {"code": "version_mismatch", "message": "The platform has 2.0.", "hint": "Install 2.0 here."}
    page.route("**/dbaas/v1/**", lambda route: route.fulfill(status=409, json=body))
    page.get_by_role("tab", name="Databases").click()
    alert = page.locator(".dbaas-State")
    expect(alert.get_by_role("heading")).to_have_text("The versions do not fit")
    expect(alert).to_contain_text("Install 2.0 here.")
    page.unroute("**/dbaas/v1/**")
