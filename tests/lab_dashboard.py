"""A database's dashboard as a person works on it: the query editor, what it suggests, and the rows that come."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

__all__ = [
    "accepted", "caret_behind", "dashboard_of", "entry", "extent", "mended", "refused", "result", "spoken",
    "suggestions", "text_box", "tool", "written",
]  # fmt: skip


def dashboard_of(page: Page, tenant: str, database: str, **more: str) -> Locator:
    """The dashboard of a database, as other parts of the page open it."""
    page.evaluate(
        "args => window.jupyterapp.commands.execute('dbaas:dashboard', args)",
        {"tenant": tenant, "database": database, **more},
    )
    dashboard = page.locator(".dbaas-Dashboard")
    expect(dashboard.get_by_role("tablist", name=f"Database {database}")).to_be_visible()
    return dashboard


# --- the editor ---------------------------------------------------------------------------------------------------


def text_box(dashboard: Locator) -> Locator:
    return dashboard.get_by_role("textbox", name="Query", exact=True)


def written(page: Page, dashboard: Locator, text: str) -> None:
    """Writes a text over what is in the editor."""
    text_box(dashboard).click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Escape")


def caret_behind(page: Page, words: str) -> None:
    """Puts the caret behind the words that the line begins with."""
    page.keyboard.press("Home")
    for _ in words:
        page.keyboard.press("ArrowRight")


def mended(page: Page, dashboard: Locator, wrong: str, right: str) -> None:
    """Waits until a slip is marked, and takes the remedy."""
    mark = text_box(dashboard).locator(".cm-lintRange-error", has_text=wrong)
    expect(mark).to_be_visible()
    page.keyboard.press("Control+Shift+M")
    panel = dashboard.locator(".cm-panel-lint")
    expect(panel).to_contain_text(right)
    panel.get_by_role("button", name=re.compile(f"Change to {right}")).click()
    expect(mark).to_have_count(0)


def suggestions(page: Page) -> Locator:
    return page.locator(".dbaas-Tooltips").get_by_role("option")


def accepted(page: Page, label: str) -> None:
    """Takes the suggestion, which is the first one."""
    first = suggestions(page).first
    expect(first).to_contain_text(label)
    expect(first).to_have_attribute("aria-selected", "true")
    # Suggestions that have just come do not take a key meant for the text.
    page.wait_for_timeout(150)
    page.keyboard.press("Enter")
    expect(suggestions(page)).to_have_count(0)


def result(dashboard: Locator, name: str | re.Pattern[str]) -> Locator:
    """The tab of a result."""
    return dashboard.get_by_role("tablist", name="Results").get_by_role("tab", name=name)


def refused(dashboard: Locator) -> Locator:
    """What is said of a statement that came to nothing."""
    return dashboard.locator(".dbaas-Message").get_by_role("alert")


# --- rows ---------------------------------------------------------------------------------------------------------


def spoken(page: Page) -> Locator:
    """What a screen reader says of the cell under the cursor."""
    return page.locator(".dbaas-Grid-spoken[aria-live]")


def extent(page: Page) -> Locator:
    return page.locator(".dbaas-Results-extent")


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar", name="Result").get_by_role("button", name=name)


def entry(page: Page, name: str) -> Locator:
    return page.get_by_role("menuitem", name=name, exact=True)
