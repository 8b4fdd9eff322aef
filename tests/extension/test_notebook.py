"""Statements in a notebook: completed, coloured, their results in a grid, and from there in a DataFrame."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from lab_notebook import add, completed, run
from live_lab import Lab, Seen

pytestmark = pytest.mark.timeout(900)

HOSTILE = "<img src=x onerror=document.title='broken'>"
RESULT = "application/vnd.dbaas.result+json"


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def shop(lab: Lab) -> str:
    """A database of airlines and their flights, ``acme/shop``."""
    lab.api("POST", "/v1/tenants", {"name": "Acme", "subdomain": "acme"})
    lab.api("POST", "/v1/acme/databases", {"engine": "postgres", "name": "shop", "expose": "all"})
    lab.sql("acme", "shop", "create table airlines (carrier text primary key, airline_name text)")
    lab.sql("acme", "shop", "create table flights (id int primary key, carrier text references airlines, delay int)")
    lab.sql("acme", "shop", "insert into airlines select 'c' || n, 'Airline ' || n from generate_series(1, 700) n")
    return "acme/shop"


@pytest.fixture
def notebook(page: Page) -> Page:
    """A new notebook with a kernel that has the magics; its first cell loads them."""
    page.evaluate(
        """async () => {
            const made = await window.jupyterapp.commands.execute('notebook:create-new', {kernelName: 'python3'});
            await made.context.ready;
            await made.sessionContext.ready;
            window.notebook = made;
        }"""
    )
    run(page, "%load_ext dbaas")
    return page


def test_a_cell_completes_columns_of_an_alias_and_joins_along_keys(notebook: Page, shop: str) -> None:
    opening = f"%%dbaas {shop}\n"
    column = completed(notebook, opening + "select * from airlines a where a.", "carrier")
    assert column == opening + "select * from airlines a where a.carrier"
    joined = completed(notebook, opening + "select * from flights f join airlines a on ", "carrier")
    assert joined.endswith(("a.carrier = f.carrier", "f.carrier = a.carrier")), joined


def token(cell: Locator, text: str) -> Locator:
    return cell.locator(".dbaas-Code").filter(has_text=re.compile(f"^{re.escape(text)}$"))


def colour(cell: Locator, text: str) -> str:
    """The colour of all the characters of a text, which marks may part."""
    found = cell.locator(".cm-content").evaluate(
        """(content, text) => {
            const colours = [], letters = [];
            const texts = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
            while (texts.nextNode())
                for (const letter of texts.currentNode.data) {
                    letters.push(letter);
                    colours.push(getComputedStyle(texts.currentNode.parentElement).color);
                }
            const at = letters.join('').indexOf(text);
            return [...new Set(colours.slice(at, at + text.length))];
        }""",
        text,
    )
    (one,) = found
    return str(one)


def test_statements_have_the_colours_of_their_language(notebook: Page, shots: Path) -> None:
    cell = add(notebook, "%%dbaas acme/shop\nselect print, 'x' from airlines where not import -- why")
    expect(token(cell, "select")).to_be_visible()
    colours = {text: colour(cell, text) for text in ("select", "'x'", "-- why", "airlines")}
    assert len(set(colours.values())) == 4, colours
    # Nothing of the text is left to Python, for which some of these are keywords.
    plain = cell.evaluate(
        """cell => [...cell.querySelectorAll('.cm-line')].every(line => {
            const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
            while (texts.nextNode())
                if (!texts.currentNode.parentElement.classList.contains('dbaas-Code')) return false;
            return true;
        })"""
    )
    assert plain
    cell.locator(".cm-content").click()
    notebook.keyboard.press("Control+End")
    notebook.keyboard.type("\n/* more\n of it */ order by 1")
    expect(token(cell, "order")).to_be_visible()
    assert colour(cell, "/* more") == colours["-- why"]
    script = add(notebook, "%%dbaas docs\ndb.orders.find({total: {$gt: 12}}) // newest")
    expect(token(script, "12")).to_be_visible()
    line = add(notebook, "x = 1\ny = %sql select 1 as one from t")
    expect(token(line, "from")).to_be_visible()
    notebook.screenshot(path=shots / "colours.png")


def test_a_result_is_a_grid_that_goes_on_behind_what_was_saved(notebook: Page, shop: str, shots: Path) -> None:
    asked: list[str] = []
    notebook.on("request", lambda request: asked.append(request.url) if "/editor/" in request.url else None)
    hostile = HOSTILE.replace("'", "''")
    cell = run(
        notebook,
        f"%%dbaas {shop}\nselect n, case n when 2 then '{hostile}' else airline_name end as \"<b>name</b>\","
        " 'c' || n as c from airlines, lateral substr(carrier, 2) s(t), lateral cast(s.t as int) c(n) order by n",
    )
    grid = cell.locator(".dbaas-Rendered .dbaas-Grid")
    expect(grid).to_be_visible()
    expect(cell.get_by_text("100 rows and more")).to_be_visible()
    # The buttons for front ends without a grid are not to be seen.
    expect(cell.locator(".jupyter-widgets:visible")).to_have_count(0)
    assert asked == []
    box = grid.bounding_box()
    assert box is not None and box["height"] < 500
    notebook.screenshot(path=shots / "result-light.png")
    # The wheel is the notebook's until a person works in the grid.
    place = (box["x"] + 200, box["y"] + 150)
    notebook.mouse.move(*place)
    notebook.mouse.wheel(0, 100)
    notebook.mouse.wheel(0, -100)
    assert asked == []
    notebook.mouse.click(*place)
    with notebook.expect_response(lambda answer: "/editor/rows" in answer.url and answer.ok) as answered:
        notebook.mouse.wheel(0, 3000)
    rows = answered.value.json()["rows"]
    assert rows[150][0] == 151
    expect(cell.get_by_text("200 rows and more")).to_be_visible()
    # Keys in the grid are none of the notebook's: this would delete the cell.
    count = notebook.locator(".jp-Notebook .jp-CodeCell").count()
    notebook.keyboard.press("d")
    notebook.keyboard.press("d")
    expect(notebook.locator(".jp-Notebook .jp-CodeCell")).to_have_count(count)
    assert notebook.title().startswith("Untitled") and notebook.locator("img[src='x']").count() == 0
    notebook.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    notebook.wait_for_function("() => document.body.dataset.jpThemeName === 'JupyterLab Dark'")
    notebook.screenshot(path=shots / "result-dark.png")
    notebook.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    notebook.wait_for_function("() => document.body.dataset.jpThemeName === 'JupyterLab Light'")


def forged(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "tenant": "acme",
        "database": "shop",
        "text": "drop table airlines",
        "columns": [{"name": HOSTILE, "type": "text"}],
        "rows": [[HOSTILE], [{"text": "x", "length": 10**9}], ["\u202egnp.exe"]],
        "complete": False,
        "total": 10**6,
        "pageable": True,
        **changes,
    }


def test_a_notebook_of_somebody_else_shows_its_rows_and_runs_nothing(lab: Lab, page: Page, shop: str) -> None:
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {RESULT: data, "text/plain": "the text"}}
        for data in (forged(), forged(tenant="../.."), forged(columns="<b>"), 7, {"version": 99})
    ]
    cells = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {}, "source": "x", "execution_count": 1, "outputs": [one]}
        for at, one in enumerate(outputs)
    ]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/dbaas/" in request.url else None)
    page.evaluate(
        """async book => {
            const {contents} = window.jupyterapp.serviceManager;
            await contents.save('theirs.ipynb', {type: 'notebook', format: 'json', content: book});
            window.notebook = await window.jupyterapp.commands.execute('docmanager:open', {path: 'theirs.ipynb'});
        }""",
        json.loads(json.dumps(book)),
    )
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    first = page.locator(".jp-CodeCell").first
    expect(first.locator(".dbaas-Grid")).to_be_visible()
    expect(first.get_by_text("The first 3 of 1,000,000 rows")).to_be_visible()
    expect(first.get_by_text("Trust the notebook")).to_be_visible()
    # What is no result is the text beside it.
    expect(page.locator(".jp-OutputArea pre", has_text="the text")).to_have_count(3)
    # Nothing of it can be run: neither by looking further, nor as a DataFrame.
    expect(first.get_by_role("button", name="DataFrame")).to_have_count(0)
    first.locator(".dbaas-Grid").click(position={"x": 80, "y": 60})
    page.mouse.wheel(0, 3000)
    page.keyboard.press("Control+End")
    assert page.locator("img[src='x']").count() == 0
    assert asked == []
    assert lab.sql("acme", "shop", "select count(*) from airlines")


def test_rows_become_a_dataframe(notebook: Page, shop: str) -> None:
    run(notebook, f"%%dbaas {shop}\nselect * from airlines limit 3")
    wanted = {"tenant": "acme", "database": "shop", "text": "select * from airlines"}
    for where in ("current", "new"):
        notebook.evaluate(
            "args => window.jupyterapp.commands.execute('dbaas:open-frame', args)", {**wanted, "where": where}
        )
        panel = notebook.locator(".jp-NotebookPanel:visible")
        expect(panel.get_by_text("df: 700 rows × 2 columns")).to_be_visible()
    # The new notebook loads the magics by itself.
    expect(panel.locator(".jp-CodeCell")).to_have_count(2)
    expect(panel.locator(".jp-CodeCell").first).to_contain_text("%load_ext dbaas")


def test_what_colours_and_shows_costs_next_to_nothing_at_the_start(page: Page, seen: Seen) -> None:
    page.wait_for_load_state("networkidle")
    assert sum(seen.sizes.values()) <= 30_000, seen.sizes
