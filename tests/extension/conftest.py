"""Debian's Chromium in front of a running JupyterLab."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from live_lab import PATIENCE, Lab, Seen, running_lab

CHROMIUM = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a platform. All files of a worker share it: a test looks only at tenants of its own."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Not longer than a module: while it is there, no other test of this process can run an event loop."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "Chromium is missing: apt-get install chromium"
    browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def new_tenant(lab: Lab) -> Iterator[Callable[..., str]]:
    """``new_tenant(name)``: a tenant of this test's own, its name in URLs. Gone once no page looks at it."""
    made = []

    def make(name: str | None = None) -> str:
        subdomain = f"t{uuid4().hex[:8]}"
        lab.api("POST", "/v1/tenants", {"name": name or subdomain, "subdomain": subdomain})
        made.append(subdomain)
        return subdomain

    yield make
    left = {tenant["subdomain"] for tenant in lab.api("GET", "/v1/tenants")}
    for subdomain in left.intersection(made):
        lab.api("DELETE", f"/v1/tenants/{subdomain}")


@pytest.fixture
def page(lab: Lab, browser: Browser, seen: Seen, new_tenant: Callable[..., str]) -> Iterator[Page]:
    """JupyterLab as it opens, the panel not looked at yet. Whatever the page complains about fails the test."""
    with opened_lab(lab, browser, seen) as page:
        yield page
    lab.forget()
    assert seen.errors == []


@contextlib.contextmanager
def opened_lab(lab: Lab, browser: Browser, seen: Seen) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1100, "height": 760}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    seen.listen(page)
    page.goto(f"{lab.url}/lab?token={lab.token}&reset")
    # JupyterLab goes on moving the focus until it has opened what it opens at its start.
    expect(page.locator(".jp-Launcher-body")).to_be_visible()
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    page.wait_for_function("() => window.jupyterapp.restored.then(() => true)")
    yield page
    context.close()


@pytest.fixture
def elsewhere(tmp_path: Path, browser: Browser, seen: Seen) -> Iterator[Callable[..., Page]]:
    """``elsewhere(told)``: JupyterLab as it opens where its environment names a platform that is not its own."""
    with contextlib.ExitStack() as stack:
        yield lambda told: stack.enter_context(
            opened_lab(stack.enter_context(running_lab(tmp_path, told)), browser, seen)
        )
    assert seen.errors == []


@pytest.fixture
def panel(page: Page) -> Page:
    """The same page with the panel open."""
    page.get_by_role("tab", name="Databases").click()
    expect(page.get_by_role("heading", name="Databases", exact=True)).to_be_visible()
    return page
