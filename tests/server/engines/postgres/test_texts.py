"""What is told of a statement from its text alone, and what telling it costs."""

from __future__ import annotations

import pytest

from cpu_time import costs_less_than
from dbaas_server.engines.postgres.query import READS, only_reads


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("select 1", True), (" -- why\n/* how */((VALUES (1)))", True), ("/**/table t", True), ("with a as (", True),
        ("-- select", False), ("/* select 1", False), ("/**/x", False), ("selects", False), ("", False),
        ("/* a */ b */ select 1", False), ("insert into t select 1", False),
    ],
)  # fmt: skip
def test_what_begins_like_a_reading_statement(text: str, reads: bool) -> None:
    assert only_reads(text) == reads


@pytest.mark.parametrize("part", ["/**/", "/*", "--\n", "-- ", "(", " ", "/* */(", "/*/"])
def test_no_beginning_takes_long(part: str) -> None:
    text = part * 20_000 + "x"
    assert costs_less_than(0.5, lambda: READS.match(text))
