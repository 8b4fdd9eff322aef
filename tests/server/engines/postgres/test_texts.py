"""What is told of a statement from its text alone, and what telling it costs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from cpu_time import costs_less_than
from dbaas_server.engines.postgres.query import READS, only_reads
from dbaas_server.engines.postgres.scrolling.texts import called, may_make_nulls, single
from dbaas_server.long_texts import looked_at


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


@pytest.mark.parametrize(
    "part", ["'", "e'\\", "e'", '"', "$$ ", "$a$", "$a$b$", "/*", "1,", "(", "--", "''", "a.", "$"]
)
@pytest.mark.parametrize("look", [single, called, may_make_nulls])
def test_a_look_at_a_text_grows_with_its_length_only(look: Callable[[str], object], part: str) -> None:
    assert costs_less_than(1, lambda: look("select " + part * (100_000 // len(part))))


@pytest.mark.parametrize("look", [single, called, may_make_nulls])
async def test_nobody_waits_for_a_look_at_a_long_text(look: Callable[[str], object]) -> None:
    loops, text = threading.get_ident(), "select 1" + ",1" * 10_000

    def where(seen: str) -> int:
        assert seen == text
        look(seen)
        return threading.get_ident()

    assert await looked_at(where, text) != loops
