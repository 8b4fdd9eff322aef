"""How changes are shown: as data whatever they hold, and so that one sees what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dbaas.changes import Change, Wanted
from dbaas.live_view import SHOWN, STYLE, Gap, Rates, Row, page_html, page_text, status_html
from dbaas.render import visible

WHEN = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ORDERS = Wanted("zoo", "shop", "orders")
TAGS = ("table", "tr", "th", "td", "div", "span", "bdi", "i", "b", "code")


def change(kind: str, record: dict[str, Any] | None, old: dict[str, Any] | None = None) -> Change:
    return Change(kind, "public", "t", record, old, "1-1", WHEN)


def row(kind: str, record: dict[str, Any] | None, old: dict[str, Any] | None = None) -> Row:
    return Row.of(change(kind, record, old))


def foreign_markup(page: str) -> str:
    """What is left of a page's markup without what is our own."""
    for tag in TAGS:
        page = page.replace(f"</{tag}>", "")
    for tag in TAGS:
        page = page.replace(f"<{tag}>", "").replace(f"<{tag} ", "")
    return "".join(character for character in page if character == "<")


values = st.text(max_size=20) | st.integers() | st.none() | st.booleans() | st.lists(st.text(max_size=5), max_size=3)


@given(st.dictionaries(st.text(max_size=20), values, max_size=4), st.text(max_size=20), st.text(max_size=10))
def test_whatever_a_table_holds_is_shown_as_text(cells: dict[str, Any], said: str, wanted: str) -> None:
    rows = [row("INSERT", cells), row("UPDATE", cells, dict.fromkeys(cells, said)), row(said, cells), Gap(said)]
    pages = [
        page_html(rows, ORDERS), page_html(rows, ORDERS, text=said),
        page_html([], Wanted(said, wanted, said, said, said)),
        status_html("failed", said, "0"),
    ]  # fmt: skip
    for page in pages:
        assert foreign_markup(page) == ""
    hostile = "<img src=x onerror=alert(1)>\u202e"
    page = page_html([row("INSERT", {hostile: hostile}), Gap(hostile)], Wanted("a", "b", hostile, where=hostile))
    assert "<img" not in page and "&lt;img" in page and "\u202e" not in page
    text = page_text(rows, ORDERS, "failed", said, "0")
    assert all(visible(line) == line for line in text.split("\n"))


def test_cells_that_changed_stand_out_and_tell_what_they_were() -> None:
    updated = row("UPDATE", {"id": 1, "a": "new", "b": None}, {"id": 1, "a": "<old>", "b": 5})
    assert dict(updated.was) == {"a": "<old>", "b": 5}
    page = page_html([updated], ORDERS)
    assert page.count("cell changed") == 2
    assert 'title="was &lt;old&gt;"' in page and 'title="was 5"' in page
    assert ">null</i>" in page, "an empty text and no value are told apart"
    unknown = row("UPDATE", {"id": 2, "a": "same"}, {"id": 2})
    assert "changed" not in page_html([unknown], ORDERS), "the log had only the key"


def test_what_was_deleted_is_struck_through() -> None:
    page = page_html([row("DELETE", None, {"id": 3, "a": "gone"}), row("TRUNCATE", None)], ORDERS)
    assert '<tr class="delete">' in page and "gone" in page and '<tr class="truncate">' in page
    assert ".delete td.cell { text-decoration: line-through" in STYLE


def test_only_the_newest_rows_are_on_the_page_and_it_says_so() -> None:
    rows = [row("INSERT", {"id": number}) for number in range(SHOWN + 7)]
    page = page_html(rows, ORDERS)
    assert page.count('<tr class="insert') == SHOWN
    assert "7 older ones are not shown" in page
    assert "<bdi>0</bdi>" in page and f"<bdi>{SHOWN}</bdi>" not in page
    wide = page_html([row("INSERT", {f"c{number}": number for number in range(500)})], ORDERS)
    assert wide.count("<th>") < 50


def test_rows_can_be_picked_by_what_they_hold() -> None:
    rows = [row("INSERT", {"id": 1, "a": "Ann"}), row("DELETE", None, {"id": 2, "a": None}), Gap("lost")]
    assert "Ann" in page_html(rows, ORDERS, text="ANN") and "DELETE" not in page_html(rows, ORDERS, text="ann")
    assert "DELETE" in page_html(rows, ORDERS, text="delete")
    assert "missing here (lost)" in page_html(rows, ORDERS, text="ann"), "a gap is a gap under any filter"
    assert "None of the last 2 changes contains <b>zebra</b>" in page_html(rows[:2], ORDERS, text="zebra")


def test_an_empty_page_says_what_it_waits_for() -> None:
    wanted = Wanted("zoo", "shop", "orders", where="amount=gt.10", event="INSERT")
    page = page_html([], wanted)
    assert "Waiting for inserts into <b>orders</b> in zoo/shop where <code>amount=gt.10</code>" in page
    assert "Waiting for changes of every table" in page_html([], Wanted("zoo", "shop", "*"))
    assert "Waiting" not in page_html([], wanted, "stopped")


def test_new_rows_are_marked_once() -> None:
    came = row("INSERT", {"id": 1})
    assert 'class="insert new"' in page_html([came], ORDERS, since=came.came_at - 1)
    assert 'class="insert"' in page_html([came], ORDERS, since=came.came_at)


def test_a_lost_connection_an_error_and_a_pause_are_said() -> None:
    assert "connection lost, trying again" in status_html("reconnecting", "", "0 changes")
    assert "paused" in status_html("live", "", "0 changes", paused=True)
    failed = status_html("failed", "There is no such column. → Did you mean <a>?", "0 changes")
    assert "Did you mean &lt;a&gt;?" in failed


def test_rates_are_of_the_last_seconds() -> None:
    now = [WHEN.timestamp()]
    rates = Rates(clock=lambda: now[0])
    for _ in range(10):
        rates.add(change("INSERT", {}))
        now[0] += 0.01
    assert rates.text() == "10 changes · 2.0/s · latency 50 ms"
    now[0] += 60
    assert rates.text() == "10 changes · 0.0/s · latency –"
    rates.add(change("INSERT", {}))
    assert rates.text() == "11 changes · 0.2/s · latency 60.1 s"


def test_the_same_as_text() -> None:
    rows = [Gap("x"), row("INSERT", {"id": 1, "note": "a\nb"})]
    text = page_text(rows, ORDERS, "live", "", "1 change")
    assert text.startswith("zoo/shop orders: live · 1 change\n") and "a\\nb" in text
    assert page_text([], ORDERS, "connecting", "", "0 changes") == "zoo/shop orders: connecting · 0 changes"
