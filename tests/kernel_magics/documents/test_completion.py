"""Half-typed statements in a ``%%dbaas`` cell on a document database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.completer import Completion, provisionalcompleter

from dbaas.client import Client
from live_notebook import Shell
from waiting import eventually

ASTRAL = "// \U0001d11e \U0001f600\n"  # two UTF-16 code units each


@pytest.fixture(scope="module")
def orders(client: Client, place: str) -> Iterator[str]:
    """A collection with a few documents."""
    with client.document(place).client as mongo:
        found = mongo[place.partition("/")[2]]["half_typed"]
        found.insert_many([{"_id": n, "status": ("open", "done")[n % 2], "price": n} for n in range(4)])
        yield found.name
        found.drop()


def completed(shell: Shell, cell: str, offset: int) -> list[Completion]:
    completer = shell.ip.Completer
    assert completer is not None
    completer.use_jedi = False
    with provisionalcompleter():
        return list(completer.completions(cell, offset))


@pytest.mark.parametrize(
    ("typed", "kind", "after"),
    [
        ("db.half|", "collection", "db.half_typed"),
        ("db.half_typed.countD|({})", "function", "db.half_typed.countDocuments({})"),
        ("db.half_typed.find({pri|})", "field", "db.half_typed.find({price})"),
        ("db.half_typed.find({status: 'op|'})", "value", "db.half_typed.find({status: 'open'})"),
        ("db.half_typed.aggregate([{$mat|}])", "stage", "db.half_typed.aggregate([{$match}])"),
        ("db.half_typed.find({\n  price: {$gt|: 1}\n})", "operator", "db.half_typed.find({\n  price: {$gt: 1}\n})"),
    ],
)
def test_a_cell_proposes_what_the_server_does(
    shell: Shell, place: str, orders: str, typed: str, kind: str, after: str
) -> None:
    opening = f"%%dbaas {place}\n{ASTRAL}"
    cell, at = opening + typed.replace("|", ""), len(opening) + typed.index("|")
    best = eventually(lambda: completed(shell, cell, at))[0]  # what comes late is there for the next Tab
    assert cell[: best.start] + best.text + cell[best.end :] == opening + after
    assert best.type == kind


def test_python_says_nothing_in_a_statement_on_documents(shell: Shell, place: str) -> None:
    shell.ip.push({"total_of_python": 1})
    cell = f"%%dbaas {place}\ndb.x.find() // total_of"
    assert completed(shell, cell, len(cell)) == []
