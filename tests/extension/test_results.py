"""Rows of any number in the browser: paged through, arranged, copied, charted and taken away as a file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as parquet
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from lab_dashboard import entry, extent, spoken, tool
from live_lab import Lab, Seen
from waiting import eventually

pytestmark = pytest.mark.timeout(900)

MARKUP = "<img src=x onerror=document.title='broken'>"
TURNED = "\u202egnirts \u05e9\u05dc\u05d5\u05dd"
ACTING = "a\tb\u0001\u200e"


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def tenant(lab: Lab) -> str:
    """A tenant with a database ``air``: long views, and a table whose every text is after somebody."""
    tenant = f"r{uuid4().hex[:8]}"
    lab.api("POST", "/v1/tenants", {"name": tenant, "subdomain": tenant})
    lab.api("POST", f"/v1/{tenant}/databases", {"engine": "postgres", "name": "air", "expose": "policies"})
    quoted = '"' + MARKUP.replace('"', '""') + '"'
    lab.sql(
        tenant,
        "air",
        "create view flights as select n as id, (array['ANA','BAW','DLH'])[1 + n % 3] as carrier, n * 0.25 as miles,"
        " timestamp '2026-01-01' + n * interval '1 minute' as departure, case when n % 5 > 0 then n % 100 end as delay"
        " from generate_series(1, 336776) n;"
        "create view ten_million as select n as id, -n as below from generate_series(1, 10000000) n;"
        "create table daily (day date, passengers int, airport text);"
        "insert into daily select date '2026-01-01' + n, 100 + n * 7 % 50, 'OSL' from generate_series(0, 59) n;"
        f'create table {quoted} (id int, {quoted} text, "a.b[0]" text, long text);',
    )
    texts = [MARKUP, TURNED, ACTING, "", "null"]
    for number, text in enumerate(texts):
        literal = "U&'" + "".join(f"\\+{ord(letter):06x}" for letter in text) + "'"
        lab.sql(
            tenant, "air", f"insert into {quoted} values ({number}, {literal}, null, repeat('{number} lines ', 125000))"
        )
    return tenant


def browse(page: Page, tenant: str, table: str) -> Locator:
    """Open a table's rows, and wait until the first of them are there."""
    page.evaluate(
        "args => { window.jupyterapp.commands.execute('dbaas:browse', args); }",
        {"tenant": tenant, "database": "air", "table": table},
    )
    grid = page.get_by_role("grid", name="Rows")
    expect(grid).to_be_visible()
    # Without the mouse: it is where the focus goes next.
    grid.focus()
    page.keyboard.press("Control+Home")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 1\b(?!.*loading)"))
    return grid


def header(page: Page, column: str) -> None:
    """Put the cursor on a column's first row, by its name."""
    page.keyboard.press("Control+Home")
    for _ in range(20):
        if re.search(rf", {re.escape(column)}: ", spoken(page).text_content() or ""):
            return
        before = spoken(page).text_content()
        page.keyboard.press("ArrowRight")
        expect(spoken(page)).not_to_have_text(before or "")
    raise AssertionError(column)


