"""The databases panel as a person finds things in it, and what to fill it with."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from live_lab import Lab

__all__ = [
    "HOSTILE", "active", "both_themes", "chosen", "new_database", "notice", "opened_to_tables", "row", "tree",
    "type_ahead",
]  # fmt: skip

HOSTILE = [
    "<img src=x onerror=document.title='broken'>",
    "\"; drop table x; --'",
    "\u202egnirts \u05e9\u05dc\u05d5\u05dd",
    "&lt;b&gt; {{7*7}} ${1}",
]


def row(page: Page, name: str | re.Pattern[str]) -> Locator:
    """A row of the tree by what a screen reader says."""
    return page.get_by_role("treeitem", name=name)


def tree(page: Page) -> Locator:
    return page.get_by_role("tree", name="Tenants, databases and tables")


def active(page: Page) -> Locator:
    return page.locator('[role="treeitem"][aria-selected="true"]')


def notice(page: Page, text: str) -> Locator:
    return page.locator(".Toastify__toast", has_text=text)


def type_ahead(page: Page, name: str) -> None:
    """Type a name's beginning in the tree without the pauses that a busy machine puts between keys."""
    tree(page).evaluate(
        """(tree, name) => {
            for (const key of name)
                tree.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        }""",
        name,
    )


def new_database(lab: Lab, tenant: str, name: str | None = None) -> str:
    """Make a PostgreSQL database; its name. The first one of a tenant starts a server, which the next ones share."""
    name = name or f"d{uuid4().hex[:8]}"
    lab.api("POST", f"/v1/{tenant}/databases", {"engine": "postgres", "name": name, "expose": "policies"})
    return name


def opened_to_tables(page: Page, tenant: str, database: str) -> None:
    """Open a tenant and its database, whatever was open before."""
    for name in (f"^{tenant}, tenant", f"^{database}, PostgreSQL database, ready"):
        item = row(page, re.compile(name))
        expect(item).to_be_visible()
        if item.get_attribute("aria-expanded") == "false":
            item.click()
            expect(item).to_have_attribute("aria-expanded", "true")


def chosen(page: Page, item: Locator, *labels: str) -> None:
    """Choose from a row's context menu, submenus included."""
    item.click(button="right")
    for label in labels:
        page.locator(".lm-Menu-item", has_text=re.compile(f"^{label}…?$")).last.click()


def both_themes(page: Page, shots: Path, name: str) -> None:
    """Screenshots for whoever looks; the light theme stays."""
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=shots / f"{name}-{theme.split()[1].lower()}.png")
