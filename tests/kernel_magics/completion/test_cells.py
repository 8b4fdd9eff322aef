"""Where a cell's statement is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.completion.cells import Statement, in_dbaas_cell, in_sql

KNOWN = {"shop", "my-db"}


@pytest.mark.parametrize(
    ("cell", "statement", "alias"),
    [
        ("%%sql\nselect 1|", "select 1", ""),
        ("%%sql select 1|", "select 1", ""),
        ("%%sql select\n1|\nfrom t", "select\n1\nfrom t", ""),
        ("%%sql\n|", "", ""),
        ("%%sql |", "", ""),
        ("\n  %%sql shop\nselect |1", "select 1", "shop"),
        ("%%sql my-db\n\n\nselect |", "\n\nselect ", "my-db"),
        ("%%sql shop --save part\nselect |", "select ", "shop"),
        ("%%sql --save part shop\nselect |", "select ", "shop"),
        ("%%sql --save=part --no-execute\nselect |", "select ", ""),
        ("%%sql -S part -w one -w two\nselect |", "select ", ""),
        ("%%sql result <<\nselect |", "select ", ""),
        ("%%sql result << select |", "select ", ""),
        ("%%sql result= <<\nselect |", "select ", ""),
        ("%%sql\nresult << select |", "select ", ""),
        ("%%sql shop << select |", "select ", ""),  # a variable of the connection's name
        ("%%sql --save x result <<\nselect 1 <<|", "select 1 <<", ""),
        ("%%sql\n-- why\nselect |", "-- why\nselect ", ""),
        ("x = 1\n%sql select |", "select ", ""),
        ("x = 1\n%sql select | from t\ny = 2", "select  from t", ""),
        ("x = %sql select |", "select ", ""),
        ("%sql x << select |", "select ", ""),
        ("%sql --save a select |", "select ", ""),
    ],
)
def test_sql_begins_behind_options_connection_and_variable(cell: str, statement: str, alias: str) -> None:
    offset = cell.index("|")
    found = in_sql(cell.replace("|", ""), offset, KNOWN)
    assert found is not None
    assert (found.text, found.opening) == (statement, alias)
    assert found.before == cell[:offset][len(cell[:offset]) - found.offset :]


@pytest.mark.parametrize(
    "cell",
    [
        "select |",
        "%sqlx |",
        "%%sqlx\nselect |",
        "%sql select 1\nx = |",
        "x = '%sql |",
        "%%s|ql\nselect",
        "%%sql --sa|ve x\n1",
    ],
)
def test_elsewhere_is_no_sql(cell: str) -> None:
    offset = cell.index("|")
    assert in_sql(cell.replace("|", ""), offset, KNOWN) is None


def test_a_dbaas_cell_begins_with_its_second_line() -> None:
    cell = "%%dbaas acme/shop --to pandas >> df\nselect 1"
    assert in_dbaas_cell(cell, cell.index("\n")) is None
    assert in_dbaas_cell(cell, len(cell) - 1) == Statement("select 1", 7, " acme/shop --to pandas >> df")
    assert in_dbaas_cell("x\n" + cell, len(cell)) is None


PIECES = st.sampled_from(
    ["%%sql", "%sql", "%%dbaas", "\n", " ", "--save", "-w", "x", "shop", "<<", "=", "select", "--", "𝄞", "\t", "\x00"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(0, 60))
def test_a_statement_is_a_part_of_its_cell_around_the_cursor(cell: str, place: int) -> None:
    offset = min(place, len(cell))
    for found in (in_sql(cell, offset, KNOWN), in_dbaas_cell(cell, offset)):
        if found is not None:
            start = offset - found.offset
            assert cell[start : start + len(found.text)] == found.text and 0 <= found.offset <= len(found.text)