def busy(page: Page) -> float:
    """How many seconds the page's process has worked, waiting for the processor left out."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    devtools.detach()
    return float(metrics["ProcessTime"])


def test_any_row_is_one_jump_away(page: Page, tenant: str) -> None:
    asked: list[dict[str, Any]] = []
    page.on("request", lambda one: asked.append(one.post_data_json) if "/editor/rows" in one.url else None)
    browse(page, tenant, "flights")
    page.keyboard.press("Control+g")
    page.keyboard.type("300,000")
    page.keyboard.press("Enter")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 300,000( of 336,776)?, id: 300000$"))
    expect(page.get_by_role("grid", name="Rows")).to_be_focused()
    page.keyboard.press("Control+End")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 336,776 of 336,776, delay: 76$"))
    expect(extent(page)).to_have_text("336,776 rows")
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 336,\d{3} of 336,776, id: 336\d{3}$"))
    # What was passed on the way was not asked for.
    assert sum(one["limit"] for one in asked) < 5000


def test_ten_million_rows_scroll_while_the_page_stays_alive(page: Page, tenant: str) -> None:
    grid = browse(page, tenant, "ten_million")
    before = busy(page)
    held: list[Route] = []
    # The answer to the end is held back: whoever waits for rows must not wait for the page.
    page.route("**/editor/rows*", lambda route: route.fallback() if held else held.append(route))
    page.keyboard.press("Control+End")
    expect(extent(page)).to_have_text("10,000,000 rows")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 10,000,000 of .*: loading$"))
    page.evaluate(
        """() => new Promise(done => {
            let frames = 20;
            const tick = () => {
                frames -= 1;
                if (frames > 0) requestAnimationFrame(tick);
                else done();
            };
            requestAnimationFrame(tick);
        })"""
    )
    held[0].continue_()
    expect(spoken(page)).to_have_text(re.compile(r"^Row 10,000,000 of 10,000,000, below: -10000000$"))

    page.keyboard.press("Home")
    expect(spoken(page)).to_have_text("Row 10,000,000 of 10,000,000, id: 10000000")
    box = grid.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    for _ in range(40):
        page.mouse.wheel(0, -400)
    page.keyboard.press("Control+Home")
    expect(spoken(page)).to_have_text("Row 1 of 10,000,000, id: 1")
    # A page that paints ten million rows works for minutes.
    assert busy(page) - before < 30


def test_the_engine_sorts_and_chooses(page: Page, tenant: str, seen: Seen) -> None:
    seen.forgive("status of 400", "/editor/")
    grid = browse(page, tenant, "flights")
    box = grid.bounding_box()
    assert box is not None
    first_header = {"x": 100.0, "y": 20.0}
    grid.click(position=first_header)
    expect(page.get_by_role("status").filter(has_text="Sorted by id, ascending.")).to_be_visible()
    grid.click(position=first_header)
    expect(page.get_by_role("status").filter(has_text="Sorted by id, descending.")).to_be_visible()
    grid.focus()
    page.keyboard.press("Control+Home")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 1\b.*, id: 336776$"))

    page.keyboard.press("/")
    field = page.get_by_role("textbox", name="Filter id")
    expect(field).to_be_focused()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    problem = page.get_by_role("alert").filter(has_text="many")
    expect(problem).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("<= 1000")
    page.keyboard.press("Enter")
    expect(problem).to_be_hidden()
    expect(extent(page)).to_have_text("1,000 rows match")
    page.get_by_role("textbox", name="Filter carrier").fill("baw")
    page.keyboard.press("Enter")
    expect(extent(page)).to_have_text("334 rows match")
    page.keyboard.press("Escape")
    expect(grid).to_be_focused()
    page.keyboard.press("Control+Home")
    expect(spoken(page)).to_have_text("Row 1 of 334, id: 1000")
    page.get_by_role("textbox", name="Filter carrier").fill("")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Filter id").fill("")
    page.keyboard.press("Enter")
    expect(extent(page)).not_to_contain_text("match")


def test_a_file_with_all_rows_comes_through_the_browser(page: Page, tenant: str, tmp_path: Path) -> None:
    browse(page, tenant, "flights")
    tool(page, "Export all rows").click()
    with page.expect_download() as download:
        entry(page, "Parquet").click()
    assert download.value.suggested_filename == "flights.parquet"
    download.value.save_as(tmp_path / "flights.parquet")
    table = parquet.read_table(tmp_path / "flights.parquet")
    assert (table.num_rows, table.column_names[:2]) == (336_776, ["id", "carrier"])
    assert table.column("id")[299_999].as_py() == 300_000
    expect(page.get_by_role("status").filter(has_text="Exported as Parquet")).to_be_visible()


def test_an_export_is_cancelled(page: Page, tenant: str) -> None:
    browse(page, tenant, "daily")
    held: list[Route] = []
    page.route("**/editor/export*", lambda route: held.append(route))
    tool(page, "Export all rows").click()
    entry(page, "CSV").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.get_by_role("toolbar", name="Result").get_by_role("status")).to_have_text("")
    for route in held:
        route.abort()


def test_hostile_values_and_names_are_data(page: Page, tenant: str, shots: Path) -> None:
    browse(page, tenant, MARKUP)
    header(page, MARKUP)
    said = [MARKUP, "\\u202egnirts \u05e9\u05dc\u05d5\u05dd", "a\\tb\\x01\\u200e", "empty text", "null"]
    for number, text in enumerate(said):
        expect(spoken(page)).to_have_text(f"Row {number + 1} of 5, {MARKUP}: {text}")
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 5 of 5, long: 4 lines 4 lines .*…$"))
    page.keyboard.press("Enter")
    value = page.get_by_role("region", name="Value")
    expect(value).to_contain_text("1,000,000 characters")
    expect(value.get_by_role("document")).to_contain_text("4 lines 4 lines")
    page.screenshot(path=shots / "hostile.png")
    page.keyboard.press("Escape")
    header(page, MARKUP)
    page.keyboard.press("Control+Space")
    page.keyboard.press("Control+a")
    tool(page, "Copy as").click()
    entry(page, "CSV").click()
    expect(page.get_by_role("status").filter(has_text="5 rows copied as CSV.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    csv.field_size_limit(10_000_000)
    rows = list(csv.reader(io.StringIO(copied, newline="")))
    assert rows[0] == ["id", MARKUP, "a.b[0]", "long"]
    assert [row[1] for row in rows[1:]] == [MARKUP, TURNED, ACTING, "", "null"]
    assert {len(row[3]) for row in rows[1:]} == {1_000_000}
    assert page.locator(".dbaas-Results img").count() == 0
    assert "broken" not in page.title()


def test_what_is_selected_is_copied_in_many_formats(page: Page, tenant: str) -> None:
    browse(page, tenant, "daily")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+c")
    expect(page.get_by_role("status").filter(has_text="2 rows copied as Tab-separated.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == ("day\tpassengers\n2026-01-01\t100\n2026-01-02\t107\n")
    tool(page, "Copy as").click()
    entry(page, "INSERT statements").click()
    expect(page.get_by_role("status").filter(has_text="2 rows copied as INSERT statements.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").splitlines()[0] == (
        'INSERT INTO "daily" ("day", "passengers") VALUES (\'2026-01-01\', 100);'
    )


def test_a_chart_is_drawn_of_what_columns_hold(page: Page, tenant: str, shots: Path) -> None:
    browse(page, tenant, "daily")
    tool(page, "Chart").click()
    chart = page.locator(".dbaas-Chart")
    expect(chart.get_by_role("combobox", name="Chart")).to_have_value("line")
    expect(chart.locator("canvas, svg, img").first).to_be_visible()
    expect(chart.get_by_text("All 60 rows.")).to_be_visible()
    chart.get_by_role("combobox", name="Chart").select_option("bar")
    chart.get_by_role("combobox", name="X").select_option(label="airport")
    expect(chart.locator("canvas, svg, img").first).to_be_visible()
    page.screenshot(path=shots / "chart.png")
    chart.get_by_role("button", name="Close chart").click()
    expect(chart).to_have_count(0)
    expect(page.get_by_role("grid", name="Rows")).to_be_focused()


def test_a_saved_result_has_all_its_width_when_its_notebook_is_opened(page: Page) -> None:
    bundle = {
        "version": 1, "tenant": "gone", "database": "air", "text": "select 1",
        "columns": [{"name": "n", "type": "int"}], "rows": [[1]], "complete": True, "total": 1, "pageable": False,
    }  # fmt: skip
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/vnd.dbaas.result+json": bundle, "text/plain": "n"},
    }
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "", "execution_count": 1, "outputs": [output]}
    page.evaluate(
        """async book => {
            const {commands, serviceManager} = window.jupyterapp;
            await serviceManager.contents.save('saved.ipynb', {type: 'notebook', format: 'json', content: book});
            await commands.execute('docmanager:open', {path: 'saved.ipynb'});
        }""",
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
    )
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    grid = page.locator(".dbaas-Rendered-frame .dbaas-Grid")
    expect(grid).to_be_visible()
    width = "node => node.closest('.dbaas-Rendered-frame').clientWidth - node.clientWidth"
    eventually(lambda: grid.evaluate(width) == 0, seconds=60)


def test_both_themes(page: Page, tenant: str, shots: Path) -> None:
    """Screenshots for whoever looks; that the theme reaches the canvas is what is checked."""
    grid = browse(page, tenant, "flights")
    corner = """node => {
        const canvas = node.querySelector('canvas');
        return [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data].join();
    }"""
    colours: set[str] = set()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        eventually(lambda: grid.evaluate(corner) not in colours, seconds=60)
        colours.add(grid.evaluate(corner))
        page.screenshot(path=shots / f"{theme.split()[1].lower()}.png")
    assert len(colours) == 2
