"""A notebook as a person types into it: the page knows it as ``window.notebook``."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from waiting import eventually

__all__ = ["add", "completed", "run"]


def add(page: Page, source: str) -> Locator:
    """A cell at the end, and active."""
    page.evaluate(
        """source => {
            const {content} = window.notebook;
            const cells = content.model.sharedModel;
            const at = content.widgets.length;
            cells.insertCell(at, {cell_type: 'code', source, metadata: {trusted: true}});
            content.activeCellIndex = at;
            content.deselectAll();
        }""",
        source,
    )
    return page.locator(".jp-Notebook .jp-CodeCell").last


def run(page: Page, source: str) -> Locator:
    """The same, and run."""
    cell = add(page, source)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    return cell


def completed(page: Page, source: str, suggestion: str) -> str:
    """What Tab makes of a cell that ends half-typed: the first suggestion, which is this one, is taken."""
    # The kernel waits for the server only a moment; a late answer is there for the next question.
    eventually(lambda: _matches(page, source), lambda found: any(suggestion in one for one in found))
    cell = add(page, source)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    offered = page.locator(".jp-Completer:visible .jp-Completer-item")
    page.keyboard.press("Tab")
    expect(offered.first).to_contain_text(suggestion)
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Completer:visible")).to_have_count(0)
    return str(page.evaluate("window.notebook.content.activeCell.model.sharedModel.source"))


def _matches(page: Page, source: str) -> list[str]:
    """What the kernel suggests at the end of a cell."""
    reply = page.evaluate(
        """async source => {
            const { kernel } = window.notebook.sessionContext.session;
            return (await kernel.requestComplete({code: source, cursor_pos: source.length})).content;
        }""",
        source,
    )
    found: list[str] = reply["matches"]
    return found
