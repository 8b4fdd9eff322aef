"""In cells, half-typed statements get what the server proposes, in its order: the same table as the server's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from IPython.core.completer import Completion, provisionalcompleter

from dbaas.client import Client, DatabaseClient
from half_typed import CASES, SCHEMA, Case
from live_notebook import Shell
from live_platform import LivePlatform
from waiting import eventually

ASTRAL = "-- 𝄞 😀 ü\n"  # each of the first two is two UTF-16 code units


@pytest.fixture(scope="module")
def half(client: Client, shop: DatabaseClient, live: LivePlatform) -> DatabaseClient:
    """The database that the statements are about, once the server knows what is in it."""
    made = client.tenant(shop.tenant).create_database("half")
    database = client.tenant(shop.tenant).database(made.name)
    database.query(SCHEMA)
    query = "select * from "
    with asking(live, database) as ask:
        eventually(lambda: dict(ask(query, len(query))), lambda found: "big_orders" in found)
    return database


@pytest.fixture
def proposed(live: LivePlatform, half: DatabaseClient) -> Iterator[Any]:
    """What the server proposes, as pairs of label and text to insert."""
    with asking(live, half) as ask:
        yield ask


@contextmanager
def asking(live: LivePlatform, database: DatabaseClient) -> Iterator[Callable[[str, int], list[tuple[str, str]]]]:
    with live.operator() as operator:

        def ask(text: str, position: int) -> list[tuple[str, str]]:
            units = len(text[:position].encode("utf-16-le")) // 2
            path = f"/v1/{database.tenant}/databases/{database.name}/editor/complete"
            answer = operator.post(path, json={"text": text, "position": units, "limit": 200})
            assert answer.status_code == 200, answer.text
            return [(item["label"], item["insert"]) for item in answer.json()["items"]]

        yield ask


def completed(shell: Shell, cell: str, offset: int) -> list[Completion]:
    completer = shell.ip.Completer
    assert completer is not None
    completer.use_jedi = False
    with provisionalcompleter():
        return list(completer.completions(cell, offset))


def test_cells_propose_what_the_server_does(shell: Shell, half: DatabaseClient, proposed: Any) -> None:
    opening = f"%%dbaas {half.tenant}/{half.name}\n{ASTRAL}"
    wrong = []
    for case in CASES:
        if _names_a_variable(case):
            continue  # parameters are the notebook's
        expected = proposed(ASTRAL + case.text, len(ASTRAL) + case.position)
        inserts = list(dict.fromkeys(_closed(case, insert) for _, insert in expected))
        texts = dict(reversed(expected))
        first = [_closed(case, texts.get(label, label)) for label in case.first]

        def found(case: Case = case) -> list[str]:
            return [each.text for each in completed(shell, opening + case.text, len(opening) + case.position)]

        # What comes late is there for the next Tab.
        got = eventually(found) if inserts else found()
        if got != inserts or got[: len(first)] != first:
            wrong.append(f"{case.line}: {got[:8]}")
    assert not wrong, "\n".join(wrong)


def _names_a_variable(case: Case) -> bool:
    return re.search(r"(?<!:):\w*\Z", case.text[: case.position]) is not None


def _closed(case: Case, insert: str) -> str:
    """Editors close a quote as soon as it is opened, and Jupyter replaces only what is before the cursor."""
    behind = case.text[case.position : case.position + 1]
    return insert.removesuffix(behind) if behind in ('"', "'") else insert


def test_what_is_inserted_replaces_what_was_typed(shell: Shell, half: DatabaseClient) -> None:
    opening = f"%%dbaas {half.tenant}/{half.name}\n{ASTRAL}"
    for text, result in [
        ("select o.sta| from orders o", "select o.status from orders o"),
        ('select * from "Od|"', 'select * from "Odd Table"'),
        ("select * from Odd|", 'select * from "Odd Table"'),
        ("select '𝄞', o.sta|\nfrom orders o", "select '𝄞', o.status\nfrom orders o"),
    ]:
        offset = text.index("|")
        cell, at = opening + text.replace("|", ""), len(opening) + offset

        def first(cell: str = cell, at: int = at) -> list[Completion]:
            return completed(shell, cell, at)[:1]

        (best,) = eventually(first)
        assert cell[: best.start] + best.text + cell[best.end :] == opening + result
        assert best.type in ("column", "table")


def test_python_says_nothing_in_a_statement(shell: Shell, half: DatabaseClient) -> None:
    shell.ip.push({"total_of_python": 1})
    cell = f"%%dbaas {half.tenant}/{half.name}\nselect '"
    assert completed(shell, cell + "total", len(cell) + 5) == []
    assert completed(shell, "total_of_p", 10)[0].text == "total_of_python"
    parameter = cell.replace("'", "id = :")
    assert [each.text for each in completed(shell, parameter + "total", len(parameter) + 5)] == ["total_of_python"]
    assert [each.type for each in completed(shell, parameter + "total", len(parameter) + 5)] == ["variable"]


def test_without_a_platform_nothing_waits(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("DBAAS_HOME", str(tmp_path))
    assert completed(shell, "%%dbaas acme/shop\nselect ", 25) == []
