"""Whatever is typed: nothing fails, and nothing that does not exist is proposed."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.editor.sql.complete import complete
from dbaas_server.editor.sql.diagnose import diagnose
from dbaas_server.editor.sql.formatting import formatted
from dbaas_server.editor.sql.hover import hover
from dbaas_server.editor.sql.lexer import tokens
from dbaas_server.editor.sql.schema import Schema
from dbaas_server.editor.sql.statements import listed
from half_typed import CASES
from valid_statements import STATEMENTS

PIECES = (
    "select", "from", "where", "join", "left join", "on", "using", "group by", "order by", "having", "with", "as", "(",
    ")", "[", "]", ",", ".", "*", "=", "::", ";", "'", '"', "$$", "--x\n", "/*", "*/", "orders", "o", "customers", "c",
    "id", "o.", "c.id", "1", "'x'", '"Odd Table"', "insert into", "values", "update", "set", "delete from", "union",
    "lateral", "natural", "recursive", "case", "when", "end", "in", "exists", "over", "merge into", "create table",
    "drop", "alter table", "grant", "returning", "on conflict", "do", ":p", "$1", "\n\n", "é", "𝄞", "\x00",
)  # fmt: skip

typed = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).flatmap(
        lambda pieces: st.sampled_from([" ".join(pieces), "".join(pieces)])
    ),
    st.sampled_from(STATEMENTS),
    st.sampled_from([case.text for case in CASES]),
)


@settings(max_examples=150)
@given(typed, st.floats(0, 1), st.floats(0, 1))
@example("select * from a natural join b natural join", 1.0, 1.0)
@example("with recursive a as (select * from a natural join a) select ", 1.0, 1.0)
def test_any_cut_is_completed_with_what_exists(schema: Schema, text: str, cut: float, at: float) -> None:
    text = text[: round(len(text) * cut)]
    position = round(len(text) * at)
    found = complete(text, position, schema)
    assert 0 <= found.start <= position <= found.end <= len(text)
    written = {token.text.strip('"').lower() for token in tokens(text)}
    known = {name for table in schema.catalog.tables.values() for name in table.columns}
    for each in found.items:
        assert each.label and each.insert
        if each.kind in ("table", "view"):
            assert each.label.split(".")[-1].strip('"') in {ref.name for ref in schema.catalog.tables}
        if each.kind == "column":
            name = each.label.split(".")[-1].strip('"')
            assert (
                name in known
                or name.lower() in written
                or name.startswith("column")
                or " " in each.label
                or (each.detail in ("of the select list",) or name in OF_FUNCTIONS)
            )
    assert [each.label for each in complete(text, position, schema, limit=3).items] == [
        each.label for each in found.items[:3]
    ]


OF_FUNCTIONS = {"key", "value", "ordinality", "coalesce", "case", "exists", "array", "cast", "?column?"}


@settings(max_examples=150)
@given(typed, st.floats(0, 1), st.floats(0, 1))
def test_any_cut_is_diagnosed_and_explained(schema: Schema, text: str, cut: float, at: float) -> None:
    text = text[: round(len(text) * cut)]
    for each in diagnose(text, schema):
        assert 0 <= each.start < each.end <= len(text)
        assert each.severity in ("error", "warning", "info")
        for fix in each.fixes:
            assert all(0 <= start <= end <= len(text) for start, end, _ in fix.changes)
    position = round(len(text) * at)
    found = hover(text, position, schema)
    assert found is None or found.start <= position <= found.end
    assert all(each.start < each.end <= len(text) for each in listed(text))


@settings(max_examples=100)
@given(typed, st.floats(0, 1))
def test_any_cut_is_formatted_without_loss_or_refused(text: str, cut: float) -> None:
    text = text[: round(len(text) * cut)]
    try:
        done = formatted(text, 0, len(text))
    except Invalid as refused:
        assert refused.code == "not_formattable"
        return
    assert [t.text for t in tokens(done.text, spaces=False)] == [
        t.text for t in tokens(text[done.start : done.end], spaces=False)
    ]
    assert formatted(done.text, 0, len(done.text)).text == done.text


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "select " + "(select " * 2_000,
        "with " + ", ".join(f"a{n} as (select * from a{n - 1})" for n in range(400)) + " select  from a399",
        "select " + "case when " * 3_000,
        "select * from orders o" + " join orders o using (id)" * 300 + " where ",
        "select * from " + "(" * 3_000 + "orders",
        "e'\\" * 10_000,
        "select * from orders a" + " natural join orders b" * 2_000 + " where ",
        "with "
        + ", ".join(f"a{n + 1} as (select x.*, y.* from a{n} x, a{n} y)" for n in range(40))
        + " select  from a40",
        "select " + ", ".join(f"colmn_{n}" for n in range(5_000)) + " from orders",
        "select " + "a" * 5_000 + " from orders",
        "select 1 union " * 1_000,
        "[" * 3_000 + "]" * 3_000,
    ],
)
def test_what_nests_or_goes_on_without_end_is_answered(text: str, schema: Schema) -> None:
    for position in (0, len(text) // 2, len(text)):
        complete(text, position, schema)
        hover(text, position, schema)
    diagnose(text, schema)
