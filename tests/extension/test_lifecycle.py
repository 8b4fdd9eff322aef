"""What becomes of databases, from the panel: dumps, restores, branches, dropping and bringing back."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from lab_panel import both_themes, chosen, new_database, notice, row
from live_lab import Lab, Seen

pytestmark = pytest.mark.timeout(900)

HOSTILE = 'o\'clock "9" <img src=x>🦭'
BRANCH = re.compile(r"/branch(\?|$)")


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


def of_database(page: Page, tenant: str, database: str) -> Locator:
    """A ready database's row, its tenant opened."""
    above = row(page, re.compile(f"^{re.escape(tenant)}, tenant"))
    expect(above).to_be_visible()
    if above.get_attribute("aria-expanded") == "false":
        above.click()
    found = row(page, re.compile(f"^{re.escape(database)}, PostgreSQL database, ready"))
    expect(found).to_be_visible()
    return found


def rows_in(lab: Lab, tenant: str, database: str) -> int:
    return int(lab.sql(tenant, database, "select count(*) n from orders")["data"][0]["n"])


def test_a_database_is_dumped_restored_and_branched(
    panel: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path, seen: Seen, tmp_path: Path
) -> None:
    seen.forgive("status of 409", "/branch")
    tenant = new_tenant()
    database = new_database(lab, tenant, HOSTILE)
    lab.sql(tenant, database, "create table orders (id int primary key); insert into orders values (1), (2)")
    chosen(panel, of_database(panel, tenant, database), "Dump")
    dialog = panel.get_by_role("dialog")
    expect(dialog.get_by_text(f"Dumps of {HOSTILE}")).to_be_visible()
    expect(dialog.get_by_text("No dumps yet.")).to_be_visible()
    now = dialog.get_by_role("button", name="Dump now")
    expect(now).to_be_focused()
    panel.keyboard.press("Enter")
    dump = dialog.get_by_role("list", name="Dumps").get_by_role("listitem")
    expect(dump).to_have_count(1)
    expect(dump).to_contain_text(re.compile(r"\d kB, PostgreSQL 1\d.*, kept until it is deleted"))
    expect(now).to_be_focused()
    both_themes(panel, shots, "dumps")
    with panel.expect_download() as started:
        dump.get_by_role("link", name="Download the dump").click()
    brought = tmp_path / "dump.tar"
    started.value.save_as(brought)
    with tarfile.open(brought) as file:
        assert any(name.endswith("manifest.json") for name in file.getnames())

    lab.sql(tenant, database, "insert into orders values (3)")
    dump.get_by_role("button", name="Restore the dump").click()
    expect(dialog.get_by_text(f"Restore {HOSTILE}")).to_be_visible()
    dialog.get_by_role("button", name="Restore").click()
    typed = dialog.get_by_label("Type the database’s name")
    expect(typed).to_have_attribute("aria-invalid", "true")
    expect(typed).to_be_focused()
    both_themes(panel, shots, "restore")
    typed.fill(HOSTILE)
    panel.keyboard.press("Enter")
    expect(notice(panel, f"{HOSTILE} was restored.")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert rows_in(lab, tenant, database) == 2

    chosen(panel, of_database(panel, tenant, database), "Branch")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    panel.keyboard.type(HOSTILE)
    panel.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("already. Choose another name.")
    expect(dialog.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Name", exact=True).fill("empty")
    dialog.get_by_label("Schema only").check()
    both_themes(panel, shots, "branch")
    dialog.get_by_role("button", name="Branch").click()
    expect(dialog.get_by_text("empty is ready")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(of_database(panel, tenant, "empty")).to_have_attribute("aria-selected", "true")
    assert rows_in(lab, tenant, "empty") == 0

    chosen(panel, of_database(panel, tenant, database), "Restore")
    dialog.get_by_label("A new database").check()
    dialog.get_by_label("Name of the new database").fill("copy")
    panel.keyboard.press("Enter")
    expect(dialog.get_by_text("copy is ready")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    assert rows_in(lab, tenant, "copy") == 2

    chosen(panel, of_database(panel, tenant, database), "Dump")
    dump.get_by_role("button", name="Delete the dump").click()
    question = dump.get_by_role("group", name="Delete the dump")
    expect(question.get_by_role("button", name="Delete")).to_be_focused()
    panel.keyboard.press("Enter")
    expect(dialog.get_by_text("No dumps yet.")).to_be_visible()
    assert lab.api("GET", f"/v1/{tenant}/databases/{quote(database, safe='')}/dumps") == []


def test_long_work_goes_on_when_its_dialog_is_closed(
    panel: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path, seen: Seen
) -> None:
    seen.forgive("ERR_CONNECTION_RESET", "/branch")
    tenant = new_tenant()
    database = new_database(lab, tenant)
    held: list[Route] = []
    panel.route(BRANCH, lambda route: held.append(route))
    item = of_database(panel, tenant, database)
    dialog = panel.get_by_role("dialog")
    under_way = panel.get_by_role("region", name="Under way")

    def begin(name: str) -> Route:
        chosen(panel, item, "Branch")
        dialog.get_by_label("Name", exact=True).fill(name)
        with panel.expect_request(BRANCH):
            panel.keyboard.press("Enter")
        expect(dialog.get_by_role("progressbar")).to_be_visible()
        panel.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(under_way.get_by_role("heading", name=f"Branch {name} of {database}")).to_be_visible()
        expect(under_way.get_by_role("progressbar")).to_be_visible()
        return held.pop()

    begin("one").continue_()
    expect(notice(panel, f"one is a branch of {database}.")).to_be_visible()
    expect(under_way).to_have_count(0)
    expect(dialog).to_have_count(0)
    expect(of_database(panel, tenant, "one")).to_be_visible()

    lines = (
        '{"step":1,"of":3,"doing":"Reading the tables","tables":1,"of_tables":4,"size_bytes":8192}\n'
        '{"error":{"code":"database_busy","message":"It is <b>busy</b>.","hint":"Wait a little."}}\n'
    )
    begin("two").fulfill(status=200, content_type="application/x-ndjson", body=lines)
    alert = under_way.get_by_role("alert")
    expect(alert).to_have_text("It is <b>busy</b>. Wait a little.")
    both_themes(panel, shots, "failed")
    under_way.get_by_role("button", name="Close").click()
    expect(under_way).to_have_count(0)

    begin("three").abort("connectionreset")
    expect(alert).to_contain_text("connection")
    under_way.get_by_role("button", name="Close").click()
    panel.unroute_all(behavior="wait")


def test_a_dropped_database_is_brought_back(
    panel: Page, lab: Lab, new_tenant: Callable[..., str], shots: Path, seen: Seen
) -> None:
    seen.forgive("status of 404", "/databases/")
    tenant = new_tenant()
    other = new_database(lab, tenant)
    database = new_database(lab, tenant, HOSTILE)
    lab.sql(tenant, database, "create table orders (id int primary key); insert into orders values (1)")
    about = panel.get_by_role("region", name=f"About {tenant}")
    of_database(panel, tenant, other)
    row(panel, f"{tenant}, tenant").focus()
    expect(about.get_by_role("heading", name="Dropped databases")).to_have_count(0)

    chosen(panel, of_database(panel, tenant, database), "Drop")
    dialog = panel.get_by_role("dialog")
    expect(dialog).to_contain_text("A last dump of it stays for a week.")
    dialog.get_by_label("Type the database’s name").fill(HOSTILE)
    panel.keyboard.press("Enter")
    expect(notice(panel, "was dropped.")).to_be_visible()
    row(panel, f"{tenant}, tenant").click(button="right")
    panel.keyboard.press("Escape")
    dropped = about.get_by_role("list", name="Dropped databases").get_by_role("listitem")
    expect(dropped).to_contain_text(HOSTILE)
    expect(dropped).to_contain_text("gone for good in 6 days")
    both_themes(panel, shots, "dropped")
    dropped.get_by_role("button", name=f"Undrop {HOSTILE}").click()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value(HOSTILE)
    both_themes(panel, shots, "undrop")
    panel.keyboard.press("Enter")
    expect(dialog.get_by_text(f"{HOSTILE} is ready")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(of_database(panel, tenant, database)).to_have_attribute("aria-selected", "true")
    assert rows_in(lab, tenant, database) == 1
