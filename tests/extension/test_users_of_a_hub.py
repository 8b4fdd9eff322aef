"""Two users of a real JupyterHub in their browsers: each sees their own tenants, in the sidebar and in a notebook."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from lab_notebook import run
from lab_panel import row, tree
from live_hub import Hub, HubPerson, running_hub
from live_lab import PATIENCE, Seen

pytestmark = pytest.mark.timeout(1200)


@dataclass
class Desk:
    """Somebody in front of their JupyterLab, with the sidebar open."""

    person: HubPerson
    page: Page

    @property
    def name(self) -> str:
        return self.person.name


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def people(hub: Hub) -> tuple[HubPerson, HubPerson]:
    """Alice and Bob, each with a tenant of the name, and a database in it."""
    with ThreadPoolExecutor(2) as both:
        alice, bob = both.map(hub.sign_in, ("alice", "bob"))
    for person in (alice, bob):
        with person.sidebar() as sidebar:
            made = sidebar.post("/v1/tenants", json={"name": f"{person.name}s", "subdomain": f"{person.name}s"})
            assert made.status_code == 201, made.text
            database = sidebar.post(f"/v1/{person.name}s/databases", json={"name": f"{person.name}-shop"})
            assert database.status_code == 201, database.text
    return alice, bob


@pytest.fixture
def desks(people: tuple[HubPerson, HubPerson], browser: Browser, seen: Seen) -> Iterator[tuple[Desk, Desk]]:
    """Both, each in a browser of their own. Whatever a page complains about fails the test."""
    seen.forgive("status of 404", "/lsp/status")  # these servers start without what is not looked at here
    with contextlib.ExitStack() as stack:
        alice, bob = (stack.enter_context(at_desk(person, browser, seen)) for person in people)
        yield alice, bob
    assert seen.errors == []


@contextlib.contextmanager
def at_desk(person: HubPerson, browser: Browser, seen: Seen) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1100, "height": 760})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    seen.listen(page)
    page.goto(f"{person.hub.url}/hub/login?next=/user/{person.name}/lab%3Freset")
    page.get_by_label("Username:").fill(person.name)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".jp-Launcher-body")).to_be_visible()
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    page.wait_for_function("() => window.jupyterapp.restored.then(() => true)")
    page.get_by_role("tab", name="Databases").click()
    expect(page.get_by_role("heading", name="Databases", exact=True)).to_be_visible()
    yield Desk(person, page)
    context.close()


def tenants_asked(desk: Desk) -> set[str]:
    """What this page's own question for tenants is answered, with its cookie and nothing else."""
    place = f"{desk.person.server}/dbaas/v1/tenants"
    answer = desk.page.request.get(place)
    assert answer.status == 200, answer.text()
    return {tenant["subdomain"] for tenant in answer.json()}


def test_each_sees_their_own_in_the_sidebar(desks: tuple[Desk, Desk], tmp_path_factory: pytest.TempPathFactory) -> None:
    shots = tmp_path_factory.mktemp("screenshots")
    for desk, other in (desks, desks[::-1]):
        page, mine = desk.page, row(desk.page, re.compile(f"^{desk.name}s, tenant"))
        expect(mine).to_be_visible()
        expect(page.get_by_role("note", name="Platform")).to_contain_text(f"hub:hub:{desk.name}")
        if mine.get_attribute("aria-expanded") == "false":
            mine.click()
        expect(row(page, re.compile(f"^{desk.name}-shop, PostgreSQL database"))).to_be_visible()
        expect(row(page, re.compile(", tenant"))).to_have_count(1)
        assert other.name not in tree(page).inner_text()
        page.screenshot(path=shots / f"{desk.name}.png")


def test_what_one_makes_the_other_never_sees(
    desks: tuple[Desk, Desk], tmp_path_factory: pytest.TempPathFactory
) -> None:
    shots = tmp_path_factory.mktemp("screenshots")
    for desk in desks:
        made_in_the_sidebar(desk, f"{desk.name}-new")
    alice, bob = desks
    # Bob's sidebar looked again after Alice's tenant was there: it shows his own, which is younger.
    for desk, other in (desks, desks[::-1]):
        desk.page.reload()
        expect(row(desk.page, re.compile(f"^{desk.name}-new, tenant"))).to_be_visible()
        expect(row(desk.page, re.compile(", tenant"))).to_have_count(2)
        assert other.name not in tree(desk.page).inner_text()
        assert tenants_asked(desk) == {f"{desk.name}s", f"{desk.name}-new"}
        for path in (f"tenants/{other.name}-new", f"{other.name}-new/databases", f"{other.name}-new/members"):
            refused = desk.page.request.get(f"{desk.person.server}/dbaas/v1/{path}")
            assert (refused.status, refused.json()["code"]) == (404, "tenant_not_found"), path
        desk.page.screenshot(path=shots / f"{desk.name}.png")
    # With the cookie of one, the other's Jupyter is shut.
    into = alice.page.request.get(f"{bob.person.server}/dbaas/v1/tenants", max_redirects=0)
    assert into.status in (302, 403), into.text()


def made_in_the_sidebar(desk: Desk, name: str) -> None:
    desk.page.get_by_role("button", name="New tenant").click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Create").click()
    expect(row(desk.page, re.compile(f"^{name}, tenant"))).to_be_visible()


def test_a_page_elsewhere_cannot_act_with_the_cookie(desks: tuple[Desk, Desk]) -> None:
    alice, _ = desks
    forged = alice.page.request.post(
        f"{alice.person.server}/dbaas/v1/tenants", data={"name": "forged"}, headers={"Origin": "https://evil.example"}
    )
    assert forged.status == 403, forged.text()
    assert "forged" not in tenants_asked(alice)


def test_each_sees_their_own_in_a_notebook(desks: tuple[Desk, Desk]) -> None:
    for desk, other in (desks, desks[::-1]):
        desk.page.evaluate(
            """async () => {
                const made = await window.jupyterapp.commands.execute('notebook:create-new', {kernelName: 'python3'});
                await made.context.ready;
                await made.sessionContext.ready;
                window.notebook = made;
            }"""
        )
        run(desk.page, "%load_ext dbaas")
        listed = run(desk.page, f"%dbaas list --tenant {desk.name}s")
        expect(listed).to_contain_text(f"{desk.name}-shop")
        expect(listed).not_to_contain_text(other.name)
        told = run(desk.page, f"%dbaas info {other.name}s/{other.name}-shop")
        expect(told).to_contain_text(f"There is no tenant '{other.name}s'")
        counted = run(desk.page, f"%%dbaas {desk.name}s/{desk.name}-shop\nselect 20 + 22 as answer")
        expect(counted).to_contain_text("1 row")  # its cells are drawn
